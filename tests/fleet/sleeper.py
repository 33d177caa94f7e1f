"""An engine that draws nothing: it waits as long as the prompt says, and its clip says which job it is of."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from engine.core.device import Device, DeviceKind
from engine.core.errors import Cancelled, UserError
from engine.core.events import Draft, Event, Progress
from engine.core.receipt import Outcome, Receipt, TakeRecord
from engine.core.recipe import Kind, Recipe, Stage
from engine.process.host import HostState
from engine.process.spool import Rendered, Spool, make, remove
from engine.rendering.limits import RenderLimits

STEPS = 20


def order_text(
    seconds: float, *, size: int = 1000, mark: str = "", engine: str = "sketch", **changes: Any
) -> str:
    """A recipe that takes so long, and whose clip has so many bytes."""
    return Recipe(
        kind=Kind.TEXT2VIDEO,
        engine=engine,
        seed=1,
        width=64,
        height=64,
        frames=8,
        native_fps=8,
        fps=8,
        length=8,
        prompt=f"{seconds} {size} {mark}",
        **changes,
    ).to_json()


def content_of(job: str, size: int, given: Mapping[str, str]) -> bytes:
    """What the clip of a job must hold."""
    start = f"{job} {sorted(given.items())}\n".encode()
    return (start * (size // len(start) + 1))[:size]


class Sleeper:
    """An engine for :class:`bot.seats.Seat` and for a worker."""

    def __init__(self, spool: Path) -> None:
        self._spool = Spool(spool)
        self.state = HostState.STOPPED
        self.device = Device(kind=DeviceKind.CUDA, name="Sleeper", memory=8 * 2**30)
        self.deaths = 0
        self.rss: int | None = None
        self.at_once = 1
        self.drawn: list[str] = []
        self.times: list[tuple[float, float]] = []

    async def start(self) -> None:
        self._spool.sweep()
        self.state = HostState.READY

    async def close(self) -> None:
        self.state = HostState.STOPPED

    async def render(
        self,
        recipe: Recipe,
        inputs: Mapping[str, Path],
        *,
        job: str,
        limits: RenderLimits,
        on_event: Callable[[Event], None],
        cancel: asyncio.Event,
    ) -> Rendered:
        began = asyncio.get_running_loop().time()
        seconds, size, *_ = recipe.prompt.split(" ")
        if int(size) < 0:
            raise UserError("E_BROKEN", "This cannot be drawn.")
        folder = self._spool.name(job)
        make(folder)
        try:
            for step in range(STEPS):
                if cancel.is_set():
                    raise Cancelled  # noqa: TRY301 - as engines do
                on_event(Progress(stage=Stage.DRAWING, fraction=(step + 1) / STEPS))
                if step == STEPS // 2:
                    draft = folder / "draft.mp4"
                    draft.write_bytes(f"draft of {job}".encode())
                    on_event(Draft(path=draft, take=1))
                await asyncio.sleep(float(seconds) / STEPS)
            digests = {role: hashlib.sha256(path.read_bytes()).hexdigest() for role, path in inputs.items()}
            data = content_of(job.partition("_")[0], int(size), digests)
            path = folder / "clip.mp4"
            path.write_bytes(data)
        except BaseException:
            remove(folder)
            raise
        self.drawn.append(job)
        self.times.append((began, asyncio.get_running_loop().time()))
        take = TakeRecord(number=1, seed=1, outcome=Outcome.ACCEPTED, score=90.0, seconds=float(seconds))
        return Rendered(
            receipt=Receipt(
                engine=recipe.engine,
                takes=(take,),
                kept=1,
                forced=False,
                width=64,
                height=64,
                frames=8,
                fps=8,
                sha256=hashlib.sha256(data).hexdigest(),
                size=len(data),
                seconds={"drawing": float(seconds)},
            ),
            path=path,
            folder=folder,
        )

    def discard(self, rendered: Rendered) -> None:
        remove(rendered.folder)
