"""What ``/help`` is about: the words, the example, and what *Try it* asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import bot
from bot.discord_io.post import Attached
from bot.text import help_texts

EXAMPLES = Path(__file__).parent / "examples"
PICTURE = Path(bot.__file__).parent / "cli" / "lake.jpg"
"""The bot's own picture: painted for it, and part of the package."""

PROMPT = "a red boat on the sea at sunset"
EFFECT = "snow globe"
DRAFTS = 3


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One page of the help.

    Attributes:
        label: of its button.
        text: what it says.
        shown: its example; empty where the text shows one.
        tried: whether it has a request that can be tried.
        for_moderators: whether others don't see it.
    """

    label: str
    text: str
    shown: tuple[Attached, ...] = ()
    tried: bool = False
    for_moderators: bool = False


def _example(name: str, alt: str) -> Attached:
    return Attached(path=EXAMPLES / f"{name}.gif", name=f"{name}.gif", alt=alt)


TOPICS: Mapping[str, Topic] = {
    "picture": Topic(
        label="From a picture",
        text=help_texts.PICTURE,
        shown=(_example("picture", help_texts.LAKE),),
        tried=True,
    ),
    "words": Topic(
        label="From words",
        text=help_texts.WORDS,
        shown=(_example("words", help_texts.ALT_WORDS),),
        tried=True,
    ),
    "takes": Topic(
        label="Drafts to choose from",
        text=help_texts.TAKES,
        shown=tuple(
            _example(name, help_texts.alt_draft(number))
            for number, name in enumerate(("picture", "draft-2", "draft-3"), 1)
        ),
        tried=True,
    ),
    "effects": Topic(
        label="Effects",
        text=help_texts.EFFECTS,
        shown=(_example("effect", help_texts.ALT_EFFECT),),
        tried=True,
    ),
    "data": Topic(label="My data", text=help_texts.DATA),
    "moderators": Topic(label="For moderators", text=help_texts.MODERATORS, for_moderators=True),
}
"""By the word in their button's ``custom_id``, which may never change."""


def topics_for(*, moderator: bool, takes: bool) -> list[str]:
    """The topics that a member sees, in their order.

    Args:
        moderator: they are one here.
        takes: the owner lets members choose from drafts.
    """
    return [
        name
        for name, topic in TOPICS.items()
        if (moderator or not topic.for_moderators) and (takes or name != "takes")
    ]
