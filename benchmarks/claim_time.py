"""How long a claim takes, and a forecast, with many jobs waiting and running; with the indices and without.

    python -m benchmarks.claim_time [--waiting 500 2000 5000] [--running 50] [--claims 50]

"without" drops the index of the fair order (``job_in_turn``) and that of members' running jobs. A claim is
timed in the connection's thread: milliseconds of its statement, the commit's wait for the disk included.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.queue_time import FAR
from bot.forecast import Forecaster
from bot.seats import Seat
from db.jobs.job import NewJob
from db.queue import Queue
from db.sqlite.connection import Database
from engine.process.host import EngineHost
from tests.policies import queue_on

MEMBERS = 200
INDICES = ("job_in_turn", "job_running_by_member")
PROFILES = 8


@dataclass(frozen=True, kw_only=True)
class Row:
    """Medians, in milliseconds: of claims, and of whole forecasts."""

    claim: float
    forecast: float


async def measure(waiting: int, running: int, claims: int, *, indexed: bool) -> Row:
    """Fill a queue, then claim from it and put back what was claimed."""
    with tempfile.TemporaryDirectory(prefix="framekiln-claims-") as folder:
        async with await Database.open(Path(folder) / "bot.db") as db:
            queue = queue_on(db)
            for number in range(waiting + running):
                await _ask(queue, number)
            for number in range(running):
                await queue.claims.claim(seat=f"seat {number}")
            if not indexed:
                for index in INDICES:
                    await db.write(lambda connection, name=index: connection.execute(f"DROP INDEX {name}"))
            spent = []
            for number in range(claims):
                before = db.busy_seconds
                await queue.claims.claim(seat=f"seat {running + number}")
                spent.append(1000 * (db.busy_seconds - before))
            seats = [
                Seat(name=f"seat {number}", engine=EngineHost(spool=Path(folder)))
                for number in range(max(1, running))
            ]
            forecaster = Forecaster(queue.jobs, seats=seats, clock=time.time)
            took = []
            for _ in range(5):
                forecaster.latest, began = None, time.monotonic()
                await forecaster.forecast()
                took.append(1000 * (time.monotonic() - began))
            return Row(claim=statistics.median(spent), forecast=statistics.median(took))


async def _ask(queue: Queue, number: int) -> None:
    new = NewJob(
        key=str(number),
        kind="animate",
        guild_id=number % 12,
        channel_id=1,
        user_id=number % MEMBERS,
        recipe="{}" * 400,
        profile=f"camera/balanced/768x432/{24 * (1 + number % PROFILES)}",
        inputs={"picture": "0" * 64},
    )
    await queue.entry.enqueue(new, FAR)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--waiting", type=int, nargs="+", default=[500, 2000, 5000])
    parser.add_argument("--running", type=int, default=50)
    parser.add_argument("--claims", type=int, default=50)
    given = parser.parse_args()
    print("| Waiting | Claim, ms | without the indices | Forecast, ms |")
    print("|---|---|---|---|", flush=True)
    for waiting in given.waiting:
        found = [
            asyncio.run(measure(waiting, given.running, given.claims, indexed=indexed))
            for indexed in (True, False)
        ]
        print(
            f"| {waiting} | {found[0].claim:.2f} | {found[1].claim:.2f} | {found[0].forecast:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
