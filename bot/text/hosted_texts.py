"""Texts about clips that a service makes, by the rules of :mod:`bot.text.messages`."""

from __future__ import annotations

from bot.text.wording import Text, say, translated
from engine.elsewhere.hosted import texts
from engine.elsewhere.hosted.money import shown

FORBIDDEN = Text(
    "Done. Nothing of yours is sent to a service from now on. What is already there is finished."
)
AGREED = Text(
    "Done. When you choose an engine of a service, your picture and words are sent there. Use this command "
    "again to take it back."
)
AGREED_OVERFLOW = Text(
    "Done. Your picture and words may be sent to a service when you choose one of its engines, and also when "
    "the wait here is long. Use this command again to take it back."
)
ALLOWED_HERE = Text(
    "Members of this server can now choose engines of services, if they agree to it themselves. Their "
    "pictures and words leave this machine then."
)
FORBIDDEN_HERE = Text(
    "Engines of services can't be used in this server any more. What is already there is finished."
)
NO_SERVICE = Text("The owner of this bot uses no service.")


def server_has_not_agreed(title: str) -> str:
    """The server's moderators have not allowed services."""
    return say(
        "That engine is at {where}. This server hasn't allowed it; a moderator can, with /queue services.",
        where=title,
    )


def not_agreed(title: str, usual: int, most: int) -> str:
    """The member has not agreed that something leaves this machine."""
    price = shown(usual) if usual == most else say("{low} to {high}", low=shown(usual), high=shown(most))
    return say(
        "This clip would be made at {where}: your picture and words leave this machine; about {price} for "
        "each take, paid by the owner of this bot. Nothing was sent. If you agree, use /mydata services, "
        "then ask again.",
        where=title,
        price=price,
    )


def budget_spent(title: str) -> str:
    """There is no money left today."""
    return translated(texts.budget_spent(title))


def state(*, on: bool, spent: int, budget: int, titles: str) -> str:
    """How it stands, for moderators."""
    allowed = (
        say("Services: {names}. This server has allowed them.", names=titles)
        if on
        else say("Services: {names}. This server has not allowed them.", names=titles)
    )
    today = say("Spent today, in all servers: {spent} of {budget}.", spent=shown(spent), budget=shown(budget))
    return f"{allowed} {today}"


def nearly_spent(spent: int, budget: int) -> str:
    """The alarm for moderators."""
    return say(
        "💸 {share} % of today's money for services is spent: {spent} of {budget}. "
        "When all of it is, their engines wait for 00:00 UTC.",
        share=round(100 * spent / budget),
        spent=shown(spent),
        budget=shown(budget),
    )
