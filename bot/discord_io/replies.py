"""Replies to interactions, made so that a lost HTTP response does no harm."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord

from bot.discord_io.interactions import PROMISED, Interaction, tell_elsewhere
from bot.text import messages, outside_texts, privacy_texts
from bot.text.foreign import refusal
from bot.text.wording import spoken
from db.errors import (
    AskedBeforeErase,
    DatabaseError,
    Draining,
    LimitReached,
    MemberBanned,
    ParentGone,
)
from db.jobs.interactions import Asked, AskedRow
from engine.core.errors import UserError
from engine.core.shortages import shortage_of

log = logging.getLogger(__name__)

ALREADY_ACKNOWLEDGED = 40060
ANSWER_SECONDS = 3.0
"""How long Discord waits for a first answer."""

TRIES = 4
"""Tries of a reply whose HTTP response was lost; replying is idempotent."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The public "thinking…" reply.

    Attributes:
        message_id: stored with the job from the start, so that the message is completed whatever happens in
            between. None if Discord's response was lost.
    """

    message_id: int | None


NOT_ACCEPTED: Mapping[type[Exception], str] = {
    MemberBanned: messages.BANNED,
    Draining: messages.CLOSED_FOR_NOW,
    AskedBeforeErase: privacy_texts.ASKED_BEFORE_ERASE,
    ParentGone: privacy_texts.FORGOTTEN,
}
"""Why the queue does not accept a request, where there is nothing to fill in."""


async def write_down(interaction: Interaction, *, reserved: bool = True) -> None:
    """Write an interaction down before "thinking" is shown, so that the next start can answer it.

    Args:
        interaction: the one to answer.
        reserved: as in :meth:`db.sqlite.connection.Database.write`.

    Raises:
        CannotWrite: the disk does not take it; nothing must be promised then.
    """
    row = AskedRow(
        interaction=interaction.id,
        application=interaction.application_id,
        token=interaction.token,
        user_id=interaction.user.id,
        guild_id=interaction.guild_id or 0,
        channel_id=interaction.channel_id or 0,
        language=spoken(),
    )
    await interaction.client.part(Asked).note(row, reserved=reserved)


async def think(interaction: Interaction) -> None:
    """Promise an answer in private. What serves the interaction crosses it off when it is served."""
    await write_down(interaction)
    await interaction.response.defer(ephemeral=True, thinking=True)
    interaction.extras[PROMISED] = True


async def defer(interaction: Interaction, *, private: bool = False) -> Answer | None:
    """Reply within Discord's three seconds.

    Args:
        interaction: the one to answer.
        private: only the member sees the answer. It can be changed by its token alone then.

    Returns:
        None where the interaction came too late; nothing is accepted then. Where it came in time and Discord
        did not let it be answered, the request is taken: the status board sends the message that the answer
        would have become.
    """
    came_in_time = (discord.utils.utcnow() - interaction.created_at).total_seconds() < ANSWER_SECONDS
    message = None
    try:
        said = await retry(lambda: interaction.response.defer(thinking=True, ephemeral=private))
        message = None if said is None or private else said.message_id
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        if not isinstance(error, discord.HTTPException) or error.code != ALREADY_ACKNOWLEDGED:
            log.warning("could not answer interaction %s: %s", interaction.id, error)
            if not came_in_time:
                return None
    return Answer(message_id=message)


async def send_refusal(interaction: Interaction, text: str) -> bool:
    """Delete the public "thinking…" and give the reason in private; whether the member has it."""
    try:
        try:
            await retry(interaction.delete_original_response)
        except discord.NotFound:
            log.debug("the answer to %s is already gone", interaction.id)  # an earlier try did it
        await retry(lambda: interaction.followup.send(text, ephemeral=True))
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        log.warning("could not send the refusal of %s: %s", interaction.id, error)
        return await tell_elsewhere(interaction, text)
    return True


async def retry(call: Any) -> Any:
    """Call it again if the response was lost. Only for calls that are idempotent."""
    for attempt in range(1, TRIES):
        try:
            return await call()
        except (aiohttp.ClientError, OSError):
            await asyncio.sleep(0.1 * attempt)
        except discord.NotFound:
            raise
        except discord.HTTPException as error:
            if error.status < 500:  # noqa: PLR2004 - HTTP's own number
                raise
            await asyncio.sleep(0.1 * attempt)
    return await call()


def refusal_text(error: Exception, interaction_id: int) -> str:
    """Why a request was not accepted, in words for the member; the log gets the rest."""
    if isinstance(error, UserError):
        log.info("refused %s: %s", interaction_id, error.code)
        return refusal(error)
    if (plain := NOT_ACCEPTED.get(type(error))) is not None:
        return plain
    if isinstance(error, LimitReached):
        about = (error.which, error.allowed, error.retry_after)
        return outside_texts.limit_reached(*about) or messages.limit_reached(*about)
    if (short := shortage_of(error)) is not None:
        log.error("could not take request %s: %s", interaction_id, error)
        return messages.not_taken_for_want_of(short)
    if isinstance(error, (DatabaseError, OSError)):
        log.error("could not save request %s", interaction_id, exc_info=error)
        return messages.NO_ROOM_NOW
    error_id = secrets.token_hex(4)
    log.error("request %s failed, error id %s", interaction_id, error_id, exc_info=error)
    return messages.failed_inside(error_id)
