"""The loops' two ends on the command line: a folder in place of Discord, and an engine that is heard."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from bot.discord_io.post import Post
from bot.seats import EngineAround
from engine.core.errors import Away, Code, RenderFailed
from engine.core.events import Event
from engine.core.recipe import Recipe
from engine.process.host import EngineHost, Rendered
from engine.rendering.limits import RenderLimits

NOBODY = 0
"""The guild and the member of a job that no Discord knows; and the message with its clip."""

THE_FOLDER = 1
"""The channel of such a job. It has one, since its clip is delivered."""


class Folder:
    """Where clips go when there is no channel.

    Attributes:
        clip: the last clip that came.
    """

    def __init__(self, folder: Path) -> None:
        self.clip = folder / "clip.mp4"

    async def send(self, channel_id: int, post: Post) -> int:
        """Keep a copy of the clip."""
        del channel_id
        if post.file is not None:
            await asyncio.to_thread(shutil.copyfile, post.file, self.clip)
        return NOBODY

    async def send_direct(self, user_id: int, post: Post) -> int:
        """There is only one place."""
        return await self.send(user_id, post)

    async def find_own(self, channel_id: int, file_name: str, *, since: float) -> int | None:
        """Copying again does no harm, so nothing has to be looked for."""
        del channel_id, file_name, since
        return None


class HeardEngine(EngineAround):
    """The engine, and what it said when a clip failed: the row keeps only what a member may read.

    Attributes:
        trouble: the error of the last attempt; None while there is none.
    """

    def __init__(self, host: EngineHost, attempts: int | None) -> None:
        """Make one.

        Args:
            host: the engine.
            attempts: how often a clip may be begun; None: as often as the queue likes.
        """
        super().__init__(host)
        self._left = attempts
        self.trouble: Exception | None = None

    @property
    def at_once(self) -> int:
        """One clip is made after the other."""
        return 1

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
        """See :meth:`engine.process.host.EngineHost.render`."""
        if self._left is not None:
            self._left -= 1
        try:
            return await super().render(
                recipe, inputs, job=job, limits=limits, on_event=on_event, cancel=cancel
            )
        except Away as error:
            # The bot would wait. Whoever sits at the command line can do something about it.
            self.trouble = RenderFailed(Code.ELSEWHERE, f"{error}: {error.detail}")
            raise self.trouble from error
        except Exception as error:
            self.trouble = error
            raise

    @property
    def spent(self) -> bool:
        """Whether it may not be begun again."""
        return self._left is not None and self._left <= 0
