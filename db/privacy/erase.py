"""What the database knows of members, and the one transaction that takes a member out of it.

Every column that can hold a member's id is named here; a test walks the schema, so that a new table cannot be
forgotten. What counts (states, times, GPU-seconds) stays, under a pseudonym that the database cannot resolve.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from db.audit.aliases import erase_from_log
from db.jobs.job import Job
from db.jobs.rows import job_from
from db.privacy.pseudonyms import Pseudonyms
from db.states import OPEN, JobId, State, check_move, sql_list

SUBJECTS: Mapping[str, str] = {
    "job": "user_id",
    "member": "user_id",
    "ban": "user_id",
    "allowance": "whom",
    "star": "user_id",
    "report": "user_id",
}
"""Tables that hold something about a member, and the column that says about whom."""

ACTORS: Mapping[str, tuple[str, ...]] = {
    "ban": ("by_user",),
    "pause": ("by_user",),
    "drain": ("by_user",),
    "card": ("by_user",),
}
"""Columns with the id of a member who acted on others."""

WORDS_ABOUT: Mapping[str, tuple[str, ...]] = {"ban": ("reason",), "report": ("reason",)}
"""Free text about the member whom a row is about."""

PASSING: Mapping[str, str] = {
    "alias": "user_id",
    "erasure": "user_id",
    "asked": "user_id",
    "owed": "user_id",
}
"""Tables whose rows about a member hold nothing to take away."""

KEPT_UNDER_PSEUDONYM = ("member", "ban", "allowance", "report")
"""Rows that outlive an erase: what was used, that a member is banned, may ask for less, or has reported."""

APPLIED = "erased_applied"
"""The key in ``meta`` of how much of the list of the erased has been done in this database."""

DESCENDANTS = """
WITH RECURSIVE family (id) AS (
    SELECT id FROM job WHERE user_id = :user AND created_at <= :before
    UNION
    SELECT job.id FROM job JOIN family ON job.parent = family.id
)
SELECT job.* FROM job JOIN family ON family.id = job.id ORDER BY job.seq
"""
"""A member's jobs, and all that was made from them by whomever."""

FORGET = """
UPDATE job SET
    key = 'forgotten ' || id, recipe = :recipe, inputs = '{}', error_text = NULL, held_reason = NULL,
    forgotten_at = :now
WHERE id = :id
"""


class Redactor(Protocol):
    """What knows how recipes are written; they are opaque here."""

    def forget(self, recipe: str) -> str:
        """The recipe without what its member wrote and gave."""
        ...

    def forget_receipt(self, receipt: str) -> str:
        """The receipt without what leads to the clip."""
        ...

    def forget_these(self, recipe: str, others: Sequence[str], digests: Collection[str]) -> str:
        """The recipe without these files, and without words that it has from one of the others."""
        ...


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """What was taken out, for those who must delete its files.

    Attributes:
        jobs: whose folders and drafts are to go.
        blobs: digests that no row names any more.
    """

    jobs: list[JobId] = field(default_factory=list)
    blobs: set[str] = field(default_factory=set)


class Eraser:
    """Takes members out of a database, whichever connection leads to it: that of the queue, or to a copy.

    Every method runs inside a transaction of the caller's.
    """

    def __init__(self, *, pseudonyms: Pseudonyms, redactor: Redactor) -> None:
        """Make one from what makes pseudonyms and keeps the list of the erased, and what knows recipes."""
        self.pseudonyms = pseudonyms
        self._redactor = redactor

    def applied(self, connection: sqlite3.Connection) -> int:
        """How much of the list of the erased has been done in this database."""
        row = connection.execute("SELECT value FROM meta WHERE key = ?", (APPLIED,)).fetchone()
        return int(row[0]) if row else 0

    def erase_again(self, connection: sqlite3.Connection, now: float) -> Forgotten:
        """Erase those who were erased after this database was copied."""
        everybody = self.pseudonyms.erased()
        missing = {each.pseudonym: each.at for each in everybody[self.applied(connection) :]}
        gone = Forgotten()
        for user in _everybody(connection) if missing else ():
            before = missing.get(self.pseudonyms.of(user))
            if before is not None:
                also = self.erase(connection, user, before, now, len(everybody))
                gone.jobs.extend(also.jobs)
                gone.blobs.update(also.blobs)
        _note_applied(connection, len(everybody))
        return gone

    def rename(self, connection: sqlite3.Connection, old: int, new: int) -> None:
        """Let what outlives an erase stand under another number."""
        for table in KEPT_UNDER_PSEUDONYM:
            column = SUBJECTS[table]
            connection.execute(
                f"UPDATE OR REPLACE {table} SET {column} = ? WHERE {column} = ?",
                (new, old),
            )

    def erase(
        self, connection: sqlite3.Connection, user: int, before: float, now: float, applied: int
    ) -> Forgotten:
        """Take a member out. What they have open ends; a claim on it is over.

        Args:
            connection: with rows by name.
            user: who.
            before: what they asked for later stays, Unix seconds.
            now: Unix seconds.
            applied: how much of the list of the erased has been done when this is.
        """
        rows = connection.execute(DESCENDANTS, {"user": user, "before": before}).fetchall()
        family = [job_from(row) for row in rows]
        own = [job for job in family if job.user_id == user]
        pseudonym = self.pseudonyms.of(user)
        digests = {digest for job in own for digest in job.inputs.values()}
        own_clips = {job.clip_sha256 for job in own if job.clip_sha256 is not None}
        clips = set(own_clips)
        recipes = [job.recipe for job in own]
        for job in own:
            self.forget(connection, job, now)
            _end(connection, job.id, now)
            clips |= _drop_sheets(connection, job.id)
            connection.execute(
                "UPDATE job SET user_id = ?, clip_sha256 = NULL, receipt = ?, message_id = NULL, "
                "status_channel_id = NULL, status_message_id = NULL, status_final = 1, "
                "deleted_at = coalesce(deleted_at, ?) WHERE id = ?",
                (pseudonym, job.receipt and self._redactor.forget_receipt(job.receipt), now, job.id),
            )
        for job in family:
            if job.user_id != user:
                clips |= self._disinherit(connection, job, recipes, digests | own_clips, now)
        erase_from_log(connection, user, [job.id for job in own])
        for table in ("star", "asked", "owed"):
            connection.execute(f"DELETE FROM {table} WHERE user_id = ?", (user,))
        self.rename(connection, user, pseudonym)
        for table, columns in ACTORS.items():
            for column in columns:
                connection.execute(
                    f"UPDATE {table} SET {column} = ? WHERE {column} = ?",
                    (pseudonym, user),
                )
        for table, texts in WORDS_ABOUT.items():
            blank = ", ".join(f"{text} = ''" for text in texts)
            connection.execute(f"UPDATE {table} SET {blank} WHERE {SUBJECTS[table]} = ?", (pseudonym,))
        connection.execute("DELETE FROM erasure WHERE user_id = ? AND at <= ?", (user, before))
        _note_applied(connection, applied)
        return Forgotten(jobs=[job.id for job in own], blobs=_unneeded(connection, digests | clips))

    def forget(self, connection: sqlite3.Connection, job: Job, now: float) -> None:
        """Take words and files out of a job, and words about it."""
        connection.execute(FORGET, {"id": job.id, "recipe": self._redactor.forget(job.recipe), "now": now})
        connection.execute("UPDATE report SET reason = '' WHERE job = ?", (job.id,))

    def _disinherit(
        self, connection: sqlite3.Connection, job: Job, recipes: Sequence[str], digests: set[str], now: float
    ) -> set[str]:
        """Take a member's words and files out of what another has made from them; return files that go."""
        kept = {role: digest for role, digest in job.inputs.items() if digest not in digests}
        recipe = self._redactor.forget_these(job.recipe, recipes, digests)
        if (kept, recipe) == (job.inputs, job.recipe):
            return set()
        connection.execute(
            "UPDATE job SET inputs = ?, recipe = ?, forgotten_at = ? WHERE id = ?",
            (json.dumps(kept), recipe, now, job.id),
        )
        if kept == job.inputs:
            return set()
        _end(connection, job.id, now)
        connection.execute("UPDATE job SET clip_sha256 = NULL WHERE id = ?", (job.id,))
        clip = set() if job.clip_sha256 is None else {job.clip_sha256}
        return clip | _drop_sheets(connection, job.id)


def _end(connection: sqlite3.Connection, job: JobId, now: float) -> None:
    """End what is open, as cancelled, and fence off whatever an engine or a post still says of it."""
    for state in OPEN:
        check_move(job, state, State.CANCELLED)
    connection.execute(
        f"UPDATE job SET state = 'cancelled', ended_at = ?, claim = claim + 1, in_flight = 0, "
        f"retry_at = NULL WHERE id = ? AND state IN ({sql_list(OPEN)})",
        (now, job),
    )


def _drop_sheets(connection: sqlite3.Connection, job: str) -> set[str]:
    """Take away the pictures of a job's discarded takes; return their digests."""
    rows = connection.execute("DELETE FROM sheet WHERE job = ? RETURNING sha256", (job,)).fetchall()
    return {row["sha256"] for row in rows}


def _everybody(connection: sqlite3.Connection) -> list[int]:
    pairs = [
        *SUBJECTS.items(),
        *PASSING.items(),
        *((table, column) for table, columns in ACTORS.items() for column in columns),
    ]
    sql = " UNION ".join(f"SELECT {column} FROM {table} WHERE {column} > 0" for table, column in pairs)
    return [row[0] for row in connection.execute(sql).fetchall()]


def _unneeded(connection: sqlite3.Connection, digests: set[str]) -> set[str]:
    """Those of the digests that no row names any more."""
    named = connection.execute(
        "SELECT DISTINCT clip_sha256 FROM job WHERE clip_sha256 IS NOT NULL "
        "UNION SELECT sha256 FROM sheet "
        "UNION SELECT DISTINCT each.value FROM job, json_each(job.inputs) AS each"
    ).fetchall()
    return digests - {row[0] for row in named}


def _note_applied(connection: sqlite3.Connection, applied: int) -> None:
    connection.execute("REPLACE INTO meta (key, value) VALUES (?, ?)", (APPLIED, str(applied)))
