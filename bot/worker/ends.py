"""Why a worker ends by itself, in words for a person who only lent a machine."""

from __future__ import annotations

from importlib.metadata import version

from bot.link.errors import WrongPrint
from bot.link.messages import Refused, RefusedCode

FINAL = 3
"""The exit status of an end that a new start would not change; a service is not started again after it."""


class Ended(Exception):
    """The worker ends by itself; the text is for whoever started it."""


def refused(answer: Refused) -> Ended:
    """The bot has put this worker out."""
    match answer.refused:
        case RefusedCode.VERSION:
            package = f"framekiln[worker]=={answer.want}" if answer.want else "framekiln[worker]"
            return Ended(
                f"The bot needs another version of Framekiln than this one ({version('framekiln')}). "
                f'To get it, run:\n  pip install --upgrade "{package}"\nThen run framekiln worker run again.'
            )
        case RefusedCode.TWICE:
            return Ended(
                "This invitation is in use by another program that started later, so this one ends. One "
                "invitation is for one GPU. Ask the owner of the bot for another, or end the other program."
            )
        case RefusedCode.REMOVED:
            return Ended(
                "The owner of the bot has removed this machine. Thank you for what it has drawn. "
                "To come back, ask the owner for a new invitation."
            )


def unreachable(error: Exception) -> Ended:
    """The login was refused for too long, or what answers is not the bot's."""
    if isinstance(error, WrongPrint):
        return Ended(
            f"{error}. Somebody else may be listening there, so nothing was sent. Ask the owner of the "
            "bot for a new invitation."
        )
    return Ended(
        "The bot does not take this invitation any more: the owner has removed this machine, or has made new "
        "keys. Ask the owner for a new invitation."
    )


def unwelcome(error: Exception, seconds: float) -> str:
    """What is said when the login is refused, before it is given up.

    Args:
        error: why.
        seconds: after which it is given up.
    """
    minutes = max(1, round(seconds / 60))
    patience = f"This tries for {minutes} minute{'' if minutes == 1 else 's'}, then ends."
    if isinstance(error, WrongPrint):
        return f"{error}. Nothing was sent there. {patience}"
    return f"The bot does not take this invitation: its owner seems to have removed this machine. {patience}"
