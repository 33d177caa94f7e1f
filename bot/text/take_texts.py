"""Texts about takes to choose from."""

from __future__ import annotations

from collections.abc import Sequence

from engine.core.foreign_text import visible
from engine.core.sentence import Sentence

TAKES_COST_MONEY = (
    "Drafts to choose from can't be drawn by a service that costs money. Leave takes: empty, or "
    "choose another engine."
)
NO_TAKES = "You can't choose from drafts here. Leave takes: empty."
WHY = (
    "Its drafts are drawn first. When you have chosen one, it is drawn as you would have had it without them."
)
NONE_PASSED = "None of the drafts was good enough to show. Other words or another seed may work better."
CHOSEN_BEFORE = "A draft was already chosen, or this is over."
CANCELLED_AFTER_SEEING = "Cancelled. Only the drafts that you saw were charged."
YOU_CHOSE_NONE = "you chose no draft in time, so I finished the best one"


def too_many_takes(most: int) -> str:
    """More drafts than the owner allows."""
    return NO_TAKES if most == 0 else f"You can choose from {most} drafts at most."


def drawing_takes(title: str, *, done: int, of: int, ready: str = "") -> str:
    """The status of a job whose drafts are drawn.

    Args:
        title: what was asked for.
        done: how many drafts are drawn.
        of: how many there will be.
        ready: when they should be, in words; "" where that is not known.
    """
    when = f" · {ready}" if ready else ""
    return f"{title}\n🎞️ drawing drafts to choose from · {done} of {of}{when}"


def question(user: int, shown: str, *, numbers: Sequence[int], of: int) -> str:
    """What is asked above the drafts.

    Args:
        user: who may choose.
        shown: their words, ready to be shown.
        numbers: of the drafts in the message.
        of: how many were drawn.
    """
    words = f" {shown}" if shown else ""
    missing = of - len(numbers)
    left_out = f" {missing} of {of} did not pass my check." if missing else ""
    return f"<@{user}>{words}\n🎞️ Which one shall I finish?{left_out}"


def small_print(minutes: float) -> str:
    """What stands below drafts that have their buttons beside them; ``minutes``: how long one may choose."""
    return f"-# AI-generated drafts · if you choose none within {minutes:g} min, I finish the best one"


def numbered(number: int) -> str:
    """What stands below one draft, beside its button."""
    return f"**Draft {number}**"


def choose(asked: str, *, numbers: Sequence[int], minutes: float) -> str:
    """The message that shows the drafts, where the buttons stand below all of them.

    Args:
        asked: the :func:`question`.
        numbers: of the drafts in the message.
        minutes: how long one may choose.
    """
    return (
        f"{asked}\n-# AI-generated drafts, from left to right: {', '.join(map(str, numbers))} · "
        f"if you choose none within {minutes:g} min, I finish the best one"
    )


def chosen(number: int) -> str:
    """The answer to a choice."""
    return f"Number {number} it is. I'm finishing it now."


def reason(number: int, of: int, *, late: bool, alone: bool) -> Sentence:
    """Why a clip was drawn like this draft, for its recipe."""
    if alone:
        return Sentence("draft {number} of {of}, the only one that passed the check", number=number, of=of)
    if late:
        return Sentence("draft {number} of {of}, the best of those shown", number=number, of=of)
    return Sentence("draft {number} of {of}, chosen by its member", number=number, of=of)


def alt(number: int, of: int, prompt: str) -> str:
    """What a draft shows, for those who can't see it."""
    return f"Draft {number} of {of}" + (f": {visible(prompt)}" if prompt else "")
