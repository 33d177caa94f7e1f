"""Loops: work that is done again and again for as long as the bot runs, each beside the others.

A piece of work that raises does not end its loop. It is logged at once with its traceback, counted, and done
again after a pause that doubles while it keeps failing. The other loops go on meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any

log = logging.getLogger(__name__)

RESTART_FIRST = 1.0
RESTART_LAST = 20.0
"""Seconds until work that raised is done again. A sign of life must come sooner than it goes stale."""


class LoopState(StrEnum):
    """How a loop is doing."""

    NOT_STARTED = "not started"
    WORKING = "working"
    FAILING = "failing"
    """Its last piece of work raised; it is done again after a pause."""

    STOPPED = "stopped"


class Loop:
    """One loop.

    Attributes:
        name: in the log and in the sign of life.
        state: how it is doing.
        restarts: how often it was started again after an error.
        last_error: the last error's type; "" if there was none. The log has the rest.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], Awaitable[bool | None]],
        *,
        every: float,
        first: Callable[[], Awaitable[None]] | None = None,
        last: Callable[[], None] | None = None,
    ) -> None:
        """Make one; :meth:`run` starts it.

        Args:
            name: what it is called.
            work: one piece of work. True means that there is more to do, with no pause before it.
            every: seconds between two pieces of work, unless :meth:`wake` comes sooner.
            first: is done once before any work, and again until it succeeds.
            last: is called when the loop ends, however it ends.
        """
        self.name = name
        self.state = LoopState.NOT_STARTED
        self.restarts = 0
        self.last_error = ""
        self._work = work
        self._every = every
        self._first = first
        self._last = last
        self._woken = asyncio.Event()
        self._stopped = asyncio.Event()
        self._pause = RESTART_FIRST

    @property
    def stopping(self) -> bool:
        """Whether :meth:`stop` was called."""
        return self._stopped.is_set()

    def wake(self) -> None:
        """Work now, or once more after the current piece of work. A pause after an error is not shortened."""
        self._woken.set()

    def stop(self) -> None:
        """End after the current piece of work."""
        self._stopped.set()
        self._woken.set()

    async def run(self) -> None:
        """Work until :meth:`stop` or until cancelled. No error of the work comes out of here."""
        self.state = LoopState.WORKING
        try:
            # A library that waits with wait_for() can swallow the cancellation, up to Python 3.11.
            while not self.stopping and not _is_cancelled():
                self._woken.clear()
                try:
                    more = await self._once()
                except Exception as error:  # noqa: BLE001 - logged and counted there
                    await self._failed(error)
                except asyncio.CancelledError as error:
                    if _is_cancelled():
                        raise
                    await self._failed(error)  # something inside the work was cancelled, not this loop
                else:
                    self.state = LoopState.WORKING
                    self._pause = RESTART_FIRST
                    if not more:
                        await wait_at_most(self._woken, self._every)
        finally:
            self.state = LoopState.STOPPED
            if self._last is not None:
                self._last()

    async def _once(self) -> bool | None:
        if self._first is not None:
            await self._first()
            self._first = None
        return await self._work()

    async def _failed(self, error: BaseException) -> None:
        self.state = LoopState.FAILING
        self.last_error = type(error).__name__
        pause = self._pause
        self._pause = min(RESTART_LAST, pause * 2)
        log.error("%s failed, and starts again in %.1f s", self.name, pause, exc_info=error)
        await wait_at_most(self._stopped, pause)
        if not self.stopping:
            self.restarts += 1


class Supervisor:
    """Runs loops side by side."""

    def __init__(self) -> None:
        self._loops: list[Loop] = []

    def add(self, *loops: Loop) -> None:
        """Run these, too, from the next :meth:`running` on."""
        self._loops.extend(loops)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run all loops for as long as the block lasts, then end those that have not ended."""
        tasks = [asyncio.create_task(loop.run(), name=loop.name) for loop in self._loops]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for loop, result in zip(self._loops, await _results(tasks), strict=True):
                if isinstance(result, Exception):
                    log.error("%s did not end in order", loop.name, exc_info=result)

    def report(self) -> dict[str, dict[str, Any]]:
        """How each loop is doing, by its name, in plain values."""
        return {
            loop.name: {
                "state": loop.state.value,
                "restarts": loop.restarts,
                "last_error": loop.last_error,
            }
            for loop in self._loops
        }


async def _results(tasks: list[asyncio.Task[None]]) -> list[BaseException | None]:
    return await asyncio.gather(*tasks, return_exceptions=True)


async def wait_at_most(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, and go on without it after so many seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
