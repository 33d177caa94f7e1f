"""Text that came from a file or from a person, on its way to a terminal, a log or a message."""

from __future__ import annotations

import unicodedata

JOINER = "\u200d"
"""Makes one emoji of two. Anywhere else it is a way to hide something."""

_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_EMOJI_STYLE = "\ufe0f"

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: str, limit: int | None = None, *, lines: bool = False) -> str:
    """Show every character that steers a terminal, turns the writing round or cannot be seen, as its escape.

    Args:
        text: anything.
        limit: characters of it that are kept; None: all.
        lines: it has several lines, and its line feeds stay.
    """
    kept = text if limit is None or len(text) <= limit else text[:limit] + "…"
    return "".join(
        character
        if unicodedata.category(character) not in _HIDDEN
        or (lines and character == "\n")
        or (character == JOINER and joins_emoji(kept[max(0, place - 4) : place], kept[place + 1 : place + 2]))
        else _escape(character)
        for place, character in enumerate(kept)
    )


def joins_emoji(before: str, after: str) -> bool:
    """Whether a :data:`JOINER` between two texts stands between two emoji, of which it makes one."""
    shown = before[-4:].rstrip(_EMOJI_STYLE)[-1:]
    return _is_emoji(shown) and _is_emoji(after[:1])


def _is_emoji(character: str) -> bool:
    return bool(character) and (character in _SKIN_TONES or unicodedata.category(character) == "So")


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
