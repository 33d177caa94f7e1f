"""An engine of this machine that can leave its device to other programs, and come back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from bot.seats import Engine, EngineAround
from engine.core.device import Device
from engine.core.errors import EngineClosed, EngineError
from engine.core.events import Event
from engine.core.recipe import Recipe
from engine.process.spool import Rendered
from engine.rendering.limits import RenderLimits

log = logging.getLogger(__name__)


class LeavableEngine(EngineAround):
    """It may be away. Then there is no process, so the device's memory is free.

    Attributes:
        gpu: the number of its GPU, as nvidia-smi counts; "" for a processor.
        away: it has left.
    """

    def __init__(self, make: Callable[[], Engine], *, gpu: str = "") -> None:
        """Make it, with a first engine; :meth:`start` starts that.

        Args:
            make: makes an engine that was never started.
            gpu: its number.
        """
        super().__init__(make())
        self.gpu = gpu
        self._make = make
        self._device: Device | None = None
        self._deaths = 0
        self.away = False

    @property
    def device(self) -> Device | None:
        """Where clips are drawn, also while it is away: what is planned for it waits for it."""
        self._device = self._engine.device or self._device
        return self._device

    @property
    def deaths(self) -> int:
        """Of all its processes."""
        return self._deaths + self._engine.deaths

    async def leave(self) -> None:
        """End the process. A job that it draws goes back to the front of the queue, at no cost."""
        self._device = self.device
        self.away = True
        await self._engine.close()

    async def come_back(self) -> None:
        """Start a new process. What goes wrong is tried again by the engine itself, or by the next call.

        Raises:
            OSError: nothing was started; it is still away.
        """
        self._deaths += self._engine.deaths
        self._engine = self._make()
        try:
            await self._engine.start()
        except EngineError as error:
            log.error("the engine did not start: %s", error)  # noqa: TRY400 - the host has logged it, and goes on
        self.away = False

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
        """Make a clip.

        Raises:
            EngineClosed: it has left, or leaves meanwhile.
        """
        if self.away:
            raise EngineClosed
        return await super().render(recipe, inputs, job=job, limits=limits, on_event=on_event, cancel=cancel)
