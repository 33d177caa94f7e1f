"""Texts about takes to choose from."""

from __future__ import annotations

from collections.abc import Sequence

from bot.text.wording import Text, number, say, say_many
from engine.core.foreign_text import visible
from engine.core.sentence import Sentence

TAKES_COST_MONEY = Text(
    "Drafts to choose from can't be drawn by a service that costs money. Leave takes: empty, or "
    "choose another engine."
)
NO_TAKES = Text("You can't choose from drafts here. Leave takes: empty.")
WHY = Text(
    "Its drafts are drawn first. When you have chosen one, it is drawn as you would have had it without them."
)
NONE_PASSED = Text("None of the drafts was good enough to show. Other words or another seed may work better.")
CHOSEN_BEFORE = Text("A draft was already chosen, or this is over.")
CANCELLED_AFTER_SEEING = Text("Cancelled. Only the drafts that you saw were charged.")
YOU_CHOSE_NONE = Text("you chose no draft in time, so I finished the best one")


def too_many_takes(most: int) -> str:
    """More drafts than the owner allows."""
    if most == 0:
        return NO_TAKES
    return say_many("You can choose from {n} draft at most.", "You can choose from {n} drafts at most.", most)


def drawing_takes(title: str, *, done: int, of: int, ready: str = "", defaults: str = "") -> str:
    """The status of a job whose drafts are drawn.

    Args:
        title: what was asked for.
        done: how many drafts are drawn.
        of: how many there will be.
        ready: when they should be, in words; "" where that is not known.
        defaults: the line that names the member's defaults; "" where none were added.
    """
    drawn = say("drawing drafts to choose from · {done} of {all}", done=done, all=of)
    when = f" · {ready}" if ready else ""
    return "\n".join(filter(None, (title, f"🎞️ {drawn}{when}", defaults)))


def question(user: int, shown: str, *, numbers: Sequence[int], of: int) -> str:
    """What is asked above the drafts.

    Args:
        user: who may choose.
        shown: their words, ready to be shown.
        numbers: of the drafts in the message.
        of: how many were drawn.
    """
    words = f" {shown}" if shown else ""
    asked = say("Which one shall I finish?")
    if missing := of - len(numbers):
        asked += " " + say_many(
            "{n} of {all} did not pass my check.", "{n} of {all} did not pass my check.", missing, all=of
        )
    return f"<@{user}>{words}\n🎞️ {asked}"


def small_print(minutes: float) -> str:
    """What stands below drafts that have their buttons beside them; ``minutes``: how long one may choose."""
    small = say(
        "AI-generated drafts · if you choose none within {minutes} min, I finish the best one",
        minutes=number(minutes),
    )
    return f"-# {small}"


def numbered(number: int) -> str:
    """What stands below one draft, beside its button."""
    return f"**{say('Draft {number}', number=number)}**"


def choose(asked: str, *, numbers: Sequence[int], minutes: float) -> str:
    """The message that shows the drafts, where the buttons stand below all of them.

    Args:
        asked: the :func:`question`.
        numbers: of the drafts in the message.
        minutes: how long one may choose.
    """
    small = say(
        "AI-generated drafts, from left to right: {numbers} · "
        "if you choose none within {minutes} min, I finish the best one",
        numbers=", ".join(map(str, numbers)),
        minutes=number(minutes),
    )
    return f"{asked}\n-# {small}"


def chosen(number: int) -> str:
    """The answer to a choice."""
    return say("Number {number} it is. I'm finishing it now.", number=number)


def reason(number: int, of: int, *, late: bool, alone: bool) -> Sentence:
    """Why a clip was drawn like this draft, for its recipe."""
    if alone:
        return Sentence("draft {number} of {of}, the only one that passed the check", number=number, of=of)
    if late:
        return Sentence("draft {number} of {of}, the best of those shown", number=number, of=of)
    return Sentence("draft {number} of {of}, chosen by its member", number=number, of=of)


def alt(number: int, of: int, prompt: str) -> str:
    """What a draft shows, for those who can't see it."""
    if not prompt:
        return say("Draft {number} of {all}", number=number, all=of)
    return say("Draft {number} of {all}: {words}", number=number, all=of, words=visible(prompt))
