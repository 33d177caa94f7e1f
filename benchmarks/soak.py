"""Thousands of jobs through one life of the bot: does anything grow?

    python -m benchmarks.soak [--jobs 10000] [--waiting 8] [--drawn]

The real bot in a process of its own, with its own pauses, against the fake of Discord; the engine is a real
engine process that draws nothing. Twenty members ask, again and again; some cancel, some jobs are retaken,
fail, or kill the engine. With ``--drawn`` it draws sketches, with gate, smoothing and encoding: seconds a
job. Memory, file handles, threads and the folders are read all along; what they were once the bot had
warmed up is held against what they are when all is done.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import os
import random
import sqlite3
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fault_sweep import make_clip
from benchmarks.faults.checks import ENDS
from benchmarks.faults.life import Life, Lived
from benchmarks.faults.town import has_button
from tests.fake_discord import FakeDiscord
from tests.fake_discord.interactions import Interaction
from tests.fake_discord.message import Message

WARM = 0.5
"""The share of the jobs after which the bot is warm: what it keeps of the last ten minutes has filled up."""

READINGS = 20
"""How often the process is read."""

MOST_GROWTH = 0.05
MEMBERS = 20
KEPT_MESSAGES = 200
"""What the fake remembers; it would grow otherwise, and it shares the machine."""

PROMPTS = ("a cat",) * 170 + ("retake it",) * 20 + ("fail at it",) * 9 + ("crash it",)
CANCELS = 0.05
SETTLE_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What the bot occupies.

    Attributes:
        rss: bytes.
        engine: bytes of the engine process; 0 where none runs.
    """

    jobs: int
    rss: int
    engine: int
    handles: int
    threads: int
    working: int
    database: int

    def __str__(self) -> str:
        return (
            f"{self.jobs:7} {self.rss / 2**20:9.1f} {self.engine / 2**20:9.1f} {self.handles:8} "
            f"{self.threads:8} {self.working:14} {self.database / 2**20:10.1f}"
        )


HEAD = (
    f"{'jobs':>7} {'MiB':>9} {'of engine':>9} {'handles':>8} {'threads':>8} {'work folders':>14} "
    f"{'MiB of db':>10}"
)


def read(life: Lived, data: Path, jobs: int) -> Reading:
    """Look at the process and at its folders."""
    process = Path(f"/proc/{life.pid}")
    children = (process / "task" / str(life.pid) / "children").read_text().split()
    working = [path for name in ("spool", "outbox", "blobs/incoming") for path in (data / name).glob("*")]
    return Reading(
        jobs=jobs,
        rss=_rss(process),
        engine=max((_rss(Path(f"/proc/{child}")) for child in children), default=0),
        handles=len(list((process / "fd").iterdir())),
        threads=len(list((process / "task").iterdir())),
        working=len(working),
        database=sum(path.stat().st_size for path in data.glob("framekiln.db*")),
    )


def _rss(process: Path) -> int:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a child that has just ended
        return int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


class Soak:
    """Members who ask until it is enough, and a fake that forgets."""

    def __init__(self, discord: FakeDiscord, data: Path) -> None:
        self._discord = discord
        self._data = data
        discord.guild()
        self._channel = discord.channel()
        self._members = [discord.member(f"member {number}") for number in range(MEMBERS)]
        self._dice = random.Random(0)
        self.asked = 0
        self._last: collections.deque[Interaction] = collections.deque(maxlen=8)
        self.posted: collections.Counter[str] = collections.Counter()
        post = discord.world.post

        def note(message: Message) -> Message:
            self.posted.update(file.filename for file in message.history[0].attachments)
            return post(message)

        discord.world.post = note  # type: ignore[method-assign]

    def states(self) -> collections.Counter[str]:
        """The jobs by their state."""
        place = f"file:{self._data}/framekiln.db?mode=ro"
        with contextlib.closing(sqlite3.connect(place, uri=True)) as database:
            return collections.Counter(
                dict(database.execute("SELECT state, count(*) FROM job GROUP BY state").fetchall())
            )

    def ended(self) -> int:
        """How many jobs have ended."""
        return sum(count for state, count in self.states().items() if state in ENDS)

    async def ask(self) -> None:
        """One member asks for one clip; now and then somebody cancels."""
        member = self._dice.choice(self._members)
        prompt = self._dice.choice(PROMPTS)
        options = {"prompt": prompt, "quality": "fast", "length": "short"}
        self._last.append(await self._discord.slash(member, self._channel, "text2video", **options))
        self.asked += 1
        if self._dice.random() < CANCELS:
            for one in self._last:
                if one.messages and has_button(one.messages[0], "cancel"):
                    await self._discord.click(one.member, one.messages[0], "Cancel")
                    break

    def forget(self) -> None:
        """Let go of what is long past."""
        self._discord.front.requests.clear()
        for session in self._discord.gateway._sessions.values():  # noqa: SLF001 - the fake keeps them for a resume
            del session.sent[2:]
        for number in sorted(self._channel.messages)[:-KEPT_MESSAGES]:
            message = self._channel.messages[number]
            if not has_button(message, "cancel"):
                for file in message.attachments:
                    self._discord.world.files.pop(file.id, None)
                del self._channel.messages[number]


async def soak(jobs: int, waiting: int, folder: Path, *, drawn: bool) -> bool:
    """Run, and print what was read; True where nothing grew and nothing was lost."""
    data = folder / "data"
    clip = None if drawn else folder / "clip.mp4"
    if clip is not None:
        make_clip(clip)
    async with FakeDiscord() as discord:
        discord.front.spec = None
        soaking = Soak(discord, data)
        life = Lived(
            Life(
                api=discord.api,
                gateway=discord.gateway_url,
                token=discord.token,
                data=data,
                log=folder / "bot.log",
                clip=clip,
                point=None,
                clock=(1.0, time.time()),
                settings={"per_member_hour": 10**6, "per_guild_waiting": 1000, "status_interval": 1.0},
            )
        )
        try:
            await discord.wait_for(lambda: discord.gateway.connected and discord.world.commands, 120)
            readings = await _run(soaking, life, data, jobs, waiting)
        finally:
            await life.stop()
            life.kill()
        return _report(soaking, readings, jobs, drawn=drawn)


async def _run(soaking: Soak, life: Lived, data: Path, jobs: int, waiting: int) -> list[Reading]:
    print(HEAD)
    readings: list[Reading] = []
    began = time.monotonic()
    while (ended := soaking.ended()) < soaking.asked or soaking.asked < jobs:
        for _ in range(min(waiting - (soaking.asked - ended), jobs - soaking.asked)):
            await soaking.ask()
        if ended >= jobs / READINGS * len(readings):
            readings.append(read(life, data, ended))
            print(readings[-1], f"{time.monotonic() - began:8.0f} s", flush=True)
            soaking.forget()
        await asyncio.sleep(0.1)
        if life.status is not None:
            raise RuntimeError(f"the bot ended with {life.status}")
    await asyncio.sleep(SETTLE_SECONDS)
    readings.append(read(life, data, soaking.ended()))
    print(readings[-1], f"{time.monotonic() - began:8.0f} s", flush=True)
    return readings


def _report(soaking: Soak, readings: list[Reading], jobs: int, *, drawn: bool) -> bool:
    warm = next(one for one in readings if one.jobs >= WARM * jobs)
    last = readings[-1]
    states = soaking.states()
    growth = last.rss / warm.rss - 1
    # Where jobs kill the engine, another one stands there.
    engine = last.engine / warm.engine - 1 if drawn else 0.0
    doubled = sum(times > 1 for times in soaking.posted.values())
    lost = soaking.asked - sum(states.values())
    print(f"\njobs by their end      {dict(states)}")
    print(f"memory, warm to end    {growth:+.1%}")
    if drawn:
        print(f"the engine's           {engine:+.1%}")
    print(f"handles, threads       {last.handles - warm.handles:+d}, {last.threads - warm.threads:+d}")
    print(f"left in work folders   {last.working}")
    print(f"lost, posted twice     {lost}, {doubled}; {len(soaking.posted)} clips")
    return (
        growth < MOST_GROWTH
        and engine < MOST_GROWTH
        and not (lost or doubled or last.working)
        and len(soaking.posted) == states["delivered"]
        and last.handles <= warm.handles
        and last.threads <= warm.threads
    )


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--waiting", type=int, default=8, help="jobs that wait at any time")
    parser.add_argument("--drawn", action="store_true", help="draw sketches, smooth, encode")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="framekiln-soak-") as folder:
        sys.exit(0 if asyncio.run(soak(given.jobs, given.waiting, Path(folder), drawn=given.drawn)) else 1)


if __name__ == "__main__":
    main()
