"""A bench for the engine host: short limits, recipes that say what shall go wrong, a host that is closed."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from engine.core.recipe import Kind, Recipe
from engine.process.host import EngineHost, HostLimits
from engine.rendering.limits import RenderLimits
from tests import ROOT

HERE = Path(__file__).parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))}
WORKER = (sys.executable, str(HERE / "misbehaving_worker.py"))

SHORT = HostLimits(
    load=60,
    heartbeat_every=0.1,
    heartbeat_silence=5,
    step_silence=20,
    job=30,
    cancel_grace=5,
    term_grace=2,
    backoff_first=0.05,
    backoff_last=0.4,
)


def recipe(prompt: str) -> Recipe:
    return Recipe(
        kind=Kind.TEXT2VIDEO,
        engine="sketch",
        seed=1,
        width=64,
        height=64,
        frames=5,
        native_fps=4,
        fps=8,
        length=8,
        prompt=prompt,
    )


class Watched(EngineHost):
    """A host that remembers how its last process ended, asked to or not."""

    last_death = None

    def _record_death(self, death):
        self.last_death = death
        return super()._record_death(death)


@asynccontextmanager
async def running_host(
    spool,
    *,
    command=WORKER,
    start=True,
    environment=ENVIRONMENT,
    on_state=None,
    at_once=1,
    elsewhere=None,
    **limits,
):
    host = Watched(
        spool=spool,
        limits=replace(SHORT, **limits),
        at_once=at_once,
        command=command,
        environment=environment,
        on_state=on_state,
        elsewhere=elsewhere,
    )
    try:
        if start:
            await host.start()
        yield host
    finally:
        await host.close()


async def render(host, prompt, *, job="job", on_event=lambda event: None, cancel=None, inputs=None):
    return await host.render(
        recipe(prompt),
        inputs or {},
        job=job,
        limits=RenderLimits(max_takes=2),
        on_event=on_event,
        cancel=cancel or asyncio.Event(),
    )


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie that waits for its parent does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    try:
        return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return False
