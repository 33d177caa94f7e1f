"""Two renders in one engine process: each has its own end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import pytest

from engine.core.errors import Cancelled, EngineClosed, EngineKilled, RenderFailed
from engine.core.events import Progress
from engine.core.recipe import Stage
from tests.engine.process.host_bench import HERE, render, running_host
from tests.until import until

WORKER = (sys.executable, str(HERE / "overlapping_worker.py"))


class Two:
    """A host that takes two renders, and what it was told of each."""

    def __init__(self, host):
        self.host = host
        self.stages = {}

    async def begin(self, job, prompt, stage, cancel=None):
        """Begin a render, and answer when it is at a stage."""
        told = self.stages[job] = []

        def listen(event):
            assert isinstance(event, Progress)
            told.append(event.stage)

        task = asyncio.create_task(render(self.host, prompt, job=job, on_event=listen, cancel=cancel))
        await until(lambda: stage in told or task.done())
        assert stage in told, await task
        return task


@pytest.fixture
async def two(tmp_path):
    async with running_host(tmp_path, command=WORKER, at_once=2) as host:
        assert host.at_once == 2
        yield Two(host)


async def test_one_is_drawn_while_the_other_is_finished_and_a_third_waits(two, tmp_path):
    one = await two.begin("one", "quick wait", Stage.ENCODING)
    other = await two.begin("other", "wait quick", Stage.DRAWING)
    third = asyncio.create_task(render(two.host, "quick quick", job="third"))
    await asyncio.sleep(0.1)
    assert not (one.done())
    assert not (other.done())
    assert not (third.done())
    assert not list(tmp_path.glob("third*")), "it has not been begun"
    (tmp_path / "go").touch()
    rendered = [await task for task in (one, other, third)]
    assert [one.path.read_bytes() for one in rendered] == [b"one-1", b"other-2", b"third-3"]
    assert two.stages["one"] == [Stage.DRAWING, Stage.ENCODING], "nothing of the other's"
    assert two.host.deaths == 0


async def test_a_failure_or_a_stop_of_one_costs_the_other_nothing(two, tmp_path):
    one = await two.begin("one", "quick wait", Stage.ENCODING)
    with pytest.raises(RenderFailed):
        await (await two.begin("bad", "fail quick", Stage.DRAWING))
    cancel = asyncio.Event()
    stopped = await two.begin("stopped", "wait quick", Stage.DRAWING, cancel)
    cancel.set()
    with pytest.raises(Cancelled):
        await stopped
    (tmp_path / "go").touch()
    assert (await one).path.read_bytes() == b"one-1"
    assert two.host.deaths == 0


async def test_a_render_that_waits_for_the_gpu_says_so_and_can_be_stopped(two, tmp_path):
    drawn = await two.begin("drawn", "wait quick", Stage.DRAWING)
    cancel = asyncio.Event()
    waiting = await two.begin("waiting", "quick quick", Stage.PREPARING, cancel)
    cancel.set()
    with pytest.raises(Cancelled):
        await waiting
    assert Stage.DRAWING not in two.stages["waiting"]
    (tmp_path / "go").touch()
    await drawn


async def test_a_broken_gpu_costs_the_clip_that_is_drawn_and_not_the_one_that_is_finished(two, tmp_path):
    finished = await two.begin("finished", "quick wait", Stage.ENCODING)
    broken = await two.begin("broken", "poison quick", Stage.DRAWING)
    (tmp_path / "break").touch()
    with pytest.raises(RenderFailed) as caught:
        await broken
    assert caught.value.code == "E_DEVICE"
    pid = two.host.pid
    (tmp_path / "go").touch()
    assert (await finished).path.read_bytes() == b"finished-1"
    await render(two.host, "quick quick")
    assert two.host.pid != pid


async def test_what_waits_for_a_gpu_that_another_broke_is_as_good_as_before(two, tmp_path):
    broken = await two.begin("broken", "poison quick", Stage.DRAWING)
    waiting = await two.begin("waiting", "quick quick", Stage.PREPARING)
    (tmp_path / "break").touch()
    with pytest.raises(RenderFailed):
        await broken
    with pytest.raises(EngineClosed):
        await waiting


async def test_a_kill_is_told_to_both(two):
    tasks = [
        await two.begin("one", "quick deaf", Stage.ENCODING),
        await two.begin("other", "deaf quick", Stage.DRAWING),
    ]
    os.kill(two.host.pid, signal.SIGKILL)
    for task in tasks:
        with pytest.raises(EngineKilled):
            await task


async def test_a_stop_that_is_ignored_gives_the_other_render_back(tmp_path):
    async with running_host(tmp_path, command=WORKER, at_once=2, cancel_grace=0.2) as host:
        two, cancel = Two(host), asyncio.Event()
        other = await two.begin("other", "quick wait", Stage.ENCODING)
        deaf = await two.begin("deaf", "deaf quick", Stage.DRAWING, cancel)
        cancel.set()
        with pytest.raises(Cancelled):
            await deaf
        with pytest.raises(EngineClosed):
            await other
