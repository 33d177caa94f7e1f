"""Compiling ahead: while the engine idles, a process of its own fills torch's kept cache.

It draws what was drawn, in the family's other usual sizes and lengths and in few steps, beside the engine. It
is killed before the engine is given a render, so a render never shares the GPU with it. What it had compiled
by then stays in the cache. This module runs in the bot's process and never imports torch.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

import system
from engine.core.device import Device, DeviceKind
from engine.core.recipe import Recipe
from engine.families import FAMILIES
from engine.planning.usual import neighbours
from engine.process.ending import gone
from engine.runtime.context import CACHE_VARIABLE, COMPILE_VARIABLE, YES

log = logging.getLogger(__name__)

STEPS = 4
"""Steps of a clip that nobody sees: enough for guided ones and others, and all that a distilled model has."""

DONE = "warmed"
"""The folder in torch's cache with an empty file for each shape that was compiled. It goes with the cache."""

DREW, LEFT = "drew", "left"
"""What the process says of each recipe: it is drawn, or cannot be drawn now."""


def ahead_of(recipe: Recipe) -> tuple[Recipe, ...]:
    """A drawn recipe in the usual shapes beside its own, in few steps, without anything of the member's."""
    spec = FAMILIES.get(recipe.engine)
    if spec is None or not spec.loads:
        return ()
    plain = dataclasses.replace(
        recipe, prompt="", words="a fox", negative="", seed=0, steps=min(recipe.steps, STEPS), reasons=()
    )
    return tuple(
        dataclasses.replace(plain, width=width, height=height, frames=frames, length=frames)
        for width, height, frames in neighbours(recipe, spec)
    )


class Warmer:
    """Keeps a compiling process going while the engine idles.

    Attributes:
        started: processes so far.
    """

    def __init__(
        self,
        *,
        environment: Mapping[str, str],
        after: float,
        command: Sequence[str] = (sys.executable, "-m", "engine.process.warm_worker"),
    ) -> None:
        """Make one; nothing is started before the engine has drawn.

        Args:
            environment: the engine process's own. Where models are not compiled, nothing is ever started.
            after: seconds that the engine must have been idle; 0: nothing is ever started.
            command: what to run.
        """
        self._environment = environment
        self._after = after
        self._command = tuple(command)
        wanted = environment.get(COMPILE_VARIABLE) == YES and after > 0
        folder = environment.get(CACHE_VARIABLE)
        self._folder = Path(folder) / DONE if wanted and folder else None
        self._waiting: dict[str, Recipe] = {}
        self._left: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        self.started = 0

    def drew(self, recipe: Recipe, device: Device) -> None:
        """A recipe was drawn on a device: its kind comes up here. Styles and control are not compiled for."""
        if self._folder is None or device.kind is not DeviceKind.CUDA or recipe.styles or recipe.follow:
            return
        for each in ahead_of(recipe):
            self._waiting.setdefault(_name(each), each)

    def rest(self) -> None:
        """The engine idles from now on."""
        if self._folder is not None and self._waiting and self._task is None:
            self._task = asyncio.create_task(self._work(self._folder))

    async def stop(self) -> None:
        """The engine is wanted: kill the process, and wait until it has let go of the GPU."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def _work(self, folder: Path) -> None:
        await asyncio.sleep(self._after)
        try:
            if todo := self._todo(folder):
                await self._follow(folder, todo)
        except OSError as error:  # clips are drawn without it, and wait for the compiler
            log.warning("compiling ahead failed: %s", error)

    def _todo(self, folder: Path) -> list[tuple[str, Recipe]]:
        folder.mkdir(parents=True, exist_ok=True)
        return [
            (name, recipe)
            for name, recipe in self._waiting.items()
            if name not in self._left and not (folder / name).exists()
        ]

    async def _follow(self, folder: Path, todo: list[tuple[str, Recipe]]) -> None:
        """Have one process draw these, one after the other, and note what it says."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            str(os.getpid()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**system.bare_environment(), **self._environment},
            **system.apart(),
        )
        group = system.Group(process.pid)  # torch compiles in processes of its own: all of them are killed
        self.started += 1
        try:
            lines = process.stdout
            given = process.stdin
            if lines is None or given is None:
                raise OSError("it has no pipes")
            for name, recipe in todo:
                given.write(recipe.to_json().encode() + b"\n")
                said = (await lines.readline()).decode(errors="replace").split(maxsplit=1)
                if said[:1] == [DREW]:
                    (folder / name).touch()
                else:  # not again in this life
                    self._left.add(name)
                    log.info("not compiled ahead: %s: %s", name, said[1].strip() if said[1:] else "it ended")
                if not said:
                    return
        finally:
            group.kill()
            await _end_of(process, group)


async def _end_of(process: asyncio.subprocess.Process, group: system.Group) -> None:
    """Wait until all of it has ended, also where it was ending already when :meth:`Warmer.stop` came."""
    waiting, cancelled = asyncio.gather(process.wait(), gone(group)), False
    while not waiting.done():
        try:
            await asyncio.shield(waiting)
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        raise asyncio.CancelledError


def _name(recipe: Recipe) -> str:
    """A file's name for a shape of a way of drawing; another torch compiles anew."""
    kind = "-".join((recipe.engine, recipe.way, *sorted(map(str, recipe.inputs))))
    return f"{kind}-{recipe.width}x{recipe.height}x{recipe.frames}-torch-{metadata.version('torch')}"
