"""Waiting for what comes about in its own time: in another task, another thread, another process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

PATIENCE = 30
"""Seconds. It ends a test that hangs, and says nothing of speed: a busy machine may take its time."""


async def until(predicate: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Wait until a plain or an asynchronous predicate is true, and return its value; a task counts as true.

    Raises:
        TimeoutError: it never was.
    """
    async with asyncio.timeout(seconds):
        while True:
            found = predicate()
            if isinstance(found, Coroutine):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.005)
