"""The bot's side of the fleet as a process: the real queue, hub and leases, and a file in place of Discord.

Posting is one line in that file. As the real deliverer does, it looks first whether the line stands there.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot import elsewhere_policies, policies
from bot.config.settings import Settings
from bot.fleet.assembled import AssembledFleet, assembled_fleet
from bot.fleet.others_first import OthersFirst
from bot.fleet.own_weights import OwnWeights
from bot.fleet.places import Places
from bot.link.connection import Login
from bot.loops.outcomes import Outcomes
from bot.loops.render_tally import RenderTally
from bot.signals import JobSignals
from bot.supervisor import Loop, Supervisor
from db.files import Blobs
from db.jobs.job import Job, NewJob
from db.queue import Queue
from db.sqlite.connection import Database
from engine.core.recipe import Recipe
from engine.rendering.limits import RenderLimits
from engine.weights.own_files import OwnFiles
from engine.weights.store import Store
from tests.fleet.sleeper import content_of
from tests.policies import DEFAULTS, enqueue_limits, fair_share, pseudonym_of, shortages
from tests.workers import invite_worker

LAG_EVERY = 0.1
"""Seconds. Five times as often, this watch was an eighth of all the loop's turns."""

NOTE_EVERY = 0.5

PLENTY = enqueue_limits(
    per_member_waiting=100_000, per_member_hour=100_000, per_guild_waiting=100_000, total_waiting=100_000
)


@dataclass(frozen=True, kw_only=True)
class Notes:
    """Lines of JSON that outlive a kill."""

    path: Path

    def write(self, **what: Any) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps({"t": time.time(), **what}) + "\n")

    def read(self) -> list[dict[str, Any]]:
        if not self.path.exists():
            return []
        return [json.loads(line) for line in self.path.read_text().splitlines() if line.endswith("}")]


def queue_on(database: Database) -> Queue:
    """A queue whose members may have any number of jobs running."""
    share = fair_share(member_running=1_000)
    return Queue(database, share, pseudonym_of=pseudonym_of, retells=str.__eq__, clock=time.time)


async def fill(folder: Path, jobs: list[tuple[str, dict[str, bytes]]], abilities: list[str]) -> None:
    """Put jobs in the queue of a bot that does not run: recipes, and their files by role."""
    blobs = Blobs(folder / "blobs")
    async with await Database.open(folder / "bot.db") as database:
        queue = queue_on(database)
        for number, (recipe, files) in enumerate(jobs):
            new = NewJob(
                key=f"interaction {number}",
                kind="animate",
                guild_id=100 + number % 3,
                channel_id=7,
                user_id=1 + number % 17,
                recipe=recipe,
                profile="sleeper",
                inputs={role: blobs.put(data) for role, data in files.items()},
                ability=abilities[number % len(abilities)],
            )
            await queue.entry.enqueue(new, PLENTY)


async def invite(folder: Path, workers: dict[str, str]) -> None:
    """Invite workers of the owner's: id → public key."""
    async with await Database.open(folder / "bot.db") as database:
        queue = queue_on(database)
        for worker, key in workers.items():
            await invite_worker(queue.workers, worker, key=key, name=f"worker {worker}", trust=queue_trust())


def queue_trust() -> Any:
    from db.fleet.workers import Trust

    return Trust.OWN


class Poster:
    """What stands for Discord.

    Attributes:
        spent: processor seconds that went into looking at clips and writing them down, which no bot does.
    """

    def __init__(self, queue: Queue, blobs: Blobs, ledger: Notes) -> None:
        self._queue = queue
        self._blobs = blobs
        self._ledger = ledger
        self._posted = {line["job"] for line in ledger.read()}
        self.loop = Loop("poster", self._post, every=1.0)
        self.spent = 0.0

    async def _post(self) -> None:
        for job in await self._queue.delivery.to_deliver():
            if await self._queue.delivery.begin_posting(job.id) is None:
                continue
            if job.id not in self._posted:
                self._posted.add(job.id)
                began = time.thread_time()
                self._ledger.write(job=job.id, right=self._is_right(job))
                self.spent += time.thread_time() - began
            await self._queue.delivery.record_posted(job.id, 1)

    def _is_right(self, job: Job) -> bool:
        size = int(Recipe.from_json(job.recipe).prompt.split(" ")[1])
        assert job.clip_sha256 is not None
        return self._blobs.read(job.clip_sha256) == content_of(job.id, size, job.inputs)


def made_fleet(folder: Path, queue: Queue, blobs: Blobs, settings: Settings) -> AssembledFleet:
    """The fleet, as :mod:`bot.assembly.app` makes it."""
    signals, places = JobSignals(), Places()
    others_first = OthersFirst(places, seats=(), faulted=queue.faulted)

    def outcomes_of(seat: str) -> Outcomes:
        return Outcomes(
            seat,
            claims=queue.claims,
            jobs=queue.jobs,
            stumbles=policies.for_stumbles(settings),
            shortages=shortages(),
            absences=policies.for_absences(settings),
            others=others_first.are_there,
            signals=signals,
            clock=time.time,
        )

    async def limits_for(_: Job) -> RenderLimits:
        return RenderLimits()

    return assembled_fleet(
        elsewhere_policies.for_fleet(settings),
        claims=queue.claims,
        worker_claims=queue.worker_claims,
        workers=queue.workers,
        sheets=queue.sheets,
        retention=queue.retention,
        blobs=blobs,
        signals=signals,
        places=places,
        tally=RenderTally(),
        checks=None,
        own_weights=OwnWeights(
            OwnFiles(Store(folder / "models"), folder / "digests.json"),
            elsewhere_policies.for_sharing(settings),
            wanted=lambda: True,
            waiting=queue.worker_claims.abilities_for,
        ),
        others_first=others_first,
        outcomes_of=outcomes_of,
        limits_for=limits_for,
        may_claim=lambda: True,
        wanted=lambda: True,
        removed=lambda: None,
        folder=folder / "fetched",
        calibration=folder / "gate.json",
        release="0.1.0",
        clock=time.time,
    )


def noting(queue: Queue, claims: Notes) -> None:
    """Have each claim that is given written down."""
    give = queue.worker_claims.claim_for

    async def claim_for(worker: str, **given: Any) -> Job | None:
        job = await give(worker, **given)
        if job is not None:
            claims.write(job=job.id, claim=job.claim, worker=worker)
        return job

    queue.worker_claims.claim_for = claim_for  # type: ignore[method-assign]


def lag_loop(stats: Notes, own: Callable[[], float]) -> Callable[[], Any]:
    """How late the loop is, and what the process cost without the benchmark's own, every half second."""

    async def watch() -> None:
        late: list[float] = []
        noted = time.monotonic()
        while True:
            began = time.monotonic()
            await asyncio.sleep(LAG_EVERY)
            late.append(max(0.0, time.monotonic() - began - LAG_EVERY))
            if began - noted > NOTE_EVERY:
                stats.write(cpu=time.process_time() - own(), late=[round(each, 4) for each in late])
                late, noted = [], began

    return watch


async def live(folder: Path, login: Login, settings: Settings = DEFAULTS) -> None:
    """Be the bot until killed."""
    blobs = Blobs(folder / "blobs")
    async with await Database.open(folder / "bot.db") as database:
        queue = queue_on(database)
        noting(queue, Notes(path=folder / "claims.jsonl"))
        await queue.claims.recover(limits=policies.for_stumbles(settings), by_itself=False)
        fleet = made_fleet(folder, queue, blobs, settings)
        fleet.hub.dial(login)
        poster = Poster(queue, blobs, Notes(path=folder / "posted.jsonl"))
        supervisor = Supervisor()
        supervisor.add(*fleet.loops, poster.loop)
        async with supervisor.running():
            await lag_loop(Notes(path=folder / "bot.jsonl"), lambda: poster.spent)()


def main(folder: Path, login: Login) -> None:
    """The process."""
    _log_to(folder / "bot.log")
    asyncio.run(live(folder, login))


def _log_to(path: Path) -> None:
    import logging

    logging.basicConfig(
        filename=path,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        force=True,
    )
