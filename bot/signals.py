"""What has happened to jobs, told to the loops that act on it.

A command or a button says what happened; each loop connects to what it waits for when it is made. Rows are
the truth: a signal only shortens the wait until a loop looks at them again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec

from db.states import JobId

P = ParamSpec("P")


class Signal(Generic[P]):
    """One kind of event. Calling it calls everything that is connected, in the order of connecting."""

    def __init__(self) -> None:
        self._connected: list[Callable[P, None]] = []

    def connect(self, callback: Callable[P, None]) -> None:
        """Call this from now on. It must neither block nor raise: it runs inside the caller."""
        self._connected.append(callback)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """It happened."""
        for callback in self._connected:
            callback(*args, **kwargs)


class JobSignals:
    """The events that loops wait for.

    Attributes:
        changed: this job's state or progress has changed.
        message_replaced: another message follows this job from now on.
        places_changed: every place in the queue may have changed: a job was claimed, moved or ended, or a
            server's queue was paused.
        queued: a job can be claimed, as far as its own state goes.
        rendered: a clip is ready to be posted.
        cancel_requested: this job is to stop, should it be running.
        case_changed: moderators have something new to see: a hold, a report, a decision, other rules.
        discord_is_back: Discord can be reached, again or for the first time.
    """

    def __init__(self) -> None:
        self.changed: Signal[[JobId]] = Signal()
        self.message_replaced: Signal[[JobId]] = Signal()
        self.places_changed: Signal[[]] = Signal()
        self.queued: Signal[[]] = Signal()
        self.rendered: Signal[[]] = Signal()
        self.cancel_requested: Signal[[JobId]] = Signal()
        self.case_changed: Signal[[]] = Signal()
        self.discord_is_back: Signal[[]] = Signal()

    def released(self, *jobs: JobId) -> None:
        """Jobs were moved, held or let go on by people: each may be queued or ready to post now."""
        for job in jobs:
            self.changed(job)
        self.places_changed()
        self.queued()
        self.rendered()
        self.case_changed()
