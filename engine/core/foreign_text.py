"""Text that came from a file or from a person, on its way to a terminal, a log or a message."""

from __future__ import annotations

import unicodedata

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
        if unicodedata.category(character) not in _HIDDEN or (lines and character == "\n")
        else _escape(character)
        for character in kept
    )


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
