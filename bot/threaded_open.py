"""Open a file in a thread, without leaving it open where nobody waits for it any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from threading import Event
from typing import ParamSpec, Protocol, TypeVar


class Closable(Protocol):
    """What has to be closed."""

    def close(self) -> None:
        """Close it; a second time does nothing."""


P = ParamSpec("P")
C = TypeVar("C", bound=Closable)


async def opened_in_thread(make: Callable[P, C], *args: P.args, **keywords: P.kwargs) -> C:
    """Like :func:`asyncio.to_thread`, for what has to be closed.

    A thread goes on when the task that waits for it is cancelled. What it opens then belongs to nobody, so it
    is closed here.

    Returns:
        What was opened; the caller closes it.
    """
    given_up = Event()
    made: list[C] = []

    def work() -> None:
        made.append(make(*args, **keywords))
        if given_up.is_set():
            made[0].close()

    try:
        await asyncio.to_thread(work)
    except asyncio.CancelledError:
        # Set first, looked at second; the thread does it the other way round, so one of the two closes it.
        given_up.set()
        for each in made:
            each.close()
        raise
    return made[0]
