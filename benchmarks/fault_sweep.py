"""Let the n-th of each thing fail, for n = 1, 2, … until a run meets no more: nothing may be lost or doubled.

    python -m benchmarks.fault_sweep [--story clip] [--kind database] [--nth 17] [--every 1] [--at-once 4]
        [--logs FOLDER]

The real bot runs in a process of its own against the fake of Discord, and members tell one of a few
stories: a clip, a reroll, a cancel, a job that kills its engine. In each run one thing fails once: a write to
the database, an HTTP call, a pipe, a rename, an fsync, a file, or the whole process; or from there on
something is short for a while: room, file handles, a disk that can be written. The bot has to come to rest by
itself; then it is started again on the same folder, and everything is looked through.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import itertools
import logging
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.faults.broken import BROKEN
from benchmarks.faults.checks import faults_of, is_quiet
from benchmarks.faults.life import Life, Lived
from benchmarks.faults.points import Kind, Point
from benchmarks.faults.stories import STORIES, Story
from benchmarks.faults.town import Town
from tests.fake_discord import FakeDiscord
from tests.fake_discord.faults import Cut, Fault, LostAnswer, RateLimit, Rule, Status

NONCE_WINDOW = 300.0

REST_SECONDS = 40.0

AFTERWARDS = 0.3
"""Seconds in which a clip that is posted twice would come, after the second start has come to rest."""

SHRINKABLE = 40_000
"""Bytes of the clip at least, so that “too large” can be answered with a smaller one."""

FEW = ("503", "lost-answer")
"""Of the calls of all stories but the one that is told from the start."""

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

    broken: str = ""
    """One of :data:`benchmarks.faults.broken.BROKEN`."""

    rest: float = REST_SECONDS
    """Seconds from the story's begin within which the bot comes to rest by itself, or it hangs."""

    nonce_window: float = NONCE_WINDOW
    """Seconds in which Discord recognises a message that is sent twice."""

    def __str__(self) -> str:
        how = f" --how {self.how}" if self.how else ""
        return f"--story {self.story.name} --kind {self.kind}{how} --nth {self.nth}"


@dataclass(frozen=True, kw_only=True)
class Came:
    """What came of a run.

    Attributes:
        met: whether anything failed: False past the last point.
        points: how many points of the kind passed in the first life.
    """

    run: Run
    met: bool
    points: int
    wrong: list[str]
    log: str


class Play:
    """One run: lives of the bot, one after the other on the same folder."""

    def __init__(self, run: Run, discord: FakeDiscord, folder: Path, clip: Path) -> None:
        self._run = run
        self._discord = discord
        self._folder = folder
        self._clip = clip
        self._town = Town(discord)
        self._first: Lived | None = None
        self._life: Lived | None = None
        self._rule: Rule | None = None
        self._sessions = 0

    async def play(self) -> Came:
        """Tell the story, let the bot come to rest, start it again, and look."""
        run = self._run
        self._first = self._life = self._born(Point(kind=run.kind, nth=run.nth, what=run.what))
        if run.story.from_the_start:
            self._begin()
        else:
            self._town.on_first = self._begin
        telling = asyncio.create_task(run.story.tell(self._town))
        wrong = [] if await self._rests(telling) else ["it did not come to rest without a restart"]
        await telling
        await self._life.stop()
        self._life = self._born(None)
        if not await self._rests(telling):
            wrong.append("it did not come to rest after a restart")
        await asyncio.sleep(AFTERWARDS)
        await self._life.stop()
        if self._life.status:
            wrong.append(f"the last life ended with {self._life.status}")
        wrong += await faults_of(self._town, run.story, self._data)
        log = self._log.read_text(errors="replace")
        return Came(run=run, met=self._has_met(), points=self._points(), wrong=wrong, log=log)

    def _begin(self) -> None:
        """From now on it counts."""
        run = self._run
        if run.kind is Kind.HTTP:
            self._rule = self._discord.fail(
                "*", run.what or ".", HTTP[run.how], after=run.nth - 1, times=int(run.nth > 0)
            )
        elif self._first is not None:
            self._first.begin()

    def close(self) -> None:
        """Leave no process behind."""
        for life in (self._first, self._life):
            if life is not None:
                life.kill()

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _log(self) -> Path:
        return self._folder / "bot.log"

    def _born(self, point: Point | None) -> Lived:
        self._sessions = self._discord.gateway.identifies
        life = Life(
            api=self._discord.api,
            gateway=self._discord.gateway_url,
            token=self._discord.token,
            data=self._data,
            log=self._log,
            clip=self._clip,
            point=point,
            at_once=self._run.story.from_the_start,
            broken=self._run.broken,
        )
        return Lived(life)

    async def _rests(self, telling: asyncio.Task[None]) -> bool:
        """Wait until the story is told and all jobs have ended. A life that ends is followed by another."""
        end = time.monotonic() + self._run.rest
        while time.monotonic() < end:
            assert self._life is not None  # noqa: S101 - play() has made one
            if self._life.status is not None:
                self._life = self._born(None)
            if telling.done():
                gateway = self._discord.gateway
                if gateway.identifies > self._sessions and gateway.connected and self._is_quiet():
                    return True
                await self._run.story.insist(self._town)
            await asyncio.sleep(0.05)
        return False

    def _is_quiet(self) -> bool:
        """Nothing is open any more, and nobody waits for an answer, not even of a bot that was killed."""
        return is_quiet(self._data) and not self._town.thinking()

    def _points(self) -> int:
        if self._rule is not None:
            return len(self._discord.requests)
        return 0 if self._first is None else self._first.met

    def _has_met(self) -> bool:
        if self._rule is not None:
            return self._rule.used > 0
        return self._points() >= self._run.nth


async def play(run: Run, clip: Path) -> Came:
    """Make one run."""
    with tempfile.TemporaryDirectory(prefix="framekiln-faults-") as folder:
        async with FakeDiscord() as discord:
            discord.rest.nonce_window = run.nonce_window
            discord.interactions.ack_seconds = 60.0  # how soon it answers is for `make load` to say
            discord.front.spec = None  # the schemas are held in the tests; here they would cost half the time
            playing = Play(run, discord, Path(folder), clip)
            try:
                return await playing.play()
            finally:
                playing.close()


async def sweep(
    stories: Iterable[Story],
    kinds: Iterable[Kind],
    *,
    clip: Path,
    every: int = 1,
    at_once: int = 4,
    logs: Path | None = None,
    **others: Any,
) -> list[Came]:
    """Make all runs, a few at a time.

    Args:
        stories, kinds: which.
        clip: what the engine "draws".
        every: only each so-many-th point.
        at_once: runs at the same time.
        logs: an existing folder for the logs of the runs that did not hold.
        others: fields of each run.
    """
    free = asyncio.Semaphore(at_once)

    async def one(run: Run) -> Came:
        async with free:
            came = await play(run, clip)
        for fault in came.wrong:
            print(f"{came.run}: {fault}", flush=True)
        if came.wrong and logs is not None:
            path = logs / f"{run.story.name}-{run.kind}{run.how and '-' + run.how}-{run.nth}.log"
            await asyncio.to_thread(path.write_text, "\n".join([*came.wrong, "", came.log]))
        return came

    async def all_of(story: Story, kind: Kind, how: str) -> list[Came]:
        done: list[Came] = []
        wave = at_once
        for first in itertools.count(1, wave * every):
            numbers = range(first, first + wave * every, every)
            runs = [Run(story=story, kind=kind, how=how, nth=number, **others) for number in numbers]
            came = await asyncio.gather(*map(one, runs))
            done += [each for each in came if each.met]
            if not all(each.met for each in came):
                break
        print(f"{story.name:15} {kind:12} {how:12} {len(done):4} points", flush=True)
        return done

    ways = [(story, kind, how) for story in stories for kind in kinds for how in _ways(story, kind)]
    return [came for way in ways for came in await all_of(*way)]


def _ways(story: Story, kind: Kind) -> tuple[str, ...]:
    if kind is not Kind.HTTP:
        return ("",)
    return tuple(HTTP) if story.from_the_start else FEW


def make_clip(path: Path) -> None:
    """Make a small clip that can be made smaller."""
    import numpy as np  # noqa: PLC0415 - only here

    from engine.clips.encode import encode  # noqa: PLC0415 - only here
    from engine.core.cancel import CancelToken  # noqa: PLC0415 - only here

    dice = np.random.default_rng(0)
    frames = dice.integers(0, 255, (24, 96, 96, 3), dtype=np.uint8)
    encode(
        frames,
        fps=24.0,
        path=path,
        metadata={},
        max_bytes=10**7,
        progress=lambda _: None,
        cancel=CancelToken(),
    )
    if path.stat().st_size < SHRINKABLE:
        raise ValueError(f"the clip has only {path.stat().st_size} bytes")


def report(came: list[Came], seconds: float) -> bool:
    """Print what was found; True where everything held."""
    points = collections.Counter((each.run.story.name, each.run.kind) for each in came)
    names = list(dict.fromkeys(each.run.story.name for each in came))
    kinds = list(dict.fromkeys(each.run.kind for each in came))
    print(f"\n{'':15}" + "".join(f"{kind:>13}" for kind in kinds))
    for name in names:
        print(f"{name:15}" + "".join(f"{points[name, kind]:13}" for kind in kinds))
    bad = [each for each in came if each.wrong]
    print(f"\npoints                {len(came)} in {seconds:.0f} s")
    print(f"runs that did not hold {len(bad)}")
    return not bad


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--story", choices=STORIES, action="append")
    parser.add_argument("--kind", choices=list(Kind), type=Kind, action="append")
    parser.add_argument("--how", choices=HTTP, default="", help="of an HTTP call; with --nth")
    parser.add_argument("--nth", type=int, help="only this point; shows the bot's log")
    parser.add_argument("--every", type=int, default=1, help="only each so-many-th point")
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--what", default="", help="only points that have this in their name")
    parser.add_argument(
        "--broken", choices=BROKEN, default="", help="break the bot, to see that it is noticed"
    )
    parser.add_argument("--nonce-window", type=float, default=NONCE_WINDOW, help="seconds")
    parser.add_argument(
        "--rest",
        type=float,
        default=REST_SECONDS,
        help="seconds in which it comes to rest; more on a busy machine",
    )
    parser.add_argument("--logs", type=Path, help="an existing folder for the logs of runs that did not hold")
    given = parser.parse_args()
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # a bot that dies leaves half a request
    stories = [STORIES[name] for name in given.story or STORIES]
    kinds = given.kind or list(Kind)
    others = {name: getattr(given, name) for name in ("what", "broken", "nonce_window", "rest")}
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="framekiln-faults-") as folder:
        clip = Path(folder) / "clip.mp4"
        make_clip(clip)
        if given.nth is not None:
            run = Run(story=stories[0], kind=kinds[0], how=given.how, nth=given.nth, **others)
            one = asyncio.run(play(run, clip))
            print(one.log)
            came = [one]
            print("\n".join(one.wrong))
        else:
            came = asyncio.run(
                sweep(
                    stories,
                    kinds,
                    clip=clip,
                    every=given.every,
                    at_once=given.at_once,
                    logs=given.logs,
                    **others,
                )
            )
    sys.exit(0 if report(came, time.monotonic() - began) else 1)


if __name__ == "__main__":
    main()
