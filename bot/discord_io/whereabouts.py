"""Where an interaction comes from: a server that has added the bot, or outside of those.

Outside are the bot's direct messages, group DMs, and servers in which only a member brought the bot along.
Who may ask there is the owner's choice. Whoever shares a server with the bot is a member of it there, too;
anybody else is a stranger.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

import discord

from bot.config.choices import DirectMessages
from bot.discord_io.members import Members
from bot.discord_io.post import ChannelError
from bot.text import messages, outside_texts
from db.jobs.queries import JobQueries
from db.states import DIRECT, STRANGERS

log = logging.getLogger(__name__)

SPOT = "spot"
"""The key of an interaction's ``extras`` that says where outside it comes from."""

SERVERS_ASKED = 3
"""Servers in which a member is looked for, of those where they drew lately."""

ASK_SECONDS = 1.0
"""Discord wants an answer within three seconds."""

_BY_A_GUILD = 0
"""Discord's number for an app that a server has added."""


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A place outside the servers that have added the bot.

    Attributes:
        guild: what stands in the place of the server's id: :data:`db.states.DIRECT` or ``STRANGERS``.
        answer_only: the bot is not in the channel, so all that it can do there is to answer.
    """

    guild: int
    answer_only: bool


def spot_of(interaction: discord.Interaction[Any]) -> Spot | None:
    """Where outside an interaction that the door let in comes from; None: it comes from a server."""
    spot = interaction.extras.get(SPOT)
    return spot if isinstance(spot, Spot) else None


def guild_of(interaction: discord.Interaction[Any]) -> int:
    """The id of the server that an interaction comes from.

    Outside the servers that have added the bot it is what stands in its place (:data:`db.states.DIRECT`,
    ``STRANGERS``); 0 in a direct message about one's own data.
    """
    spot = spot_of(interaction)
    return (interaction.guild_id or 0) if spot is None else spot.guild


def is_answer_only(interaction: discord.Interaction[Any]) -> bool:
    """Whether the bot is not in the channel, so that all that it can do there is to answer."""
    spot = spot_of(interaction)
    return spot is not None and spot.answer_only


def is_here(interaction: discord.Interaction[Any]) -> bool:
    """Whether it comes from a server that the bot is in, not from one where its user brought it along."""
    if interaction.guild_id is None:
        return False
    if interaction.is_guild_integration():
        return True
    # Discord says who installed the bot. Where it says nothing, being in the server is enough.
    return not _brought(interaction) and interaction.guild is not None


def _brought(interaction: discord.Interaction[Any]) -> bool:
    """Whether some member brought the bot along, and no server has added it."""
    owners = interaction._integration_owners  # noqa: SLF001 - only whose own app it is can be asked in public
    return bool(owners) and _BY_A_GUILD not in owners


def is_own_conversation(interaction: discord.Interaction[Any]) -> bool:
    """Whether it comes from somebody's direct messages with the bot, where the bot can write as it likes."""
    if interaction.guild_id is not None:
        return False
    if interaction.context.dm_channel or interaction.context.private_channel:
        return interaction.context.dm_channel is True
    return isinstance(interaction.channel, discord.DMChannel)


class Whereabouts:
    """Knows who may ask outside the servers that have added the bot."""

    def __init__(self, *, who: DirectMessages, jobs: JobQueries, members: Members) -> None:
        """Make one.

        Args:
            who: may ask there, as the owner says.
            jobs: knows in which servers somebody drew lately.
            members: knows whether they are still there.
        """
        self._who = who
        self._jobs = jobs
        self._members = members

    async def refusal(self, interaction: discord.Interaction[Any]) -> str | None:
        """Find out where an interaction from outside comes from, and remember it.

        Returns:
            Why it is refused, in words for the member; None: it may come in.
        """
        if self._who is DirectMessages.OFF:
            return messages.ONLY_IN_SERVERS
        if spot_of(interaction) is None:
            guild = DIRECT if await self._shares_a_server(interaction) else STRANGERS
            interaction.extras[SPOT] = Spot(guild=guild, answer_only=not is_own_conversation(interaction))
        spot = spot_of(interaction)
        if spot is not None and spot.guild == STRANGERS and self._who is DirectMessages.SERVERS:
            return outside_texts.ONLY_FOR_MEMBERS
        return None

    async def _shares_a_server(self, interaction: discord.Interaction[Any]) -> bool:
        """Whether the member is in a server that has added the bot.

        In the bot's direct messages, Discord says so. Elsewhere it does not; then it is asked, but only for
        servers where this member drew lately. A stranger costs it no question.
        """
        owners = interaction._integration_owners  # noqa: SLF001 - as above
        if is_own_conversation(interaction) and _BY_A_GUILD in owners:
            return True
        user = interaction.user.id
        try:
            async with asyncio.timeout(ASK_SECONDS):
                for guild in await self._jobs.guilds_of(user, SERVERS_ASKED):
                    if await self._members.get(guild, user) is not None:
                        return True
        except (ChannelError, TimeoutError) as error:
            log.info("could not ask whether a member is still in a server: %s", error)
            return True  # they were when they last drew there
        return False
