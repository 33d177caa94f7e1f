"""The owner's own checkpoints and styles: their digests, and who may have a copy.

A worker that has the same file in a folder of its own needs none. To others a file is offered when a job
waits that they could draw with it. They fetch it piece by piece beside their work, and say so when they have
it; until then, whoever has it draws such jobs.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.fleet.capability import Ability, can, read
from bot.fleet.places import WorkerPlace
from bot.link.messages import MAX_OFFERS, OfferedFile
from bot.supervisor import Loop
from db.fleet.workers import Trust
from engine.weights.own_files import OwnFile, OwnFiles

log = logging.getLogger(__name__)

LOOK_EVERY = 5.0
FILES_EVERY = 60.0
"""Seconds between two looks at what jobs need, and at the disk."""

AT_ONCE = 2
"""Workers that fetch such a file at the same time: clips share the line."""

GIVEN_UP_AFTER = 30.0
"""Seconds without a question, after which a worker counts as fetching no more."""

SERVED_TIMES = 3
"""How often a worker may read a file: pieces are lost on a bad line, and some transfers begin again."""


@dataclass(frozen=True, kw_only=True)
class SharePolicy:
    """Who may have a copy.

    Attributes:
        trusts: workers of these.
        most_bytes: larger files are not passed on.
    """

    trusts: frozenset[Trust]
    most_bytes: int


class OwnWeights:
    """Looks at the files, and passes them on.

    Attributes:
        loop: looks.
    """

    def __init__(
        self,
        files: OwnFiles,
        policy: SharePolicy,
        *,
        wanted: Callable[[], bool],
        waiting: Callable[[Trust], Awaitable[Sequence[str]]],
    ) -> None:
        """Make one.

        Args:
            files: the owner's.
            policy: who may have a copy.
            wanted: whether the owner wants workers; it may wait for the disk. Without any, nothing is read.
            waiting: the abilities that jobs wait for which workers of a trust may draw.
        """
        self._files = files
        self._policy = policy
        self._wanted = wanted
        self._waiting = waiting
        self._needed: dict[Trust, list[Ability]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._looked = float("-inf")
        self._ending = False
        self._fetching: dict[str, float] = {}
        self._served: dict[tuple[str, str], int] = {}
        self.loop = Loop("own weights", self._look, every=LOOK_EVERY, last=self._end)

    def _end(self) -> None:
        self._ending = True

    async def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked > FILES_EVERY and (self._looking is None or self._looking.done()):
            self._looked, before = now, self._looking
            self._looking = asyncio.create_task(asyncio.to_thread(self._look_at_files))
            self._looking.add_done_callback(lambda _: self.loop.wake())
            if before is not None:
                before.result()
        self._needed = {
            trust: [
                ability
                for text in await self._waiting(trust)
                if (ability := read(text)) is not None and ability.files
            ]
            for trust in (self._policy.trusts if self._files.found else ())
        }

    def _look_at_files(self) -> None:
        if self._wanted():
            self._files.look(lambda: self._ending)

    def offers_for(self, place: WorkerPlace) -> tuple[OfferedFile, ...]:
        """What a worker may fetch, because a job waits that it could draw with it."""
        machine, offers = place.machine, dict[str, OfferedFile]()
        for ability in self._needed.get(place.worker.trust, ()):
            missing = [sha256 for sha256 in ability.files if sha256 not in machine.files]
            passed_on = [file for sha256 in missing if (file := self._passed_on(sha256)) is not None]
            whole = replace(machine, files=machine.files.union(missing))
            if len(passed_on) == len(missing) and can(whole, ability):
                offers |= {
                    file.sha256: OfferedFile(kind=file.kind, sha256=file.sha256, size=file.size)
                    for file in passed_on
                }
        if not offers or not self._has_room(place.worker.id):
            return ()
        return tuple(offers.values())[:MAX_OFFERS]

    def path_for(self, place: WorkerPlace, sha256: str, length: int) -> Path | None:
        """Where a file is of which a worker asks for so many bytes; None: it may not have it."""
        worker, file = place.worker, self._passed_on(sha256)
        if file is None or worker.trust not in self._policy.trusts or not self._has_room(worker.id):
            return None
        served = self._served[worker.id, sha256] = self._served.get((worker.id, sha256), 0) + length
        if served > SERVED_TIMES * file.size + SERVED_TIMES * length:
            return None
        if worker.id not in self._fetching:
            log.info("worker %s fetches %s %s", place.seat.name, file.kind, file.name)
        self._fetching[worker.id] = time.monotonic()
        return file.path

    def _passed_on(self, sha256: str) -> OwnFile | None:
        file = self._files.by_digest(sha256)
        return file if file is not None and 0 < file.size <= self._policy.most_bytes else None

    def _has_room(self, worker: str) -> bool:
        since = time.monotonic() - GIVEN_UP_AFTER
        self._fetching = {each: at for each, at in self._fetching.items() if at > since}
        return worker in self._fetching or len(self._fetching) < AT_ONCE
