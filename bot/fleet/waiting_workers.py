"""Workers that wait for a job. Those that have waited longest are served first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from bot.link.messages import Order
from bot.supervisor import Loop

POLL_SECONDS = 1.0
"""An event serves at once; a row without an event is found this soon."""

W = TypeVar("W")


class Asks(Generic[W]):
    """The asks that are held.

    Attributes:
        loop: serves them.
    """

    def __init__(
        self,
        *,
        abilities: Callable[[], Awaitable[Sequence[str]]],
        give: Callable[[W, Sequence[str]], Awaitable[Order | None]],
    ) -> None:
        """Make one.

        Args:
            abilities: what the jobs that wait need of a machine.
            give: claims the next job for a worker, among those that need one of these abilities.
        """
        self._abilities = abilities
        self._give = give
        self._waiting: dict[str, tuple[W, asyncio.Future[Order | None]]] = {}
        self.loop = Loop("workers' asks", self.serve, every=POLL_SECONDS)

    async def wait(self, name: str, worker: W, seconds: float) -> Order | None:
        """The next job for a worker, as soon as there is one; None: there was none in that time.

        Args:
            name: the worker's; a later ask of the same takes the place of an earlier one.
            worker: who asks.
            seconds: at most.
        """
        self.drop(name)
        future: asyncio.Future[Order | None] = asyncio.get_running_loop().create_future()
        self._waiting[name] = worker, future
        self.loop.wake()
        try:
            await asyncio.wait({future}, timeout=seconds)
        finally:
            if self._waiting.get(name, (None, None))[1] is future:
                del self._waiting[name]
        return future.result() if future.done() else None

    def drop(self, name: str) -> None:
        """A worker waits no more."""
        if (found := self._waiting.pop(name, None)) is not None and not found[1].done():
            found[1].set_result(None)

    async def serve(self) -> None:
        """Give each that waits a job, as far as there are any."""
        if not self._waiting:
            return
        abilities = await self._abilities()
        for name, (worker, future) in list(self._waiting.items()):
            if not abilities:
                return
            if future.done():
                continue
            order = await self._give(worker, abilities)
            if order is not None and not future.done():
                self._waiting.pop(name, None)
                future.set_result(order)
