"""The GPU loop: what is ready is drawn, one after the other, with no pause between."""

from __future__ import annotations

import asyncio
import logging
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.link.messages import MAX_SENTENCES, Done, FailKind, HeldState
from bot.seats import LEFT_THE_GPU, Engine
from bot.worker.lead import Remaining
from bot.worker.work import CLIP, Holding, Work
from engine.core.errors import Cancelled, EngineClosed, EngineHung, Unsupported
from engine.core.events import Event, Progress
from engine.core.recipe import Recipe, Stage
from engine.core.sentence import table_text
from engine.families import LOADING
from engine.rendering.limits import RenderLimits

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from engine.process.spool import Rendered

log = logging.getLogger(__name__)

MAY_BE_OURS = frozenset({FailKind.ENGINE, FailKind.CRASH, FailKind.KILLED, FailKind.HUNG, FailKind.SHORTAGE})

INPUTS = "inputs"
"""The folder of a job's files, in its own; each is named after its digest."""


class Drawing:
    """Draws what is ready.

    Attributes:
        remaining: how long until the next may be begun.
        failures: how many jobs in a row failed in a way that may be this machine's doing.
        failed_at: monotonic seconds of the last of them.
        resident: the engine whose model is loaded, or is being loaded; "": none, as far as is known.
    """

    def __init__(
        self,
        holding: Holding,
        engine: Engine,
        *,
        judge_by: Callable[[str], Awaitable[None]],
        local: Callable[[Recipe, str], Recipe] = lambda recipe, _ability: recipe,
        on_time: Callable[[str, float], None] = lambda _profile, _seconds: None,
        on_clip: Callable[[Work, float], None] = lambda _work, _seconds: None,
    ) -> None:
        """Make one.

        Args:
            holding: what is held.
            engine: what draws.
            judge_by: has the engine's gate judge by a calibration.
            local: makes of a recipe, and of what drawing it takes, what this machine draws.
            on_time: told how long each render took, by its profile; called in a thread.
            on_clip: told of each finished clip, with the seconds that it took.
        """
        self._holding = holding
        self._engine = engine
        self._judge_by = judge_by
        self._local = local
        self._on_time = on_time
        self._on_clip = on_clip
        self._stirred = asyncio.Event()
        self._running: dict[Work, asyncio.Task[None]] = {}
        self._ending = False
        self.remaining = Remaining()
        self.failures = 0
        self.failed_at = 0.0
        self.resident = ""
        holding.connect(self._stirred.set)

    @property
    def busy(self) -> bool:
        """Whether anything is drawn."""
        return bool(self._running)

    async def run(self) -> None:
        """Draw until cancelled. What runs then is told as a failure that is nobody's fault."""
        try:
            while True:
                self._stirred.clear()
                self._begin_next()
                await self._stirred.wait()
        finally:
            for task in self._running.values():
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)

    def begin_no_more(self) -> None:
        """Finish what is drawn, and begin nothing."""
        self._ending = True

    def _begin_next(self) -> None:
        if self._ending or len(self._running) >= self._engine.at_once:
            return
        if not all(Stage(work.stage) in LEFT_THE_GPU for work in self._running if work.stage):
            return
        if any(not work.stage for work in self._running):
            return
        work = next((work for work in self._holding if work.state is HeldState.READY), None)
        if work is None:
            return
        task = asyncio.create_task(self._draw(work), name=f"job {work.key[0]}")
        self._running[work] = task
        task.add_done_callback(partial(self._ended, work))

    def _ended(self, work: Work, task: asyncio.Task[None]) -> None:
        del self._running[work]
        if not self._running:
            self.remaining.end(time.monotonic())
        self._stirred.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("job %s came to no end", work.key[0], exc_info=error)

    async def _draw(self, work: Work) -> None:
        began = time.monotonic()
        self._holding.moved(work, HeldState.RUN)
        try:
            done = await self._render(work, began)
        except asyncio.CancelledError:
            self._holding.failed(work, EngineClosed("the worker ends"))
            raise
        except Exception as error:  # noqa: BLE001 - every one is some end of the job, and is told as such
            if not isinstance(error, Cancelled):
                log.warning("job %s: %s: %s", work.key[0], type(error).__name__, error)
            self._holding.failed(work, error)
            if work.fail is not None and work.fail.kind in MAY_BE_OURS:
                self.failures, self.failed_at = self.failures + 1, time.monotonic()
                self.resident = ""  # its process may have ended
        else:
            self.failures = 0
            self._holding.finished(work, done)
            self._on_clip(work, time.monotonic() - began)

    async def _render(self, work: Work, began: float) -> Done:
        order = work.order
        if order is None:
            raise Unsupported("there is no order for this job")
        try:
            recipe = Recipe.from_json(order.recipe)
        except ValueError as error:
            raise Unsupported(str(error)) from error
        recipe = self._local(recipe, order.ability)
        await self._judge_by(order.calibration)
        self.remaining.begin(recipe.profile, began)
        self.resident = recipe.engine if recipe.engine in LOADING else ""
        inputs = {role: work.folder / INPUTS / file.sha256 for role, file in order.inputs.items()}
        limits = RenderLimits(
            max_takes=order.limits.max_takes,
            max_bytes=order.limits.max_bytes,
            max_wasted_seconds=order.limits.max_wasted_seconds,
        )
        try:
            async with asyncio.timeout(order.limits.max_seconds):
                rendered = await self._engine.render(
                    recipe,
                    inputs,
                    job=f"{order.job}_{order.claim}",
                    limits=limits,
                    on_event=partial(self._hear, work),
                    cancel=work.cancel,
                )
        except TimeoutError as error:
            raise EngineHung(None, f"it took longer than {order.limits.max_seconds:g} s") from error
        try:
            done = await asyncio.to_thread(_keep, rendered, work.folder)
            await asyncio.to_thread(self._on_time, recipe.profile, done.seconds)
            return done
        finally:
            self._engine.discard(rendered)

    def _hear(self, work: Work, event: Event) -> None:
        if not isinstance(event, Progress):
            self._holding.look(work, event)
            return
        left = work.stage in LEFT_THE_GPU
        work.stage, work.fraction, work.take = event.stage, event.fraction, event.take
        if event.stage is Stage.DRAWING:
            self.remaining.drew(event.fraction, time.monotonic())
        elif not left and event.stage in LEFT_THE_GPU and self._engine.at_once > 1:
            self.remaining.end(time.monotonic())
            self._stirred.set()


def _keep(rendered: Rendered, folder: Path) -> Done:
    """Move a clip to its claim's folder, where it waits for a verdict."""
    rendered.path.replace(folder / CLIP)
    receipt = rendered.receipt
    return Done(
        size=receipt.size,
        sha256=receipt.sha256,
        seconds=receipt.busy_seconds,
        receipt=receipt.to_json(sentences=False),
        sentences=table_text(receipt.words, MAX_SENTENCES),
    )
