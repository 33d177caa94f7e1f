"""A clock that runs faster than the true one, for everything in this process that waits or tells the time."""

from __future__ import annotations

import functools
import selectors
import time


def install(speed: float, since: float) -> None:
    """Make this process live ``speed`` times as fast, for good. Do it before an event loop is made.

    What is computed takes as long as ever, so to this clock the machine is slower by as much.

    Args:
        speed: more than 1 shortens each wait.
        since: Unix seconds at which both clocks show the same; processes that share it agree.
    """
    real_time, real_monotonic, real_sleep = time.time, time.monotonic, time.sleep
    time.time = lambda: since + (real_time() - since) * speed
    time.monotonic = lambda: real_monotonic() * speed
    time.sleep = lambda seconds: real_sleep(float(seconds) / speed)
    selector = selectors.DefaultSelector
    real_select = selector.select

    @functools.wraps(real_select)
    def select(self: selectors.DefaultSelector, timeout: float | None = None) -> object:
        return real_select(self, timeout / speed if timeout else timeout)

    selector.select = select  # type: ignore[method-assign,assignment]
