"""Asking moderators to decide about a job, in the transaction that makes the question arise."""

from __future__ import annotations

import sqlite3
from enum import StrEnum

from db.jobs.job import Job
from db.states import JobId


class CaseKind(StrEnum):
    """What is asked."""

    REVIEW = "review"
    REPORT = "report"


def open_case(
    connection: sqlite3.Connection, job: Job, kind: CaseKind, *, at: float, with_file: bool = True
) -> None:
    """Ask moderators; if they were asked before, ask again."""
    connection.execute(
        """
        INSERT INTO card (job, kind, guild_id, opened_at, with_file) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET
            round = round + 1, opened_at = excluded.opened_at, with_file = excluded.with_file,
            decision = NULL, by_user = NULL, decided_at = NULL, channel_id = NULL, message_id = NULL,
            shown = 0, due_at = 0, closed = 0
        """,
        (job.id, kind, job.guild_id, at, with_file),
    )


def approve_case(connection: sqlite3.Connection, job: JobId, *, by: int, at: float) -> None:
    """A moderator has let a held job continue without a click on its card, which says so from now on."""
    connection.execute(
        "UPDATE card SET decision = 'approved', by_user = ?, decided_at = ?, due_at = 0 "
        "WHERE job = ? AND kind = ? AND decision IS NULL",
        (by, at, job, CaseKind.REVIEW),
    )
