"""A button that works after a restart: its ``custom_id`` says what it is about, and never holds state.

A ``custom_id`` is public and can be replayed, so each click is checked as if it were the first.
"""

from __future__ import annotations

import abc
import re
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import discord

from bot.discord_io.door import PLAIN, Manner
from bot.discord_io.interactions import Interaction
from bot.text.wording import BUTTON, translated

NEVER = r"(?!)"
"""Matches nothing: the template of a base class, which is no button yet."""

ROUND = r"[0-9]{1,9}"


@dataclass(frozen=True)
class Look:
    """How a button looks. It has a label, in English, an emoji, or both."""

    label: str | None
    emoji: str | None
    style: discord.ButtonStyle = discord.ButtonStyle.secondary


class Button(discord.ui.DynamicItem[discord.ui.Button[Any]], abc.ABC, template=NEVER):
    """A kind of button. A class that names its ``action`` is one, and is found by where its file is.

    Attributes:
        action: its word in the ``custom_id``. It may never change: old messages have it.
        look: its label, emoji and style.
        order: its place among those that stand beside it; the lowest comes first.
        manner: how the door treats a click.
    """

    action: ClassVar[str]
    look: ClassVar[Look]
    order: ClassVar[int] = 0
    manner: ClassVar[Manner] = PLAIN

    def __init_subclass__(cls, *, template: str | None = None) -> None:
        """Let discord.py match clicks by the pattern of the class."""
        if template is None:
            template = cls.pattern() if hasattr(cls, "action") else NEVER
        super().__init_subclass__(template=template)

    def __init__(self, custom_id: str, *, row: int | None = None) -> None:
        label = None if self.look.label is None else translated(self.look.label, BUTTON)
        emoji, style = self.look.emoji, self.look.style
        super().__init__(
            discord.ui.Button(label=label, emoji=emoji, style=style, custom_id=custom_id, row=row)
        )

    @classmethod
    def manner_of_click(cls) -> Manner:
        """How the door treats a click."""
        return cls.manner

    @classmethod
    @abc.abstractmethod
    def pattern(cls) -> str:
        """The regular expression that the ``custom_id`` of every button of this class matches."""

    @classmethod
    @abc.abstractmethod
    def of(cls, match: re.Match[str]) -> Self:
        """Make the button again from what a click brings back: a match of :meth:`pattern`."""

    @abc.abstractmethod
    async def click(self, interaction: Interaction) -> None:
        """Check who clicked and what it is about, and do what the button is for."""
