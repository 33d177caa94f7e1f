"""What a worker holds, and what becomes of its files."""

import os
import random

import pytest

from bot.link.messages import Beat, Done, DropReason, HeldState, encode
from bot.worker.work import CLIP, NOTE, Holding
from engine.core.errors import UserError
from engine.core.events import Draft
from tests.fleet.sleeper import order_text
from tests.fleet.small_bot import new_order

DONE = Done(size=3, sha256="0" * 64, seconds=1.0, receipt="{}")


@pytest.fixture
def holding(tmp_path):
    made = Holding(tmp_path / "claims", keep_seconds=3600, clock=lambda: 0.0)
    made.recover()
    return made


def taken(holding, **order):
    return holding.take(new_order(order_text(1), **order))


def finish(holding, work):
    (work.folder / CLIP).write_bytes(b"mp4")
    holding.finished(work, DONE)


def test_an_order_is_taken_once(holding):
    order = new_order(order_text(1))
    assert holding.take(order) is not None
    assert holding.take(order) is None
    holding.drop((order.job, 1), DropReason.STALE)
    assert holding.take(order) is None
    assert not list(holding._folder.iterdir())


def test_a_newer_claim_of_a_job_takes_the_place_of_the_older(holding):
    order = new_order(order_text(1))
    older = holding.take(order)
    newer = holding.take(order.model_copy(update={"claim": 2}))
    assert [work.key for work in holding] == [newer.key]
    assert older.cancel.is_set()


def test_what_was_dropped_while_it_was_drawn_leaves_nothing_when_it_ends(holding):
    for end in (finish, lambda held, work: held.failed(work, UserError("E", "no"))):
        work = taken(holding)
        holding.moved(work, HeldState.RUN)
        holding.drop(work.key, DropReason.CANCELLED)
        assert work.folder.exists()
        end(holding, work)
        assert not work.folder.exists()
        assert len(holding) == 0


def test_finished_clips_outlive_the_process_and_nothing_else_does(holding, tmp_path):
    done, unfinished, torn = taken(holding), taken(holding), taken(holding)
    finish(holding, done)
    finish(holding, torn)
    (torn.folder / CLIP).write_bytes(b"half of it")
    again = Holding(tmp_path / "claims", keep_seconds=3600, clock=lambda: 0.0)
    again.recover()
    assert [(work.key, work.state) for work in again] == [(done.key, HeldState.DONE)]
    assert not unfinished.folder.exists()
    assert not torn.folder.exists()
    again.drop(done.key, DropReason.KEPT)
    assert not done.folder.exists()
    assert again.kept == 1


def test_a_clip_that_nobody_fetched_for_too_long_is_not_taken_up(holding, tmp_path):
    work = taken(holding)
    finish(holding, work)
    written = (work.folder / NOTE).stat().st_mtime
    again = Holding(tmp_path / "claims", keep_seconds=60, clock=lambda: written + 61)
    again.recover()
    assert len(again) == 0
    assert not work.folder.exists()


def test_only_three_finished_clips_are_offered_at_a_time_and_all_are_named(holding):
    works = [taken(holding) for _ in range(5)]
    for work in works:
        finish(holding, work)
    states = {held.job: held.state for held in holding.held()}
    assert len(states) == 5
    assert [states[work.key[0]] for work in works] == [HeldState.DONE] * 3 + [HeldState.RUN] * 2


def test_however_much_is_held_a_beat_can_be_sent(holding, tmp_path):
    for _ in range(16):
        work = taken(holding)
        work.looks = []
        draft = tmp_path / "draft"
        draft.write_bytes(os.urandom(10))
        for take in range(1, 12):
            holding.look(work, Draft(path=draft, take=take))
        holding.failed(work, UserError("E_LONG", "ü" * 3000))
    beat = Beat(boot="0" * 16, seq=1, hold=holding.held(briefly=True))
    assert len(encode(beat)) < 64 * 1024


def test_a_random_walk_leaves_no_folder_that_is_not_held(holding):
    rng = random.Random(5)
    orders = [new_order(order_text(1)) for _ in range(8)]
    drawing = []
    ends = (finish, lambda held, work: held.failed(work, UserError("E", "no")))
    for _ in range(2000):
        work = rng.choice([*holding, None])
        step = rng.randrange(4)
        if step == 0 or work is None:
            holding.take(rng.choice(orders).model_copy(update={"claim": rng.randrange(1, 1000)}))
        elif step == 1:
            holding.drop(work.key, rng.choice(list(DropReason)))
        elif step == 2 and work.state is HeldState.FETCH:
            holding.moved(work, HeldState.RUN)
            drawing.append(work)
        elif drawing:
            rng.choice(ends)(holding, drawing.pop(rng.randrange(len(drawing))))
        assert len({work.key[0] for work in holding}) == len(holding)
    for work in drawing:
        rng.choice(ends)(holding, work)
    assert set(holding._folder.iterdir()) == {work.folder for work in holding}
