"""Pictures of discarded takes: saved while a job runs, and shown to its member and to moderators."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
from collections.abc import Collection
from typing import TYPE_CHECKING

from bot.job_documents import receipt_of
from bot.text import clip_texts
from db.errors import BlobDamaged, DatabaseError
from db.files import Blobs
from db.jobs.job import Job
from db.jobs.retention import Retention
from db.jobs.sheets import Sheets
from db.states import JobId
from engine.core.events import TakeDiscarded

if TYPE_CHECKING:
    import discord

log = logging.getLogger(__name__)

SHOWN = 10
"""Files of one Discord message."""


class Discards:
    """The discarded takes of the jobs that run."""

    def __init__(self, *, sheets: Sheets, retention: Retention, blobs: Blobs) -> None:
        """Make one from where their pictures are kept, and from what knows which files rows name."""
        self._sheets = sheets
        self._retention = retention
        self._blobs = blobs
        self._pictures: dict[JobId, dict[int, bytes]] = {}

    def hear(self, job: JobId, event: TakeDiscarded) -> None:
        """A take was discarded; its picture is read at once, for it goes when the render ends."""
        if event.sheet is not None:
            with contextlib.suppress(OSError):  # the render has ended meanwhile, and the picture with it
                self.keep(job, event.take.number, event.sheet.read_bytes())

    def keep(self, job: JobId, take: int, picture: bytes) -> None:
        """Keep the picture of a discarded take, a JPEG, until the render ends."""
        self._pictures.setdefault(job, {})[take] = picture

    def drop(self, job: JobId) -> None:
        """A claim is over, and its pictures are of no use."""
        self._pictures.pop(job, None)

    async def put_by(self, job: Job) -> None:
        """Keep the pictures of a render. They are worth no clip, so what fails is only logged."""
        pictures = self._pictures.pop(job.id, {})
        try:
            with self._blobs.in_hand() as hand:
                kept = {
                    take: await asyncio.to_thread(self._blobs.put, data) for take, data in pictures.items()
                }
                saved = not kept or await self._sheets.save(job.id, job.claim, kept, worker=job.worker)
            if not saved:
                await drop_unnamed(self._blobs, self._retention, hand)
        except (OSError, DatabaseError):
            log.exception("could not save the discarded takes of job %s", job.id)


async def drop_unnamed(blobs: Blobs, retention: Retention, digests: Collection[str]) -> None:
    """Delete files that were put by for a row that was not written; what another row names stays."""
    with blobs.arrivals() as arrived:
        for digest in await retention.unnamed(digests):
            await asyncio.to_thread(blobs.delete, digest, arrived=arrived)


async def why_discarded(
    job: Job, *, sheets: Sheets, blobs: Blobs, own: bool = True
) -> tuple[str, list[discord.File]]:
    """The answer to "why was this discarded?": the reasons in words, and pictures of the takes.

    The caller checks that the viewer is the job's member or a moderator of its server.

    Args:
        job: the one in question.
        sheets: knows the pictures.
        blobs: where they are.
        own: its member looks; others see no pictures of a private one.
    """
    import discord  # noqa: PLC0415 - the command line uses the rest of this module, and has no Discord

    receipt = None if job.receipt is None else receipt_of(job)
    if job.private and not own:
        return clip_texts.discarded(receipt, pictures=0, private=True), []
    files = []
    for take, digest in list((await sheets.of_job(job.id)).items())[:SHOWN]:
        try:
            data = await asyncio.to_thread(blobs.read, digest)
        except (FileNotFoundError, BlobDamaged):
            continue  # cleared away, or about to be
        files.append(discord.File(io.BytesIO(data), f"take-{take}.jpg"))
    return clip_texts.discarded(receipt, pictures=len(files)), files
