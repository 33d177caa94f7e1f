"""A few points of the fault sweep; ``make fault-sweep`` takes all of them, which needs most of an hour."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks.fault_sweep import Run, make_clip, play
from benchmarks.faults import checks
from benchmarks.faults.points import Kind
from benchmarks.faults.stories import STORIES
from db.files import Blobs
from db.sqlite.connection import Database
from tests.bot.fixtures import queued
from tests.policies import queue_on

POINTS = [
    Run(story=STORIES[story], kind=kind, how=how, what=what, nth=nth, nonce_window=0.0)
    for story, kind, how, what, nth in (
        ("clip", Kind.DATABASE, "", "COMMIT", 20),
        ("delete", Kind.DATABASE, "", "UPDATE job", 12),
        ("clip", Kind.HTTP, "lost-answer", "/messages$", 1),
        ("reroll", Kind.RENAME, "", "", 1),
        ("poison", Kind.DEATH, "", "UPDATE job", 6),
        ("clip", Kind.FULL_8, "", "", 20),
        ("clip", Kind.LITTLE_LEFT, "", "", 1),
        ("reroll", Kind.NO_HANDLES, "", "", 4),
        ("poison", Kind.READ_ONLY, "", "", 53),
    )
]


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_no_single_failure_loses_or_doubles_anything(tmp_path):
    clip = tmp_path / "clip.mp4"
    make_clip(clip)
    came = await asyncio.gather(*(play(run, clip) for run in POINTS))
    assert [(str(each.run), each.wrong) for each in came if each.wrong] == []
    assert sum(each.met for each in came) > len(POINTS) / 2, "the others lie past the last point by now"


CLIP = STORIES["clip"]
NOTICED = {
    "was posted 2 times": Run(
        story=CLIP,
        kind=Kind.HTTP,
        how="lost-answer",
        what="/messages$",
        nth=1,
        nonce_window=0.0,
        broken="no-look-up",
    ),
    "there is no job": Run(story=CLIP, kind=Kind.DEATH, what="INSERT INTO job", nth=1, broken="early-answer"),
    "a status message is still open": Run(story=CLIP, kind=Kind.FSYNC, nth=0, broken="no-last-word"),
}
"""Bots that are broken, each in one run, and what the sweep says of it."""


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_the_sweep_notices_a_broken_bot(tmp_path):
    clip = tmp_path / "clip.mp4"
    make_clip(clip)
    came = await asyncio.gather(*(play(run, clip) for run in NOTICED.values()))
    for words, each in zip(NOTICED, came, strict=True):
        assert any(words in fault for fault in each.wrong), (words, each.wrong)


async def test_the_sweep_notices_a_file_that_is_left_over_and_one_that_is_gone(tmp_path):
    async with await Database.open(tmp_path / "framekiln.db") as database:
        await queued(queue_on(database), inputs={"picture": "a" * 64})
    blobs = Blobs(tmp_path / "blobs")
    orphan = blobs.put(b"nobody's")
    (tmp_path / "outbox").mkdir()
    (tmp_path / "outbox" / "x-smaller.mp4").touch()
    found = await checks.left_in(tmp_path)
    assert found == ["the blob aaaaaaaa is needed and gone", "outbox/x-smaller.mp4 is left over"]
    assert not blobs.exists(orphan), "the bot's own sweep has it; only what that leaves is left over"
