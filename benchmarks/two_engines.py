"""Twenty pictures that begin to move, with one engine and with two: the same bot, queue and engine processes.

    python -m benchmarks.two_engines [--jobs 20] [--side 512] [--seconds 2]

Without Discord: jobs are put into the queue, and the time runs until the last clip is stored. Without a GPU
the engines share the processors, so two gain only what one leaves idle; the last column says how much of the
processors bot and engines used.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import tempfile
import time
from pathlib import Path

from bot.app import App
from bot.assembly import app as assembly
from bot.config.settings import Settings
from db.jobs.job import NewJob
from db.states import State
from engine.core.recipe import Kind, Role
from engine.core.request import Request, Subject
from engine.process.host import EngineHost

PICTURE = Path(__file__).parents[1] / "bot" / "cli" / "lake.jpg"
SIZE = (1024, 576)
MEMBERS = 5
LOOK_EVERY = 0.05


async def measure(folder: Path, devices: str, jobs: int, side: int, seconds: float) -> str:
    """Draw all jobs with these engines; answer with a row of the table."""
    settings = Settings(
        data_dir=folder / devices,
        devices=devices,
        max_side=side,
        min_free_disk=0,
        fetch_eyes=False,
        per_member_waiting=jobs,
        per_guild_waiting=jobs + len(devices),
    )
    async with assembly.assemble(settings) as app:
        seats = [loop.seat for loop in app.engines.loops]
        await asyncio.gather(*(seat.engine.start() for seat in seats))
        await _enqueue(app, len(seats), seconds)  # reads the networks
        loops = [asyncio.create_task(each.loop.run()) for each in app.engines.loops]
        await _all_rendered(app, len(seats))
        await _enqueue(app, jobs, seconds)
        before, began = _processor_seconds(app), time.monotonic()
        for loop in app.engines.loops:
            loop.loop.wake()
        await _all_rendered(app, len(seats) + jobs)
        taken = time.monotonic() - began
        busy = (_processor_seconds(app) - before) / taken / (os.cpu_count() or 1)
        rows = await app.database.read(
            "SELECT seat, count(*) AS jobs FROM job WHERE seq > ? GROUP BY seat ORDER BY seat", (len(seats),)
        )
        memory = sum(seat.engine.rss or 0 for seat in seats) / 2**20
        await app.engines.stop(0)
        await asyncio.gather(*loops)
    shares = ", ".join(f"{row['seat']}: {row['jobs']}" for row in rows)
    return (
        f"| {len(seats)} | {taken:.1f} | {60 * jobs / taken:.1f} | {shares} | {memory:.0f} MiB | {busy:.0%} |"
    )


async def _enqueue(app: App, jobs: int, seconds: float) -> None:
    data = PICTURE.read_bytes()
    capabilities = await app.submissions.capabilities()
    with app.blobs.in_hand():
        sha256 = app.blobs.put(data)
        subject = Subject(sha256=hashlib.sha256(data).hexdigest(), width=SIZE[0], height=SIZE[1])
        for number in range(jobs):
            request = Request(kind=Kind.ANIMATE, engine="camera", seconds=seconds, seed=number)
            recipe = app.submissions.plan(request, {Role.PICTURE: subject}, capabilities)
            new = NewJob(
                key=f"{time.monotonic_ns()}",
                kind=recipe.asked,
                guild_id=1,
                channel_id=1,
                user_id=number % MEMBERS,
                recipe=recipe.to_json(),
                profile=recipe.profile,
                inputs={str(Role.PICTURE): sha256},
                engine=recipe.engine,
            )
            await app.queue.entry.enqueue(new, app.submissions.rules.limits)


async def _all_rendered(app: App, count: int) -> None:
    while True:
        counts = await app.queue.jobs.counts()
        if counts[State.RENDERED] == count:
            return
        if failed := counts[State.FAILED] + counts[State.QUARANTINED]:
            raise RuntimeError(f"{failed} jobs failed")
        await asyncio.sleep(LOOK_EVERY)


def _processor_seconds(app: App) -> float:
    """Used so far by this process, by every engine process, and by those that they started."""
    engines = [seat.engine for seat in app.engines.seats]
    pids = [os.getpid(), *(engine.pid for engine in engines if isinstance(engine, EngineHost))]
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=20)
    parser.add_argument("--side", type=int, default=512, help="longest side of a clip in pixels")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each clip")
    given = parser.parse_args()
    print(f"{given.jobs} clips on {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    print("| Engines | Seconds | Clips a minute | Drawn by | Engines' memory | Processors busy |")
    print("|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(prefix="framekiln-two-") as name:
        for devices in ("cpu", "cpu,cpu"):
            row = asyncio.run(measure(Path(name), devices, given.jobs, given.side, given.seconds))
            print(row, flush=True)


if __name__ == "__main__":
    main()
