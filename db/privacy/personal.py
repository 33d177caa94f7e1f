"""Finds and removes what is known of members; :mod:`db.privacy.erase` has the transaction that does."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Any

from db.jobs.job import Job
from db.jobs.rows import JobRows, job_from
from db.privacy.erase import ACTORS, SUBJECTS, Eraser, Forgotten
from db.sqlite.connection import Database
from db.states import OPEN, JobId, sql_list


class Personal(JobRows):
    """Finds and removes what is known of members."""

    def __init__(self, db: Database, *, eraser: Eraser, clock: Callable[[], float] = time.time) -> None:
        super().__init__(db, clock=clock)
        self._eraser = eraser
        self._pseudonyms = eraser.pseudonyms

    async def known(self, user: int) -> dict[str, list[dict[str, Any]]]:
        """Every row about a member, by table, as plain values, without other members' ids."""
        found = {}
        for table, column in SUBJECTS.items():
            hidden = ACTORS.get(table, ())
            rows = await self._db.read(f"SELECT * FROM {table} WHERE {column} = ?", (user,))
            if rows:
                found[table] = [
                    {name: row[name] for name in row.keys() if name not in hidden}  # noqa: SIM118 - a sqlite3.Row
                    for row in rows
                ]
        return found

    async def jobs(self, user: int) -> list[Job]:
        """A member's jobs in all guilds, the oldest first."""
        return await self._jobs("SELECT * FROM job WHERE user_id = ? ORDER BY seq", (user,))

    async def open_jobs(self) -> set[JobId]:
        """All members' jobs that have not ended."""
        rows = await self._db.read(f"SELECT id FROM job WHERE state IN ({sql_list(OPEN)})")
        return {JobId(row["id"]) for row in rows}

    async def ask_to_erase(self, user: int, *, messages: bool) -> None:
        """Store that a member wants to be erased, so that it is done even after a crash."""
        await self._changes(
            "REPLACE INTO erasure (user_id, at, messages) VALUES (?, ?, ?)", (user, self._clock(), messages)
        )

    async def to_erase(self) -> list[tuple[int, bool]]:
        """Return the members who wait to be erased, and whether their messages go as well."""
        rows = await self._db.read("SELECT user_id, messages FROM erasure ORDER BY at")
        return [(row["user_id"], bool(row["messages"])) for row in rows]

    async def erase(self, user: int) -> Forgotten:
        """Take a member out of the database. What they have open ends; a claim on it is over.

        It is written to the list of the erased first, so that a backup that is put back knows of it.
        """
        at = self._clock()
        self._pseudonyms.add(user, at)
        applied = len(self._pseudonyms.erased())
        gone = await self._db.write(lambda connection: self._eraser.erase(connection, user, at, at, applied))
        await self._db.fold()
        return gone

    async def erase_again(self) -> Forgotten:
        """Erase, in a database that was put back, those who were erased after it was copied."""
        at = self._clock()
        gone = await self._db.write(lambda connection: self._eraser.erase_again(connection, at))
        if gone.jobs:
            await self._db.fold()
        return gone

    async def recognise(self, user: int) -> None:
        """An erased member is back: the rows kept under their pseudonym, above all a ban, apply again."""
        if self._pseudonyms.was_erased(user):
            pseudonym = self._pseudonyms.of(user)
            await self._db.write(lambda connection: self._eraser.rename(connection, pseudonym, user))

    async def forget_words(self, *, days: float, most: int = 500) -> Forgotten:
        """Clear away the words and files of jobs that ended ``days`` ago, at most ``most`` jobs."""
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> Forgotten:
            rows = connection.execute(
                "SELECT * FROM job WHERE ended_at < ? AND forgotten_at IS NULL ORDER BY ended_at LIMIT ?",
                (at - days * 86400.0, most),
            ).fetchall()
            gone = Forgotten()
            for job in map(job_from, rows):
                self._eraser.forget(connection, job, at)
                gone.jobs.append(job.id)
            return gone

        return await self._db.write(transaction)

    async def opt_out(self, user: int, *, wanted: bool) -> None:
        """Store whether a member forbids others to animate their pictures."""
        pseudonym = self._pseudonyms.of(user)
        if wanted:
            await self._changes(
                "INSERT INTO opt_out (pseudonym, at) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (pseudonym, self._clock()),
            )
        else:
            await self._changes("DELETE FROM opt_out WHERE pseudonym = ?", (pseudonym,))

    async def opted_out(self, user: int) -> bool:
        """Whether a member forbids others to animate their pictures."""
        found = await self._db.read("SELECT 1 FROM opt_out WHERE pseudonym = ?", (self._pseudonyms.of(user),))
        return bool(found)
