"""What a job is drawn with that is no weights of the catalogue: checkpoints and styles, by their digests.

A name says nothing on another machine. So a job says digests, and is drawn under the names that files with
these digests have here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from bot.fleet.capability import own_names, read
from bot.supervisor import wait_at_most
from engine.core.errors import EngineClosed, Unsupported
from engine.core.recipe import Recipe
from engine.weights.own_files import OwnFiles, OwnKind

LOOK_EVERY = 60.0
"""Seconds."""


class LocalFiles:
    """Reads what is new, and finds what a job needs."""

    def __init__(self, own: OwnFiles, on_change: Callable[[], None]) -> None:
        """Make one.

        Args:
            own: knows the files of this machine.
            on_change: told when there are others than before.
        """
        self._own = own
        self._on_change = on_change
        self._soon = asyncio.Event()
        self._ending = False

    async def run(self) -> None:
        """Look until cancelled. Reading can take minutes; what is read is told of meanwhile."""
        try:
            while True:
                self._soon.clear()
                known = self._own.digests
                reading = asyncio.create_task(asyncio.to_thread(self._own.look, lambda: self._ending))
                while not reading.done():
                    await asyncio.wait({reading}, timeout=LOOK_EVERY)
                    if self._own.digests != known:
                        known = self._own.digests
                        self._on_change()
                reading.result()
                await wait_at_most(self._soon, LOOK_EVERY)
        finally:
            self._ending = True

    def look_soon(self) -> None:
        """There are files that were not there before, or some are there no more."""
        self._soon.set()

    def local(self, recipe: Recipe, ability: str) -> Recipe:
        """See :func:`with_local_names`."""
        try:
            return with_local_names(recipe, ability, self._own)
        except EngineClosed:
            self.look_soon()
            raise


def with_local_names(recipe: Recipe, ability: str, own: OwnFiles) -> Recipe:
    """A recipe whose checkpoint and styles have the names that they have here.

    Args:
        recipe: as the bot sent it.
        ability: the order's; it has the digests.
        own: knows the files of this machine.

    Raises:
        Unsupported: the order does not say which files are meant.
        EngineClosed: a file is here no more; the job is not to blame.
    """
    names, told = own_names(recipe), read(ability)
    if not names:
        return recipe
    if told is None or len(told.files) != len(names):
        raise Unsupported("the order names files without their digests")
    local = []
    for (kind, _), sha256 in zip(names, told.files, strict=True):
        found = next((file for file in own.found if (file.kind, file.sha256) == (kind, sha256)), None)
        if found is None or not found.path.exists():
            raise EngineClosed(f"the {kind} {sha256[:16]} is here no more")
        local.append(found.name)
    if names[0][0] is OwnKind.CHECKPOINT:
        recipe = replace(recipe, model=local.pop(0))
    styles = [replace(style, name=name) for style, name in zip(recipe.styles, local, strict=True)]
    return replace(recipe, styles=tuple(styles))
