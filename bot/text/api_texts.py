"""Texts about keys of the HTTP API, by the rules of :mod:`bot.text.messages`."""

from __future__ import annotations

from collections.abc import Sequence

from bot.text.foreign import quote
from bot.text.messages import list_page
from bot.text.wording import Text, day, say, say_many
from db.api.keys import ApiKey

NOT_OPEN = Text(
    "Members of this server can't make API keys. A moderator can change that with `/queue api open`."
)
OPENED = Text("Members of this server can make API keys now, with `/apikey create`.")
OPENED_ALREADY = Text("Members of this server can make API keys already.")
CLOSED = Text(
    "Members of this server can't make API keys any more. Keys that there are stay: "
    "`/queue api keys` shows them, and `/queue api revoke` ends one."
)
CLOSED_ALREADY = Text("Members of this server can't make API keys.")
NO_KEYS = Text("You have no API keys in this server.")
NO_KEYS_HERE = Text("There are no API keys in this server.")
ENDED = Text("That key has ended.")
NO_SUCH_KEY = Text("There is no such key. Give the eight digits from the list.")


def made(key: ApiKey, secret: str) -> str:
    """A key was made; this is the only time that it is shown."""
    return say(
        "Your API key {name}, which I show only now:\n`{secret}`\n"
        "Whoever has it can ask for clips in your name, within your limits in this server. "
        "`/apikey remove` ends it: it is key `{key}`.",
        name=quote(key.name),
        secret=secret,
        key=key.id,
    )


def too_many(most: int) -> str:
    """A member has as many keys as they may have."""
    return say_many(
        "You can have {n} API key in a server. `/apikey remove` ends one.",
        "You can have {n} API keys in a server. `/apikey remove` ends one.",
        most,
    )


def own(keys: Sequence[ApiKey]) -> str:
    """A member's keys."""
    if not keys:
        return NO_KEYS
    return list_page([f"**{say('Your API keys in this server')}**"], [*map(_line, keys)])


def of_server(keys: Sequence[ApiKey], *, is_open: bool) -> str:
    """All keys of a server, for moderators."""
    lines = [f"{_line(key)} · <@{key.user_id}>" for key in keys] or [str(NO_KEYS_HERE)]
    end = str(OPENED if is_open else CLOSED_ALREADY)
    return list_page([f"**{say('API keys')}**"], lines, [end])


def _line(key: ApiKey) -> str:
    used = say("never used") if key.used_at is None else say("used {day}", day=day(key.used_at))
    return f"`{key.id}` {quote(key.name, 60)} · {', '.join(sorted(key.scopes))} · {used}"
