"""What it costs to write an interaction down before "thinking" is shown, and to cross it off afterwards.

python -m benchmarks.promise_time [--times 500] [--folder FOLDER]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

import numpy as np

from db.jobs.interactions import AskedRow
from db.sqlite.connection import Database
from tests.db.asking import enqueued
from tests.policies import queue_on

JOBS = 1000
"""Jobs that are in the database already."""


async def measure(folder: Path, times: int) -> dict[str, list[float]]:
    """Seconds of each of both writes, by their names."""
    async with await Database.open(folder / "framekiln.db") as database:
        queue = queue_on(database, time.time)
        for _ in range(JOBS):
            await enqueued(queue)
        taken: dict[str, list[float]] = {"write down": [], "cross off": []}
        for number in range(times):
            row = AskedRow(
                interaction=number, application=1, token="x" * 200, user_id=2, guild_id=3, channel_id=4
            )
            began = time.perf_counter()
            await queue.asked.note(row, reserved=False)
            between = time.perf_counter()
            await queue.asked.answered(number)
            taken["write down"].append(between - began)
            taken["cross off"].append(time.perf_counter() - between)
        return taken


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=500)
    parser.add_argument("--folder", type=Path, help="on the disk to measure; default: a temporary one")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        for what, taken in asyncio.run(measure(Path(name), given.times)).items():
            p50, p95, p99 = (float(np.quantile(taken, share)) * 1000 for share in (0.5, 0.95, 0.99))
            print(f"{what:12} p50 {p50:.2f} ms, p95 {p95:.2f} ms, p99 {p99:.2f} ms")


if __name__ == "__main__":
    main()
