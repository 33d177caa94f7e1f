"""A few places of the fault sweep; ``make fault-sweep`` takes all of them, which needs most of an hour."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks.fault_sweep import make_clip
from benchmarks.faults import checks
from benchmarks.faults.batch import play_batch
from benchmarks.faults.places import Place, Places
from benchmarks.faults.plan import Census, plan
from benchmarks.faults.play import Run, play
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
    batch = await play_batch(POINTS, clip)
    assert [(str(each.run), each.wrong) for each in batch.came if each.wrong] == []
    assert batch.wrong == []
    assert sum(each.met for each in batch.came) > len(POINTS) / 2, "the others lie past the last point by now"


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


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_batch_notices_a_broken_bot_and_ends(tmp_path):
    clip = tmp_path / "clip.mp4"
    make_clip(clip)
    lost = Run(story=CLIP, kind=Kind.HTTP, how="lost-answer", what="/messages$", nth=1, nonce_window=0.0)
    runs = [Run(story=CLIP, kind=Kind.FSYNC, nth=0, broken="no-look-up", nonce_window=0.0), lost, lost]
    batch = await play_batch(runs, clip)
    assert len(batch.came) == 2, "what follows is for another bot"
    assert any("was posted 2 times" in fault for fault in batch.came[1].wrong)


def place(hit, key, phase):
    """Some place."""
    return Place(hit=hit, phase=phase, name="UPDATE job", key=key, lines=key)


def test_each_place_is_tried_with_each_kind_that_can_hit_it_and_once():
    places = (place("database", "a", 1), place("database", "b", 0), place("file", "c", 1))
    found = [
        Census(story=STORIES["clip"], places=places, calls=(1, 2)),
        Census(story=STORIES["reroll"], places=(*places, place("database", "d", 1)), calls=(1, 2)),
    ]
    kinds = [Kind.DATABASE, Kind.FULL_8, Kind.PIPE, Kind.HTTP]
    made = plan(found, kinds, batch=2, each_story=False)
    tried = [(run.story.name, run.kind, run.key) for runs in made.shared for run in runs if run.key]
    assert tried == [
        ("clip", Kind.DATABASE, "a"),
        ("reroll", Kind.DATABASE, "d"),
        ("clip", Kind.FULL_8, "a"),
        ("clip", Kind.FULL_8, "c"),
        ("reroll", Kind.FULL_8, "d"),
    ]
    assert [(run.kind, run.key) for run in made.alone if run.key] == [
        (Kind.DATABASE, "b"),
        (Kind.FULL_8, "b"),
    ]
    calls = [(run.story.name, run.how, run.nth) for runs in made.shared for run in runs if not run.key]
    assert {("reroll", "503", 2), ("clip", "429", 1)} < set(calls)
    assert len(calls) == 2 * 7 + 2 * 2
    every = plan(found, kinds, batch=2, each_story=True)
    assert sum(map(len, every.shared)) > sum(map(len, made.shared))


async def test_a_place_is_known_by_the_lines_that_lead_there_and_by_the_situation(tmp_path):
    phase = [1]
    seen: list[Place] = []
    places = Places(phase=lambda: phase[0], since=lambda: 0, seen=seen.append)
    async with await Database.open(tmp_path / "framekiln.db") as database:

        async def looked(what="SELECT 1"):
            return await database.look(lambda connection: places.here("database", what))

        first = await looked()
        assert await looked("SELECT 2") == first, "numbers say nothing"
        assert await database.write(lambda connection: places.here("database", "SELECT 1")) != first
        assert (await looked("SELECT a")).key != first.key
        phase[0] = 2
        assert (await looked()).key != first.key
        phase[0] = 1
        await queued(queue_on(database))
        await database.look(places.committed)
        with_a_job = await looked()
        assert with_a_job.key != first.key
        assert with_a_job.lines == first.lines
        await database.look(places.committed)
        assert await looked() == with_a_job
    assert len(seen) == len(set(seen)) == 5


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
