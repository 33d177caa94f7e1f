"""Every way in which the engine process can go wrong, and what it costs: one render, never the bot."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from engine.core.errors import EngineDied, EngineHung, EngineKilled, RenderFailed, Unsupported, UserError
from engine.core.events import Event
from engine.core.shortages import RanShort, Shortage
from engine.process import child
from engine.process.child import Cause
from engine.process.host import HostState
from engine.process.wire import PROTOCOL
from tests.engine.process.host_bench import ENVIRONMENT, HERE, WORKER, alive, render, running_host
from tests.present import present
from tests.until import PATIENCE, until


def broken(how):
    return (sys.executable, str(HERE / "broken_worker.py"), how, str(PROTOCOL))


@pytest.mark.parametrize(
    ("prompt", "returncode"),
    [("segfault", -signal.SIGSEGV), ("exit 7", 7), ("system_exit", 3), ("child", -signal.SIGKILL)],
)
async def test_a_death_costs_its_render_and_a_fresh_process_takes_the_next(tmp_path, prompt, returncode):
    async with running_host(tmp_path) as host:
        first = host.pid
        with pytest.raises(EngineDied) as caught:
            await render(host, prompt)
        assert type(caught.value) is (EngineKilled if prompt == "child" else EngineDied)
        assert caught.value.returncode == returncode
        assert not alive(first)
        assert (await render(host, "ok")).path.read_bytes() == b"a clip"
        assert host.pid != first
        assert host.deaths == 1


async def test_last_words_are_kept_without_control_characters(tmp_path):
    async with running_host(tmp_path) as host:
        with pytest.raises(EngineDied) as caught:
            await render(host, "exit 7")
        assert "last words" in caught.value.last_words
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", caught.value.last_words)


async def test_a_segfault_leaves_a_stack_in_the_last_words(tmp_path):
    async with running_host(tmp_path) as host:
        with pytest.raises(EngineDied) as caught:
            await render(host, "segfault")
        assert "act_segfault" in caught.value.last_words


async def test_what_the_process_started_does_not_outlive_it(tmp_path):
    async with running_host(tmp_path) as host:
        with pytest.raises(EngineDied) as caught:
            await render(host, "child")
        sleeper = int(present(re.search(r"sleeper (\d+)", caught.value.last_words))[1])
        await until(lambda: not alive(sleeper))


async def test_a_kill_is_noticed_long_before_the_silence_would_be(tmp_path):
    async with running_host(tmp_path, heartbeat_silence=10 * PATIENCE) as host:
        drawing = asyncio.Event()
        task = asyncio.create_task(render(host, "spin", on_event=lambda event: drawing.set()))
        await drawing.wait()
        os.kill(host.pid, signal.SIGKILL)
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(EngineDied) as caught:
                await task
        assert caught.value.returncode == -signal.SIGKILL


async def test_a_process_killed_while_idle_costs_nothing(tmp_path):
    async with running_host(tmp_path) as host:
        os.kill(host.pid, signal.SIGKILL)
        await until(lambda: host.deaths == 1 and host.state is HostState.READY)
        await render(host, "ok")


async def test_a_call_that_holds_the_lock_is_hung(tmp_path):
    async with running_host(tmp_path, heartbeat_silence=1.5) as host:
        with pytest.raises(EngineHung) as caught:
            await render(host, "hold_the_lock")
        assert "no heartbeat" in caught.value.last_words
        assert caught.value.returncode == -signal.SIGTERM
        await render(host, "ok")


async def test_a_render_that_beats_but_does_not_come_on_is_hung(tmp_path):
    async with running_host(tmp_path, step_silence=0.6) as host:
        with pytest.raises(EngineHung) as caught:
            await render(host, "spin")
        assert "made no progress" in caught.value.last_words


async def test_a_render_that_takes_too_long_is_hung(tmp_path):
    async with running_host(tmp_path, job=0.6) as host:
        with pytest.raises(EngineHung) as caught:
            await render(host, "wait drawing")
        assert "took more than" in caught.value.last_words


async def test_a_process_that_never_gets_ready_is_hung(tmp_path):
    async with running_host(tmp_path, command=broken("never_ready"), start=False, load=1.5) as host:
        with pytest.raises(EngineHung) as caught:
            await host.start()
        assert "not ready" in caught.value.last_words


async def test_a_process_that_ignores_sigterm_is_killed(tmp_path):
    # A busy machine needs seconds to start it; the same limit then ends its silence.
    limits = {"step_silence": 1.0, "load": 5.0, "term_grace": 0.3}
    async with running_host(tmp_path, command=broken("deaf"), **limits) as host:
        with pytest.raises(EngineHung) as caught:
            await render(host, "anything")
        assert caught.value.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS binds on Linux only")
async def test_out_of_memory_is_a_shortage_and_leaves_the_process(tmp_path):
    async with running_host(tmp_path, memory=3 << 29) as host:
        first = host.pid
        with pytest.raises(RanShort) as caught:
            await render(host, "eat")
        assert caught.value.shortage is Shortage.MEMORY
        await render(host, "ok")
        assert host.pid == first
        # The memory is known as of the last heartbeat, which may be older than the render's end.
        await until(lambda: host.rss < 3 << 28)


async def test_a_process_that_the_system_killed_for_want_of_memory_is_a_shortage(tmp_path, monkeypatch):
    counted = iter((0, 1))
    monkeypatch.setattr(child, "killed_for_memory", lambda: next(counted, 1))
    async with running_host(tmp_path) as host:
        with pytest.raises(RanShort) as caught:
            await render(host, "child")
    assert caught.value.shortage is Shortage.MEMORY


async def test_torchs_out_of_memory_leaves_the_process(tmp_path):
    async with running_host(tmp_path) as host:
        first = host.pid
        with pytest.raises(RenderFailed) as caught:
            await render(host, "raise torch_memory")
        assert caught.value.code == "E_MEMORY"
        await render(host, "ok")
        assert host.pid == first


async def test_a_poisoned_gpu_takes_a_fresh_process(tmp_path):
    async with running_host(tmp_path) as host:
        first = host.pid
        with pytest.raises(RenderFailed) as caught:
            await render(host, "raise cuda")
        assert caught.value.code == "E_DEVICE"
        await render(host, "ok")  # at once: it must not reach the process that is leaving
        assert host.pid != first
        assert host.last_death.returncode == 78


@pytest.mark.parametrize(
    ("kind", "error", "code", "text"),
    [
        ("value", RenderFailed, "E_ENGINE", "Something went wrong in the engine."),
        ("own", RenderFailed, "E_OWN", "Of its own."),
        ("user", UserError, "E_SMALL", "Too small."),
        ("unsupported", Unsupported, None, "Not here."),
        ("surrogate", Unsupported, None, "a name ?"),
    ],
)
@pytest.mark.asyncio(loop_scope="module")
async def test_an_error_of_the_renderer_arrives_as_it_was(warm_host, kind, error, code, text):
    first = warm_host.pid
    with pytest.raises(error) as caught:
        await render(warm_host, f"raise {kind}")
    assert str(caught.value) == text
    assert getattr(caught.value, "code", None) == code
    if kind == "value":
        assert "ValueError: a model's mistake" in caught.value.detail
    await render(warm_host, "ok")
    assert warm_host.pid == first


@pytest.mark.parametrize("how", ["garbage", "endless", "hang_up"])
async def test_a_process_that_breaks_the_wire_is_replaced(tmp_path, how):
    async with running_host(tmp_path, command=broken(how), term_grace=0.5) as host:
        first = host.pid
        with pytest.raises(EngineDied):
            await render(host, "anything")
        assert not alive(first)
        await until(lambda: host.state is HostState.READY and host.pid != first)


async def test_a_process_that_does_not_greet_is_refused(tmp_path):
    async with running_host(tmp_path, command=broken("rude"), start=False) as host:
        with pytest.raises(EngineDied):
            await host.start()
        assert host.last_death.cause is Cause.BROKEN


async def test_an_older_worker_is_refused_and_given_no_job(tmp_path):
    async with running_host(tmp_path, command=broken("older"), start=False, backoff_last=30) as host:
        with pytest.raises(RenderFailed) as caught:
            await host.start()
        assert caught.value.code == "E_VERSION"
        with pytest.raises(RenderFailed) as caught:
            await render(host, "ok")
        assert caught.value.code == "E_VERSION"
        assert host.state is HostState.DOWN
        assert "render" not in host.last_death.last_words


@pytest.mark.parametrize("how", ["result_outside", "result_absolute", "result_missing"])
async def test_a_result_outside_the_work_folder_is_not_believed(tmp_path, how):
    (tmp_path / "secret").write_bytes(b"a secret")
    spool = tmp_path / "spool"
    async with running_host(spool, command=broken(how)) as host:
        with pytest.raises(RenderFailed) as caught:
            await render(host, "anything")
        assert caught.value.code == "E_RESULT"
        assert "is not a file in the work folder" in caught.value.detail
        assert not list(spool.iterdir())


async def test_a_result_with_another_digest_is_not_believed(tmp_path):
    async with running_host(tmp_path) as host:
        with pytest.raises(RenderFailed) as caught:
            await render(host, "wrong_sha")
        assert caught.value.code == "E_RESULT"
        assert not list(tmp_path.iterdir())


async def test_a_late_answer_about_another_render_is_ignored(tmp_path):
    events: list[Event] = []
    async with running_host(tmp_path, command=broken("stale")) as host:
        with pytest.raises(Unsupported, match="on time"):
            await render(host, "anything", on_event=events.append)
    assert events == []


async def test_noise_on_the_output_does_no_harm(tmp_path):
    async with running_host(tmp_path) as host:
        first = host.pid
        await render(host, "noise")
        await render(host, "ok")
        assert host.pid == first


async def test_an_order_that_does_not_fit_the_wire_fails_alone(tmp_path):
    async with running_host(tmp_path) as host:
        first = host.pid
        with pytest.raises(RenderFailed) as caught:
            await render(host, "x" * 2_000_000)
        assert caught.value.code == "E_WIRE"
        await render(host, "ok")
        assert host.pid == first


@pytest.mark.parametrize("prompt", ["spin", "hold_the_lock"])
def test_the_engine_dies_with_its_parent(tmp_path, prompt):
    if prompt == "hold_the_lock" and sys.platform != "linux":
        pytest.skip("only Linux can kill a child in a call that holds the lock")
    command = [sys.executable, str(HERE / "host_parent.py"), str(tmp_path), prompt]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as parent:
        child = int(present(parent.stdout).readline())
        time.sleep(0.2)  # into the call
        assert alive(child)
        parent.kill()
        end = time.monotonic() + PATIENCE
        while alive(child) and time.monotonic() < end:
            time.sleep(0.01)
        survived = alive(child)
        if survived:
            os.killpg(child, signal.SIGKILL)
        assert not survived


async def test_a_worker_whose_parent_is_another_ends_at_once():
    process = await asyncio.create_subprocess_exec(
        *WORKER, "--fd", "0", "--parent", "1", "--beat", "1", env=ENVIRONMENT, stdin=subprocess.DEVNULL
    )
    assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
