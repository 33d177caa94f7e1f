"""One run: a story is told while one thing fails; then the bot is started again and looked through."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.faults.checks import faults_of, is_quiet
from benchmarks.faults.life import Life, Lived
from benchmarks.faults.points import Kind, Point
from benchmarks.faults.stories import Story
from benchmarks.faults.town import Town
from tests.fake_discord import FakeDiscord
from tests.fake_discord.faults import Cut, Fault, LostAnswer, RateLimit, Rule, Status

NONCE_WINDOW = 300.0

REST_SECONDS = 40.0

AFTERWARDS = 0.3
"""Seconds in which a clip that is posted twice would come, after the second start has come to rest."""

HTTP: dict[str, Fault] = {
    "500": Status(500),
    "502": Status(502),
    "503": Status(503),
    "429": RateLimit(0.05),
    "429-global": RateLimit(0.05, is_global=True),
    "cut": Cut(),
    "lost-answer": LostAnswer(),
}
"""What becomes of a call: refused in several ways, or cut before or after Discord has carried it out."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run to make: a story, and what fails in it."""

    story: Story
    kind: Kind
    how: str = ""
    nth: int
    what: str = ""
    """Count only points whose name has this in it; of a call, a pattern of its path."""

    key: str = ""
    """Count only this place; see :mod:`benchmarks.faults.places`."""

    lines: str = ""
    """Another key of the place, for when it is not reached in that situation again."""

    broken: str = ""
    """One of :data:`benchmarks.faults.broken.BROKEN`."""

    rest: float = REST_SECONDS
    """Seconds from the story's begin within which the bot comes to rest by itself, or it hangs."""

    nonce_window: float = NONCE_WINDOW
    """Seconds in which Discord recognises a message that is sent twice."""

    def __str__(self) -> str:
        how = f" --how {self.how}" if self.how else ""
        key = f" --key {self.key}" if self.key else ""
        return f"--story {self.story.name} --kind {self.kind}{how}{key} --nth {self.nth}"

    @property
    def is_exact(self) -> bool:
        """Whether it asks for its place in one situation only."""
        return self.lines not in ("", self.key)

    def anywhere(self) -> Run:
        """The same place, in whatever situation it is reached."""
        return replace(self, key=self.lines)

    @property
    def point(self) -> Point:
        """What fails in the bot's process."""
        return Point(kind=self.kind, nth=self.nth, what=self.what, key=self.key)

    def order(self, discord: FakeDiscord) -> Rule:
        """Let a call fail."""
        return discord.fail(
            "*", self.what or ".", HTTP[self.how], after=self.nth - 1, times=int(self.nth > 0)
        )


@dataclass(frozen=True, kw_only=True)
class Came:
    """What came of a run.

    Attributes:
        met: whether anything failed: False past the last point.
        calls: calls to Discord before the first request, and from it until the bot closes.
    """

    run: Run
    met: bool
    calls: tuple[int, int]
    wrong: list[str]
    log: str


@asynccontextmanager
async def a_discord(nonce_window: float) -> AsyncIterator[FakeDiscord]:
    """A fake of Discord that only looks at what the sweep looks for."""
    async with FakeDiscord() as discord:
        discord.rest.nonce_window = nonce_window
        discord.interactions.ack_seconds = 60.0  # how soon it answers is for `make load` to say
        discord.front.spec = None  # the schemas are held in the tests; here they would cost half the time
        yield discord


class Lives:
    """Lives of the bot, one after the other on the same folder."""

    def __init__(self, discord: FakeDiscord, folder: Path, clip: Path) -> None:
        self._discord = discord
        self._folder = folder
        self._clip = clip
        self._lives: list[Lived] = []
        self._sessions = 0

    def close(self) -> None:
        """Leave no process behind."""
        for life in self._lives:
            life.kill()

    @property
    def _life(self) -> Lived:
        return self._lives[-1]

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _log(self) -> Path:
        return self._folder / "bot.log"

    def _born(
        self, point: Point | None, *, at_once: bool = False, census: Path | None = None, broken: str = ""
    ) -> Lived:
        self._sessions = self._discord.gateway.identifies
        life = Life(
            api=self._discord.api,
            gateway=self._discord.gateway_url,
            token=self._discord.token,
            data=self._data,
            log=self._log,
            clip=self._clip,
            point=point,
            at_once=at_once,
            census=census,
            broken=broken,
        )
        self._lives.append(Lived(life))
        return self._life

    def _born_again(self) -> None:
        """Begin the life that follows one that has ended."""
        self._born(None)

    async def _rests(self, town: Town, story: Story, telling: asyncio.Task[None], seconds: float) -> bool:
        """Wait until the story is told and all jobs have ended. A life that ends is followed by another."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._life.status is not None:
                self._born_again()
            if telling.done():
                gateway = self._discord.gateway
                awake = gateway.identifies > self._sessions and gateway.connected
                # Nothing is open any more, and nobody waits for an answer, not even of a bot that was killed.
                if awake and is_quiet(self._data) and not town.thinking():
                    return True
                await story.insist(town)
            await asyncio.sleep(0.05)
        return False


class Play(Lives):
    """One run."""

    def __init__(
        self, run: Run, discord: FakeDiscord, folder: Path, clip: Path, census: Path | None = None
    ) -> None:
        super().__init__(discord, folder, clip)
        self._run = run
        self._census = census
        self._town = Town(discord)
        self._rule: Rule | None = None
        self._before = 0

    async def play(self) -> Came:
        """Tell the story, let the bot come to rest, start it again, and look."""
        run, story = self._run, self._run.story
        first = self._born(run.point, at_once=story.from_the_start, census=self._census, broken=run.broken)
        if story.from_the_start:
            self._order()
        self._town.on_first = self._begin
        telling = asyncio.create_task(story.tell(self._town))
        rests = await self._rests(self._town, story, telling, run.rest)
        wrong = [] if rests else ["it did not come to rest without a restart"]
        await telling
        calls = (self._before, len(self._discord.requests) - self._before)
        await self._life.stop()
        self._born(None, broken=run.broken)
        if not await self._rests(self._town, story, telling, run.rest):
            wrong.append("it did not come to rest after a restart")
        await asyncio.sleep(AFTERWARDS)
        await self._life.stop()
        if self._life.status:
            wrong.append(f"the last life ended with {self._life.status}")
        wrong += await faults_of(self._town, story, self._data)
        log = self._log.read_text(errors="replace")
        met = first.met >= run.nth if self._rule is None else self._rule.used > 0
        return Came(run=run, met=met, calls=calls, wrong=wrong, log=log)

    def _order(self) -> None:
        if self._run.kind is Kind.HTTP:
            self._rule = self._run.order(self._discord)

    def _begin(self) -> None:
        """From now on it counts, where it has not since the start."""
        self._before = len(self._discord.requests)
        if not self._run.story.from_the_start:
            self._order()
        self._lives[0].begin()

    def _born_again(self) -> None:
        self._born(None, broken=self._run.broken)


async def play(run: Run, clip: Path, census: Path | None = None) -> Came:
    """Make one run; ``census`` is a file that gets the places that its first life passes."""
    with tempfile.TemporaryDirectory(prefix="framekiln-faults-") as folder:
        async with a_discord(run.nonce_window) as discord:
            playing = Play(run, discord, Path(folder), clip, census)
            try:
                return await playing.play()
            finally:
                playing.close()
