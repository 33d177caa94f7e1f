"""Takes that another machine draws: the engine process asks for them, its parent fetches them."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.core.elsewhere import TakeFile
from engine.core.errors import Away, Cancelled, EngineKilled, HopelessTake, RenderFailed, Unsupported
from engine.core.events import Draft, Event, Progress
from engine.core.recipe import Stage
from engine.process import fetching
from tests.engine.process.host_bench import HERE, recipe, render, running_host
from tests.until import until

WORKER = (sys.executable, str(HERE / "elsewhere_worker.py"))


class Far:
    """A far machine: draws as it is told, one deed for each order, the last one for all that follow."""

    def __init__(self, *deeds):
        self.deeds = list(deeds)
        self.orders = []
        self.stopped = []

    async def draw(self, order, hooks):
        self.orders.append(order)
        deed = self.deeds.pop(0) if len(self.deeds) > 1 else self.deeds[0]
        try:
            return await deed(order, hooks)
        except asyncio.CancelledError:
            self.stopped.append(order.take)
            raise


async def good(order, hooks):
    hooks.progress(None)
    hooks.progress(0.5)
    clip, sound = order.work / "take.mp4", order.work / "take.wav"
    clip.write_bytes(b"pictures ")
    sound.write_bytes(b"and sound")
    return TakeFile(clip=clip, sound=sound, notes=("made far away",))


async def never(order, hooks):
    hooks.progress(0.25)
    await asyncio.sleep(60)


def fails(error):
    async def fail(order, hooks):
        raise error

    return fail


async def test_a_take_comes_with_its_sound_and_its_progress(tmp_path):
    far = Far(good)
    told: list[Event] = []
    async with running_host(tmp_path / "spool", command=WORKER, elsewhere=far) as host:
        picture = tmp_path / "picture.png"
        done = await render(host, "a fox", on_event=told.append, inputs={"picture": picture})
        assert done.path.read_bytes() == b"pictures and sound"
        assert done.receipt.ladder == ("made far away",)
    (order,) = far.orders
    assert (order.job, order.take, order.seed) == ("job", 1, 101), "the job's id, not that of this render"
    assert order.recipe == recipe("a fox")
    assert order.inputs == {"picture": picture}
    stages = [event.stage for event in told if isinstance(event, Progress)]
    assert stages[0] is Stage.PREPARING, "it waited for its turn first"
    assert Progress(stage=Stage.DRAWING, fraction=0.5, take=1) in told


async def test_what_the_render_prepared_is_sent_in_place_of_the_jobs_files(tmp_path):
    far = Far(good)
    given = {role: tmp_path / f"{role}.bin" for role in ("picture", "end", "before")}
    async with running_host(tmp_path / "spool", command=WORKER, elsewhere=far) as host:
        await render(host, "a fox", inputs=given)
    (order,) = far.orders
    assert order.inputs == {"picture": given["picture"], "end": order.work / "end.png"}


async def test_after_a_hopeless_take_the_next_one_is_asked_for(tmp_path):
    far = Far(fails(HopelessTake("it was black")), good)
    async with running_host(tmp_path, command=WORKER, elsewhere=far) as host:
        done = await render(host, "a fox")
    assert done.receipt.ladder == ("it was black", "made far away")
    assert [(order.take, order.seed) for order in far.orders] == [(1, 101), (2, 102)]


@pytest.mark.parametrize(
    "error",
    [Away("the studio", "refused"), RenderFailed("E_ELSEWHERE", "it broke", "a trace"), OSError(5, "x")],
)
async def test_the_render_ends_with_the_very_error(tmp_path, error):
    async with running_host(tmp_path, command=WORKER, elsewhere=Far(fails(error), good)) as host:
        with pytest.raises(type(error)) as raised:
            await render(host, "a fox")
        assert raised.value is error
        pid = host.pid
        assert (await render(host, "a fox")).receipt.kept == 1
        assert host.pid == pid, "the process is as good as before"


async def test_without_a_way_the_recipe_is_unsupported(tmp_path):
    async with running_host(tmp_path, command=WORKER) as host:
        with pytest.raises(Unsupported, match="no way"):
            await render(host, "a fox")


async def test_a_cancel_stops_what_is_drawn_far_away(tmp_path):
    far, cancel = Far(never), asyncio.Event()
    async with running_host(tmp_path, command=WORKER, elsewhere=far) as host:
        running = asyncio.create_task(render(host, "a fox", cancel=cancel))
        await until(lambda: far.orders)
        cancel.set()
        with pytest.raises(Cancelled):
            await running
        assert far.stopped == [1]


async def test_if_the_process_is_killed_the_far_take_is_let_go_and_the_next_try_names_the_same(tmp_path):
    far = Far(never, good)
    async with running_host(tmp_path, command=WORKER, elsewhere=far) as host:
        running = asyncio.create_task(render(host, "a fox"))
        await until(lambda: far.orders)
        os.kill(host.pid, signal.SIGKILL)
        with pytest.raises(EngineKilled):
            await running
        assert far.stopped == [1]
        await render(host, "a fox")
    first, again = far.orders
    assert replace(again, work=first.work) == first


async def test_a_long_wait_far_away_is_no_hang(tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "MOVED_EVERY", 0.1)
    waits = asyncio.Event()

    async def slow(order, hooks):
        hooks.progress(None)
        await waits.wait()
        return await good(order, hooks)

    async with running_host(tmp_path, command=WORKER, elsewhere=Far(slow), step_silence=1, job=1) as host:
        watch = host._child._watch  # it has started in its own time; now only the wait counts
        watch._limits = replace(watch._limits, load=1.5)
        running = asyncio.create_task(render(host, "a fox"))
        await asyncio.sleep(2.5)
        waits.set()
        assert (await running).receipt.kept == 1
        assert host.deaths == 0


async def test_a_first_look_is_a_draft(tmp_path):
    async def looks(order, hooks):
        hooks.draft(np.zeros((4, 32, 48, 3), np.uint8))
        await until((order.work / "draft1.mp4").exists)
        await asyncio.sleep(0.2)
        return await good(order, hooks)

    seen = []

    def listen(event):
        if isinstance(event, Draft):
            seen.append((event.take, Path(event.path).read_bytes()[4:8]))

    async with running_host(tmp_path, command=WORKER, elsewhere=Far(looks)) as host:
        await render(host, "a fox", on_event=listen)
    assert seen == [(1, b"ftyp")]
