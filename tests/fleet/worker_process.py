"""The real worker program as a process, with an engine that draws nothing and notes when it would have."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from bot.link.invitation import Invitation
from bot.link.messages import Told
from bot.worker.calibrated import CalibratedEngine
from bot.worker.policy import WorkerPolicy
from bot.worker.running import Worker, run
from engine.core.device import DeviceKind
from engine.core.events import Event
from engine.core.recipe import Recipe
from engine.process.spool import Rendered
from engine.rendering.limits import RenderLimits
from engine.weights.own_files import OwnFiles
from engine.weights.store import Store
from tests.fleet.bot_process import Notes
from tests.fleet.sleeper import Sleeper

POLICY = WorkerPolicy(keep_seconds=3600, clips_waiting=3, refused_seconds=120, weights_bytes=0, stop_grace=5)
CAPS = Told(device=DeviceKind.CUDA, name="Sleeper", memory=8 * 2**30, families=("sketch",))


class Noting(Sleeper):
    """Notes when a render begins and ends."""

    def __init__(self, spool: Path, notes: Notes) -> None:
        super().__init__(spool)
        self._notes = notes

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
        began = time.time()
        self._notes.write(what="begin", job=job)
        try:
            return await super().render(
                recipe, inputs, job=job, limits=limits, on_event=on_event, cancel=cancel
            )
        finally:
            self._notes.write(what="end", job=job, began=began)


def main(folder: Path, line: str) -> None:
    """The process."""
    folder.mkdir(exist_ok=True, parents=True)
    logging.basicConfig(
        filename=folder / "worker.log",
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        force=True,
    )

    async def live() -> None:
        worker = Worker(
            Invitation.from_line(line),
            CalibratedEngine(
                lambda: Noting(folder / "spool", Notes(path=folder / "drawn.jsonl")), folder / "gate.json"
            ),
            folder=folder,
            policy=POLICY,
            look=lambda: CAPS,
            own=OwnFiles(Store(folder / "models"), folder / "digests.json"),
            say=lambda text: logging.getLogger("said").info(text),
            clock=time.time,
        )
        await run(worker)

    asyncio.run(live())
