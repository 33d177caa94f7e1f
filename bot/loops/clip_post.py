"""A finished clip, ready to leave: sealed, with its words and its buttons.

Sealing is the last thing that happens to the bytes. Encoding, tagging and making smaller come before; any of
them would strip the signature.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.discord_io.post import SPOILER, Post
from bot.job_documents import picture_seen, receipt_of, recipe_of
from bot.text import clip_texts
from bot.text.messages import clip_message
from db.jobs.job import Job
from db.states import JobId, is_outside
from engine.core.capabilities import Capabilities
from engine.core.recipe import Recipe
from engine.provenance.seal import NO_KEY, Sealer

if TYPE_CHECKING:
    import discord

log = logging.getLogger(__name__)


Here = Callable[[], Awaitable[Capabilities]]
Dress = Callable[[Job, Capabilities], "discord.ui.View"]
Contain = Callable[[Post, "discord.ui.View | None"], "discord.ui.LayoutView"]


async def _nothing() -> Capabilities:
    return Capabilities()


def file_name(job: JobId) -> str:
    """The clip's name in the channel. It carries the job, so that the bot can find its own message."""
    return f"framekiln-{job}.mp4"


def nonce(job: JobId, purpose: str = "clip") -> str:
    """25 characters that are the same for each attempt to send the same thing."""
    return hashlib.sha256(f"{purpose}:{job}".encode()).hexdigest()[:25]


class ClipPosts:
    """Packs clips."""

    def __init__(
        self,
        *,
        work: Path,
        sealer: Sealer,
        dress: Dress | None = None,
        here: Here = _nothing,
        contain: Contain | None = None,
    ) -> None:
        """Make one.

        Args:
            work: a folder for what is about to be posted.
            sealer: signs it.
            dress: makes the buttons under a clip, of those that work with what this machine has.
            here: what it has.
            contain: makes a container of a clip's message; None: it is posted plainly.
        """
        self._work = work
        self._sealer = sealer
        self._dress = dress
        self._here = here
        self._contain = contain

    @asynccontextmanager
    async def packed(
        self, job: Job, clip: Path, *, plain: bool = False, direct: bool = False
    ) -> AsyncIterator[Post]:
        """The message to send. Its file is there for as long as the block lasts.

        Args:
            job: rendered.
            clip: its MP4, or a smaller version of it.
            plain: without the member's words and without buttons.
            direct: it is a direct message, in which only some buttons work.

        Raises:
            FileNotFoundError: the clip is gone.
        """
        recipe, receipt = recipe_of(job), receipt_of(job)
        ready = self._work / f"{job.id}-sealed.mp4"
        try:
            unsigned = await asyncio.to_thread(self._seal, clip, recipe, ready)
            if unsigned:
                # Only the command line has no key, and its receipt says so.
                level = logging.INFO if unsigned == NO_KEY else logging.WARNING
                log.log(level, "the clip of job %s is posted unsigned: %s", job.id, unsigned)
            post = Post(
                content=clip_message(job, recipe, receipt, signed=not unsigned, plain=plain),
                nonce=nonce(job.id),
                view=None if plain else await self._buttons(job, direct=direct),
                alt=clip_texts.alt(recipe, picture_seen(job)),
                file=ready,
                file_name=(SPOILER if job.spoiler else "") + file_name(job.id),
                ping=job.user_id,
            )
            if self._contain is not None and not plain:
                # The buttons are made anew: discord.py lets each stand in one message only.
                layout = self._contain(post, await self._buttons(job, direct=direct))
                post = replace(post, layout=layout)
            yield post
        finally:
            ready.unlink(missing_ok=True)

    async def _buttons(self, job: Job, *, direct: bool) -> discord.ui.View | None:
        if self._dress is None:
            return None
        view = self._dress(job, await self._here())
        for item in tuple(view.children) if direct and not is_outside(job.guild_id) else ():
            if not getattr(item, "anywhere", False):
                view.remove_item(item)
        return view if view.children else None

    def _seal(self, clip: Path, recipe: Recipe, ready: Path) -> str:
        """Write the sealed clip; answers with why it is not signed, "" where it is."""
        self._work.mkdir(parents=True, exist_ok=True)
        sealed = self._sealer.seal(clip.read_bytes(), recipe)
        ready.write_bytes(sealed.mp4)
        return sealed.unsigned
