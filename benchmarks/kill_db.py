"""Kill the queue at random moments and see whether it keeps its word.

A child process takes jobs through the queue and writes a line after each commit: an acknowledgement. The
parent kills it with SIGKILL at a random moment, looks into the file, and starts it again on the same file.
The children are forked from a process that has imported everything already: imports are not what is tested.

    python benchmarks/kill_db.py --kills 200

Ends with status 1 where anything acknowledged is lost, a job came under one claim twice, or SQLite's own
check fails. SIGKILL shows what a crash of the program does; a power cut asks more of the disk.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import multiprocessing
import os
import random
import sqlite3
import sys
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from db.jobs.claims import Requeue  # noqa: E402
from db.jobs.job import NewJob  # noqa: E402
from db.queue import Queue  # noqa: E402
from db.sqlite.connection import Database  # noqa: E402 - found through the line above
from db.states import State  # noqa: E402
from tests.policies import enqueue_limits, queue_on, stumble_limits  # noqa: E402

RANKS = {State.RENDERED: 1, State.POSTING: 2, State.DELIVERED: 3}
FAR = enqueue_limits(
    per_member_waiting=10**6, per_member_hour=10**6, per_guild_waiting=10**6, total_waiting=10**6
)


def acknowledge(what: str, job: str, value: int = 0) -> None:
    """Tell the parent. One write of one short line: it arrives whole or not at all."""
    os.write(1, f"{what} {job} {value}\n".encode())


async def work(path: Path, seed: int) -> None:
    """Take jobs through the queue until killed."""
    chance = random.Random(seed)
    async with await Database.open(path) as db:
        queue = queue_on(db)
        for job in (await queue.claims.recover(limits=stumble_limits(restarts=10**6))).requeued:
            acknowledge("enqueued", job.id)
        acknowledge("ready", "-")
        while True:
            new = NewJob(
                key=hashlib.sha256(chance.randbytes(16)).hexdigest(),
                kind="animate",
                guild_id=chance.randrange(1, 3),
                channel_id=1,
                user_id=chance.randrange(1, 6),
                recipe="{}",
                profile="camera-fast",
                inputs={},
            )
            acknowledge("enqueued", (await queue.entry.enqueue(new, FAR)).job.id)
            await serve(queue, chance)


def live(parent: Connection, path: Path, seed: int) -> None:
    """Be the child, whose output goes to the parent."""
    os.dup2(parent.fileno(), 1)
    asyncio.run(work(path, seed))


async def serve(queue: Queue, chance: random.Random) -> None:
    """Claim a job; give it back now and then, else hand it in and deliver it."""
    job = await queue.claims.claim()
    if job is None:
        return
    acknowledge("claimed", job.id, job.claim)
    if chance.random() < 0.1:
        await queue.claims.requeue(job.id, job.claim, cause=Requeue.ENGINE_DOWN, limits=stumble_limits())
        return
    handed_in = await queue.claims.hand_in(
        job.id,
        job.claim,
        clip_sha256="0" * 64,
        clip_size=1,
        receipt="{}",
        gpu_seconds=1.0,
        charged_seconds=1.0,
    )
    if handed_in:
        acknowledge("rendered", job.id)
    for waiting in await queue.delivery.to_deliver():
        if await queue.delivery.begin_posting(waiting.id):
            acknowledge("posting", waiting.id)
        message = chance.randrange(1, 10**9)
        if await queue.delivery.record_posted(waiting.id, message):
            acknowledge("delivered", waiting.id, message)


class Ledger:
    """All that was ever acknowledged, and what of it does not hold."""

    def __init__(self) -> None:
        self.lines = 0
        self.claims: dict[str, int] = {}
        self.reached: dict[str, int] = {}
        self.messages: dict[str, int] = {}
        self.wrong: list[str] = []

    def note(self, line: str) -> None:
        """Take one acknowledgement down."""
        what, job, value = line.split()
        if what == "ready":
            return
        self.lines += 1
        self.reached.setdefault(job, 0)
        if what == "claimed":
            if int(value) <= self.claims.get(job, 0):
                self.wrong.append(f"{job} came under claim {value} twice")
            self.claims[job] = int(value)
        elif what in RANKS:
            self.reached[job] = max(self.reached[job], RANKS[State(what)])
        if what == "delivered":
            if job in self.messages:
                self.wrong.append(f"{job} was delivered twice")
            self.messages[job] = int(value)

    def compare(self, path: Path) -> None:
        """Hold the file against what was acknowledged."""
        connection = sqlite3.connect(path)
        connection.row_factory = sqlite3.Row
        rows = {row["id"]: row for row in connection.execute("SELECT * FROM job")}
        check = [found for (found,) in connection.execute("PRAGMA integrity_check")]
        connection.close()
        if check != ["ok"]:
            self.wrong.append(f"integrity_check: {check[:3]}")
        for job, reached in self.reached.items():
            row = rows.get(job)
            if row is None:
                self.wrong.append(f"{job} is lost")
            elif row["claim"] < self.claims.get(job, 0):
                self.wrong.append(f"{job} lost claim {self.claims[job]}")
            elif RANKS.get(State(row["state"]), 0) < reached:
                self.wrong.append(f"{job} fell back to {row['state']}")
            elif job in self.messages and row["message_id"] != self.messages[job]:
                self.wrong.append(f"{job} lost its message")


def kill_again_and_again(kills: int, seed: int, longest: float) -> dict[str, Any]:
    """Run the child ``kills`` times, each at most ``longest`` seconds after it is ready.

    Returns:
        Figures, and under ``wrong`` what did not hold.
    """
    chance = random.Random(seed)
    ledger = Ledger()
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.policies"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bot.db"
        for _ in range(kills):
            ours, theirs = processes.Pipe(duplex=False)
            child = processes.Process(target=live, args=(theirs, path, chance.randrange(2**32)))
            child.start()
            theirs.close()
            with os.fdopen(os.dup(ours.fileno())) as said:
                ours.close()
                first = said.readline()
                while first and not first.startswith("ready"):
                    ledger.note(first)
                    first = said.readline()
                child.join(chance.uniform(0, longest))
                if child.exitcode is None:
                    child.kill()
                else:
                    ledger.wrong.append(f"the child ended by itself with status {child.exitcode}")
                for line in said:
                    ledger.note(line)
            child.join()
            ledger.compare(path)
    return {
        "kills": kills,
        "jobs": len(ledger.reached),
        "acknowledgements": ledger.lines,
        "delivered": len(ledger.messages),
        "wrong": ledger.wrong[:20],
    }


def main() -> int:
    """Read the arguments, kill, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=0.25, help="seconds from ready to the kill, at most")
    arguments = parser.parse_args()
    figures = kill_again_and_again(arguments.kills, arguments.seed, arguments.longest)
    print(json.dumps(figures))
    return 1 if figures["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
