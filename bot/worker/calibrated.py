"""An engine whose gate judges as the bot's own would: by what that bot's owner had it learn."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path

from bot.seats import Engine, EngineAround
from engine.core.errors import EngineError
from engine.core.events import Event
from engine.core.recipe import Recipe
from engine.process.spool import Rendered
from engine.rendering.limits import RenderLimits


class CalibratedEngine(EngineAround):
    """An engine process that is made anew when the calibration changes, which it reads at its start only."""

    def __init__(self, make: Callable[[], Engine], path: Path) -> None:
        """Make one.

        Args:
            make: makes the engine.
            path: the file that the engine reads its calibration from.
        """
        super().__init__(make())
        self._make = make
        self._path = path
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._turn = asyncio.Lock()

    async def judge_by(self, calibration: str) -> None:
        """Judge by this calibration from the next render on; "" is the one that it came with.

        Raises:
            OSError: it cannot be written, or the engine's folder cannot be used.
        """
        async with self._turn:
            if calibration == await asyncio.to_thread(self._current):
                return
            await self._idle.wait()
            await asyncio.to_thread(self._write, calibration)
            await self._engine.close()
            self._engine = self._make()
            with contextlib.suppress(EngineError):  # logged there; it goes on trying by itself
                await self._engine.start()

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
        """Make one clip; see :meth:`bot.seats.Engine.render`."""
        self._running += 1
        self._idle.clear()
        try:
            return await super().render(
                recipe, inputs, job=job, limits=limits, on_event=on_event, cancel=cancel
            )
        finally:
            self._running -= 1
            if not self._running:
                self._idle.set()

    def _current(self) -> str:
        try:
            return self._path.read_text("utf-8")
        except FileNotFoundError:
            return ""

    def _write(self, calibration: str) -> None:
        if not calibration:
            self._path.unlink(missing_ok=True)
            return
        fresh = self._path.with_suffix(".new")
        fresh.write_text(calibration, "utf-8")
        fresh.replace(self._path)
