"""A day of a busy community, simulated: who waits how long, and were the ranges true that members were told?

    python -m benchmarks.simulated_day [--members 5000] [--jobs 2000] [--seed 1] [--plot docs/day.png]
    python -m benchmarks.simulated_day --members 200 --load 0.6 --engines 1 2 8 50

Of several engines, the slowest takes up to twice as long as usual and the fastest half as long. Each family
of clips can be drawn by some of them only: the lightest by all, each heavier one by fewer. ``--load`` makes
renders so long that the engines are busy for this share of the day, however many there are. The forecast
knows neither speeds nor load; it is told what each engine can draw.

The queue, its database and the forecast are the real ones; the clock, the members and the
engine's times are made up: a few members ask for much and most for little, half of the requests come in the
evening, and what a render takes varies with its profile and the takes that the gate throws away. Each member
reads a range when asking; the true wait lies in it or not.
"""

from __future__ import annotations

import argparse
import asyncio
import bisect
import heapq
import itertools
import json
import math
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.told import DAY, Told
from bot.forecast import Forecaster, Wait
from bot.seats import Seat
from db.errors import LimitReached
from db.jobs.enqueue import EnqueueLimits
from db.jobs.job import Job, NewJob
from db.queue import Queue
from db.sqlite.connection import Database
from engine.process.host import EngineHost
from tests.policies import enqueue_limits, queue_on

START = 1_800_000_000.0
HEAVY = 0.01
"""The share of the members, those who used most, whose waits are told apart."""


@dataclass(frozen=True, kw_only=True)
class Community:
    """Who asks for how much.

    Attributes:
        members: who could ask.
        guilds: each member is in one of them.
        jobs: requests in the day, about.
        tilt: how much more the busiest members ask (the exponent of Zipf's law).
        evening: the share of the requests that come around half past eight in the evening.
        rejected: the share of takes that the gate throws away.
        paces: seconds that a take's drawing takes, fastest and slowest profile.
    """

    members: int = 5000
    guilds: int = 12
    jobs: int = 2000
    tilt: float = 0.8
    evening: float = 0.4
    rejected: float = 0.3
    paces: tuple[float, float] = (4.0, 45.0)
    profiles: int = 8


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        """Unix seconds."""
        return self.now


def requests(community: Community, chance: random.Random) -> list[tuple[float, int]]:
    """When who asks: seconds since midnight, member. Members come in sittings and ask a few times."""
    weights = itertools.accumulate(1 / (rank + 1) ** community.tilt for rank in range(community.members))
    reach = list(weights)
    found: list[tuple[float, int]] = []
    while len(found) < community.jobs:
        member = bisect.bisect(reach, chance.random() * reach[-1])
        evening = chance.random() < community.evening
        at = chance.gauss(20.5, 2.2) * 3600 if evening else chance.random() * DAY
        for _ in range(1 + int(chance.expovariate(1 / 1.5))):
            found.append((at % DAY, member))
            at += chance.expovariate(1 / 90)
    return sorted(found)


def render_seconds(community: Community, pace: float, chance: random.Random) -> float:
    """What the engine spends on one job: the take that is kept, those before it, and the finishing."""
    takes = 1 + sum(1 for _ in itertools.takewhile(lambda _: chance.random() < community.rejected, range(2)))
    return pace * math.exp(chance.gauss(0, 0.12)) * (0.3 + 0.7 * takes)


@dataclass(frozen=True, kw_only=True)
class Machine:
    """An engine.

    Attributes:
        slowness: how long it takes for what usually takes a second.
        draws: the families that it can draw.
    """

    slowness: float
    draws: frozenset[str]


def family_of(profile: int) -> str:
    """What draws a profile: two profiles of each family."""
    return f"family {profile // 2}"


def machines_of(community: Community, count: int, chance: random.Random) -> dict[str, Machine]:
    """The engines by name. A single one is the usual one and draws everything; so does the first of many."""
    families = sorted({family_of(profile) for profile in range(community.profiles)})
    if count == 1:
        return {"": Machine(slowness=1.0, draws=frozenset(families))}
    return {
        f"engine {number}": Machine(
            slowness=2 ** chance.uniform(-1, 1),
            draws=frozenset(families if number == 0 else families[: 1 + chance.randrange(len(families))]),
        )
        for number in range(count)
    }


def stretched(community: Community, load: float, count: int, seed: int) -> Community:
    """The same community, with renders so long that usual engines are busy for this share of a day."""
    paces, chance = _paces(community, random.Random(seed)), random.Random(seed)
    tried = [render_seconds(community, paces[_profile(community, chance)], chance) for _ in range(10_000)]
    factor = load * DAY * count / (community.jobs * float(np.mean(tried)))
    return replace(community, paces=(community.paces[0] * factor, community.paces[1] * factor))


def _paces(community: Community, chance: random.Random) -> list[float]:
    return [chance.uniform(*community.paces) for _ in range(community.profiles)]


def _profile(community: Community, chance: random.Random) -> int:
    return min(community.profiles - 1, int(chance.expovariate(0.5)))


async def simulate(
    folder: Path, community: Community, seed: int, limits: EnqueueLimits, engines: int = 1
) -> list[Told]:
    """Live through the day, and the hours after it until the queue is empty."""
    chance, first, clock = random.Random(seed), random.Random(seed), Clock()
    machines = machines_of(community, engines, random.Random(seed))
    paces = _paces(community, chance)
    coming = requests(community, chance)
    asked: dict[str, tuple[Job, Wait]] = {}
    stories: list[Told] = []
    async with await Database.open(folder / "day.db") as database:
        queue = queue_on(database, clock)
        seats = [
            Seat(name=name, engine=EngineHost(spool=folder), draws=partial(_draws, machine))
            for name, machine in machines.items()
        ]
        waits = Forecaster(queue.jobs, seats=seats, clock=clock)
        running: list[tuple[float, str, Job, float]] = []
        free = list(machines)
        waiting: Counter[str] = Counter()
        numbers: Iterator[int] = itertools.count()
        coming.reverse()
        while coming or running:
            until = running[0][0] if running else math.inf
            if coming and START + coming[-1][0] <= until:
                at, member = coming.pop()
                clock.now = START + at
                profile = _profile(community, chance)
                told = await _ask(queue, waits, community, member, profile, next(numbers), limits)
                if told is not None:
                    asked[told[0].id] = told
                    waiting[told[0].engine] += 1
            else:
                clock.now, name, drawn, used = heapq.heappop(running)
                free.append(name)
                await _hand_in(queue, drawn, used)
                job, wait = asked.pop(drawn.id)
                stories.append(
                    Told(
                        asked=job.created_at - START,
                        member=job.user_id,
                        wait=wait,
                        took=clock.now - job.created_at,
                        used=used,
                    )
                )
            for name in first.sample(free, len(free)):
                draws = machines[name].draws
                if not any(waiting[family] for family in draws):
                    continue
                claimed = await queue.claims.claim(seat=name, engines=draws)
                if claimed is not None:
                    free.remove(name)
                    waiting[claimed.engine] -= 1
                    pace = paces[int(claimed.profile)]
                    used = machines[name].slowness * render_seconds(community, pace, chance)
                    heapq.heappush(running, (clock.now + used, name, claimed, used))
    return stories


def _draws(machine: Machine) -> frozenset[str]:
    return machine.draws


async def _ask(
    queue: Queue,
    waits: Forecaster,
    community: Community,
    member: int,
    profile: int,
    number: int,
    limits: EnqueueLimits,
) -> tuple[Job, Wait] | None:
    new = NewJob(
        key=str(number),
        kind="animate",
        guild_id=1 + int(community.guilds * (member / community.members) ** 2),
        channel_id=1,
        user_id=member,
        recipe="{}",
        profile=str(profile),
        engine=family_of(profile),
        inputs={},
    )
    try:
        job = (await queue.entry.enqueue(new, limits)).job
    except LimitReached:
        return None
    waits.latest = None  # each member looks at the queue as it is with the own job in it
    wait = (await waits.forecast()).waits[job.id]
    await queue.entry.record_answer(job.id, 1, 1, foretold=wait.middle, ahead=wait.ahead)
    return job, wait


async def _hand_in(queue: Queue, job: Job, seconds: float) -> None:
    await queue.claims.hand_in(
        job.id,
        job.claim,
        clip_sha256="0" * 64,
        clip_size=1,
        receipt="{}",
        gpu_seconds=seconds,
        charged_seconds=seconds,
    )
    await queue.delivery.begin_posting(job.id)
    await queue.delivery.record_posted(job.id, 1)


def figures(stories: list[Told], engines: int = 1) -> dict[str, Any]:
    """What the day was like, in seconds and shares."""
    used: Counter[int] = Counter()
    for told in stories:
        used[told.member] += told.used  # type: ignore[assignment, unused-ignore]
    heavy = {member for member, _ in used.most_common(max(1, round(HEAVY * len(used))))}
    light = [told.took for told in stories if told.member not in heavy]
    heavily = [told.took for told in stories if told.member in heavy]
    return {
        "jobs": len(stories),
        "members who asked": len(used),
        "engine busy": round(sum(used.values()) / DAY / engines, 2),
        "ranges that held the truth": _share([told.held for told in stories]),
        "later than told": _share([told.took > told.wait.high for told in stories]),
        "high over low, median": round(float(np.median([t.wait.high / t.wait.low for t in stories])), 2),
        "held, by jobs ahead": {
            f"{fewest}-{most}": _share([told.held for told in stories if fewest <= told.wait.ahead <= most])
            for fewest, most in ((0, 0), (1, 2), (3, 7), (8, 20), (21, 500))
            if any(fewest <= told.wait.ahead <= most for told in stories)
        },
        "light members' waits, median and 95 %": _middle_and_end(light),
        f"the heaviest {HEAVY:.0%} of members": {
            "share of the engine": round(sum(used[m] for m in heavy) / sum(used.values()), 2),
            "waits, median and 95 %": _middle_and_end(heavily),
        },
        "longest wait": round(max(told.took for told in stories)),
    }


def _share(truths: list[bool]) -> float:
    return round(float(np.mean(truths)), 3)


def _middle_and_end(seconds: list[float]) -> list[int]:
    return [round(float(np.quantile(seconds, share))) for share in (0.5, 0.95)] if seconds else []


def main() -> None:
    """Read the command line, live through the day, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--members", type=int, default=Community.members)
    parser.add_argument("--jobs", type=int, default=Community.jobs)
    parser.add_argument("--guilds", type=int, default=Community.guilds)
    parser.add_argument("--evening", type=float, default=Community.evening)
    parser.add_argument("--engines", type=int, nargs="+", default=[1])
    parser.add_argument("--load", type=float, help="share of the day that the engines are to be busy")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args()
    community = Community(members=given.members, jobs=given.jobs, guilds=given.guilds, evening=given.evening)
    for engines in given.engines:
        lived = community
        if given.load is not None:
            lived = stretched(community, given.load, engines, given.seed)
        with tempfile.TemporaryDirectory(prefix="framekiln-day-") as folder:
            stories = asyncio.run(simulate(Path(folder), lived, given.seed, enqueue_limits(), engines))
        print(json.dumps({"engines": engines, **figures(stories, engines)}, indent=2), flush=True)
    if given.plot is not None:
        from benchmarks.day_plot import plot  # noqa: PLC0415 - drawing is for those who ask

        plot(stories, given.plot)


if __name__ == "__main__":
    main()
