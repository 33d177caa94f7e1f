"""The engine host's own life: warm, cancelled, restarted, down, closed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from engine.core.device import Device, DeviceKind
from engine.core.errors import Cancelled, EngineClosed, EngineDied
from engine.core.events import Event, Progress, TakeDiscarded
from engine.core.recipe import Stage
from engine.process.host import HostState
from engine.process.wire import PROTOCOL
from tests import ROOT
from tests.engine.process.host_bench import ENVIRONMENT, HERE, SHORT, alive, render, running_host
from tests.until import PATIENCE, until

BROKEN = (sys.executable, str(HERE / "broken_worker.py"))


async def drawing(host, prompt, **arguments):
    """Begin a render, and answer when it draws."""
    begun = asyncio.Event()
    task = asyncio.create_task(render(host, prompt, on_event=lambda event: begun.set(), **arguments))
    waiting = asyncio.create_task(begun.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    assert begun.is_set()
    return task


async def test_two_renders_use_one_warm_process(tmp_path):
    async with running_host(tmp_path) as host:
        pid = host.pid
        first = await render(host, "ok")
        second = await render(host, "ok")
        assert host.pid == pid
        assert first.path != second.path
        assert second.receipt.seconds["idle"] < SHORT.load / 4, "no process was started in between"


async def test_renders_that_come_together_wait_for_each_other(tmp_path):
    async with running_host(tmp_path) as host:
        done = await asyncio.gather(*(render(host, "ok") for _ in range(5)))
        assert len({rendered.path for rendered in done}) == 5


async def test_a_render_gets_its_limits_and_inputs_and_gives_a_receipt(tmp_path):
    async with running_host(tmp_path) as host:
        rendered = await render(host, "ok", inputs={"picture": tmp_path / "p.png"})
        assert rendered.receipt.ladder[:2] == ("2", "picture")
        assert rendered.receipt.size == len(rendered.path.read_bytes())


async def test_events_are_passed_on_in_order_and_not_by_the_thousand(tmp_path):
    events: list[Event] = []
    async with running_host(tmp_path) as host:
        await render(host, "events", on_event=events.append)
    stages = [event.stage for event in events if isinstance(event, Progress)]
    assert list(dict.fromkeys(stages)) == [Stage.DRAWING, Stage.SMOOTHING, Stage.ENCODING]
    assert len(stages) < 200
    assert {event.take.reasons for event in events if isinstance(event, TakeDiscarded)} == {("it flickers",)}


async def test_a_discarded_takes_picture_is_a_file_of_the_work_folder_or_none(tmp_path):
    seen = []

    def listen(event):
        if isinstance(event, TakeDiscarded):
            seen.append(None if event.sheet is None else event.sheet.read_bytes())

    async with running_host(tmp_path) as host:
        await render(host, "events", on_event=listen)
    assert seen == [b"a picture", None, None], "a link that leads out is none, and what is not there neither"


async def test_a_listener_that_raises_does_not_stop_the_render(tmp_path):
    def fail(event):
        raise ZeroDivisionError

    async with running_host(tmp_path) as host:
        await render(host, "ok", on_event=fail)


async def test_the_work_folder_goes_when_discarded_or_failed(tmp_path):
    async with running_host(tmp_path) as host:
        rendered = await render(host, "ok")
        host.discard(rendered)
        with pytest.raises(EngineDied):
            await render(host, "exit 1")
        assert not list(tmp_path.iterdir())


async def test_leftovers_are_swept_at_the_start_and_nothing_else(tmp_path):
    (tmp_path / "job-1").mkdir()
    (tmp_path / "job-1" / "clip.mp4").write_bytes(b"x")
    (tmp_path / "keep").mkdir()
    (tmp_path / "job-2").symlink_to(tmp_path / "keep")
    async with running_host(tmp_path):
        assert sorted(path.name for path in tmp_path.iterdir()) == ["job-2", "keep"]


@pytest.mark.parametrize("job", ["", "../x", "a/b", "a b"])
@pytest.mark.asyncio(loop_scope="module")
async def test_a_job_that_cannot_name_a_folder_is_refused(warm_host, job):
    with pytest.raises(ValueError, match="cannot name a folder"):
        await render(warm_host, "ok", job=job)


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.asyncio(loop_scope="module")
async def test_a_cancel_takes_hold_in_each_stage_and_keeps_the_process(warm_host, stage):
    pid, cancel = warm_host.pid, asyncio.Event()
    seen = asyncio.Event()

    def follow(event):
        if event == Progress(stage=stage, fraction=0.5):
            seen.set()

    task = asyncio.create_task(render(warm_host, f"wait {stage}", cancel=cancel, on_event=follow))
    await seen.wait()
    cancel.set()
    with pytest.raises(Cancelled):
        await task
    await render(warm_host, "ok")
    assert warm_host.pid == pid
    assert warm_host.deaths == 0


async def test_an_ignored_cancel_kills_the_process_and_is_still_a_cancel(tmp_path):
    async with running_host(tmp_path, cancel_grace=0.2) as host:
        pid, cancel = host.pid, asyncio.Event()
        task = await drawing(host, "spin", cancel=cancel)
        cancel.set()
        with pytest.raises(Cancelled):
            await task
        assert not alive(pid)
        await render(host, "ok")
        assert host.deaths == 0


async def test_a_cancelled_job_is_cancelled_even_if_the_process_dies_of_it(tmp_path):
    async with running_host(tmp_path) as host:
        cancel = asyncio.Event()
        task = await drawing(host, "spin", cancel=cancel)
        cancel.set()
        os.kill(host.pid, signal.SIGKILL)
        with pytest.raises(Cancelled):
            await task


async def test_a_waiting_render_can_be_cancelled(tmp_path):
    async with running_host(tmp_path) as host:
        stop, cancel = asyncio.Event(), asyncio.Event()
        first = await drawing(host, "wait drawing", cancel=stop)
        second = asyncio.create_task(render(host, "ok", cancel=cancel))
        await asyncio.sleep(0.05)
        cancel.set()
        with pytest.raises(Cancelled):
            await second
        assert not first.done()
        stop.set()
        with pytest.raises(Cancelled):
            await first


async def test_cancelling_the_task_stops_the_render_and_keeps_the_process(tmp_path):
    async with running_host(tmp_path) as host:
        pid = host.pid
        task = await drawing(host, "wait smoothing")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not list(tmp_path.iterdir())
        await render(host, "ok")
        assert host.pid == pid


async def test_cancelling_the_task_twice_kills_the_process(tmp_path):
    async with running_host(tmp_path, cancel_grace=10 * PATIENCE) as host:
        pid = host.pid
        task = await drawing(host, "spin")
        task.cancel()
        await asyncio.sleep(0.05)
        task.cancel()
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(asyncio.CancelledError):
                await task
        assert not alive(pid)
        await render(host, "ok")


async def test_a_render_waits_while_the_process_is_restarted(tmp_path):
    states: list[HostState] = []
    async with running_host(tmp_path, backoff_first=0.3, on_state=states.append) as host:
        with pytest.raises(EngineDied):
            await render(host, "exit 1")
        await render(host, "ok")
    assert states == [
        *(HostState.STARTING, HostState.READY, HostState.BUSY, HostState.RESTARTING),
        *(HostState.READY, HostState.BUSY, HostState.READY, HostState.STOPPED),
    ]


async def test_after_many_deaths_the_engine_is_down_and_goes_on_trying(tmp_path):
    states: list[HostState] = []
    async with running_host(tmp_path, deaths=2, on_state=states.append) as host:
        for _ in range(2):
            with pytest.raises(EngineDied):
                await render(host, "exit 1")
        await until(lambda: host.state is HostState.READY)
        assert HostState.DOWN not in states
        with pytest.raises(EngineDied):
            await render(host, "exit 1")
        await until(lambda: HostState.DOWN in states)
        await render(host, "ok")


async def test_a_render_waits_for_a_start_that_the_disk_did_not_allow_at_first(tmp_path):
    spool = tmp_path / "spool"
    spool.write_text("in the way")
    async with running_host(spool, start=False) as host:
        waiting = asyncio.create_task(render(host, "ok"))
        with pytest.raises(OSError, match="exists"):
            await host.start()
        assert not waiting.done()
        spool.unlink()
        await host.start()
        await waiting


async def test_a_process_that_finds_the_card_gone_gets_no_job_until_it_is_back(tmp_path):
    async with running_host(tmp_path) as host:
        host._device = Device(kind=DeviceKind.CUDA)
        os.kill(host.pid, signal.SIGKILL)
        await until(lambda: host.state is HostState.DOWN)
        waiting = asyncio.create_task(render(host, "ok"))
        await asyncio.sleep(0.5)
        assert not waiting.done()
        host._device = Device()
        await waiting


async def test_the_pause_before_a_restart_doubles_up_to_the_longest(tmp_path):
    async with running_host(
        tmp_path, command=(*BROKEN, "dies_at_once", str(PROTOCOL)), start=False, environment=ENVIRONMENT
    ) as host:
        with pytest.raises(EngineDied, match="status 3") as caught:
            await host.start()
        assert "no such library" in caught.value.last_words
        pauses = [host._record_death(host.last_death) for _ in range(5)]
    assert pauses == [0.1, 0.2, 0.4, 0.4, 0.4]


async def test_a_command_that_is_not_there_is_a_death(tmp_path):
    async with running_host(tmp_path, command=("/nowhere/engine",), start=False) as host:
        with pytest.raises(EngineDied) as caught:
            await host.start()
        assert caught.value.returncode is None
        assert "/nowhere/engine" in caught.value.last_words


async def test_close_leaves_no_process(tmp_path):
    async with running_host(tmp_path) as host:
        pid = host.pid
        await render(host, "ok")
        await host.close()
        assert not alive(pid)
        assert host.pid is None
        assert host.state is HostState.STOPPED
        assert host.last_death.returncode == 0
        with pytest.raises(EngineClosed):
            await render(host, "ok")


async def test_close_ends_a_running_and_a_waiting_render(tmp_path):
    async with running_host(tmp_path, term_grace=0.5) as host:
        pid = host.pid
        running = await drawing(host, "spin")
        waiting = asyncio.create_task(render(host, "ok"))
        await asyncio.sleep(0.05)
        await host.close()
        assert not alive(pid)
        for task in (running, waiting):
            with pytest.raises(EngineClosed):
                await task
    assert not list(tmp_path.iterdir())


async def test_a_restart_that_is_wanted_is_no_death_and_no_jobs_doing(tmp_path):
    async with running_host(tmp_path, term_grace=0.5) as host:
        pid = host.pid
        running = await drawing(host, "spin")
        await host.restart("the owner restarts it")
        with pytest.raises(EngineClosed):
            await running
        await render(host, "ok")
        assert host.pid != pid
        assert host.deaths == 0
        assert not alive(pid)


async def test_a_restart_that_is_wanted_does_not_wait_for_the_next_try(tmp_path):
    async with running_host(tmp_path, deaths=0, backoff_last=600.0) as host:
        with pytest.raises(EngineDied):
            await render(host, "exit 1")
        await until(lambda: host.state is HostState.DOWN)
        await host.restart("the owner restarts it")
        await render(host, "ok")


async def test_close_while_it_starts_leaves_no_process(tmp_path):
    async with running_host(
        tmp_path, command=(*BROKEN, "never_ready", str(PROTOCOL)), start=False, term_grace=0.3
    ) as host:
        start = asyncio.create_task(host.start())
        await until(lambda: host.pid is not None)
        pid = host.pid
        await host.close()
        assert not alive(pid)
        with pytest.raises(EngineClosed):
            await start


async def test_no_secret_reaches_the_process(tmp_path):
    environment = {**ENVIRONMENT, "DISCORD_TOKEN": "canary", "HF_TOKEN": "canary", "HF_HOME": "/models"}
    environment |= {"FRAMEKILN_API_KEY": "canary", "UNKNOWN": "canary", "LC_ALL": "C.UTF-8"}
    async with running_host(tmp_path, environment=environment) as host:
        seen = set((await render(host, "ok")).receipt.ladder)
    assert {"PATH", "HF_HOME", "LC_ALL"} <= seen
    assert not seen & {"DISCORD_TOKEN", "HF_TOKEN", "FRAMEKILN_API_KEY", "UNKNOWN"}


def test_the_host_imports_neither_torch_nor_the_renderer():
    heavy = "{'torch', 'cv2', 'engine.rendering.render'}"
    code = f"import sys, engine.process.host; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == "[]\n"
