"""A first look in the status message: shown once a take, never at the cost of the words or of the job."""

from __future__ import annotations

import asyncio
import math
import time
from typing import Any
from unittest.mock import AsyncMock, create_autospec

import pytest

from bot import supervisor
from bot.buttons import rows
from bot.discord_io.discord_errors import Trouble
from bot.discord_io.messenger import Messenger
from bot.discord_io.post import ChannelError, SmallFile
from bot.forecast import Forecaster
from bot.job_progress import JobProgress
from bot.loops import status as status_module
from bot.loops.engines import Engines
from bot.loops.first_looks import FirstLook, FirstLooks
from bot.loops.status import StatusBoard
from bot.signals import JobSignals
from bot.text import status_texts
from db.states import JobId, State
from engine.core.events import Draft, TakeDiscarded
from engine.core.receipt import Outcome, TakeRecord
from engine.provenance.seal import Sealer
from tests.bot.fixtures import CHANNEL, FakeEngine, engine_loop_with, queued, recipe, until_cancelled
from tests.clock import CLOCK
from tests.policies import shortages, stumble_limits
from tests.present import present
from tests.until import PATIENCE, until

MESSAGE = 900
LOOK = FirstLook(take=1, mp4=b"a small clip")
SEALED = Sealer(None).seal(LOOK.mp4, recipe()).mp4
FILE = (SmallFile(name=status_module.DRAFT_NAME, data=SEALED),)
JOB = JobId("0123456789abcdef")
REJECTED = TakeRecord(number=1, seed=5, outcome=Outcome.REJECTED, score=3, reasons=("it flickers",))


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(status_module, "TICK_SECONDS", 0.005)
    monkeypatch.setattr(status_module, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(supervisor, "RESTART_FIRST", 0.02)


@pytest.fixture
def messenger():
    return create_autospec(Messenger, instance=True, spec_set=True)


@pytest.fixture
def engine_loop(queue, blobs, tmp_path):
    return engine_loop_with(queue, blobs, FakeEngine(tmp_path / "spool"))


@pytest.fixture
def may_show():
    return AsyncMock(return_value=True)


@pytest.fixture
def interval():
    """Seconds between two edits."""
    return 0.02


@pytest.fixture
async def board(queue, messenger, engine_loop, may_show, interval):
    made = StatusBoard(
        give_up_after=48 * 3600.0,
        clock=CLOCK,
        shortages=shortages(),
        owed=queue.owed,
        delivery=queue.delivery,
        jobs=queue.jobs,
        moderation=queue.moderation,
        signals=JobSignals(),
        messenger=messenger,
        engines=Engines([engine_loop], engine_loop.tally),
        forecaster=Forecaster(queue.jobs, clock=CLOCK),
        dress=rows.for_status,
        sealer=Sealer(None),
        may_show=may_show,
        interval=interval,
    )
    task = asyncio.create_task(made.loop.run())
    yield made
    for each in [task, *made._tasks]:
        each.cancel()
    await asyncio.gather(task, *made._tasks, return_exceptions=True)


@pytest.fixture
async def job(queue, engine_loop, messenger, board):
    """A job that is being drawn, whose message says so."""
    await queued(queue)
    claimed = await queue.claims.claim()
    await queue.delivery.set_status_message(claimed.id, CHANNEL, MESSAGE)
    engine_loop.progress[claimed.id] = JobProgress(stage="drawing", fraction=0.4, take=1)
    board.touch(claimed.id)
    await until(lambda: "drawing 40 %" in said(messenger))
    return claimed


def said(messenger) -> str:
    calls = messenger.edit.call_args_list
    return calls[-1].args[2] if calls else ""


def files(messenger) -> list[Any]:
    """What each edit did to the message's files; None: it left them alone."""
    return [call.args[4] for call in messenger.edit.call_args_list]


def labels(messenger) -> list[str]:
    view = messenger.edit.call_args.args[3]
    return [] if view is None else [child.item.label for child in view.children]


async def show(board, engine_loop, messenger, job, look=LOOK):
    engine_loop.drafts[job.id] = look
    board.touch(job.id)
    await until(lambda: files(messenger)[-1])


async def move_on(board, engine_loop, messenger, job, fraction):
    engine_loop.progress[job.id] = JobProgress(stage="drawing", fraction=fraction, take=1)
    board.touch(job.id)
    await until(lambda: f"drawing {fraction:.0%}".replace("%", " %") in said(messenger))


async def test_a_first_look_is_attached_once_and_asks_what_to_do(board, engine_loop, messenger, job):
    await show(board, engine_loop, messenger, job)
    assert files(messenger)[-1] == FILE
    assert labels(messenger) == ["Keep", "Reroll", "Stop"]
    assert status_texts.FIRST_LOOK in said(messenger)
    before = len(files(messenger))
    for step in (50, 60, 70):
        await move_on(board, engine_loop, messenger, job, step / 100)
    assert files(messenger)[before:] == [None] * 3
    assert labels(messenger) == ["Keep", "Reroll", "Stop"]


async def test_a_first_look_that_nobody_may_see_yet_is_not_attached(
    board, engine_loop, messenger, job, may_show
):
    may_show.return_value = False
    engine_loop.drafts[job.id] = LOOK
    await move_on(board, engine_loop, messenger, job, 0.5)
    assert not any(files(messenger))
    assert labels(messenger) == ["Cancel"]
    may_show.assert_awaited()


async def test_a_first_look_and_the_words_of_the_same_moment_are_one_edit(board, engine_loop, messenger, job):
    await until(lambda: job.id in board._shown)
    board._shown[job.id].next = math.inf
    before = len(files(messenger))
    engine_loop.drafts[job.id] = LOOK
    for step in range(5):
        engine_loop.progress[job.id] = JobProgress(stage="drawing", fraction=0.5 + step / 100, take=1)
        board.touch(job.id)
        await asyncio.sleep(0.005)
    board._shown[job.id].next = 0.0  # the interval is over
    await until(lambda: "drawing 54 %" in said(messenger))
    assert files(messenger)[before:] == [FILE]


async def test_what_is_kept_stays_and_asks_no_more(board, engine_loop, messenger, job):
    await show(board, engine_loop, messenger, job)
    before = len(files(messenger))
    assert board.keep(job.id)
    await until(lambda: labels(messenger) == ["Cancel"])
    assert files(messenger)[before:] == [None]
    assert status_texts.FIRST_LOOK not in said(messenger)
    await move_on(board, engine_loop, messenger, job, 0.8)
    assert labels(messenger) == ["Cancel"]


@pytest.mark.parametrize("interval", [60.0])
async def test_a_click_on_keep_shows_without_waiting_for_the_interval(board, engine_loop, messenger, job):
    await until(lambda: job.id in board._shown)
    board._shown[job.id].next = 0.0  # the interval is over, for the first look
    await show(board, engine_loop, messenger, job)
    await until(lambda: board._shown[job.id].draft == LOOK.take)
    assert board._shown[job.id].next > time.monotonic() + 30.0
    board.keep(job.id)
    await until(lambda: labels(messenger) == ["Cancel"])


async def test_the_next_take_has_a_first_look_of_its_own(board, engine_loop, messenger, job):
    await show(board, engine_loop, messenger, job)
    board.keep(job.id)
    del engine_loop.drafts[job.id]
    board.touch(job.id)
    await until(lambda: files(messenger)[-1] == ())
    await show(board, engine_loop, messenger, job, FirstLook(take=2, mp4=b"another"))
    assert labels(messenger) == ["Keep", "Reroll", "Stop"]


@pytest.mark.parametrize("trouble", list(Trouble))
async def test_a_first_look_that_discord_does_not_take_is_left_out_and_the_words_go_on(
    queue, board, engine_loop, messenger, job, trouble
):
    def refuses_files(*args):
        if args[4]:
            raise ChannelError(trouble, "the fake said so")

    messenger.edit.side_effect = refuses_files
    engine_loop.drafts[job.id] = LOOK
    await move_on(board, engine_loop, messenger, job, 0.6)
    await until(lambda: FILE in files(messenger) and labels(messenger) == ["Cancel"])
    await move_on(board, engine_loop, messenger, job, 0.7)
    assert files(messenger).count(FILE) == 1
    assert status_texts.FIRST_LOOK not in said(messenger)
    assert (await queue.jobs.get(job.id)).state is State.RUNNING
    assert not (await queue.jobs.get(job.id)).status_final


async def test_an_upload_that_hangs_does_not_hold_up_the_words(
    board, engine_loop, messenger, job, monkeypatch
):
    monkeypatch.setattr(status_module, "DRAFT_SECONDS", 0.05)

    async def hangs_with_files(*args):
        if args[4]:
            await asyncio.Event().wait()

    messenger.edit.side_effect = hangs_with_files
    engine_loop.drafts[job.id] = LOOK
    board.touch(job.id)
    await until(lambda: files(messenger)[-2:] == [FILE, ()])


@pytest.mark.parametrize("end", ["cancelled", "requeued"])
async def test_the_first_look_goes_when_the_job_ends(queue, board, engine_loop, messenger, job, end):
    await show(board, engine_loop, messenger, job)
    engine_loop.progress.clear()
    engine_loop.drafts.clear()
    if end == "cancelled":
        await queue.claims.cancel(job.id)
        await queue.claims.finish_cancel(job.id, job.claim)
    else:
        await queue.claims.recover(limits=stumble_limits())
    board.touch(job.id)
    await until(lambda: files(messenger)[-1] == ())
    if end == "cancelled":
        await until(lambda: board._shown == {})
    else:
        assert "you are next" in said(messenger)


async def test_what_hung_on_a_message_of_before_a_restart_is_taken_off(queue, board, engine_loop, messenger):
    await queued(queue)
    job = await queue.claims.claim()
    await queue.delivery.set_status_message(job.id, CHANNEL, MESSAGE)
    await queue.claims.recover(limits=stumble_limits())
    board.touch(job.id)
    await until(lambda: files(messenger) == [()])


async def test_without_a_first_look_there_is_nothing_to_keep(board, messenger, job):
    assert not board.keep(job.id)


def test_a_look_that_was_left_out_or_kept_stays_so_until_the_next_take():
    drafts = {JOB: LOOK}
    looks = FirstLooks(drafts)
    assert looks.of(JOB) == LOOK
    looks.keep(JOB)
    assert not present(looks.of(JOB)).asks
    looks.leave_out(JOB, 1)
    assert looks.of(JOB) is None
    drafts[JOB] = FirstLook(take=2, mp4=b"2")
    assert present(looks.of(JOB)).asks
    looks.forget(JOB)
    drafts[JOB] = LOOK
    assert present(looks.of(JOB)).asks


async def test_the_studio_reads_a_draft_at_once_and_drops_it_with_its_take(
    queue, blobs, tmp_path, monkeypatch
):
    path = tmp_path / "draft1.mp4"
    drawn, discarded, over = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def act(on_event, cancel):
        path.write_bytes(b"a small clip")
        on_event(Draft(path=path, take=1))
        path.unlink()
        on_event(Draft(path=tmp_path / "gone.mp4", take=1))
        drawn.set()
        await discarded.wait()
        on_event(TakeDiscarded(take=REJECTED))
        over.set()
        await until_cancelled(on_event, cancel)

    engine_loop = engine_loop_with(queue, blobs, FakeEngine(tmp_path / "spool", act))
    task = asyncio.create_task(engine_loop.loop.run())
    job = await queued(queue)
    engine_loop.loop.wake()
    try:
        await asyncio.wait_for(drawn.wait(), PATIENCE)
        assert engine_loop.drafts == {job.id: FirstLook(take=1, mp4=b"a small clip")}
        discarded.set()
        await asyncio.wait_for(over.wait(), PATIENCE)
        assert engine_loop.drafts == {}
    finally:
        await engine_loop.stop(0)
        await asyncio.wait_for(task, PATIENCE)
