"""Requests in flight when the bot is asked to stop: no member keeps a "thinking…" that never ends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

LAST_WORDS = 3.0
"""Seconds to answer the requests that are cancelled."""


class InFlight:
    """The requests between their first reply and their last.

    Attributes:
        closed: no new request is taken.
    """

    def __init__(self) -> None:
        self.closed = False
        self._tasks: dict[asyncio.Task[Any], bool] = {}
        self._whose: dict[asyncio.Task[Any], int] = {}
        self._dropped: set[asyncio.Task[Any]] = set()

    @contextmanager
    def track(self, user: int) -> Iterator[None]:
        """Count this task's request, by this member, as in flight while the block lasts."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in a task
        self._tasks[task] = True
        self._whose[task] = user
        try:
            yield
        finally:
            del self._tasks[task], self._whose[task]
            self._dropped.discard(task)

    def drop(self, user: int) -> bool:
        """Cancel a member's requests that are not about to be stored; say whether any are still in flight."""
        mine = [task for task, whose in self._whose.items() if whose == user]
        for task in mine:
            if self._tasks[task] and task not in self._dropped:
                self._dropped.add(task)
                task.cancel()
        return bool(mine)

    @property
    def dropped(self) -> bool:
        """Whether this task's request was cancelled by :meth:`drop`."""
        return asyncio.current_task() in self._dropped

    def protect(self) -> None:
        """From now on :meth:`stop` does not cancel this task: its request is about to be stored."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - as above
        self._tasks[task] = False

    async def stop(self, grace: float) -> None:
        """Take nothing new, wait for ``grace`` seconds, then cancel what is not yet in the queue.

        A cancelled request tells its member so itself.
        """
        self.closed = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task, can_be_cancelled in self._tasks.items():
            if can_be_cancelled:
                task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LAST_WORDS)
