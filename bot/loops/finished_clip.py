"""A finished clip on its way into the queue: its file is stored, then its row says that it is rendered."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from bot.loops.discards import drop_unnamed
from bot.ops.redaction import without_quotes
from bot.signals import JobSignals
from db.files import Blobs
from db.jobs.claims import Claims
from db.jobs.job import Job
from db.jobs.retention import Retention
from engine.core.receipt import Receipt

log = logging.getLogger(__name__)


class HandingIn:
    """Takes finished clips, whoever drew them."""

    def __init__(self, *, claims: Claims, retention: Retention, blobs: Blobs, signals: JobSignals) -> None:
        """Make one.

        Args:
            claims: take what became of a claim.
            retention: knows which files rows name.
            blobs: where clips are kept.
            signals: told of a clip that can be posted.
        """
        self._claims = claims
        self._retention = retention
        self._blobs = blobs
        self._signals = signals

    async def take(self, job: Job, clip: Path, receipt: Receipt) -> bool:
        """Store a clip and hand it in under its claim.

        Args:
            job: as it was claimed.
            clip: the file; it is moved away.
            receipt: what happened.

        Returns:
            False where the claim is stale; the clip is dropped.

        Raises:
            BlobDamaged: the file is not the one that the receipt speaks of.
            OSError, DatabaseError: it could not be stored.
        """
        with self._blobs.in_hand():
            await asyncio.to_thread(self._blobs.adopt, clip, receipt.sha256)
            kept = await self._claims.hand_in(
                job.id,
                job.claim,
                clip_sha256=receipt.sha256,
                clip_size=receipt.size,
                receipt=receipt.to_json(),
                gpu_seconds=receipt.busy_seconds,
                charged_seconds=receipt.charged_seconds,
                worker=job.worker,
            )
        if kept:
            log.info("job %s is rendered in %.1f s", job.id, receipt.busy_seconds)
            for given_up in receipt.ladder:
                log.info("job %s: %s", job.id, without_quotes(given_up))
            self._signals.rendered()
        else:
            log.warning("job %s came back under an old claim; its clip is dropped", job.id)
            await drop_unnamed(self._blobs, self._retention, {receipt.sha256})
        return kept
