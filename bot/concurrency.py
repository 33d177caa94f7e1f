"""Turns at what the bot can do only a little of at once: downloads, decoders, exports, checks of words.

Who waits stands in a queue of their own, and the queues take turns. A member who wants a hundred things waits
for a hundred turns; everybody else waits for one.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

from db.codes import BotCode
from engine.core.errors import UserError
from engine.core.sentence import Sentence

TOO_MANY_WAIT = Sentence("I have my hands full right now. Please try again in a minute.")

asked_by: ContextVar[int] = ContextVar("asked_by", default=0)
"""The member for whom this task works; 0: nobody in particular. Set where an interaction comes in, and read
where turns are taken, so that whatever lies between need not hand it on."""


class Turns:
    """Lets a few work at once, and the members take turns.

    Args:
        at_once: how many may work at the same time.
        waiting: how many may wait, of all members together.
    """

    def __init__(self, *, at_once: int, waiting: int) -> None:
        self._free = at_once
        self._most = waiting
        self._waiting = 0
        self._queues: OrderedDict[int, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return self._waiting

    @asynccontextmanager
    async def turn(self, member: int | None = None) -> AsyncIterator[None]:
        """Wait for a turn, and hold it while the block lasts.

        Args:
            member: whose it is; None: the one for whom this task works.

        Raises:
            UserError: too many wait already.
        """
        await self._begin(asked_by.get() if member is None else member)
        try:
            yield
        finally:
            self._pass_on()

    async def _begin(self, member: int) -> None:
        if self._free:
            self._free -= 1
            return
        if self._waiting >= self._most:
            raise UserError(BotCode.BUSY, TOO_MANY_WAIT)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(member, deque()).append(turn)
        self._waiting += 1
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on()  # it had just been given the turn
            else:
                self._forget(member, turn)
            raise

    def _forget(self, member: int, turn: asyncio.Future[None]) -> None:
        """Somebody does not wait any more."""
        queue = self._queues.get(member, deque())
        if turn not in queue:
            return
        queue.remove(turn)
        self._waiting -= 1
        if not queue:
            del self._queues[member]

    def _pass_on(self) -> None:
        """Give a turn that is free again to the member who has waited longest since their last one."""
        while self._queues:
            member, queue = self._queues.popitem(last=False)
            turn = queue.popleft()
            self._waiting -= 1
            if queue:
                self._queues[member] = queue  # behind the others
            if not turn.cancelled():
                turn.set_result(None)
                return
        self._free += 1
