"""Texts about the remix tree."""

from __future__ import annotations

from collections.abc import Sequence

from bot.text.foreign import disarm
from bot.text.messages import list_page
from bot.text.wording import Text, named, say, say_many

KINDS = {
    "animate": Text("a picture, animated"),
    "text2video": Text("a clip from words"),
    "restyle": Text("a restyled clip"),
    "upscale": Text("an upscaled clip"),
    "extend": Text("a longer clip"),
    "loop": Text("a loop"),
}


def what(kind: str, *, gone: bool, hidden: bool) -> str:
    """What a clip of the tree is."""
    if gone:
        return say("a deleted clip")
    if hidden:
        return say("a clip that isn't shown")
    return str(KINDS[kind]) if kind in KINDS else say("a clip")


def line(number: int, kind: str, member: int | None, parent: int | None) -> str:
    """A clip of the tree: what it is, what it was made from, and by whom."""
    what = disarm(kind)
    if parent is None:
        if member is None:
            return f"{number}. {what}"
        return say("{number}. {what} by {member}", number=number, what=what, member=named(member))
    if member is None:
        return say("{number}. {what}, made from {parent}", number=number, what=what, parent=parent)
    return say(
        "{number}. {what}, made from {parent} by {member}",
        number=number,
        what=what,
        parent=parent,
        member=named(member),
    )


def tree(lines: Sequence[str]) -> str:
    """Above the picture."""
    return list_page([f"**{say('Where this clip comes from, and what became of it')}**"], lines)


def alternative(lines: Sequence[str]) -> str:
    """What the picture shows, for those who can't see it."""
    return say_many(
        "A tree of {n} clip. {clips}", "A tree of {n} clips. {clips}", len(lines), clips="; ".join(lines)
    )
