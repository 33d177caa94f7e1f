"""The parent's side of takes that are drawn elsewhere: it has them drawn, and tells the engine process.

What goes wrong there stays here as the error that it was: the process only hears that no take will come.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.clips.encode import encode
from engine.core.cancel import CancelToken
from engine.core.elsewhere import DrawsElsewhere, TakeFile, TakeHooks, TakeOrder
from engine.core.errors import HopelessTake, Unsupported
from engine.core.events import Draft, Event
from engine.core.recipe import Kind, Recipe, Role
from engine.core.sentence import Sentence, table_text
from engine.process import wire
from engine.rendering.limits import DRAFT_BYTES

if TYPE_CHECKING:
    from engine.core.family import Frames

Tell = Callable[[wire.OfTake], None]
"""Sends a message to the engine process."""

log = logging.getLogger(__name__)

MOVED_EVERY = 5.0
"""Seconds after which the process is told again how far a take is: it must have something to show."""


class Fetching:
    """Fetches the takes of one render.

    Attributes:
        error: why a take was not drawn; None: none has failed for good.
    """

    def __init__(
        self,
        draws: DrawsElsewhere | None,
        *,
        job: str,
        order: wire.Render,
        inputs: Mapping[str, Path],
        on_event: Callable[[Event], None],
    ) -> None:
        """Make it.

        Args:
            draws: has takes drawn; None: there is no way to another machine.
            job: the job's id.
            order: the render, as the engine process was told of it.
            inputs: role → file.
            on_event: told of first looks.
        """
        self._draws = draws
        self._job = job
        self._render = order.job
        self._inputs = inputs
        self._work = Path(order.work)
        self._on_event = on_event
        self._tasks: set[asyncio.Task[None]] = set()
        self._drafts: set[asyncio.Task[None]] = set()
        self.error: Exception | None = None

    def want(self, tell: Tell, wanted: wire.Wanted) -> None:
        """Begin to fetch a take; the engine process is told by ``tell`` when it has come."""
        self._begin(self._fetch(tell, wanted), self._tasks)

    async def close(self) -> None:
        """Stop what is under way, and wait for it."""
        tasks = [*self._tasks, *self._drafts]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, work: Coroutine[object, object, None], tasks: set[asyncio.Task[None]]) -> None:
        task = asyncio.create_task(work, name=f"take of {self._job}")
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def _fetch(self, tell: Tell, wanted: wire.Wanted) -> None:
        """Have a take drawn. Whatever comes of it, the process hears of it."""
        hopeless: str | None = None
        try:
            take = await self._drawn(tell, wanted)
        except HopelessTake as error:
            hopeless = error.reason
        except Exception as error:  # noqa: BLE001 - the render raises it
            self.error = error
        else:
            sound = None if take.sound is None else str(take.sound)
            tell(
                wire.Taken(
                    job=self._render,
                    take=wanted.take,
                    clip=str(take.clip),
                    sound=sound,
                    notes=take.notes,
                    sentences=table_text(take.notes, wire.MAX_SENTENCES),
                )
            )
            return
        tell(
            wire.NotTaken(
                job=self._render,
                take=wanted.take,
                hopeless=hopeless,
                sentences=table_text([hopeless or ""], wire.MAX_SENTENCES),
            )
        )

    async def _drawn(self, tell: Tell, wanted: wire.Wanted) -> TakeFile:
        """Have a take drawn, while the process is told again and again how far it is."""
        recipe = Recipe.from_json(wanted.recipe)
        if self._draws is None:
            raise Unsupported(
                Sentence(
                    "{engine} draws on another machine, and there is no way to it.", engine=recipe.engine
                )
            )
        order = TakeOrder(
            job=self._job,
            take=wanted.take,
            seed=wanted.seed,
            recipe=recipe,
            inputs=self._inputs_for(recipe, wanted),
            work=self._work,
        )
        reached: float | None = None

        def progress(fraction: float | None) -> None:
            nonlocal reached
            reached = fraction
            tell(wire.Moved(job=self._render, take=wanted.take, fraction=fraction))

        async def repeat() -> None:
            while True:
                progress(reached)
                await asyncio.sleep(MOVED_EVERY)

        repeating = asyncio.create_task(repeat())
        try:
            hooks = TakeHooks(progress=progress, draft=partial(self._look, wanted.take, recipe.native_fps))
            return await self._draws.draw(order, hooks)
        finally:
            repeating.cancel()
            await asyncio.gather(repeating, return_exceptions=True)

    def _inputs_for(self, recipe: Recipe, wanted: wire.Wanted) -> Mapping[str, Path]:
        """What is sent: of a clip that is gone on with, only its last frame."""
        own = {role: path for role, path in self._inputs.items() if role != Role.BEFORE}
        prepared = {role: self._work / Path(name).name for role, name in wanted.files.items()}
        return {**(self._inputs if recipe.kind is Kind.UPSCALE else own), **prepared}

    def _look(self, take: int, fps: float, frames: Frames) -> None:
        """Show a first look, unless the one before it is still being encoded."""
        if not self._drafts:
            self._begin(self._show(take, fps, frames), self._drafts)

    async def _show(self, take: int, fps: float, frames: Frames) -> None:
        path = self._work / f"draft{take}.mp4"
        try:
            await asyncio.to_thread(
                encode,
                frames,
                fps=fps,
                path=path,
                metadata={},
                max_bytes=DRAFT_BYTES,
                progress=lambda _: None,
                cancel=CancelToken(),
            )
            self._on_event(Draft(path=path, take=take))
        except Exception:
            log.exception("job %s: a first look could not be shown", self._job)
