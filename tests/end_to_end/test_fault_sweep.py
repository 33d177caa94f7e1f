"""A few points of the fault sweep; ``make fault-sweep`` takes all of them, which needs most of an hour."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks.fault_sweep import Run, make_clip, play
from benchmarks.faults.points import Kind
from benchmarks.faults.stories import STORIES

POINTS = [
    Run(story=STORIES[story], kind=kind, how=how, nth=nth)
    for story, kind, how, nth in (
        ("clip", Kind.DATABASE, "", 60),
        ("delete", Kind.DATABASE, "", 29),
        ("clip", Kind.HTTP, "lost-answer", 9),
        ("reroll", Kind.RENAME, "", 1),
        ("poison", Kind.DEATH, "", 25),
    )
]


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_whatever_fails_once_nothing_is_lost_or_doubled(tmp_path):
    clip = tmp_path / "clip.mp4"
    make_clip(clip)
    came = await asyncio.gather(*(play(run, clip) for run in POINTS))
    assert [(str(each.run), each.wrong) for each in came if each.wrong] == []
    assert sum(each.met for each in came) > len(POINTS) / 2, "the others lie past the last point by now"
