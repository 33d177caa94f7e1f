"""How long the database takes for one job, from the enqueue to the delivery, with others waiting and done.

    python benchmarks/queue_time.py

Prints the milliseconds in the connection's thread per job: median and 99th percentile.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from db.jobs.job import NewJob  # noqa: E402
from db.queue import Queue  # noqa: E402
from db.sqlite.connection import Database  # noqa: E402 - found through the line above
from tests.policies import enqueue_limits, queue_on  # noqa: E402

FAR = enqueue_limits(
    per_member_waiting=10**6, per_member_hour=10**6, per_guild_waiting=10**6, total_waiting=10**6
)


async def enqueue(queue: Queue, number: int) -> None:
    """Ask for one job, as one of fifty members."""
    await queue.entry.enqueue(
        NewJob(
            key=str(number),
            kind="animate",
            guild_id=1,
            channel_id=1,
            user_id=number % 50,
            recipe="{}" * 400,
            profile="camera-fast",
            inputs={"picture": "0" * 64},
        ),
        FAR,
    )


async def bring_along(queue: Queue, receipt: str = "{}" * 400) -> None:
    """Claim the next job, hand it in and deliver it."""
    job = await queue.claims.claim()
    if job is None:
        raise RuntimeError("nothing waits")
    await queue.claims.hand_in(
        job.id,
        job.claim,
        clip_sha256="0" * 64,
        clip_size=1,
        receipt=receipt,
        gpu_seconds=10.0,
        charged_seconds=10.0,
    )
    await queue.delivery.begin_posting(job.id)
    await queue.delivery.record_posted(job.id, 1)


async def measure(waiting: int, done: int, jobs: int) -> list[float]:
    """Return the milliseconds that each of ``jobs`` took."""
    with tempfile.TemporaryDirectory() as folder:
        async with await Database.open(Path(folder) / "bot.db") as db:
            queue = queue_on(db)
            numbers = iter(range(10**9))
            for _ in range(done):
                await enqueue(queue, next(numbers))
                await bring_along(queue)
            for _ in range(waiting):
                await enqueue(queue, next(numbers))
            spent = []
            for _ in range(jobs):
                before = db.busy_seconds
                await enqueue(queue, next(numbers))
                await bring_along(queue)
                spent.append((db.busy_seconds - before) * 1000)
            return spent


def main() -> None:
    """Print one line for each size of the queue."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=200)
    jobs = parser.parse_args().jobs
    for waiting, done in ((0, 0), (100, 0), (500, 0), (500, 5000)):
        spent = asyncio.run(measure(waiting, done, jobs))
        p99 = statistics.quantiles(spent, n=100)[98]
        median = statistics.median(spent)
        print(f"{waiting:4} waiting, {done:5} done: median {median:6.2f} ms, p99 {p99:6.2f} ms")


if __name__ == "__main__":
    main()
