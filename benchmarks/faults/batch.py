"""Many runs in one life of the bot, one after the other: what fails passes by itself, and the bot goes on.

Each run has a channel and a member of its own. After the last, a story is told in which nothing fails; then
the bot is started again, and everything is looked through once more.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.checks import faults_seen, last_job, left_in, rows
from benchmarks.faults.life import outage_of
from benchmarks.faults.play import AFTERWARDS, Came, Lives, Run, a_discord
from benchmarks.faults.points import Kind, Point
from benchmarks.faults.stories import Story
from benchmarks.faults.town import Town
from tests.fake_discord import FakeDiscord

NOTHING = Point(kind=Kind.FSYNC, nth=0)


@dataclass(frozen=True, kw_only=True)
class Told:
    """A story that was told in a batch: its jobs have the numbers after ``since``, up to ``last``."""

    town: Town
    story: Story
    since: int
    last: int


class Batch(Lives):
    """Runs that share a bot.

    Attributes:
        came: what came of the runs; it ends with the first that did not hold.
        wrong: what did not hold when all were told, and cannot be put down to one of them.
    """

    def __init__(self, runs: Sequence[Run], discord: FakeDiscord, folder: Path, clip: Path) -> None:
        super().__init__(discord, folder, clip)
        self._runs = runs
        self._told: list[Told] = []
        self.came: list[Came] = []
        self.wrong: list[str] = []

    async def play(self) -> None:
        """Make the runs, and look."""
        self._born_again()
        for run in self._runs:
            self.came.append(await self._one(run, run.story, run.rest))
            if self.came[-1].wrong:
                return
        last = await self._one(None, self._runs[-1].story, self._runs[-1].rest)
        self.wrong += last.wrong
        await self._life.stop()
        self._born(None)
        if not await self._rests(self._told[-1].town, self._told[-1].story, _nothing(), self._runs[-1].rest):
            self.wrong.append("it did not come to rest after a restart")
        await asyncio.sleep(AFTERWARDS)
        await self._life.stop()
        if self._life.status:
            self.wrong.append(f"the last life ended with {self._life.status}")
        for told in self._told:
            self.wrong += self._seen(told)
        self.wrong += await left_in(self._data)
        self.wrong += [f"a breach of Discord's API: {one}" for one in self._discord.violations]

    async def _one(self, run: Run | None, story: Story, rest: float) -> Came:
        town, since = Town(self._discord), last_job(self._data)
        if self._life.status is not None:
            self._born_again()
        begun_at = self._log.stat().st_size if self._log.exists() else 0
        first, rule = self._life, None
        is_call = run is not None and run.kind is Kind.HTTP
        first.arm(NOTHING if run is None or is_call else run.point, since)

        def begin() -> None:
            nonlocal rule
            rule = run.order(self._discord) if is_call and run is not None else None
            first.begin()

        town.on_first = begin
        telling = asyncio.create_task(story.tell(town))
        wrong = []
        if not await self._rests(town, story, telling, rest):
            wrong.append("it did not come to rest without a restart")
        await telling
        await self._outage_is_over()
        met = run is not None and (rule.used > 0 if rule is not None else first.met >= run.nth)
        if rule is not None:
            rule.times = 0
        told = Told(town=town, story=story, since=since, last=last_job(self._data))
        self._told.append(told)
        wrong += self._seen(told)
        with self._log.open("rb") as log:
            log.seek(begun_at)
            text = log.read().decode(errors="replace")
        return Came(run=run or self._runs[-1], met=met, calls=(0, 0), wrong=wrong, log=text)

    def _seen(self, told: Told) -> list[str]:
        jobs = [row for row in rows(self._data) if told.since < row["seq"] <= told.last]
        return faults_seen(told.town, told.story, jobs)

    async def _outage_is_over(self) -> None:
        path = outage_of(self._data)
        if path.exists():
            _, until = path.read_text().split()
            await asyncio.sleep(max(0.0, float(until) - time.monotonic()))

    def _born_again(self) -> None:
        """Each life can be given points."""
        self._born(NOTHING, broken=self._runs[0].broken)


def _nothing() -> asyncio.Task[None]:
    return asyncio.create_task(asyncio.sleep(0))


async def play_batch(runs: Sequence[Run], clip: Path) -> Batch:
    """Make runs in one bot."""
    with tempfile.TemporaryDirectory(prefix="framekiln-faults-") as folder:
        async with a_discord(runs[0].nonce_window) as discord:
            batch = Batch(runs, discord, Path(folder), clip)
            try:
                await batch.play()
            finally:
                batch.close()
            return batch
