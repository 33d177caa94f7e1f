"""Who may do what. Asked at each use: Discord's own defaults are only defaults."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection

import discord

from bot.discord_io.interactions import Interaction
from bot.discord_io.places import missing_of
from bot.discord_io.whereabouts import guild_of, spot_of
from db.jobs.job import Job
from db.states import is_outside

log = logging.getLogger(__name__)

ASK_SECONDS = 5.0


def is_moderator(interaction: Interaction, roles: Collection[int]) -> bool:
    """Whether the member may run the queue: by Manage Server, or by a role that the owner named."""
    if interaction.guild_id is None or spot_of(interaction) is not None:
        return False  # a server that has not added the bot has no say in its queue
    if interaction.permissions.manage_guild:
        return True
    user = interaction.user
    return isinstance(user, discord.Member) and any(role.id in roles for role in user.roles)


async def is_administrator(guild: discord.Guild, user: int) -> bool:
    """Whether a member may do everything in a server. Discord is asked, because members are not kept here.

    Somebody who has left is none; nor is anybody if Discord does not answer in time.
    """
    try:
        async with asyncio.timeout(ASK_SECONDS):
            member = await guild.fetch_member(user)
    except discord.NotFound:
        return False
    except (discord.HTTPException, OSError, TimeoutError) as error:
        log.warning("could not ask for the permissions of a member: %s", error)
        return False
    return member.guild_permissions.administrator


def is_age_restricted(interaction: Interaction) -> bool:
    """Whether the channel is for adults, as Discord says now. Where it does not say, or outside: no."""
    if spot_of(interaction) is not None:
        return False
    return bool(getattr(interaction.channel, "nsfw", False)) or (
        isinstance(interaction.channel, discord.Thread) and interaction.channel.is_nsfw()
    )


def roles_of(interaction: Interaction) -> frozenset[int]:
    """The ids of the roles that the member has in this server."""
    user = interaction.user
    if spot_of(interaction) is not None:
        return frozenset()
    return frozenset(role.id for role in user.roles) if isinstance(user, discord.Member) else frozenset()


def may_change(interaction: Interaction, job: Job, roles: Collection[int]) -> bool:
    """Whether the member may cancel or delete this job: their own, or as a moderator of its server."""
    if not is_of_here(interaction, job):
        return False
    return interaction.user.id == job.user_id or is_moderator(interaction, roles)


def is_of_here(interaction: Interaction, job: Job) -> bool:
    """Whether a job is of the server that this comes from. Outside of servers is one place."""
    guild = guild_of(interaction)
    return guild == job.guild_id or (is_outside(guild) and is_outside(job.guild_id))


def may_see(interaction: Interaction, job: Job, roles: Collection[int]) -> bool:
    """Whether the member may know of this job. Its id, which anybody can copy, is enough for nothing.

    They may where it is their own, where they moderate its server, and where they can see its channel.
    Outside of servers that is the channel which they ask from. A private one is its member's alone.
    """
    if not is_of_here(interaction, job):
        return False
    if interaction.user.id == job.user_id:
        return True
    if job.private:
        return False
    return is_moderator(interaction, roles) or sees_channel(interaction, job.channel_id)


def sees_channel(interaction: Interaction, channel_id: int) -> bool:
    """Whether the member can read a channel of the server that they are in, as far as Discord has told.

    Of a private thread that they do not ask from, nothing says whether they are in it: they cannot see it.
    """
    if interaction.channel_id == channel_id:
        return True
    user, guild = interaction.user, interaction.guild
    channel = None if guild is None else guild.get_channel_or_thread(channel_id)
    if channel is None or not isinstance(user, discord.Member):
        return False
    place = channel.parent if isinstance(channel, discord.Thread) else channel
    if place is None:
        return False
    allowed = place.permissions_for(user)
    if isinstance(channel, discord.Thread) and channel.is_private() and not allowed.manage_threads:
        return False
    return allowed.view_channel and allowed.read_message_history


def missing_here(interaction: Interaction) -> tuple[str, ...]:
    """What the bot lacks to post a clip where it was asked, as far as Discord says, by its names for it."""
    allowed = interaction.app_permissions
    if allowed.value == 0 or spot_of(interaction) is not None:
        return ()  # Discord did not say, or it goes into the answer, or directly
    return missing_of(allowed, in_thread=isinstance(interaction.channel, discord.Thread))
