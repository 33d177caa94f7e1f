"""Who asks for a clip, and where: what the checks of a request need to know, wherever it came from."""

from __future__ import annotations

from dataclasses import dataclass

import discord

from bot.discord_io.interactions import Interaction
from bot.discord_io.permissions import is_age_restricted, missing_here, roles_of
from bot.discord_io.whereabouts import guild_of, is_answer_only, spot_of
from bot.text import messages
from bot.text.languages import ENGLISH
from bot.text.wording import spoken
from db.codes import BotCode
from engine.core.errors import UserError


@dataclass(frozen=True, kw_only=True)
class Asker:
    """A member who asks for a clip.

    Attributes:
        request: the number of the request. Discord numbers interactions in the order of time.
        guild_id, user_id: whose limits and rules hold.
        channel_id: where the clip goes; :data:`db.jobs.job.NOWHERE`: it is not posted.
        roles: the member's, in this guild.
        joined_at: when they joined it, Unix seconds; None: not known.
        adults_only: the channel is age-restricted.
        bot_lacks: permissions that the bot would need to post a clip there; none where none is posted.
        api_key: the id of the API key by which they ask; None: they ask in Discord.
        answer_only: the bot is not in the channel: what it has to say goes into its answer.
        language: in which they are told of the clip.
    """

    request: int
    guild_id: int
    user_id: int
    channel_id: int
    roles: frozenset[int] = frozenset()
    joined_at: float | None = None
    adults_only: bool = False
    bot_lacks: tuple[str, ...] = ()
    api_key: str | None = None
    answer_only: bool = False
    language: str = ENGLISH


def asker_of(interaction: Interaction, *, private: bool = False) -> Asker:
    """The member of an interaction.

    Args:
        interaction: theirs.
        private: only they are to see what they ask for: it comes into the answer, or directly.

    Raises:
        UserError: they ask outside of a server, and may not.
    """
    guild, spot = guild_of(interaction), spot_of(interaction)
    if guild == 0 or interaction.channel_id is None:
        raise UserError(BotCode.GUILD, messages.ONLY_IN_SERVERS)
    user = interaction.user
    joined = user.joined_at if spot is None and isinstance(user, discord.Member) else None
    return Asker(
        request=interaction.id,
        guild_id=guild,
        user_id=user.id,
        channel_id=interaction.channel_id,
        roles=roles_of(interaction),
        joined_at=None if joined is None else joined.timestamp(),
        adults_only=is_age_restricted(interaction),
        bot_lacks=() if private else missing_here(interaction),
        answer_only=is_answer_only(interaction),
        language=spoken(),
    )
