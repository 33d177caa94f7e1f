"""All that this machine holds: claims from their order to the bot's verdict, and their files.

What is finished is written down beside its clip, so that it outlives this process.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bot.link.failures import failure_of
from bot.link.messages import MAX_HELD, Done, DropReason, Fail, Held, HeldState, Look, Order
from engine.core.events import Draft, TakeDiscarded

log = logging.getLogger(__name__)

Key = tuple[str, int]
"""A job and the number of a claim."""

CLIP = "clip.mp4"
NOTE = "done.json"
DROPPED = 256
"""Claims that are remembered after they were dropped: a late order of one is not drawn again."""

OFFERED = 3
"""Finished clips that one beat names."""

MOST_LOOKS = 8
"""First looks and sheets of a job that are offered at a time; the latest."""

BRIEF = 200
"""Characters of an error, where there is no room for more."""

_FOLDER = re.compile(r"[0-9a-f]{16}-[0-9]+")


@dataclass(kw_only=True, eq=False)
class Work:
    """One claim.

    Attributes:
        order: what to draw; None: it was drawn by a process before this one.
        folder: its own; everything in it goes with the claim.
        cancel: set when it is to stop.
        since: monotonic seconds at which it came to its state.
    """

    key: Key
    order: Order | None
    folder: Path
    state: HeldState = HeldState.FETCH
    stage: str = ""
    fraction: float = 0.0
    take: int = 1
    done: Done | None = None
    fail: Fail | None = None
    looks: list[Look] = field(default_factory=list)
    cancel: asyncio.Event = field(default_factory=asyncio.Event)
    since: float = field(default_factory=time.monotonic)

    def held(self) -> Held:
        """As a beat says it."""
        return Held(
            job=self.key[0],
            claim=self.key[1],
            state=self.state,
            stage=self.stage,
            fraction=min(1.0, max(0.0, self.fraction)),
            take=self.take,
            done=self.done,
            fail=self.fail,
            looks=tuple(self.looks),
        )

    def file(self, what: str) -> Path | None:
        """The file of ``clip``, ``draft.N`` or ``sheet.N``; None: there is none."""
        if what == "clip":
            return self.folder / CLIP if self.done is not None else None
        return self.folder / what if any(look.what == what for look in self.looks) else None


class Holding:
    """All claims.

    Attributes:
        kept: clips that the bot took, since the start.
    """

    def __init__(self, folder: Path, *, keep_seconds: float, clock: Callable[[], float]) -> None:
        """Make one.

        Args:
            folder: for the claims' own folders.
            keep_seconds: how long a finished clip waits for a verdict.
            clock: returns Unix seconds.
        """
        self._clock = clock
        self._folder = folder
        self._keep_seconds = keep_seconds
        self._works: dict[Key, Work] = {}
        self._dropped: deque[Key] = deque(maxlen=DROPPED)
        self._listeners: list[Callable[[], None]] = []
        self._news: list[Callable[[], None]] = []
        self.kept = 0

    def connect(self, listener: Callable[[], None]) -> None:
        """Have something called after each change of what is held."""
        self._listeners.append(listener)

    def connect_news(self, listener: Callable[[], None]) -> None:
        """Have something called when there is something that the bot should hear at once."""
        self._news.append(listener)

    def __iter__(self) -> Iterator[Work]:
        """All claims, the oldest first."""
        return iter(list(self._works.values()))

    def __len__(self) -> int:
        return len(self._works)

    def get(self, job: str, claim: int) -> Work | None:
        """One claim; None: it is not held."""
        return self._works.get((job, claim))

    def count(self, *states: HeldState) -> int:
        """How many are in one of these states."""
        return sum(work.state in states for work in self._works.values())

    def held(self, *, briefly: bool = False) -> tuple[Held, ...]:
        """All that a beat says.

        A receipt can be long, so the oldest finished clips are offered first, and the others not yet.

        Args:
            briefly: without all that can be left out, because a message would become too long.
        """
        done = [work for work in self if work.state is HeldState.DONE]
        later = set(done[OFFERED:])
        told = [work.held() for work in self if work not in later]
        told += [work.held().model_copy(update={"state": HeldState.RUN, "done": None}) for work in later]
        return tuple(map(_brief, told)) if briefly else tuple(told)

    def recover(self) -> None:
        """Take up the finished clips of a process before this one, and delete what else it left."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for entry in sorted(self._folder.iterdir()):
            if not _FOLDER.fullmatch(entry.name) or entry.is_symlink():
                continue
            job, _, claim = entry.name.partition("-")
            done = _finished(entry, oldest=self._clock() - self._keep_seconds)
            if done is None or len(self._works) >= MAX_HELD:
                _remove(entry)
            else:
                key = job, int(claim)
                self._works[key] = Work(
                    key=key, order=None, folder=entry, state=HeldState.DONE, fraction=1.0, done=done
                )

    def take(self, order: Order) -> Work | None:
        """Accept an order; None: it is held already, or was dropped."""
        key = order.job, order.claim
        if key in self._works or key in self._dropped or len(self._works) >= MAX_HELD:
            return None
        for other in [work for work in self if work.key[0] == order.job]:
            self.drop(other.key, DropReason.STALE)  # a newer claim of the same job
        folder = self._folder / f"{order.job}-{order.claim}"
        work = self._works[key] = Work(key=key, order=order, folder=folder)
        try:
            _remove(folder)
            folder.mkdir(mode=0o700)
        except OSError as error:
            self.failed(work, error)
        self._stir()
        return work

    def drop(self, key: Key, verdict: DropReason) -> bool:
        """Forget a claim and its files; what runs of it stops. False: it was not held."""
        work = self._works.pop(key, None)
        if work is None:
            return False
        self._dropped.append(key)
        work.cancel.set()
        if work.state is not HeldState.RUN:  # whoever draws it clears up afterwards
            _remove(work.folder)
        if verdict is DropReason.KEPT:
            self.kept += 1
        log.info("job %s, claim %d: %s", *key, verdict)
        self._stir()
        return True

    def moved(self, work: Work, state: HeldState) -> None:
        """A claim has come to a state."""
        work.state, work.since = state, time.monotonic()
        self._stir()

    def look(self, work: Work, event: Draft | TakeDiscarded) -> None:
        """Keep a copy of a first look, or of a discarded take's sheet: the render's own goes with it."""
        if isinstance(event, Draft):
            what, take = f"draft.{event.take}", event.take
            source: Path | None = event.path
        else:
            take, source = event.take.number, event.sheet
            what = f"sheet.{take}"
        try:
            data = b"" if source is None else source.read_bytes()
            (work.folder / what).write_bytes(data)
            digest = hashlib.sha256(data).hexdigest()
            offer = Look(what=what, take=take, size=len(data), sha256=digest)
        except (OSError, ValueError) as error:
            log.info("a look at job %s is not offered: %s", work.key[0], error)
            return
        others = [look for look in work.looks if look.what != what]
        work.looks = [*others[-MOST_LOOKS + 1 :], offer]
        self._tell()

    def finished(self, work: Work, done: Done) -> None:
        """The clip lies in the work's folder. From here on it outlives this process."""
        if self._works.get(work.key) is not work:
            _remove(work.folder)
            return
        (work.folder / NOTE).write_text(done.model_dump_json(), "utf-8")
        work.done, work.fraction = done, 1.0
        self.moved(work, HeldState.DONE)
        self._tell()

    def failed(self, work: Work, error: Exception) -> None:
        """There will be no clip."""
        if self._works.get(work.key) is not work:
            _remove(work.folder)
            return
        work.fail = failure_of(error)
        self.moved(work, HeldState.FAIL)
        self._tell()

    def expire(self) -> None:
        """Delete finished clips that nobody has fetched for too long."""
        now = time.monotonic()
        for work in self:
            if work.state is HeldState.DONE and now - work.since > self._keep_seconds:
                log.warning("job %s: nobody fetched its clip; it is deleted", work.key[0])
                self.drop(work.key, DropReason.STALE)

    def _tell(self) -> None:
        for listener in self._news:
            listener()

    def _stir(self) -> None:
        for listener in self._listeners:
            listener()


def _brief(held: Held) -> Held:
    fail = held.fail
    short = None if fail is None else fail.model_copy(update={"text": fail.text[:BRIEF], "detail": ""})
    return held.model_copy(update={"looks": (), "fail": short})


def _finished(folder: Path, *, oldest: float) -> Done | None:
    """What a process before this one noted beside a clip; None: nothing, or it is too old to be wanted."""
    try:
        done = Done.model_validate_json((folder / NOTE).read_bytes())
        fresh = (folder / NOTE).stat().st_mtime >= oldest
        return done if fresh and (folder / CLIP).stat().st_size == done.size else None
    except (OSError, ValueError):
        return None


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
