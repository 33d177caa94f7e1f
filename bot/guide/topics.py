"""What ``/help`` is about: the words, the example, and what *Try it* asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import bot
from bot.discord_io.post import Attached
from bot.text.help import help_texts
from bot.text.wording import Text

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

    label: Text
    text: Text
    shown: tuple[Attached, ...] = ()
    tried: bool = False
    for_moderators: bool = False


def _example(name: str, alt: Text) -> Attached:
    return Attached(path=EXAMPLES / f"{name}.gif", name=f"{name}.gif", alt=alt)


TOPICS: Mapping[str, Topic] = {
    "picture": Topic(
        label=help_texts.TOPIC_PICTURE,
        text=help_texts.PICTURE,
        shown=(_example("picture", help_texts.LAKE),),
        tried=True,
    ),
    "words": Topic(
        label=help_texts.TOPIC_WORDS,
        text=help_texts.WORDS,
        shown=(_example("words", help_texts.ALT_WORDS),),
        tried=True,
    ),
    "takes": Topic(
        label=help_texts.TOPIC_TAKES,
        text=help_texts.TAKES,
        shown=(
            _example("picture", help_texts.LAKE),
            _example("draft-2", help_texts.ALT_DRAFT),
            _example("draft-3", help_texts.ALT_DRAFT),
        ),
        tried=True,
    ),
    "effects": Topic(
        label=help_texts.TOPIC_EFFECTS,
        text=help_texts.EFFECTS,
        shown=(_example("effect", help_texts.ALT_EFFECT),),
        tried=True,
    ),
    "data": Topic(label=help_texts.TOPIC_DATA, text=help_texts.DATA),
    "moderators": Topic(label=help_texts.TOPIC_MODERATORS, text=help_texts.MODERATORS, for_moderators=True),
}
"""By the word in their button's ``custom_id``, which may never change."""


def topics_for(*, moderator: bool, takes: bool, effects: bool = True) -> list[str]:
    """The topics that a member sees, in their order.

    Args:
        moderator: they are one here.
        takes: the owner lets members choose from drafts, and they can be shown here.
        effects: this is a server, which has some.
    """
    without = {name for name, there in (("takes", takes), ("effects", effects)) if not there}
    return [
        name
        for name, topic in TOPICS.items()
        if (moderator or not topic.for_moderators) and name not in without
    ]
