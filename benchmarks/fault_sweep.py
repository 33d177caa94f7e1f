"""Let each thing fail at each place, once or for a while: nothing may be lost or doubled.

    python -m benchmarks.fault_sweep [--story clip] [--kind database] [--key KEY] [--every 1] [--at-once 4]
        [--each-story] [--logs FOLDER]

The real bot runs in a process of its own against the fake of Discord, and members tell one of a few
stories: a clip, a reroll, a cancel, a job that kills its engine. One thing fails once: a write to
the database, an HTTP call, a pipe, a rename, an fsync, a file, or the whole process; or from there on
something is short for a while: room, file handles, a disk that can be written. The bot has to come to rest by
itself; later it is started again on the same folder, and everything is looked through.

First each story is told twice with nothing failing, and each place is noted that it passes. A place is told
from others by the lines of our code that lead there, from the innermost to the task's first, through threads
too; by the statement, file or call, without its numbers; by the states of the story's jobs; and by whether
the bot starts, works or closes. Each kind of fault then begins at each place, when it is reached for the
first time. A place that several stories pass is tried in the first of them, or in all (``--each-story``).
Calls to Discord are counted instead: the first, the second, …, in each story.

Many runs share a bot, which is started again at the end. What fails at its start or its end has a bot of its
own. A run that did not hold in company is made again alone.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import logging
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.faults.batch import play_batch
from benchmarks.faults.broken import BROKEN
from benchmarks.faults.plan import census_of, plan
from benchmarks.faults.play import HTTP, NONCE_WINDOW, REST_SECONDS, Came, Run, play
from benchmarks.faults.points import Kind
from benchmarks.faults.stories import STORIES, Story

SHRINKABLE = 40_000
"""Bytes of the clip at least, so that “too large” can be answered with a smaller one."""

BATCH = 16
"""Runs in one bot."""


class Sweep:
    """All runs, a few at a time.

    Args:
        clip: what the engine "draws".
        at_once: bots at the same time.
        logs: an existing folder for the logs of the runs that did not hold.

    Attributes:
        came: what came of each run.
        elsewhere: how many places were reached in another situation than in the census.
        missed: the runs whose place was not reached at all.
    """

    def __init__(self, clip: Path, *, at_once: int, logs: Path | None = None) -> None:
        self._clip = clip
        self._logs = logs
        self._free = asyncio.Semaphore(at_once)
        self.came: list[Came] = []
        self.elsewhere = 0
        self.missed: list[Run] = []

    async def run(
        self, stories: Iterable[Story], kinds: Iterable[Kind], *, every: int, each_story: bool, **others: Any
    ) -> None:
        """Make a run for each place and kind; ``others`` are fields of each run."""

        async def one(story: Story) -> Any:
            async with self._free:
                return await census_of(story, self._clip, **others)

        found = await asyncio.gather(*map(one, stories))
        made = plan(found, kinds, batch=BATCH, each_story=each_story, every=every, **others)
        count = len(made.alone) + sum(map(len, made.shared))
        print(f"{count} places and kinds, {len(made.alone)} of them alone", flush=True)
        await asyncio.gather(*map(self._together, made.shared), *map(self._alone, made.alone))

    async def _together(self, runs: tuple[Run, ...]) -> None:
        async with self._free:
            batch = await play_batch(runs, self._clip)
        again: list[Run] = []
        missed: list[Run] = []
        for came in batch.came:
            if came.wrong or batch.wrong:
                again.append(came.run)
                self._show(came, "in company")
            elif came.met:
                self.came.append(came)
            elif came.run.is_exact:
                missed.append(came.run.anywhere())
            else:
                again.append(came.run)
        self.elsewhere += len(missed)
        if batch.wrong:
            print(f"{runs[0]} and those that follow, together: {'; '.join(batch.wrong)}", flush=True)
        print(f"{runs[0].story.name:15} {runs[0].kind:12} {len(batch.came)} in one bot", flush=True)
        rest = (*missed, *runs[len(batch.came) :])
        await asyncio.gather(*map(self._alone, again), *([self._together(rest)] if rest else []))

    async def _alone(self, run: Run) -> None:
        async with self._free:
            came = await play(run, self._clip)
        if not (came.met or came.wrong) and run.is_exact:
            self.elsewhere += 1
            await self._alone(run.anywhere())
            return
        if came.met or came.wrong:
            self.came.append(came)
        else:
            self.missed.append(run)
        print(f"{run.story.name:15} {run.kind:12} alone, {len(self.came)} in all", flush=True)
        self._show(came, "alone")

    def _show(self, came: Came, how: str) -> None:
        for fault in came.wrong:
            print(f"{came.run} ({how}): {fault}", flush=True)
        if came.wrong and self._logs is not None:
            name = str(came.run).replace("--", "").replace(" ", "-")
            (self._logs / f"{name}-{how}.log").write_text("\n".join([*came.wrong, "", came.log]))

    def report(self, seconds: float) -> bool:
        """Print what was found; True where everything held."""
        points = collections.Counter((each.run.story.name, each.run.kind) for each in self.came)
        names = list(dict.fromkeys(each.run.story.name for each in self.came))
        kinds = [kind for kind in Kind if any(kind is each.run.kind for each in self.came)]
        print(f"\n{'':15}" + "".join(f"{kind:>13}" for kind in kinds))
        for name in names:
            print(f"{name:15}" + "".join(f"{points[name, kind]:13}" for kind in kinds))
        bad = [each for each in self.came if each.wrong]
        print(f"\nfaults                {len(self.came)} in {seconds:.0f} s")
        print(f"in another situation  {self.elsewhere}")
        print(f"not reached again     {len(self.missed)}")
        print(f"runs that did not hold {len(bad)}")
        return not bad


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


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--story", choices=STORIES, action="append")
    parser.add_argument("--kind", choices=list(Kind), type=Kind, action="append")
    parser.add_argument("--how", choices=HTTP, default="", help="of an HTTP call; with --nth")
    parser.add_argument("--nth", type=int, help="only this point; shows the bot's log")
    parser.add_argument("--key", default="", help="only this place; shows the bot's log")
    parser.add_argument("--every", type=int, default=1, help="only each so-many-th place")
    parser.add_argument("--each-story", action="store_true", help="a place in each story that passes it")
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
        sweep = Sweep(clip, at_once=given.at_once, logs=given.logs)
        if given.nth is not None or given.key:
            nth = 1 if given.nth is None else given.nth
            run = Run(story=stories[0], kind=kinds[0], how=given.how, nth=nth, key=given.key, **others)
            came = asyncio.run(play(run, clip))
            print(came.log, "\n".join(came.wrong), sep="\n")
            sweep.came.append(came)
        else:
            asyncio.run(sweep.run(stories, kinds, every=given.every, each_story=given.each_story, **others))
    sys.exit(0 if sweep.report(time.monotonic() - began) else 1)


if __name__ == "__main__":
    main()
