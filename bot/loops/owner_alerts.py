"""Tells the owner of trouble by direct message: each kind at most once a day, restarts included.

What was told is written down before it is sent. So a kill in between costs a message, and never repeats one.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from bot.discord_io.discord_errors import Trouble
from bot.discord_io.messenger import Messenger
from bot.discord_io.post import ChannelError, Post
from bot.supervisor import Loop
from bot.text import owner_texts
from db.sqlite.meta import Meta

log = logging.getLogger(__name__)

EVERY = 60.0
DAY = 86_400.0
STANDS = 2
"""Looks in a row that trouble has to last: an engine that is restarted is down for a moment."""

Look = Callable[[], Awaitable[str | None]]
"""Says what the owner is to be told; None: nothing."""

LookAtEach = Callable[[], Mapping[str, str]]
"""Says what the owner is to be told of each of several things, such as workers: kind of trouble → text."""


class OwnerAlerts:
    """Looks for trouble, and tells of it."""

    def __init__(
        self,
        looks: Mapping[str, Look],
        *,
        each: LookAtEach = dict,
        messenger: Messenger,
        meta: Meta,
        clock: Callable[[], float],
    ) -> None:
        """Make one.

        Args:
            looks: kind of trouble → what looks for it.
            each: looks at several things at once.
            messenger: sends the messages.
            meta: remembers what was told.
            clock: returns Unix seconds.
        """
        self._looks = looks
        self._each = each
        self._messenger = messenger
        self._meta = meta
        self._clock = clock
        self._in_a_row: Counter[str] = Counter()
        self.loop = Loop("owner alerts", self._one_look, every=EVERY)

    async def _one_look(self) -> None:
        found = {kind: text for kind, look in self._looks.items() if (text := await look()) is not None}
        found |= self._each()
        self._in_a_row = Counter({kind: self._in_a_row[kind] + 1 for kind in found})
        for kind, text in found.items():
            if self._in_a_row[kind] >= STANDS:
                await self._tell(kind, text)

    async def _tell(self, kind: str, text: str) -> None:
        """Send a message, unless this kind was told of within a day, or nobody can be reached now."""
        owner = self._messenger.owner()
        now = self._clock()
        before = await self._meta.get(_key(kind))
        if owner is None or (before is not None and 0 <= now - float(before) < DAY):
            return
        await self._meta.set(_key(kind), str(now))
        log.warning("%s", text.partition("\n")[0])
        try:
            await self._messenger.send_direct(owner, Post(content=text, nonce=secrets.token_hex(12)))
        except ChannelError as error:
            log.warning("could not tell the owner: %s", error)
            if error.trouble is Trouble.LATER:
                await self._meta.set(_key(kind), before or "0")


def low_disk(folder: Path, least: int) -> Look:
    """Look at the free space for a folder."""

    async def look() -> str | None:
        try:
            free = (await asyncio.to_thread(shutil.disk_usage, folder)).free
        except OSError:  # the data folder is gone, which the log says
            return None
        return owner_texts.disk(free) if free < least else None

    return look


def failing_backups(last: Callable[[], Awaitable[float | None]], clock: Callable[[], float]) -> Look:
    """Look whether the daily backup of the last two days is missing.

    Args:
        last: says when the last one was made, Unix seconds.
        clock: returns Unix seconds.
    """
    begun = clock()

    async def look() -> str | None:
        made = max(begun, await last() or 0.0)
        days = (clock() - made) / DAY
        return owner_texts.backups(days) if days > 2 else None  # noqa: PLR2004 - one may be late

    return look


def _key(kind: str) -> str:
    return f"owner alert {kind}"
