"""Whatever comes from a file or a person, and is said by the bot in Discord, goes through one of these.

For terminals and logs there is :func:`engine.core.foreign_text.visible`.
"""

from __future__ import annotations

from bot.text.prompts import show_prompt
from bot.text.wording import in_words
from engine.core.errors import UserError
from engine.core.foreign_text import visible

SHOWN_NAMES = 300
"""Characters of a name, or of a list of names, in a refusal."""

_MARKUP = str.maketrans(
    {
        **{sign: f"\\{sign}" for sign in "\\*_~|`[]<>#"},
        "@": "@\u200b",
        "/": "/\u200b",
        "\n": " ",
    }
)


def quote(text: str, limit: int = SHOWN_NAMES) -> str:
    """A name or words as a code span, in which Discord draws no markup, pings nobody and links nothing.

    Control and direction characters are shown as their escapes: here they tell what somebody tried.
    """
    return show_prompt(visible(text), limit) or "``"


def disarm(text: str, limit: int = SHOWN_NAMES) -> str:
    """A sentence that may hold names, as it may stand in ours: one line, its markup shown as written.

    One of the engine's, a :class:`engine.core.sentence.Sentence`, is said in the language that is spoken now.
    """
    return visible(in_words(text), limit, lines=True).translate(_MARKUP)


def refusal(error: UserError) -> str:
    """What a member reads of an error that they can mend."""
    return in_words(error.told(quote))
