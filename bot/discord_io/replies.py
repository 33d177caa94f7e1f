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

from bot.discord_io.interactions import Interaction
from bot.text import messages, privacy_texts
from bot.text.foreign import refusal
from db.errors import (
    AskedBeforeErase,
    DatabaseError,
    Draining,
    LimitReached,
    MemberBanned,
    ParentGone,
)
from engine.core.errors import UserError

log = logging.getLogger(__name__)

ALREADY_ACKNOWLEDGED = 40060
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


async def defer(interaction: Interaction) -> Answer | None:
    """Reply within Discord's three seconds. None if that was too late; nothing has been accepted then."""
    message = None
    try:
        said = await retry(lambda: interaction.response.defer(thinking=True))
        message = None if said is None else said.message_id
    except discord.HTTPException as error:
        if error.code != ALREADY_ACKNOWLEDGED:
            log.warning("could not answer interaction %s: %s", interaction.id, error)
            return None
    except (aiohttp.ClientError, OSError) as error:
        log.warning("could not answer interaction %s: %s", interaction.id, error)
        return None
    return Answer(message_id=message)


async def send_refusal(interaction: Interaction, text: str) -> None:
    """Delete the public "thinking…" and give the reason in private."""
    try:
        try:
            await retry(interaction.delete_original_response)
        except discord.NotFound:
            log.debug("the answer to %s is already gone", interaction.id)  # an earlier try did it
        await retry(lambda: interaction.followup.send(text, ephemeral=True))
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        log.warning("could not send the refusal of %s: %s", interaction.id, error)


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
        return messages.limit_reached(error.which, error.allowed, error.retry_after)
    if isinstance(error, (DatabaseError, OSError)):
        log.error("could not save request %s", interaction_id, exc_info=error)
        return messages.NO_ROOM_NOW
    error_id = secrets.token_hex(4)
    log.error("request %s failed, error id %s", interaction_id, error_id, exc_info=error)
    return messages.failed_inside(error_id)
