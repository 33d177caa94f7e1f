"""How long data is kept, and which blobs the jobs still need."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from dataclasses import asdict, dataclass

from db.audit.log import AuditEntry, write_down
from db.codes import BotCode
from db.jobs.owed_answers import NEVER
from db.sqlite.rows import Rows
from db.states import OPEN, JobId, sql_list

DAY = 24 * 3600.0

_PAST_TIMES = """
SELECT main.name AS part, json_group_array(held.name) AS times
FROM sqlite_master AS main JOIN pragma_table_info(main.name) AS held
WHERE main.type = 'table' AND main.name <> 'audit' AND held.type = 'REAL'
    AND (held.name IN ('at', 'posting_since') OR held.name LIKE '%!_at' ESCAPE '!')
    AND held.name NOT IN ('due_at', 'retry_at')
GROUP BY main.name
"""
"""Every table that says when something happened, whoever added it, and its columns that do. The audit log is
a chain of hashes, and no time in it is waited for."""

_AHEAD = (
    "UPDATE job SET due = due - (created_at - :now) WHERE created_at > :now",
    "UPDATE contest SET until = until - (at - :now) WHERE at > :now",
    "UPDATE job SET retry_at = :now WHERE retry_at > :now + :posting",
    "UPDATE job SET choose_until = :now + :choosing WHERE choose_until > :now + :choosing",
    "UPDATE owed SET due_at = :now WHERE due_at > :now + :telling AND due_at < :never",
    "UPDATE card SET due_at = :now WHERE due_at > :now + :asking",
    "UPDATE webhook_event SET due_at = :now WHERE due_at > :now + :sending AND due_at < :never",
)
"""What mends the times at which something is to happen. It comes first: some go by when it was asked for."""


UNDELIVERED = (BotCode.CHANNEL, BotCode.POST, BotCode.TOO_LARGE)
"""How a job ends whose clip is good and reached nobody."""


@dataclass(frozen=True, kw_only=True)
class RetentionPolicy:
    """How long the owner keeps what. It has no defaults: the owner's settings are the one place for them.

    Attributes:
        inputs_days: members' pictures and clips, after their job has ended.
        clips_days: finished clips, after they were posted.
        starred_days: clips with a star, after the last star.
        sheets_days: pictures of discarded takes; never longer than the inputs that they show.
        prompts_days: the words of a job, after it has ended.
        left_guild_days: everything of a guild, after the bot has left it.
        set_aside_days: databases that were set aside, damaged or replaced.
        backups: daily copies of the database; 0 for none.
    """

    inputs_days: float
    clips_days: float
    starred_days: float
    sheets_days: float
    prompts_days: float
    left_guild_days: float
    set_aside_days: float
    backups: int


@dataclass(frozen=True, kw_only=True)
class LongestWaits:
    """Seconds that are waited for something at most; what is further ahead was written by a wrong clock.

    Attributes:
        posting: until a clip is posted again.
        telling: until a member is told again what became of their job.
        asking: until moderators are asked again.
        sending: until an event is sent again to another program.
        choosing: until the best of some drafts is finished.
    """

    posting: float
    telling: float
    asking: float
    sending: float
    choosing: float


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
        ``starred_days`` from the last star on; pictures of discarded takes for ``sheets_days``, and never
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
                "sheets": at - policy.sheets_days * DAY,
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

    async def mend_times(self, longest: LongestWaits) -> int:
        """Bring times of the future to the present, after the clock was set back.

        Returns:
            How many corrections that took.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> int:
            values = {**asdict(longest), "now": at, "never": NEVER}
            mended = sum(connection.execute(sql, values).rowcount for sql in _AHEAD)
            for table in connection.execute(_PAST_TIMES).fetchall():
                times = json.loads(table["times"])
                mended += connection.execute(
                    f"UPDATE {table['part']} SET "
                    + ", ".join(f"{time} = min({time}, :now)" for time in times)
                    + " WHERE "
                    + " OR ".join(f"{time} > :now" for time in times),
                    values,
                ).rowcount
            return mended

        return await self._db.write(transaction)


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
