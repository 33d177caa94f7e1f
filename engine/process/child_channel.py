"""The child's end of the wire: what comes in, what goes out, and a take that the parent fetches.

Any thread may send, one may receive. Whatever waits for an answer of the parent's finds it here.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import system
from engine.core.cancel import CancelToken
from engine.core.elsewhere import TakeFile
from engine.core.errors import HopelessTake, NotDrawn
from engine.core.events import Draft, Event, Progress, TakeDiscarded
from engine.core.recipe import Recipe, Stage
from engine.core.sentence import by_table_text
from engine.process import wire

CANCEL_EVERY = 0.2
"""Seconds between two looks at whether a take that is drawn elsewhere is still wanted."""

PROGRESS_EVERY = 0.1
"""Seconds between two progress messages of one stage."""


class Channel:
    """The child's end of the wire. Any thread may send, one may receive."""

    def __init__(self, descriptor: int) -> None:
        self._line = system.open_line(descriptor)
        self._lock = threading.Lock()

    def send(self, message: wire.FromChild) -> None:
        """Write one message.

        Raises:
            WireError: it does not fit a line; nothing was written.
            OSError: the parent is gone.
        """
        line = wire.encode(message)
        with self._lock:
            self._line.send(line)

    def receive(self) -> wire.FromParent | None:
        """Wait for the next message; None when the parent is gone.

        Raises:
            WireError: what came is no message.
        """
        line = self._line.lines.readline(wire.MAX_LINE)
        return wire.from_parent(line) if line else None


class RenderQueue:
    """The renders that the parent asked for, and the tokens that stop them."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[tuple[wire.Render, CancelToken] | None] = queue.SimpleQueue()
        self._tokens: dict[str, CancelToken] = {}
        self._errands: dict[tuple[str, int], queue.SimpleQueue[wire.OfTake]] = {}

    def take_in(self, message: wire.FromParent) -> None:
        """Act on a message; called by the listening thread."""
        if isinstance(message, wire.Render):
            token = self._tokens[message.job] = CancelToken()
            self._queue.put((message, token))
        elif isinstance(message, wire.Cancel):
            # A cancel that crosses the answer on its way finds no token, and is done with.
            if message.job in self._tokens:
                self._tokens[message.job].cancel()
        elif isinstance(message, wire.OfTake):
            # What crosses the answer on its way is for nobody any more.
            if (errand := self._errands.get((message.job, message.take))) is not None:
                errand.put(message)
        elif isinstance(message, wire.Shutdown):
            for token in list(self._tokens.values()):
                token.cancel()
            self._queue.put(None)

    @contextmanager
    def errand(self, job: str, take: int) -> Iterator[queue.SimpleQueue[wire.OfTake]]:
        """What is said of a take that is drawn elsewhere arrives here during the block."""
        told = self._errands[job, take] = queue.SimpleQueue()
        try:
            yield told
        finally:
            del self._errands[job, take]

    def next(self) -> tuple[wire.Render, CancelToken] | None:
        """Wait for the next job; None means that it is time to end."""
        return self._queue.get()

    def done(self, job: str) -> None:
        """Forget the token of an answered order."""
        del self._tokens[job]


class ParentFetch:
    """Has the parent fetch a take from the machine that draws it. A :class:`FetchTake`."""

    def __init__(self, channel: Channel, orders: RenderQueue, job: str) -> None:
        self._channel = channel
        self._orders = orders
        self._job = job

    def __call__(
        self,
        recipe: Recipe,
        *,
        take: int,
        seed: int,
        files: Mapping[str, Path],
        cancel: CancelToken,
        progress: Callable[[float | None], None],
    ) -> TakeFile:
        """Wait for a take; see :class:`engine.core.elsewhere.FetchTake`."""
        with self._orders.errand(self._job, take) as told:
            names = {role: path.name for role, path in files.items()}
            self._channel.send(
                wire.Wanted(job=self._job, take=take, seed=seed, recipe=recipe.to_json(), files=names)
            )
            while True:
                cancel.check()
                try:
                    message = told.get(timeout=CANCEL_EVERY)
                except queue.Empty:
                    continue
                if isinstance(message, wire.Moved):
                    progress(message.fraction)
                elif isinstance(message, wire.Taken):
                    sound = None if message.sound is None else Path(message.sound)
                    notes = tuple(map(by_table_text(message.sentences), message.notes))
                    return TakeFile(clip=Path(message.clip), sound=sound, notes=notes)
                elif message.hopeless is not None:
                    raise HopelessTake(by_table_text(message.sentences)(message.hopeless))
                else:
                    raise NotDrawn("the parent knows why")


class Reporter:
    """Passes a render's events on, but not each of a thousand steps."""

    def __init__(self, channel: Channel, job: str) -> None:
        self._channel = channel
        self._job = job
        self._last: tuple[Stage, int] | None = None
        self._next = 0.0

    def __call__(self, event: Event) -> None:
        """Send an event, unless it is progress that follows the last one too closely.

        The first of a stage, its end, and a discarded take always pass.
        """
        if isinstance(event, TakeDiscarded):
            sheet = None if event.sheet is None else event.sheet.name
            self._channel.send(wire.Discarded(job=self._job, take=event.take, sheet=sheet))
        elif isinstance(event, Draft):
            self._channel.send(wire.Drafted(job=self._job, path=event.path.name, take=event.take))
        elif self._passes(event):
            fraction = 0.0 if math.isnan(event.fraction) else min(1.0, max(0.0, float(event.fraction)))
            message = wire.Progressed(job=self._job, stage=event.stage, fraction=fraction, take=event.take)
            self._channel.send(message)

    def _passes(self, event: Progress) -> bool:
        now = time.monotonic()
        place = (event.stage, event.take)
        if place == self._last and now < self._next and event.fraction < 1.0:
            return False
        self._last = place
        self._next = now + PROGRESS_EVERY
        return True
