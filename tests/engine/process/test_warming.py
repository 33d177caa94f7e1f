"""Compiling ahead: what is drawn while the engine idles, and how soon that ends."""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import replace
from unittest.mock import create_autospec

import pytest

import system
from engine.core.capabilities import Capabilities
from engine.core.device import Device, DeviceKind
from engine.core.family import Inputs
from engine.core.recipe import Kind, Quality, Recipe, Role
from engine.core.request import Request, Subject
from engine.families import CATALOGUE, FAMILIES
from engine.planning.plan import plan
from engine.planning.recommended import sold_as
from engine.planning.usual import is_usual
from engine.process import ending
from engine.process.host import EngineHost
from engine.process.warming import DONE, DREW, LEFT, Warmer, ahead_of
from engine.runtime.context import CACHE_VARIABLE, COMPILE_VARIABLE, YES, EngineContext
from tests.engine.process.host_bench import ENVIRONMENT, SHORT, WORKER, alive, render
from tests.until import PATIENCE, until

CUDA = Device(kind=DeviceKind.CUDA, memory=24 * 2**30)

SAYS = """
import os, sys
print({says!r}, flush=True) if {says!r} else None
for line in sys.stdin:
    print({each!r}, flush=True)
"""

STUBBORN = """
import os, pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path({place!r}).write_text(f"{{os.getpid()}} {{child.pid}}")
time.sleep(60)
"""


def drawn(engine="wan", **changes) -> Recipe:
    here = Capabilities(device=sold_as(24), weights=frozenset(CATALOGUE))
    asked = {"kind": Kind.TEXT2VIDEO, "prompt": "a secret", "quality": Quality.BALANCED, **changes}
    picture = Subject(sha256="0" * 64, width=1600, height=900)
    given = picture if asked["kind"] is Kind.ANIMATE else None
    return plan(Request(engine=engine, seed=7, **asked), given, capabilities=here)


def a_warmer(folder, *, each=DREW, after=0.01, script=None, **environment):
    command = (sys.executable, "-c", script or SAYS.format(says="", each=each))
    own = {CACHE_VARIABLE: str(folder), COMPILE_VARIABLE: YES, **environment}
    return Warmer(environment=ENVIRONMENT | own, after=after, command=command)


@pytest.mark.parametrize("engine", ["wan", "wan-5b", "svd", "animatediff"])
def test_what_is_compiled_ahead_is_usual_and_holds_nothing_of_the_members(engine):
    kind = Kind.ANIMATE if engine == "svd" else Kind.TEXT2VIDEO
    recipe = drawn(engine, kind=kind)
    ahead = ahead_of(recipe)
    assert len(ahead) >= 5
    assert all(is_usual(each, FAMILIES[engine]) and each.steps <= 4 for each in ahead)
    assert (recipe.width, recipe.height, recipe.frames) not in {
        (each.width, each.height, each.frames) for each in ahead
    }
    assert "secret" not in "".join(each.to_json() for each in ahead)


@pytest.mark.parametrize(
    "recipe",
    [
        drawn("wan", size=(640, 480)),
        replace(drawn("wan"), frames=129),
        replace(drawn("wan"), engine="gone"),
        drawn("sketch"),
        drawn("camera", kind=Kind.ANIMATE),
    ],
    ids=["its own size", "in pieces", "an engine that is gone", "no weights", "no weights either"],
)
def test_what_is_not_compiled_is_not_compiled_ahead(recipe):
    assert ahead_of(recipe) == ()


async def test_each_shape_is_compiled_once_also_after_a_restart(tmp_path):
    recipe = drawn()
    for _ in range(2):
        warmer = a_warmer(tmp_path)
        warmer.drew(recipe, CUDA)
        warmer.rest()
        await until(lambda: len(list(tmp_path.glob(f"{DONE}/*"))) == len(ahead_of(recipe)))
        await warmer.stop()
    silent = a_warmer(tmp_path, script="raise SystemExit('nothing is left to do')")
    silent.drew(recipe, CUDA)
    silent.rest()
    await asyncio.sleep(0.1)
    await silent.stop()
    assert silent.started == 0


@pytest.mark.parametrize("each", [f"{LEFT} there is no room", ""], ids=["it says so", "it says nothing"])
async def test_what_cannot_be_compiled_is_left_alone(tmp_path, each):
    warmer = a_warmer(tmp_path, script=SAYS.format(says=each, each=each))
    warmer.drew(drawn(), CUDA)
    warmer.rest()
    await until(lambda: warmer.started == 1)
    await asyncio.sleep(0.05)
    await warmer.stop()
    assert list(tmp_path.glob(f"{DONE}/*")) == []


@pytest.mark.parametrize(
    ("device", "environment", "after"),
    [(Device(), {}, 0.01), (CUDA, {COMPILE_VARIABLE: ""}, 0.01), (CUDA, {}, 0)],
    ids=["no GPU", "models are not compiled", "switched off"],
)
async def test_nothing_is_started_where_nothing_is_compiled(tmp_path, device, environment, after):
    warmer = a_warmer(tmp_path, after=after, **environment)
    warmer.drew(drawn(), device)
    warmer.rest()
    await asyncio.sleep(0.05)
    await warmer.stop()
    assert warmer.started == 0
    assert not (tmp_path / DONE).exists()


async def test_it_is_gone_even_if_it_was_ending_already(tmp_path, monkeypatch):
    """Cancelled while it waited for the end, it left the process to the garbage collector."""
    ending, kill = asyncio.Event(), system.Group.kill

    def late(group):
        ending.set()
        asyncio.get_running_loop().call_later(0.3, kill, group)

    monkeypatch.setattr(system.Group, "kill", late)
    place = tmp_path / "pid"
    script = (
        f"import os; open({str(place)!r}, 'w').write(str(os.getpid()))\n{SAYS.format(says='', each=LEFT)}"
    )
    warmer = a_warmer(tmp_path / "cache", script=script + "\nimport time; time.sleep(60)")
    warmer.drew(drawn(), CUDA)
    warmer.rest()
    async with asyncio.timeout(PATIENCE):
        await ending.wait()
    await asyncio.sleep(0.05)
    await warmer.stop()
    assert not alive(int(place.read_text()))


async def test_the_engine_waits_until_the_last_of_it_has_gone(tmp_path, monkeypatch):
    """A killed process, the compiler's own too, goes in its own time, and holds the GPU until then."""
    asked, running = [], system.Group.running

    def slow(group):
        asked.append(group)
        return len(asked) < 4 or running(group)

    monkeypatch.setattr(system.Group, "running", slow)
    warmer = a_warmer(tmp_path, script="import time; time.sleep(60)")
    warmer.drew(drawn(), CUDA)
    warmer.rest()
    await until(lambda: warmer.started == 1)
    await warmer.stop()
    assert len(asked) >= 4


async def test_what_never_goes_is_not_waited_for_without_end(caplog):
    stays = create_autospec(system.Group, instance=True)
    stays.running.return_value = True
    await ending.gone(stays, within=0.1)
    assert "has not ended after 0.1 s" in caplog.text
    stays.running.side_effect = PermissionError("not told")
    await ending.gone(stays)
    assert "cannot be told: not told" in caplog.text


async def test_a_job_ends_it_before_the_engine_is_given_the_job(tmp_path):
    """With a process that heeds no signal and has one of its own, as torch's compiler has."""
    place = tmp_path / "pids"
    warmer = a_warmer(tmp_path / "cache", script=STUBBORN.format(place=str(place)))
    host = EngineHost(
        spool=tmp_path / "spool", limits=SHORT, command=WORKER, environment=ENVIRONMENT, warmer=warmer
    )
    await host.start()
    try:
        warmer.drew(drawn(), CUDA)
        warmer.rest()
        await until(lambda: place.exists() and len(place.read_text().split()) == 2)
        pids = [int(word) for word in place.read_text().split()]
        begun, left = time.monotonic(), []
        await render(
            host, "ok", on_event=lambda _: left.append((time.monotonic(), [alive(pid) for pid in pids]))
        )
        first, running = left[0]
        assert first - begun < PATIENCE, "the job waited for this long"
        assert not any(running), "it drew beside the engine"
    finally:
        await host.close()


def test_what_is_asked_is_drawn_and_what_fails_is_named(monkeypatch):
    from engine.process import warm_worker

    seen: list[Inputs] = []

    class Family:
        def draw(self, recipe, inputs, *, seed, hooks):
            seen.append(inputs)
            if recipe.width == 2 * recipe.height:
                raise MemoryError("a secret")

    monkeypatch.setattr("engine.families.load", lambda *_: Family())
    wide = replace(drawn(), width=64, height=32, inputs={Role.PICTURE: "0" * 64})
    lines = [wide.to_json(), replace(wide, width=48).to_json()]
    assert list(warm_worker.answers(lines, EngineContext())) == [f"{LEFT} MemoryError", DREW]
    shapes = [given.picture.shape for given in seen if given.picture is not None]
    assert shapes == [(32, 64, 3), (32, 48, 3)]
