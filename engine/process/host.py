"""The parent's side of the engine: start, hand out renders, cancel, restart.

:meth:`EngineHost.render` is the seam for many machines. Nothing above it may know that the engine is a
process on this machine. This module runs in the bot's process and never imports torch.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import sys
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from engine.core.device import Device
from engine.core.elsewhere import DrawsElsewhere
from engine.core.errors import Cancelled, Code, EngineClosed, RenderFailed, Unsupported, UserError
from engine.core.events import Event
from engine.core.recipe import Recipe
from engine.core.sentence import by_table_text
from engine.core.shortages import RanShort, Shortage
from engine.process import wire
from engine.process.child import Cause, Child, Death
from engine.process.environment import scrubbed
from engine.process.fetching import Fetching
from engine.process.spool import Rendered, Spool, make, remove, verified
from engine.process.warming import Warmer
from engine.process.watch import HostLimits
from engine.rendering.limits import RenderLimits

__all__ = ["EngineHost", "HostLimits", "HostState", "Rendered"]

log = logging.getLogger(__name__)


class HostState(StrEnum):
    """What the engine is doing."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    BUSY = "busy"
    RESTARTING = "restarting"
    DOWN = "down"


class EngineHost:
    """The engine, as the bot knows it: one process, kept warm, and replaced when it breaks.

    Args:
        spool: a folder of its own; each render works in a fresh folder inside it.
        limits: how long to wait for what.
        at_once: renders at once, 1 or 2, where the process has a GPU: while one is drawn there, the processor
            finishes the other. Without a GPU it is always one.
        command: what to run instead of this program's own worker.
        environment: what the process may see of, after scrubbing; the bot's own by default.
        on_state: told of each new state; ``DOWN`` is the moderators' business.
        elsewhere: has takes drawn on another machine; None: none can be.
        warmer: compiles ahead while the process idles; None: nothing is.

    Attributes:
        state: what the engine is doing.
        deaths: how many processes ended without being asked to, since the start.
    """

    def __init__(
        self,
        *,
        spool: Path,
        limits: HostLimits | None = None,
        at_once: int = 1,
        command: Sequence[str] | None = None,
        environment: Mapping[str, str] | None = None,
        on_state: Callable[[HostState], None] | None = None,
        elsewhere: DrawsElsewhere | None = None,
        warmer: Warmer | None = None,
    ) -> None:
        self._spool = Spool(spool)
        self._limits = limits or HostLimits()
        self._at_once = at_once
        self._command = tuple(command or (sys.executable, "-m", "engine.process.worker"))
        self._environment = scrubbed(os.environ if environment is None else environment)
        self._on_state = on_state
        self._elsewhere = elsewhere
        self._warmer = warmer or Warmer(environment={}, after=0)
        self._supervisor: asyncio.Task[None] | None = None
        self._child: Child | None = None
        self._open: Child | None = None
        self._refusal: str | None = None
        self._changed = asyncio.Event()
        self._closing, self._again = asyncio.Event(), asyncio.Event()
        self._begun: asyncio.Future[Death | None] | None = None
        self._recent: deque[float] = deque(maxlen=self._limits.deaths + 1)
        self.state = HostState.STOPPED
        self._device: Device | None = None
        self.deaths = 0

    @property
    def pid(self) -> int | None:
        """The process's id; None while there is none."""
        return None if self._child is None else self._child.pid

    @property
    def device(self) -> Device | None:
        """Where clips are drawn; None until a process has told it."""
        return self._device

    @property
    def at_once(self) -> int:
        """Renders that it takes at once; further ones wait."""
        return self._at_once if self._device is not None and self._device.is_gpu else 1

    @property
    def rss(self) -> int | None:
        """Bytes of resident memory of the process at its last heartbeat; None while there is none."""
        return None if self._child is None else self._child.rss

    async def start(self) -> None:
        """Sweep the spool, spawn the process and wait until it is ready.

        Raises:
            EngineDied: the first process ended before it was ready. The host goes on trying, until closed.
            EngineHung: it was not ready in time. Likewise.
            RenderFailed: ``E_VERSION``: the worker is of another release. Likewise.
            EngineClosed: the host was closed meanwhile.
            OSError: the spool cannot be swept or made; nothing was started, and start may be called again.
        """
        if self._supervisor is not None:
            raise RuntimeError("an engine host is started once")
        await asyncio.to_thread(self._spool.sweep)
        self._begun = asyncio.get_running_loop().create_future()
        self._supervisor = asyncio.create_task(self._supervise(self._begun))
        death = await asyncio.shield(self._begun)
        if self._closing.is_set():
            raise EngineClosed
        if self._refusal is not None:
            raise RenderFailed(Code.VERSION, self._refusal)
        if death is not None:
            raise death.error()

    async def restart(self, reason: str) -> None:
        """End the process, and begin another without a pause. Renders that run raise EngineClosed."""
        if self._child is not None:
            await self._child.end(reason)
        self._again.set()

    async def close(self) -> None:
        """End the process: asked, then told, then killed. Renders that run or wait raise EngineClosed."""
        self._closing.set()
        self._changed.set()
        await self._warmer.stop()
        if self._supervisor is not None:
            await self._supervisor

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
        """Make a clip. Waits while the engine is busy, starting, down or not started yet.

        When the awaiting task is cancelled, the engine is told to stop first, so that it is free afterwards.

        Args:
            recipe: what to make.
            inputs: role → file.
            job: names the work folder and the log's lines; letters, digits and underscores.
            limits: what may be spent.
            on_event: told of progress and of discarded takes, in the event loop; what it raises is logged.
            cancel: set it to stop the render, or the wait.

        Raises:
            Cancelled: ``cancel`` was set; whatever else happened then does not matter.
            Away: another machine was to draw it, and can't be reached; the same render may go well later.
            UserError: the member can mend it.
            Unsupported: this engine cannot draw this recipe.
            RanShort: the machine ran short of something; the same render may go well later.
            RenderFailed: the engine answered with an error, or with a file that is not what it said.
            EngineDied: the process ended while this job ran.
            EngineHung: the process stood still while this job ran, and was killed.
            EngineClosed: the host was closed.
        """
        folder = self._spool.name(job)
        order = wire.Render(
            job=folder.name,
            recipe=recipe.to_json(),
            inputs={role: str(path.absolute()) for role, path in inputs.items()},
            work=str(folder),
            limits=dataclasses.asdict(limits),
        )
        try:
            fetching = Fetching(self._elsewhere, job=job, order=order, inputs=inputs, on_event=on_event)
            answer = await self._ask(order, fetching, on_event, cancel)
            if isinstance(answer, wire.Failed):
                _raise(answer)
            self._warmer.drew(recipe, self._device or Device())
            return await asyncio.to_thread(verified, answer, folder)
        except BaseException:
            remove(folder)
            raise

    def discard(self, rendered: Rendered) -> None:
        """Remove a render's work folder, once its file has been adopted."""
        remove(rendered.folder)

    async def _ask(
        self, order: wire.Render, fetching: Fetching, on_event: Callable[[Event], None], cancel: asyncio.Event
    ) -> wire.Result | wire.Failed:
        """Give an order to a warm process when there is one, and stay until that process is free of it."""
        child = await self._take(cancel)
        try:
            make(Path(order.work))
            run = asyncio.create_task(child.run(order, on_event, partial(fetching.want, child.tell)))
            try:
                await _first(asyncio.wait({run}), cancel.wait())
            finally:
                if not run.done():
                    await self._stop(child, order.job, run)
                error = run.exception()
                await fetching.close()
        finally:
            self._give_back(child)
        if cancel.is_set():
            raise Cancelled
        if self._closing.is_set() and (error or isinstance(run.result(), wire.Failed)):
            raise EngineClosed
        if error is not None and child.ended.done() and child.ended.result().is_anothers_doing:
            raise EngineClosed from error
        if error is None and fetching.error is not None and isinstance(run.result(), wire.Failed):
            raise fetching.error
        if isinstance(error, wire.WireError):
            raise RenderFailed(Code.WIRE, "This request is too long for the engine.", str(error)) from error
        return run.result()

    async def _stop(self, child: Child, job: str, run: asyncio.Task[wire.Result | wire.Failed]) -> None:
        """Have a render stopped, by asking or by force."""
        child.cancel(job)
        try:
            await asyncio.wait({run}, timeout=self._limits.cancel_grace)
            if not run.done():
                await child.end("it ignored a cancel")
        except asyncio.CancelledError:  # the caller has no more time
            child.kill_now()
            await child.gone()
            raise
        finally:
            await asyncio.wait({run})

    async def _take(self, cancel: asyncio.Event) -> Child:
        """Wait for a process that is ready and has room for a render; give that back afterwards."""
        while True:
            if cancel.is_set():
                raise Cancelled
            if self._closing.is_set():
                raise EngineClosed
            if self._refusal is not None:
                raise RenderFailed(Code.VERSION, self._refusal)
            child = self._open
            if child is not None and child.usable and child.taken < self.at_once:
                child.taken += 1
                self._enter(HostState.BUSY)
                try:
                    await self._warmer.stop()
                except BaseException:
                    self._give_back(child)
                    raise
                return child
            self._changed.clear()
            await _first(self._changed.wait(), cancel.wait())

    def _give_back(self, child: Child) -> None:
        """Give back the room for a render. A broken process is left to its supervisor."""
        child.taken -= 1
        if child.usable:
            self._offer(child)

    def _offer(self, child: Child) -> None:
        """Tell the waiting callers that a process has room."""
        self._open = child
        if not child.taken:
            self._enter(HostState.READY)
            self._warmer.rest()
        self._changed.set()

    async def _supervise(self, begun: asyncio.Future[Death | None]) -> None:
        """Keep one process alive, until closed."""
        self._enter(HostState.STARTING)
        while not self._closing.is_set():
            death = await self._live(begun)
            pause = self._record_death(death)
            if not begun.done():
                begun.set_result(death)
            self._again.clear()
            await _first(asyncio.sleep(pause), self._closing.wait(), self._again.wait())
        if not begun.done():
            begun.set_result(None)
        self._enter(HostState.STOPPED)

    async def _live(self, begun: asyncio.Future[Death | None]) -> Death:
        """Follow one process from its birth to its end."""
        try:
            child = self._child = await Child.spawn(self._command, self._environment, self._limits)
        except OSError as error:
            return Death(cause=Cause.ITSELF, returncode=None, reason=f"it could not be started: {error}")
        try:
            await _first(child.ready.wait(), child.gone(), self._closing.wait())
            if child.ready.is_set() and _lacks_its_gpu(self._device, child):
                # What was planned for a GPU would take a processor hours: the jobs wait until it is back.
                await child.end("the GPU is gone", Cause.GPU_GONE)
            elif child.ready.is_set():
                self._refusal = None
                self._device = child.device
                self._offer(child)
                if not begun.done():
                    begun.set_result(None)
            await _first(child.gone(), self._closing.wait())
            if not child.ended.done():
                await child.close()
            return child.ended.result()
        finally:
            child.kill_now()
            self._child = self._open = None

    def _record_death(self, death: Death) -> float:
        """Write a death down; answer with the seconds to wait before the next process."""
        if death.cause is Cause.WANTED:
            log.info("the engine process ended: %s", death.reason)
            if not self._closing.is_set():
                self._enter(HostState.RESTARTING)
            return 0.0
        log.error(
            "the engine process ended with %s: %s\n%s", death.returncode, death.reason, death.last_words
        )
        now = asyncio.get_running_loop().time()
        self.deaths += 1
        self._recent.append(now)
        recent = sum(now - then <= self._limits.deaths_window for then in self._recent)
        if death.cause is Cause.VERSION:
            self._refusal = f"The engine process comes from a different release: {death.reason}."
            self._changed.set()
        if death.cause in {Cause.VERSION, Cause.GPU_GONE} or recent > self._limits.deaths:
            self._enter(HostState.DOWN)
            return self._limits.backoff_last
        self._enter(HostState.RESTARTING)
        return min(self._limits.backoff_last, self._limits.backoff_first * 2.0 ** (recent - 1))

    def _enter(self, state: HostState) -> None:
        if state is self.state:
            return
        self.state = state
        if self._on_state is not None:
            self._on_state(state)


def _lacks_its_gpu(before: Device | None, child: Child) -> bool:
    return before is not None and before.is_gpu and not child.device.is_gpu


async def _first(*waits: Coroutine[Any, Any, object]) -> None:
    """Return when the first of these is done; the others are given up."""
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def _raise(failed: wire.Failed) -> NoReturn:
    text = by_table_text(failed.sentences)(failed.text)
    match failed.failure:
        case wire.Failure.CANCELLED:
            raise Cancelled
        case wire.Failure.USER:
            raise UserError(failed.code, text)
        case wire.Failure.UNSUPPORTED:
            raise Unsupported(text)
        case wire.Failure.SHORTAGE:
            raise RanShort(Shortage(failed.code), failed.detail)
        case wire.Failure.ENGINE:
            raise RenderFailed(failed.code, text, failed.detail)
