"""Places for the requests of each server that are taken in at the same time, and the line for them.

Taking a request in costs memory and time: files are fetched and read, words are looked up. So a server has a
few places. Whoever asks when all of them are held is shown "thinking…", and waits for one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakValueDictionary

from bot.concurrency import Turns
from bot.text import messages, outside_texts
from db.codes import BotCode
from db.states import is_outside
from engine.core.errors import UserError


class Places:
    """The places of every server.

    Args:
        at_once: places that a server has.
        in_line: requests of a server that may wait for one.
        seconds: how long each of them does at most.
    """

    def __init__(self, *, at_once: int, in_line: int, seconds: float) -> None:
        self._at_once = at_once
        self._in_line = in_line
        self._seconds = seconds
        self._turns: WeakValueDictionary[int, Turns] = WeakValueDictionary()

    @asynccontextmanager
    async def place(self, guild: int, user: int) -> AsyncIterator[None]:
        """Wait for a place, and hold it while the block lasts.

        Args:
            guild: the server, or what stands in its place.
            user: whose request it is; the members of a server take turns.

        Raises:
            UserError: none was free in time, or too many wait.
        """
        turns = self._turns.get(guild)
        if turns is None:
            turns = self._turns[guild] = Turns(at_once=self._at_once, waiting=self._in_line)
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(self._seconds):
                    await held.enter_async_context(turns.turn(user))
            except TimeoutError:
                busy = outside_texts.BUSY if is_outside(guild) else messages.SERVER_IS_BUSY
                raise UserError(BotCode.BUSY, busy) from None
            yield
