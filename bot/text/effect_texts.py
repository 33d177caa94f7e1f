"""Texts about effects."""

from __future__ import annotations

from collections.abc import Mapping

from bot.text.foreign import disarm, quote
from bot.text.messages import list_page, seconds
from bot.text.wording import Text, in_words, say, say_as, say_many
from engine.effects.effect_recipe import SUFFIX, EffectRecipe

CHOOSE = Text("Which effect shall this picture get?")
TOO_OLD = Text("That menu is too old. Right-click the message again and choose *Effect…*.")
NO_CLIP_HERE = Text("That message has no clip of mine. Choose one that I posted in this server.")
NOT_FINISHED = Text("Only a finished clip that is still here can become an effect.")
NO_SUCH = Text("There is no effect called {name} here. Start typing in `effect:` to see the list.")
SHIPS = Text("That effect comes with me, so it can't be renamed or removed. A server can add its own.")
TAKEN = Text("There is an effect of that name already. Choose another name.")
GONE = Text("That effect is gone: somebody renamed or removed it.")
NONE_OF_ITS_OWN = Text(
    "This server has no effects of its own yet. Right-click a clip → Apps → *Make an effect of this*."
)


def choice(name: str, about: str, wait: float | None) -> str:
    """One line of the list that opens while a member types."""
    now = "" if wait is None else say("about {time} now", time=seconds(wait))
    return " · ".join(filter(None, (in_words(name), in_words(about), now)))


def words_of(effect: EffectRecipe) -> tuple[str, ...]:
    """What an effect is called and what its line says, in English and as it is shown."""
    return (
        *(str(text) for text in (effect.name, effect.about)),
        in_words(effect.name),
        in_words(effect.about),
    )


def full(most: int) -> str:
    """There is no room for another one."""
    return say_many(
        "This server has {n} effect of its own, the most it can have. Remove it first.",
        "This server has {n} effects of its own, the most it can have. Remove one first.",
        most,
    )


def made(name: str) -> str:
    """A new effect is there."""
    return say(
        "Done: everybody here can use {name} now, with `/effect` or *{menu}* on a picture.",
        name=quote(name),
        menu=say_as("menu", "Effect…"),
    )


def renamed(old: str, name: str) -> str:
    """It has another name."""
    return say("Renamed: {old} is called {name} now.", old=quote(old), name=quote(name))


def removed(name: str) -> str:
    """It is gone."""
    return say("Removed {name}. Clips that were made with it stay.", name=quote(name))


def shared(name: str) -> str:
    """Its file is attached."""
    return say(
        "Here is {name} as a file. Moderators of another server add it with `/queue effects import`.",
        name=quote(name),
    )


def not_a_file(most: int) -> str:
    """The attachment cannot be one."""
    return say(
        "That is no effect's file: it ends in {suffix} and has at most {most} KiB.",
        suffix=SUFFIX,
        most=most // 1024,
    )


def page(lines: Mapping[str, str]) -> str:
    """The server's own effects, each with its line."""
    told = [f"- {quote(name)}{f': {disarm(about)}' if about else ''}" for name, about in lines.items()]
    return list_page([f"**{say('Effects of this server')}**"], told) if told else NONE_OF_ITS_OWN
