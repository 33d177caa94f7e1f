"""Who is being served when the bot is asked to stop: nobody is left with a "thinking…" that never ends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

LAST_WORDS = 3.0
"""Seconds for telling those who cannot be served any more."""


class InFlight:
    """The requests between their first answer and their last.

    Attributes:
        closed: none is taken any more.
    """

    def __init__(self) -> None:
        self.closed = False
        self._tasks: dict[asyncio.Task[Any], bool] = {}

    @contextmanager
    def one(self) -> Iterator[None]:
        """Around all that this task does for a request."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in a task
        self._tasks[task] = True
        try:
            yield
        finally:
            del self._tasks[task]

    def see_through(self) -> None:
        """This task's request is about to be written down: from now on it is not broken off."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - as above
        self._tasks[task] = False

    async def stop(self, grace: float) -> None:
        """Wait for a moment; what is still on its way to the queue then is cancelled, and says so itself."""
        self.closed = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task, may_be_broken_off in self._tasks.items():
            if may_be_broken_off:
                task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LAST_WORDS)
