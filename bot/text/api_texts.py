"""Texts about keys of the HTTP API, by the rules of :mod:`bot.text.messages`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.text.foreign import quote
from bot.text.messages import fit
from db.api.keys import ApiKey

NOT_OPEN = "Members of this server can't make API keys. A moderator can change that with `/queue api open`."
OPENED = "Members of this server can make API keys now, with `/apikey create`."
OPENED_ALREADY = "Members of this server can make API keys already."
CLOSED = (
    "Members of this server can't make API keys any more. Keys that there are stay: "
    "`/queue api keys` shows them, and `/queue api revoke` ends one."
)
CLOSED_ALREADY = "Members of this server can't make API keys."
NO_KEYS = "You have no API keys in this server."
NO_KEYS_HERE = "There are no API keys in this server."
ENDED = "That key has ended."
NO_SUCH_KEY = "There is no such key. Give the eight digits from the list."


def made(key: ApiKey, secret: str) -> str:
    """A key was made; this is the only time that it is shown."""
    return (
        f"Your API key {quote(key.name)}, which I show only now:\n`{secret}`\n"
        "Whoever has it can ask for clips in your name, within your limits in this server. "
        f"`/apikey remove` ends it: it is key `{key.id}`."
    )


def too_many(most: int) -> str:
    """A member has as many keys as they may have."""
    return f"You can have {most} API {'key' if most == 1 else 'keys'} in a server. `/apikey remove` ends one."


def own(keys: Sequence[ApiKey]) -> str:
    """A member's keys."""
    return fit("**Your API keys in this server**\n" + "\n".join(map(_line, keys))) if keys else NO_KEYS


def of_server(keys: Sequence[ApiKey], *, is_open: bool) -> str:
    """All keys of a server, for moderators."""
    lines = [f"{_line(key)} · <@{key.user_id}>" for key in keys] or [NO_KEYS_HERE]
    return fit("\n".join(["**API keys**", *lines, OPENED if is_open else CLOSED_ALREADY]))


def _line(key: ApiKey) -> str:
    used = "never used" if key.used_at is None else f"used {_day(key.used_at)}"
    return f"`{key.id}` {quote(key.name, 60)} · {', '.join(sorted(key.scopes))} · {used}"


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
