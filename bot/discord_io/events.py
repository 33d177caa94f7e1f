"""What one event of the gateway does costs that event only.

discord.py reads an event in the task that reads the socket. So one that it cannot read would end the
connection, and, where Discord sends it again at each start, the bot.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

import aiohttp
import discord
from discord.http import Route

from bot.text import messages

log = logging.getLogger(__name__)

NEEDED = frozenset({"READY", "RESUMED"})
"""Without these there is no session. An error in them ends the connection, and the next one begins anew."""

INTERACTION = "INTERACTION_CREATE"
AUTOCOMPLETE = 4
"""The type of an interaction that takes no words, only choices."""

MESSAGE_ANSWER, CHOICES_ANSWER = 4, 8
EPHEMERAL = 1 << 6


def guard_events(client: discord.Client) -> None:
    """Let no event that cannot be read end the connection. Call it before the client connects."""
    answers: set[asyncio.Task[None]] = set()
    parsers = client._connection.parsers  # noqa: SLF001 - discord.py has no other place for it
    for event, parse in list(parsers.items()):
        if event not in NEEDED:
            parsers[event] = partial(_parse, client, event, parse, answers)


def _parse(
    client: discord.Client,
    event: str,
    parse: Callable[[Any], None],
    answers: set[asyncio.Task[None]],
    data: Any,
) -> None:
    try:
        parse(data)
    except Exception:
        error_id = secrets.token_hex(4)
        log.exception("an event of Discord could not be read: %s, error id %s", event, error_id)
        if event == INTERACTION:
            task = asyncio.create_task(_answer(client, data, error_id), name="answer to an unreadable event")
            answers.add(task)
            task.add_done_callback(answers.discard)


async def _answer(client: discord.Client, data: Any, error_id: str) -> None:
    """Tell the member, who sees the bot thinking, as far as the event says how to."""
    try:
        route = Route(
            "POST",
            "/interactions/{interaction_id}/{interaction_token}/callback",
            interaction_id=str(int(data["id"])),
            interaction_token=str(data["token"]),
        )
        answer: dict[str, Any] = {"type": CHOICES_ANSWER, "data": {"choices": []}}
        if data.get("type") != AUTOCOMPLETE:
            said = {"content": messages.failed_inside(error_id), "flags": EPHEMERAL}
            answer = {"type": MESSAGE_ANSWER, "data": {**said, "allowed_mentions": {"parse": []}}}
        await client.http.request(route, json=answer)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        log.warning("error %s cannot be told to the member: %r", error_id, error)
    except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
        log.warning("error %s could not be told to the member: %s", error_id, error)
