"""Which runs there are: a census of the places that a story passes, and a run for each place and kind."""

from __future__ import annotations

import asyncio
import itertools
import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.faults.life import Phase
from benchmarks.faults.places import Place
from benchmarks.faults.play import HTTP, Run, play
from benchmarks.faults.points import OUTAGES, Kind
from benchmarks.faults.stories import Story

FEW = ("503", "lost-answer")
"""Of the calls of all stories but the one that is told from the start."""

TELLINGS = 2
"""How often a story is told for its census: what runs beside it takes turns by chance."""


@dataclass(frozen=True, kw_only=True)
class Census:
    """What a story passes.

    Attributes:
        calls: calls to Discord before the first request, and from it until the bot closes.
    """

    story: Story
    places: tuple[Place, ...]
    calls: tuple[int, int]


async def census_of(story: Story, clip: Path, **others: Any) -> Census:
    """Tell a story a few times and note each place.

    Raises:
        RuntimeError: it does not hold although nothing fails.
    """
    run = Run(story=story, kind=Kind.FSYNC, nth=0, **{**others, "broken": ""})
    found: dict[str, Place] = {}
    calls = (0, 0)
    for _ in range(TELLINGS):
        with tempfile.NamedTemporaryFile("r", prefix="framekiln-census-") as file:
            came = await play(run, clip, Path(file.name))
            if came.wrong:
                raise RuntimeError(f"{story.name}: {came.wrong}\n{came.log}")
            lines = await asyncio.to_thread(file.readlines)
        calls = (max(calls[0], came.calls[0]), max(calls[1], came.calls[1]))
        for line in lines:
            place = Place(**json.loads(line))
            found[place.key] = place
    return Census(story=story, places=tuple(found.values()), calls=calls)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The runs.

    Attributes:
        shared: batches of runs in one bot.
        alone: runs that need a bot of their own, because something fails at its start or at its end.
    """

    shared: tuple[tuple[Run, ...], ...]
    alone: tuple[Run, ...]


def plan(
    found: Iterable[Census],
    kinds: Iterable[Kind],
    *,
    batch: int,
    each_story: bool,
    every: int = 1,
    **others: Any,
) -> Plan:
    """Make a run for each place and kind.

    Args:
        found: of each story.
        kinds: what fails.
        batch: runs in one bot.
        each_story: also for a place that an earlier story has passed in the same situation.
        every: only each so-many-th run.
        others: fields of each run; ``what`` chooses places by their names.
    """
    stories = list(found)
    seen: set[tuple[Kind, str]] = set()
    shared: list[tuple[Run, ...]] = []
    alone: list[Run] = []
    for kind, one in itertools.product(kinds, stories):
        told: list[Run] = []
        for phase, run in _runs(one, kind, others):
            known = (kind, run.key)
            if run.key and known in seen and not each_story:
                continue
            seen.add(known)
            if phase is Phase.TELLING:
                told.append(run)
            elif one.story.from_the_start:
                alone.append(run)
        told = told[::every]
        shared += [tuple(told[at : at + batch]) for at in range(0, len(told), batch)]
    return Plan(shared=tuple(shared), alone=tuple(alone[::every]))


def _runs(one: Census, kind: Kind, others: dict[str, Any]) -> Iterator[tuple[Phase, Run]]:
    if kind is Kind.HTTP:
        for how in HTTP if one.story.from_the_start else FEW:
            for phase, count in zip((Phase.BEFORE, Phase.TELLING), one.calls, strict=True):
                for nth in range(1, count + 1):
                    yield phase, Run(story=one.story, kind=kind, how=how, nth=nth, **others)
        return
    for place in one.places:
        outage = OUTAGES.get(kind)
        fits = place.hit == kind if outage is None else outage.takes(place.hit, place.name)
        if fits and others.get("what", "") in place.name:
            given = {**others, "what": "", "nth": 1, "key": place.key, "lines": place.lines}
            yield Phase(place.phase), Run(story=one.story, kind=kind, **given)
