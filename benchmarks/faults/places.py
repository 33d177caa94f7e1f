"""Telling points apart: two are one place when the same lines of our code lead there in the same situation.

The situation is the phase of the run, and the states of the jobs that the story has made.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import re
import sqlite3
import sys
import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from db.sqlite.connection import Database, _Thread

_ROOT = Path(__file__).resolve().parents[2]
_OURS = tuple(f"{_ROOT / package}/" for package in ("bot", "db", "engine"))
_NUMBERS = re.compile(r"[0-9a-f]{8,}|\d+")
_asked_by: ContextVar[str] = ContextVar("asked_by", default="")
"""The way to the call that a task or a thread was made for."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place where something can fail.

    Attributes:
        hit: what fails there, a value of :class:`benchmarks.faults.points.Kind`.
        phase: 0 before the first request, 1 during the story, 2 while the bot closes.
        name: the statement, file or call, without its numbers.
        key: tells it from others.
        lines: the same, in any situation: what runs beside the story comes now sooner, now later.
    """

    hit: str
    phase: int
    name: str
    key: str
    lines: str

    @property
    def keys(self) -> tuple[str, str]:
        """By either of which a run can ask for it."""
        return self.key, self.lines


class Places:
    """Names the place where the process is.

    Args:
        phase: which phase it is.
        since: the number of the last job before the story.
        seen: called with each place when it is met for the first time.
    """

    def __init__(
        self,
        *,
        phase: Callable[[], int],
        since: Callable[[], int],
        seen: Callable[[Place], None] | None = None,
    ) -> None:
        self._phase = phase
        self._since = since
        self._seen = seen
        self._met: set[Place] = set()
        self._states = ""
        self._lock = threading.Lock()

    @property
    def is_census(self) -> bool:
        """Whether each place is wanted, not only one."""
        return self._seen is not None

    def here(self, hit: str, what: str) -> Place:
        """The place that is reached now."""
        phase, name = self._phase(), _NUMBERS.sub("#", what)
        lines = f"{hit}|{phase}|{name}|{_way()}"
        place = Place(
            hit=hit, phase=phase, name=name, key=_short(f"{self._states}|{lines}"), lines=_short(lines)
        )
        with self._lock:
            if self._seen is not None and place not in self._met:
                self._met.add(place)
                self._seen(place)
        return place

    def committed(self, connection: sqlite3.Connection) -> None:
        """Look at the jobs again after a transaction."""
        sql = "SELECT state, status_final FROM job WHERE seq > ? ORDER BY seq"
        try:
            rows = sqlite3.Connection.execute(connection, sql, (self._since(),)).fetchall()
        except sqlite3.OperationalError:  # the table is not made yet
            rows = []
        self._states = ",".join(f"{row[0]}{'.' if row[1] else ''}" for row in rows)


def install() -> None:
    """Carry the way along where a call goes on in another task or thread; for good."""
    real_to_thread, real_run = asyncio.to_thread, _Thread.run

    async def to_thread(fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        token = _asked_by.set(_way())
        try:
            return await real_to_thread(fn, *args, **kwargs)
        finally:
            _asked_by.reset(token)

    async def run(self: _Thread, fn: Callable[[sqlite3.Connection], Any]) -> Any:
        way = _way()

        def led(connection: sqlite3.Connection) -> Any:
            _asked_by.set(way)  # of the connection's own thread
            return fn(connection)

        return await real_run(self, led)

    asyncio.to_thread = to_thread
    _Thread.run = run  # type: ignore[method-assign]
    for name in ("write", "read", "look", "watch", "backup", "fold"):
        setattr(Database, name, _remembered(getattr(Database, name)))


def _remembered(real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    async def method(*args: Any, **kwargs: Any) -> Any:
        token = _asked_by.set(_way())
        try:
            return await real(*args, **kwargs)
        finally:
            _asked_by.reset(token)

    return method


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _way() -> str:
    """The lines of our code that lead here, the innermost first."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - inspect.stack() reads the sources
    lines = []
    while frame is not None:
        if frame.f_code.co_filename.startswith(_OURS):
            lines.append(f"{frame.f_code.co_filename[len(str(_ROOT)) + 1 :]}:{frame.f_lineno}")
        frame = frame.f_back
    return " < ".join([*lines, _asked_by.get()])
