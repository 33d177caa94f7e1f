"""Who owns a file. A digest alone gives no access: anyone's clip may contain it."""

from __future__ import annotations

import json
from collections.abc import Collection

from db.jobs.job import Job
from db.jobs.rows import JobRows

_GAVE = "EXISTS (SELECT 1 FROM json_each(job.inputs) AS input WHERE input.value = :digest)"


class Ownership(JobRows):
    """The part of the queue that knows which member gave a file or made a clip."""

    async def owns_file(self, guild: int, user: int, digest: str) -> bool:
        """Whether a member gave this file in this guild, for a clip that was not taken down."""
        rows = await self._db.read(
            "SELECT 1 FROM job WHERE guild_id = :guild AND user_id = :user AND deleted_at IS NULL "
            f"AND {_GAVE} LIMIT 1",
            {"guild": guild, "user": user, "digest": digest},
        )
        return bool(rows)

    async def has_flagged(self, guild: int, user: int, digests: Collection[str]) -> bool:
        """Whether one of a member's files was in one of their jobs here that was for adults."""
        rows = await self._db.read(
            "SELECT 1 FROM job, json_each(:digests) AS wanted WHERE guild_id = :guild AND user_id = :user "
            f"AND adult AND {_GAVE.replace(':digest', 'wanted.value')} LIMIT 1",
            {"guild": guild, "user": user, "digests": json.dumps(list(digests))},
        )
        return bool(rows)

    async def clip_of(self, guild: int, user: int, digest: str) -> Job | None:
        """The job whose posted clip this is, if the member made or continued that clip here."""
        if not await self._made_or_gave(guild, user, digest):
            return None
        jobs = await self._jobs(
            "SELECT * FROM job WHERE state = 'delivered' AND guild_id = ? AND clip_sha256 = ? "
            "AND deleted_at IS NULL ORDER BY seq DESC LIMIT 1",
            (guild, digest),
        )
        return jobs[0] if jobs else None

    async def _made_or_gave(self, guild: int, user: int, digest: str) -> bool:
        rows = await self._db.read(
            "SELECT 1 FROM job WHERE guild_id = :guild AND user_id = :user AND deleted_at IS NULL "
            f"AND (clip_sha256 = :digest OR {_GAVE}) LIMIT 1",
            {"guild": guild, "user": user, "digest": digest},
        )
        return bool(rows)
