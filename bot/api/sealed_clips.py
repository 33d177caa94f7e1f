"""Finished clips as they leave: sealed once, then kept for a while, so that ranges of one fit together.

A signature is different each time. So a client that goes on with a download after the file was sealed anew
finds another ETag, and gets the whole clip.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bot.job_documents import recipe_of
from bot.threaded_open import opened_in_thread
from db.files import Blobs
from db.jobs.job import Job
from db.states import JobId
from engine.core.recipe import Recipe
from engine.provenance.seal import Sealer

MOST = 50
"""Sealed clips that are kept."""


@dataclass(frozen=True, kw_only=True)
class SealedClip:
    """A sealed clip.

    Attributes:
        digest: hex SHA-256 of its bytes.
        size: bytes.
    """

    path: Path
    digest: str
    size: int


class SealedClips:
    """Seals clips when they are asked for."""

    def __init__(self, *, blobs: Blobs, sealer: Sealer, folder: Path) -> None:
        """Make one.

        Args:
            blobs: where clips are.
            sealer: signs them.
            folder: where sealed ones are kept. Its files are deleted at each start and with each erasure.
        """
        self._blobs = blobs
        self._sealer = sealer
        self._folder = folder
        self._known: OrderedDict[JobId, SealedClip] = OrderedDict()
        self._sealing = asyncio.Lock()

    async def open(self, job: Job) -> tuple[SealedClip, BinaryIO]:
        """Open a job's clip; the caller closes it.

        Raises:
            FileNotFoundError: it is not kept any more.
        """
        async with self._sealing:
            known = self._known.get(job.id)
            if known is not None:
                try:
                    return known, await opened_in_thread(open, known.path, "rb")
                except FileNotFoundError:
                    del self._known[job.id]  # an erasure or the start of delivery has cleared the folder
            made = self._known[job.id] = await asyncio.to_thread(self._seal, job, recipe_of(job))
            while len(self._known) > MOST:
                _, old = self._known.popitem(last=False)
                await asyncio.to_thread(old.path.unlink, missing_ok=True)
            return made, await opened_in_thread(open, made.path, "rb")

    def _seal(self, job: Job, recipe: Recipe) -> SealedClip:
        if job.clip_sha256 is None:
            raise FileNotFoundError("the job has no clip")
        clip = self._blobs.path(job.clip_sha256).read_bytes()
        sealed = self._sealer.seal(clip, recipe).mp4
        path = self._folder / f"{job.id}-fetched.mp4"
        self._folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sealed)
        return SealedClip(path=path, digest=hashlib.sha256(sealed).hexdigest(), size=len(sealed))
