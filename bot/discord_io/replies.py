"""Answering an interaction, so that an answer that is lost on its way does no harm."""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord

from bot.discord_io.interactions import Interaction
from bot.text import messages
from db.errors import DatabaseError
from db.jobs.enqueue import Draining, LimitReached, MemberBanned
from engine.core.errors import UserError

log = logging.getLogger(__name__)

ALREADY_ACKNOWLEDGED = 40060
TRIES = 4
"""How often an answer whose own answer was lost is given again; giving it twice is giving it once."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The public "thinking" that Discord was answered with.

    Attributes:
        message_id: the job's row holds it from the first moment, so that the message gets its last words
            whatever happens meanwhile. None where Discord's own answer was lost.
    """

    message_id: int | None


async def defer(interaction: Interaction) -> Answer | None:
    """Answer within Discord's three seconds. None: it was too late, and nothing was taken."""
    message = None
    try:
        said = await insist(lambda: interaction.response.defer(thinking=True))
        message = None if said is None else said.message_id
    except discord.HTTPException as error:
        if error.code != ALREADY_ACKNOWLEDGED:
            log.warning("could not answer interaction %s: %s", interaction.id, error)
            return None
    except (aiohttp.ClientError, OSError) as error:
        log.warning("could not answer interaction %s: %s", interaction.id, error)
        return None
    return Answer(message_id=message)


async def refuse(interaction: Interaction, text: str) -> None:
    """Take the public "thinking" away, and say why in private."""
    try:
        try:
            await insist(interaction.delete_original_response)
        except discord.NotFound:
            log.debug("the answer to %s is already gone", interaction.id)  # its own answer was lost, say
        await insist(lambda: interaction.followup.send(text, ephemeral=True))
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        log.warning("could not send the refusal of %s: %s", interaction.id, error)


async def insist(call: Any) -> Any:
    """Do it again where the answer was lost on the way; for calls that may be carried out twice."""
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


def in_words(error: Exception, interaction_id: int) -> str:
    """Why a request was not taken, as the member may read it; the log gets the rest."""
    if isinstance(error, UserError):
        log.info("refused %s: %s", interaction_id, error.code)
        return str(error)
    if isinstance(error, MemberBanned):
        return messages.BANNED
    if isinstance(error, Draining):
        return messages.CLOSED_FOR_NOW
    if isinstance(error, LimitReached):
        return messages.limit_reached(error.which, error.allowed, error.retry_after)
    if isinstance(error, (DatabaseError, OSError)):
        log.error("could not save request %s", interaction_id, exc_info=error)
        return messages.NO_ROOM_NOW
    error_id = secrets.token_hex(4)
    log.error("request %s failed, error id %s", interaction_id, error_id, exc_info=error)
    return messages.failed_inside(error_id)
