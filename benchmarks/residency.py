"""One GPU, four models, 25 s to load another: waits in the strict order, and if what is loaded goes first.

    python -m benchmarks.residency [--jobs 1500] [--load 0.75 0.95 1.05]

The queue and its claims are the real ones; the clock, the requests and the renders are made up. The load is
the share of the time that the strict order would keep the engine busy, loading included.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
from pathlib import Path

from benchmarks.queue_time import FAR
from benchmarks.simulated_day import Clock
from db.jobs.job import NewJob
from db.sqlite.connection import Database
from tests.policies import queue_on

FAMILIES = ("wan", "ltx", "svd", "animatediff")
LOADING = 25.0
"""Seconds."""

RENDER = (15.0, 75.0)
"""Seconds of the shortest and the longest render."""

MEMBERS = 400


async def waits(load: float, jobs: int, seed: int, *, loaded_first: bool) -> tuple[list[float], int]:
    """Seconds from asking to the clip, of each job; and how often a model was loaded."""
    chance, clock = random.Random(seed), Clock()
    begin = clock.now
    strict = sum(RENDER) / 2 + LOADING * (1 - 1 / len(FAMILIES))
    coming, at = [], 0.0
    for _ in range(jobs):
        at += chance.expovariate(load / strict)
        coming.append(
            (begin + at, chance.choice(FAMILIES), chance.randrange(MEMBERS), chance.uniform(*RENDER))
        )
    took, loads, resident, free_at = [], 0, "", begin
    seconds = {}
    with tempfile.TemporaryDirectory(prefix="framekiln-residency-") as folder:
        async with await Database.open(Path(folder) / "bot.db") as database:
            queue = queue_on(database, clock)
            coming.reverse()
            while len(took) < jobs:
                while coming and (coming[-1][0] <= free_at or not seconds):
                    clock.now, family, member, render = coming.pop()
                    new = NewJob(
                        key=str(len(coming)),
                        kind="animate",
                        guild_id=1,
                        channel_id=1,
                        user_id=member,
                        recipe="{}",
                        profile=family,
                        engine=family,
                        inputs={},
                    )
                    seconds[(await queue.entry.enqueue(new, FAR)).job.id] = render
                    free_at = max(free_at, clock.now)
                clock.now = free_at
                job = await queue.claims.claim(resident=resident if loaded_first else "")
                if job is None:
                    raise RuntimeError("nothing waits")
                loads += job.engine != resident
                used = seconds.pop(job.id) + LOADING * (job.engine != resident)
                resident, free_at = job.engine, free_at + used
                clock.now = free_at
                took.append(free_at - job.created_at)
                await queue.claims.hand_in(
                    job.id,
                    job.claim,
                    clip_sha256="0" * 64,
                    clip_size=1,
                    receipt="{}",
                    gpu_seconds=used,
                    charged_seconds=used,
                )
    return took, loads


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--load", type=float, nargs="+", default=[0.75, 0.95, 1.05])
    given = parser.parse_args()
    print("| Load | Mean wait, strict | loaded first | 95 %, strict | loaded first | Loads | loaded first |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for load in given.load:
        cells = [
            asyncio.run(waits(load, given.jobs, given.seed, loaded_first=first)) for first in (False, True)
        ]
        means = [f"{statistics.mean(took):.0f} s" for took, _ in cells]
        ends = [f"{statistics.quantiles(took, n=20)[18]:.0f} s" for took, _ in cells]
        loads = [str(count) for _, count in cells]
        print(f"| {load:.0%} | " + " | ".join([*means, *ends, *loads]) + " |", flush=True)


if __name__ == "__main__":
    main()
