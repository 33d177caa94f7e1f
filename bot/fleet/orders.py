"""A job as an order to a worker: its recipe, which files it needs, and what it may spend. Nobody is named."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from bot.fleet.policy import FleetPolicy
from bot.job_documents import recipe_of
from bot.link.messages import InputFile, Order, OrderLimits
from db.files import Blobs
from db.jobs.job import Job
from engine.rendering.limits import RenderLimits

MOST_CALIBRATION = 16_000
"""Characters. What a house's gate has learnt is a few numbers; a longer file is left out."""


class Orders:
    """Writes orders."""

    def __init__(
        self,
        *,
        blobs: Blobs,
        limits_for: Callable[[Job], Awaitable[RenderLimits]],
        policy: FleetPolicy,
        calibration: Path,
    ) -> None:
        """Make one.

        Args:
            blobs: where jobs' files are.
            limits_for: what a job may spend.
            policy: knows how long a render may take.
            calibration: what this house's gate has learnt, if it has.
        """
        self._blobs = blobs
        self._limits_for = limits_for
        self._max_seconds = policy.max_seconds
        self._calibration = calibration

    async def of(self, job: Job, *, own: bool) -> Order:
        """The order for a job under its claim.

        Args:
            job: it.
            own: the machine is the owner's. A stranger's draws without the effect, which the bot lays over
                the clip itself once the gate has seen what is below.

        Raises:
            OSError: a file of the job cannot be read.
            ValueError: the job is too large for an order, or its recipe cannot be read.
        """
        recipe, limits = recipe_of(job), await self._limits_for(job)
        sizes, learnt = await asyncio.to_thread(lambda: (self._sizes(job), self._learnt()))
        return Order(
            job=job.id,
            claim=job.claim,
            recipe=(recipe if own else replace(recipe, effect=None)).to_json(),
            inputs={
                role: InputFile(sha256=digest, size=sizes[digest]) for role, digest in job.inputs.items()
            },
            limits=OrderLimits(
                max_bytes=limits.max_bytes,
                max_takes=limits.max_takes,
                max_wasted_seconds=limits.max_wasted_seconds,
                max_seconds=self._max_seconds,
            ),
            calibration=learnt,
            ability=job.ability,
        )

    def _sizes(self, job: Job) -> dict[str, int]:
        return {digest: self._blobs.path(digest).stat().st_size for digest in job.inputs.values()}

    def _learnt(self) -> str:
        try:
            text = self._calibration.read_text("utf-8")
        except (OSError, UnicodeError):
            return ""
        return text if len(text) <= MOST_CALIBRATION else ""
