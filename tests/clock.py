"""The clock of the tests' queues: the real time until a test sets it."""

from __future__ import annotations

import time


class Clock:
    """Unix seconds.

    Attributes:
        now: what it shows; None: the real time.
    """

    def __init__(self) -> None:
        self.now: float | None = None

    def __call__(self) -> float:
        return time.time() if self.now is None else self.now


CLOCK = Clock()
"""Every queue that :func:`tests.policies.queue_on` makes reads this one. It is reset after each test."""
