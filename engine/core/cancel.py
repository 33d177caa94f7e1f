"""A token that asks a running render to stop.

It is looked at after each step, each decoded chunk, each smoothed frame and each encoded second, so that
"Cancel" takes hold within one of them, and the process stays warm for the next job.
"""

from __future__ import annotations

import threading

from engine.core.errors import Cancelled


class CancelToken:
    """Set from any thread, looked at from the engine's thread."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask for a stop. Asking twice is asking once."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether a stop was asked for."""
        return self._event.is_set()

    def check(self) -> None:
        """Return, or raise.

        Raises:
            Cancelled: a stop was asked for.
        """
        if self._event.is_set():
            raise Cancelled
