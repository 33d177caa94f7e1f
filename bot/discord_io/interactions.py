"""An interaction as this bot meets it: its client is ours, and leads to every part of the bot."""

from __future__ import annotations

import abc
import dataclasses
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar

import aiohttp
import discord

from bot.concurrency import asked_by
from bot.discord_io.door import PLAIN, Door, Manner, Slot
from bot.discord_io.member_language import Speakers
from bot.discord_io.messenger import Messenger
from bot.discord_io.post import ChannelError, Post
from bot.discord_io.whereabouts import is_own_conversation
from bot.text import messages
from bot.text.wording import speaking
from db.errors import DatabaseError
from db.jobs.interactions import Asked
from engine.core.shortages import shortage_of

log = logging.getLogger(__name__)

T = TypeVar("T")


class BotClient(discord.Client, abc.ABC):
    """The client, for whatever answers an interaction. :class:`bot.client.Framekiln` is the one there is."""

    @abc.abstractmethod
    def part(self, kind: type[T]) -> T:
        """Find the part of the bot that is of this class.

        Raises:
            LookupError: there is none.
        """

    @abc.abstractmethod
    async def recognise(self, user_id: int) -> None:
        """Note that a member uses the bot, so that a ban applies again to a member who was erased."""

    async def serve(
        self, interaction: Interaction, work: Callable[[], Awaitable[None]], manner: Manner = PLAIN
    ) -> None:
        """Do what an interaction asks for. Every interaction, of whatever sort, comes through here.

        The door refuses what it can refuse at no cost; then the work is done; then the interaction leaves. An
        unexpected error is answered with an id.

        Args:
            interaction: the one to answer.
            work: what it asks for.
            manner: how the door treats it.
        """
        door, came = self.part(Door), time.monotonic()
        with door.once(interaction) as first:
            if not first:
                log.debug("interaction %s came twice", interaction.id)
                return
            user = getattr(interaction.user, "id", 0)  # one that cannot be read has no member
            with speaking(await self.part(Speakers).of(user, interaction.locale)):
                try:
                    asked_by.set(interaction.user.id)
                    refusal = await self._served(door, interaction, work, manner)
                    if refusal is not None:
                        await door.turn_away(interaction, refusal, came=came)
                except Exception as error:  # noqa: BLE001 - the member gets an error id, the log the rest
                    await self.answer_error(interaction, error)
                finally:
                    if interaction.extras.pop(PROMISED, False):
                        await cross_off(interaction)

    async def _served(
        self, door: Door, interaction: Interaction, work: Callable[[], Awaitable[None]], manner: Manner
    ) -> str | None:
        """Let an interaction in, do its work, and let it out. Returns why it is refused, if it is."""
        if interaction.type is discord.InteractionType.autocomplete:
            return await self._list(door, interaction, work, manner)
        refusal = await door.enter(interaction, manner)
        if refusal is not None:
            return refusal
        try:
            return await self._admitted(door, interaction, work, manner)
        finally:
            door.leave(interaction)

    async def _admitted(
        self, door: Door, interaction: Interaction, work: Callable[[], Awaitable[None]], manner: Manner
    ) -> str | None:
        """Do the work of an interaction that is in. Returns why it is refused after all, if it is."""
        if not manner.own_data:
            await self.recognise(interaction.user.id)
            if await door.is_banned(interaction):  # a ban found an erased member again
                return messages.BANNED
        await work()
        return None

    async def _list(
        self, door: Door, interaction: Interaction, work: Callable[[], Awaitable[None]], manner: Manner
    ) -> str | None:
        """Make a list that opens while a member types, if they may see it and have not typed on since."""
        async with door.list_turn(interaction) as newest:
            refusal = await door.refusal(interaction, dataclasses.replace(manner, slot=Slot.LIST))
            if refusal is None and newest:
                return await self._admitted(door, interaction, work, manner)
        return refusal or messages.ONE_AT_A_TIME

    async def answer_error(self, interaction: Interaction, error: Exception) -> None:
        """Say that something broke, with an id that leads the owner to the log."""
        error_id = secrets.token_hex(4)
        log.error("interaction %s failed, error id %s", interaction.id, error_id, exc_info=error)
        if interaction.type is discord.InteractionType.autocomplete:
            return  # a list has no room for words; the member sees that it stays empty
        short = shortage_of(error)
        text = messages.failed_inside(error_id) if short is None else messages.not_done_for_want_of(short)
        try:
            if interaction.response.is_done():
                await interaction.followup.send(text, ephemeral=True)
            else:
                await interaction.response.send_message(text, ephemeral=True)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as again:
            log.warning("could not report error %s: %s", error_id, again)
            await tell_elsewhere(interaction, text)


PROMISED = "promised"
"""Marks an interaction whose "thinking" is written down, until it has been served."""


async def cross_off(interaction: Interaction) -> None:
    """The member has an answer. A row that stays is looked at by :mod:`bot.loops.answers`."""
    try:
        await interaction.client.part(Asked).answered(interaction.id)
    except DatabaseError as error:
        log.warning("could not cross off interaction %s: %s", interaction.id, error)


async def is_taken(interaction: Interaction) -> bool:
    """Whether a job came of it already: Discord sometimes sends an interaction twice."""
    return await interaction.client.part(Asked).job_of(interaction.id) is not None


async def tell_elsewhere(interaction: Interaction, text: str) -> bool:
    """Say in a message what could not be said in an answer: directly, else in the channel without details.

    Returns:
        Whether the member was told.
    """
    messenger = interaction.client.part(Messenger)
    user, channel = interaction.user.id, interaction.channel_id
    nonce = f"answer {interaction.id}"[:25]
    try:
        await messenger.send_direct(user, Post(content=text, nonce=nonce))
    except ChannelError as error:
        log.info("interaction %s cannot be answered directly: %s", interaction.id, error)
        if channel is None:
            return False
        public = f"<@{user}> {messages.NOT_ANSWERED}"
        try:
            await messenger.send(channel, Post(content=public, nonce=nonce, ping=user))
        except ChannelError as again:
            log.warning("interaction %s cannot be answered anywhere: %s", interaction.id, again)
            return False
    return True


Interaction: TypeAlias = discord.Interaction[BotClient]


def token_of(interaction: Interaction) -> str:
    """What the answer to an interaction can be changed with later, as a job's row keeps it."""
    return f"{interaction.application_id}:{interaction.token}"


def is_own_message(interaction: Interaction) -> bool:
    """Whether a click comes from a message that only the member who clicked sees.

    A custom id can be forged on any message; what others see is not changed by that.
    """
    message = interaction.message
    if message is None or is_own_conversation(interaction):
        return message is not None
    asked = message.interaction_metadata
    return message.flags.ephemeral and asked is not None and asked.user.id == interaction.user.id


async def say_in_its_place(interaction: Interaction, text: str, view: discord.ui.View | None = None) -> None:
    """Let the private message of a click say this from now on; where it is not theirs, answer in private."""
    if is_own_message(interaction):
        await interaction.response.edit_message(content=str(text), view=view, attachments=[])
    else:
        await say(interaction, text)


async def say(interaction: Interaction, text: str) -> None:
    """Answer in private."""
    await interaction.response.send_message(text, ephemeral=True)
