"""Texts about effects."""

from __future__ import annotations

from collections.abc import Mapping

from bot.text.foreign import disarm, quote
from bot.text.messages import seconds
from engine.effects.effect_recipe import SUFFIX

CHOOSE = "Which effect shall this picture get?"
TOO_OLD = "That menu is too old. Right-click the message again and choose *Effect…*."
NO_CLIP_HERE = "That message has no clip of mine. Choose one that I posted in this server."
NOT_FINISHED = "Only a finished clip that is still here can become an effect."
NO_SUCH = "There is no effect called {name} here. Start typing in `effect:` to see the list."
SHIPS = "That effect comes with me, so it can't be renamed or removed. A server can add its own."
TAKEN = "There is an effect of that name already. Choose another name."
GONE = "That effect is gone: somebody renamed or removed it."
NONE_OF_ITS_OWN = (
    "This server has no effects of its own yet. Right-click a clip → Apps → *Make an effect of this*."
)
NEEDS_A_NAME = "An effect needs a name of up to 32 letters, digits and blanks."


def choice(name: str, about: str, wait: float | None) -> str:
    """One line of the list that opens while a member types."""
    parts = [name, *([about] if about else []), *([f"about {seconds(wait)} now"] if wait is not None else [])]
    return " · ".join(parts)


def full(most: int) -> str:
    """There is no room for another one."""
    return f"This server has {most} effects of its own, the most it can have. Remove one first."


def made(name: str) -> str:
    """A new effect is there."""
    return f"Done: everybody here can use {quote(name)} now, with `/effect` or *Effect…* on a picture."


def renamed(old: str, name: str) -> str:
    """It has another name."""
    return f"Renamed: {quote(old)} is called {quote(name)} now."


def removed(name: str) -> str:
    """It is gone."""
    return f"Removed {quote(name)}. Clips that were made with it stay."


def shared(name: str) -> str:
    """Its file is attached."""
    return (
        f"Here is {quote(name)} as a file. Moderators of another server add it with `/queue effects import`."
    )


def not_a_file(most: int) -> str:
    """The attachment cannot be one."""
    return f"That is no effect's file: it ends in {SUFFIX} and has at most {most // 1024} KiB."


def page(lines: Mapping[str, str]) -> str:
    """The server's own effects, each with its line."""
    told = [f"- {quote(name)}{f': {disarm(about)}' if about else ''}" for name, about in lines.items()]
    return "\n".join(["**Effects of this server**", *told]) if told else NONE_OF_ITS_OWN
