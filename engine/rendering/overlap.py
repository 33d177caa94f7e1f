"""Two renders at once: one on the GPU, one on the processor.

While a clip is drawn, the processor waits; while it is judged, smoothed and encoded, the GPU waits.
So one render draws while the one before is finished. Each place serves one render at a time, and a render
holds one place at a time: there is no deadlock, and nothing that belongs to a place need be thread-safe.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from engine.core.cancel import CancelToken
from engine.core.device_faults import is_device_fault
from engine.core.errors import GpuClosed

LOOK_EVERY = 0.2
"""Seconds between two looks at the cancel token while a render waits for a place."""


class Place:
    """The GPU or the processor: one render at a time has it."""

    def __init__(self) -> None:
        """Make a free one."""
        self._lock = threading.Lock()
        self._shut = threading.Event()
        self._closed = False
        self._closing = threading.Lock()

    @contextmanager
    def taken(self, cancel: CancelToken, waits: Callable[[], None]) -> Iterator[None]:
        """Have the place for the body of the ``with``.

        Args:
            cancel: looked at while the place is not free.
            waits: called now and then meanwhile, so that the render is not taken for one that is stuck.

        Raises:
            Cancelled: a stop was asked for before the place was free.
            GpuClosed: the place was closed, or a render that had it broke the GPU.
        """
        while not self._lock.acquire(timeout=LOOK_EVERY):
            self._check_open()
            cancel.check()
            waits()
        try:
            self._check_open()
            yield
        except BaseException as error:
            # Before the place is free: the next render must not find a broken GPU.
            if is_device_fault(error):
                self._shut.set()
            raise
        finally:
            self._lock.release()

    def close(self) -> bool:
        """Give it to no other render; the one that has it keeps it. False if it was closed already."""
        with self._closing:
            first = not self._closed
            self._closed = True
            self._shut.set()
        return first

    def _check_open(self) -> None:
        if self._shut.is_set():
            raise GpuClosed


class Overlap:
    """The places of one engine process.

    Attributes:
        gpu: drawing, and asking RIFE for flow.
        cpu: everything else that takes long: judging, smoothing, encoding, looking for nudity.
    """

    def __init__(self) -> None:
        """Make both."""
        self.gpu = Place()
        self.cpu = Place()
