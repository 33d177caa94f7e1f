"""A loop that fails is started again, and the others go on."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

import pytest

from bot import supervisor
from bot.ops import health
from bot.ops.health import HealthFile
from bot.supervisor import Loop, LoopState, Supervisor
from tests.until import PATIENCE, until


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(supervisor, "RESTART_FIRST", 0.01)
    monkeypatch.setattr(supervisor, "RESTART_LAST", 0.04)


class Work:
    """Counts its pieces; the first ones raise."""

    def __init__(self, *errors: BaseException) -> None:
        self.done = 0
        self.tried = 0
        self._errors = list(errors)

    async def __call__(self) -> None:
        self.tried += 1
        if self._errors:
            raise self._errors.pop(0)
        self.done += 1


async def test_a_loop_that_fails_starts_again_and_the_others_go_on(caplog):
    failing, well = Work(OSError("the disk"), OSError("the disk")), Work()
    loops = Supervisor()
    loops.add(bad := Loop("bad", failing, every=0.01), Loop("good", well, every=0.001))
    async with loops.running():
        await until(lambda: bad.state is LoopState.FAILING)
        before = well.done
        await until(lambda: well.done > before)
        await until(lambda: failing.done > 1)
        report = loops.report()
    assert report["bad"] == {"state": "working", "restarts": 2, "last_error": "OSError"}
    assert report["good"] == {"state": "working", "restarts": 0, "last_error": ""}
    logged = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.exc_info[0] for record in logged] == [OSError, OSError]
    assert "bad failed, and starts again in 0.0 s" in caplog.text


async def test_the_pause_doubles_while_it_fails_and_is_short_again_afterwards(monkeypatch):
    waits = []

    async def note(event, seconds):
        waits.append(seconds)

    monkeypatch.setattr(supervisor, "wait_at_most", note)
    fails = [True, True, True, True, False, True, False]

    async def work() -> None:
        if not fails:
            loop.stop()
        elif fails.pop(0):
            raise ValueError

    loop = Loop("it", work, every=7.0)
    await asyncio.wait_for(loop.run(), PATIENCE)
    assert waits[:7] == [0.01, 0.02, 0.04, 0.04, 7.0, 0.01, 7.0]


async def test_a_wake_shortens_the_wait_but_not_the_pause_after_an_error(monkeypatch):
    monkeypatch.setattr(supervisor, "RESTART_FIRST", 60.0)
    work = Work()
    loop = Loop("it", work, every=60.0)
    task = asyncio.create_task(loop.run())
    await until(lambda: work.done == 1)
    loop.wake()
    await until(lambda: work.done == 2)
    work._errors = [ValueError()]
    loop.wake()
    await until(lambda: loop.state is LoopState.FAILING)
    loop.wake()
    await asyncio.sleep(0.02)
    assert work.tried == 3
    loop.stop()
    await asyncio.wait_for(task, PATIENCE)
    assert (loop.state, loop.restarts) == (LoopState.STOPPED, 0)


async def test_more_work_is_done_without_a_pause():
    left = list(range(5))

    async def work() -> bool:
        left.pop()
        return bool(left)

    loop = Loop("it", work, every=60.0)
    task = asyncio.create_task(loop.run())
    await until(lambda: not left)
    loop.stop()
    await asyncio.wait_for(task, PATIENCE)


async def test_a_stop_lets_the_piece_of_work_finish():
    begun, go_on, finished = asyncio.Event(), asyncio.Event(), []

    async def work() -> None:
        begun.set()
        await go_on.wait()
        finished.append(1)

    loop = Loop("it", work, every=0.0)
    task = asyncio.create_task(loop.run())
    await begun.wait()
    loop.stop()
    go_on.set()
    await asyncio.wait_for(task, PATIENCE)
    assert finished == [1]


async def test_being_cancelled_is_no_error(caplog):
    ended = []
    loops = Supervisor()
    loops.add(loop := Loop("it", Work(), every=60.0, last=lambda: ended.append(1)))
    async with loops.running():
        await until(lambda: loop.state is LoopState.WORKING)
    assert (loop.state, loop.last_error, ended) == (LoopState.STOPPED, "", [1])
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_loop_that_is_cancelled_as_it_is_woken_ends():
    loop = Loop("sleepy", Work(), every=60)
    task = asyncio.create_task(loop.run())
    await asyncio.sleep(0.01)
    loop.wake()
    await asyncio.sleep(0)  # its wait has ended, and it has not gone on yet
    task.cancel()
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(task, return_exceptions=True)
    assert loop.state is LoopState.STOPPED


async def test_a_loop_ends_although_its_work_swallows_the_cancellation():
    async def swallows():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        return True

    loop = Loop("sleepy", swallows, every=60)
    task = asyncio.create_task(loop.run())
    await asyncio.sleep(0.01)
    task.cancel()
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(task, return_exceptions=True)
    assert loop.state is LoopState.STOPPED


async def test_something_cancelled_inside_the_work_does_not_end_the_loop(caplog):
    work = Work(asyncio.CancelledError())
    loop = Loop("it", work, every=60.0)
    task = asyncio.create_task(loop.run())
    await until(lambda: work.done == 1)
    loop.stop()
    await task
    assert (loop.restarts, loop.last_error) == (1, "CancelledError")


async def test_what_comes_first_is_done_once_and_again_until_it_succeeds():
    first, work = Work(OSError("the disk")), Work()
    loop = Loop("it", work, every=0.0, first=first)
    task = asyncio.create_task(loop.run())
    await until(lambda: work.done > 2)
    loop.stop()
    await task
    assert (first.tried, first.done, loop.restarts) == (2, 1, 1)


async def test_the_sign_of_life_names_the_loops_and_what_they_met(tmp_path, monkeypatch):
    monkeypatch.setattr(health, "EVERY", 0.01)
    loops = Supervisor()
    file = HealthFile(tmp_path, lambda: {"engine": "ready", "loops": loops.report()}, clock=time.time)
    loops.add(Loop("delivery", Work(OSError("a member's words")), every=0.01), file.loop)
    shown = (
        "engine: ready\nloop delivery: working, restarts: 1, last error: OSError\nloop health file: working"
    )
    async with loops.running():
        await until(lambda: health.look(tmp_path, now=time.time()) == (True, shown))
