"""Texts about the remix tree."""

from __future__ import annotations

from collections.abc import Sequence

from bot.text.foreign import disarm

KINDS = {
    "animate": "a picture, animated",
    "text2video": "a clip from words",
    "restyle": "a restyled clip",
    "upscale": "an upscaled clip",
    "extend": "a longer clip",
    "loop": "a loop",
}


def what(kind: str, *, gone: bool, hidden: bool) -> str:
    """What a clip of the tree is."""
    if gone:
        return "a deleted clip"
    return "a clip that isn't shown" if hidden else KINDS.get(kind, "a clip")


def line(number: int, kind: str, member: int | None, parent: int | None) -> str:
    """A clip of the tree: what it is, what it was made from, and by whom."""
    source = "" if parent is None else f", made from {parent}"
    by_whom = "" if member is None else f" by <@{member}>"
    return f"{number}. {disarm(kind)}{source}{by_whom}"


def tree(lines: Sequence[str]) -> str:
    """Above the picture."""
    return "\n".join(["**Where this clip comes from, and what became of it**", *lines])


def alternative(lines: Sequence[str]) -> str:
    """What the picture shows, for those who can't see it."""
    return f"A tree of {len(lines)} clip{'s' if len(lines) != 1 else ''}. " + "; ".join(lines)
