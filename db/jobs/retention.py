"""How long data is kept, and which blobs the jobs still need."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from db.audit.log import AuditEntry, write_down
from db.sqlite.rows import Rows
from db.states import OPEN, JobId, sql_list

DAY = 24 * 3600.0

_MEND = """
UPDATE job SET
    due = due - max(0, created_at - :now),
    created_at = min(created_at, :now),
    started_at = min(started_at, :now),
    rendered_at = min(rendered_at, :now),
    posting_since = min(posting_since, :now),
    ended_at = min(ended_at, :now),
    retry_at = iif(retry_at > :latest, :now, retry_at)
WHERE :now < max(
    created_at, coalesce(started_at, 0), coalesce(rendered_at, 0), coalesce(posting_since, 0),
    coalesce(ended_at, 0)
) OR retry_at > :latest
"""


UNDELIVERED = ("E_CHANNEL", "E_POST", "E_TOO_LARGE")
"""How a job ends whose clip is good and reached nobody."""


@dataclass(frozen=True, kw_only=True)
class RetentionPolicy:
    """How long the owner keeps what. It has no defaults: the owner's settings are the one place for them.

    Attributes:
        inputs_days: members' pictures and clips, after their job has ended.
        clips_days: finished clips, after they were posted.
        starred_days: clips with a star, after the last star.
        previews_days: pictures of discarded takes; never longer than the inputs that they show.
        prompts_days: the words of a job, after it has ended.
        left_guild_days: everything of a guild, after the bot has left it.
        set_aside_days: databases that were set aside, damaged or replaced.
        backups: daily copies of the database; 0 for none.
    """

    inputs_days: float
    clips_days: float
    starred_days: float
    previews_days: float
    prompts_days: float
    left_guild_days: float
    set_aside_days: float
    backups: int


class Retention(Rows):
    """The part of the queue that decides what is kept."""

    async def mark_deleted(self, job: JobId, *, audit_entry: AuditEntry | None = None) -> bool:
        """The clip was taken down; False if it already was. Its inputs are no longer kept.

        Args:
            audit_entry: a moderator's; None: its member wants it.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> bool:
            marked = connection.execute(
                "UPDATE job SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL", (at, job)
            ).rowcount
            if marked and audit_entry is not None:
                write_down(connection, audit_entry, at)
            return bool(marked)

        return await self._db.write(transaction)

    async def blobs_in_use(self, policy: RetentionPolicy) -> set[str]:
        """Return the digests of all blobs that a job may still ask for.

        These are the inputs of jobs that have not ended, or that ended within ``inputs_days`` and were not
        taken down (a member may want another take), and the clips that are not delivered yet, or were within
        ``clips_days`` and not taken down (somebody may go on with one, or export it). A clip that Discord did
        not take is kept as long: the export is how its member gets it. A clip with a star is kept for
        ``starred_days`` from the last star on; pictures of discarded takes for ``previews_days``, and never
        longer than the inputs that they show.
        """
        at = self._clock()
        rows = await self._db.read(
            f"""
            SELECT inputs, clip_sha256 FROM job
            WHERE state IN ({sql_list(OPEN)})
            UNION ALL
            SELECT inputs, NULL FROM job WHERE ended_at > :inputs AND deleted_at IS NULL
            UNION ALL
            SELECT '{{}}', clip_sha256 FROM job
            WHERE (state = 'delivered' OR error_code IN ({sql_list(UNDELIVERED)}))
            AND ended_at > :clips AND deleted_at IS NULL
            UNION ALL
            SELECT '{{}}', clip_sha256 FROM job JOIN star ON star.job = job.id
            WHERE state = 'delivered' AND deleted_at IS NULL AND starred AND star.at > :stars
            UNION ALL
            SELECT '{{}}', sheet.sha256 FROM job JOIN sheet ON sheet.job = job.id
            WHERE deleted_at IS NULL AND sheet.at > max(:sheets, :inputs)
            """,
            {
                "inputs": at - policy.inputs_days * DAY,
                "clips": at - policy.clips_days * DAY,
                "stars": at - policy.starred_days * DAY,
                "sheets": at - policy.previews_days * DAY,
            },
        )
        kept = {digest for row in rows for digest in json.loads(row["inputs"]).values()}
        return kept | {row["clip_sha256"] for row in rows if row["clip_sha256"] is not None}

    async def named_files(self) -> set[str]:
        """Return the digests of all blobs that a row names, needed or not."""
        return await self._db.look(named_files)

    async def unnamed(self, digests: Collection[str]) -> set[str]:
        """Return those of the digests that no row names."""
        wanted = set(digests)
        if not wanted:
            return set()
        return wanted - await self._db.look(lambda connection: named_files(connection, wanted))

    async def mend_times(self, *, longest_pause: float) -> int:
        """Move times in the future to now, after the clock was set back; return the number of jobs.

        Args:
            longest_pause: seconds; no job waits longer than that to be posted again.
        """
        at = self._clock()
        return await self._db.write(
            lambda connection: connection.execute(_MEND, {"now": at, "latest": at + longest_pause}).rowcount
        )


def named_files(connection: sqlite3.Connection, among: Collection[str] | None = None) -> set[str]:
    """The digests of all blobs that a row names, but for those of clips that were deleted or taken down.

    Args:
        connection: the database.
        among: only these; None: all.
    """
    rows = connection.execute(
        f"WITH kept AS (SELECT * FROM job WHERE deleted_at IS NULL OR state IN ({sql_list(OPEN)})) "
        "SELECT clip_sha256 FROM kept WHERE clip_sha256 IS NOT NULL "
        "UNION SELECT sha256 FROM sheet JOIN kept ON kept.id = sheet.job "
        "UNION SELECT each.value FROM kept, json_each(kept.inputs) AS each WHERE kept.inputs <> '{}'"
    ).fetchall()
    named = {row[0] for row in rows}
    return named if among is None else named & set(among)
