"""What the bot needs of an engine, on whichever machine it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from engine.core.events import Event
from engine.core.recipe import Recipe
from engine.process.spool import Rendered
from engine.rendering.limits import RenderLimits


class Engine(Protocol):
    """Makes clips. :class:`engine.process.host.EngineHost` is one; callers do not know where it runs."""

    @property
    def at_once(self) -> int:
        """Renders that it takes at once; further ones wait."""
        ...

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
        """Make one clip."""
        ...

    def discard(self, rendered: Rendered) -> None:
        """Clean up after a clip was taken over."""
        ...
