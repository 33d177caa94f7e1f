"""A form of one text field that works after a restart: it is matched by its ``custom_id``."""

from __future__ import annotations

import abc
import re
from typing import Any, ClassVar

import discord

from bot.buttons.button import ROUND
from bot.discord_io.door import PLAIN, Manner
from bot.discord_io.forms import field
from bot.discord_io.interactions import Interaction
from bot.text.wording import FORM, translated
from db.states import JOB_ID, State


class Form(abc.ABC):
    """A kind of form. A class that has a prefix is one, and is found by where its file is.

    Attributes:
        prefix: the beginning of the ``custom_id``; what the form is about follows. It may never change.
        field: the ``custom_id`` of the text field.
        title: what stands above the form, in English.
        label: what stands above the field, in English.
        about: how the rest of the ``custom_id`` is written.
        manner: how the door treats a form that comes back.
        states: where its job stands when the form is meant.
    """

    prefix: ClassVar[str]
    about: ClassVar[str] = "{job}"
    manner: ClassVar[Manner] = PLAIN
    states: ClassVar[tuple[State, ...]] = (State.DELIVERED,)
    field: ClassVar[str]
    title: ClassVar[str]
    label: ClassVar[str]

    @classmethod
    def pattern(cls) -> str:
        """The regular expression that the ``custom_id`` of every form of this class matches."""
        return re.escape(cls.prefix) + cls.about.format(job=JOB_ID, round=ROUND)

    @classmethod
    def id_for(cls, **about: str | int) -> str:
        """The ``custom_id`` of the form about this."""
        return cls.prefix + cls.about.format(**about)

    @classmethod
    async def open(
        cls,
        interaction: Interaction,
        custom_id: str,
        *,
        longest: int,
        required: bool = True,
        default: str | None = None,
    ) -> None:
        """Show the form to the member who clicked.

        Args:
            interaction: the click.
            custom_id: what comes back with the answer, by :meth:`id_for`.
            longest: characters that may be written.
            required: whether the field may be left empty.
            default: its initial text.
        """
        modal = discord.ui.Modal(title=translated(cls.title, FORM), custom_id=custom_id, timeout=None)
        words: discord.ui.TextInput[Any] = discord.ui.TextInput(
            custom_id=cls.field,
            style=discord.TextStyle.paragraph,
            default=default,
            required=required,
            max_length=longest,
        )
        modal.add_item(discord.ui.Label(text=translated(cls.label, FORM), component=words))
        modal.stop()  # discord.py need not wait for it: its answer is matched by the prefix
        await interaction.response.send_modal(modal)

    @classmethod
    async def submit(cls, interaction: Interaction) -> None:
        """Read a form that came back."""
        data: Any = interaction.data or {}
        about = str(data["custom_id"]).removeprefix(cls.prefix)
        await cls.filled_in(interaction, about, field(data, cls.field))

    @classmethod
    @abc.abstractmethod
    async def filled_in(cls, interaction: Interaction, about: str, words: str) -> None:
        """Do what the form is for.

        Args:
            interaction: the form's.
            about: the end of the ``custom_id``, as it came back; it fits the pattern and can be forged.
            words: what was written.
        """
