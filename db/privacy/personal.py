"""Finds and removes what is known of members; :mod:`db.privacy.erase` has the transaction that does."""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from db.jobs.ending import cancel
from db.jobs.erasures import NAMED, Stage
from db.jobs.job import Job
from db.jobs.rows import JobRows, find, job_from
from db.privacy.erase import ACTORS, NOT_TOLD, SUBJECTS, Eraser, Forgotten, jobs_of
from db.sqlite.connection import Database
from db.states import OPEN, JobId, State, sql_list

MOST_TOKENS = 5
"""Answers that tell how one erase stands: the last ones."""


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """An erase that a member has asked for.

    Attributes:
        pseudonym: theirs.
        user: their id, until no row names them.
        at: when they asked, Unix seconds.
        messages: their messages are to be deleted as well.
        stage: how far it is.
        jobs: how many of theirs were emptied.
        messages_left: how many messages could not be deleted.
        tokens: by which they are told how it stands, one for each time that they asked while it was not
            finished; none: they cannot be told, or were.
        language: in which they are told.
    """

    pseudonym: int
    user: int | None
    at: float
    messages: bool
    stage: Stage
    jobs: int
    messages_left: int
    tokens: tuple[str, ...]
    language: str = "en"


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
            hidden = (*ACTORS.get(table, ()), NOT_TOLD.get(table))
            rows = await self._db.read(f"SELECT * FROM {table} WHERE {column} = ?", (user,))
            if rows:
                found[table] = [
                    {name: row[name] for name in row.keys() if name not in hidden}  # noqa: SIM118 - a sqlite3.Row
                    for row in rows
                ]
        sent = await self._db.read(
            "SELECT purchase.job, purchase.provider, purchase.engine, purchase.sent, purchase.state, "
            "purchase.at FROM purchase JOIN job ON job.id = purchase.job WHERE job.user_id = ? "
            "ORDER BY purchase.seq",
            (user,),
        )
        if sent:  # what left this machine, and where it went
            found["purchase"] = [dict(row) for row in sent]
        return found

    async def drawn_elsewhere(self, user: int) -> int:
        """How many jobs of a member, or of somebody's pseudonym, machines drew that are not the owner's."""
        rows = await self._db.read(
            "SELECT count(*) AS jobs FROM job JOIN worker ON worker.id = job.worker "
            "WHERE job.user_id = ? AND worker.trust <> 'own'",
            (user,),
        )
        return int(rows[0]["jobs"])

    async def emptied_before(self, erasure: Erasure) -> int:
        """How many clips in channels an earlier erase has emptied: nothing leads to their messages."""
        rows = await self._db.read(
            "SELECT count(*) AS jobs FROM job "
            "WHERE user_id = ? AND state = 'delivered' AND NOT private AND forgotten_at < ?",
            (erasure.pseudonym, erasure.at),
        )
        return int(rows[0]["jobs"])

    async def jobs(self, user: int) -> list[Job]:
        """A member's jobs in all guilds, the oldest first."""
        return await self._jobs("SELECT * FROM job WHERE user_id = ? ORDER BY seq", (user,))

    async def open_jobs(self) -> set[JobId]:
        """All members' jobs that have not ended."""
        rows = await self._db.read(f"SELECT id FROM job WHERE state IN ({sql_list(OPEN)})")
        return {JobId(row["id"]) for row in rows}

    async def ask_to_erase(
        self,
        user: int,
        *,
        messages: bool,
        interaction: int = 0,
        token: str | None = None,
        speaks: str = "en",
    ) -> list[Job]:
        """Write down that a member wants to be erased, so that it is done whatever happens meanwhile.

        What they have waiting ends with it, what runs is asked to stop, and nothing they have asked for
        before gets in any more. Who asks again before it is done takes nothing back: messages that were
        to be deleted still are, and each answer says how it stands.

        Args:
            user: the member.
            messages: their messages are to be deleted as well.
            interaction: the one by which they said so.
            token: its token, by which they are told how it stands.
            speaks: their language.

        Returns:
            The jobs that this has changed, and those that still run.
        """
        at = self._clock()
        pseudonym = self._pseudonyms.of(user)

        def transaction(connection: sqlite3.Connection) -> list[Job]:
            before = connection.execute("SELECT * FROM erasure WHERE pseudonym = ?", (pseudonym,)).fetchone()
            found = None if before is None else _erasure(before)
            also = found is not None and found.messages and found.stage in NAMED
            tokens = (() if found is None else found.tokens) + (() if token is None else (token,))
            connection.execute(
                "REPLACE INTO erasure "
                "(pseudonym, user_id, at, interaction, messages, token, language, state) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, 'asked')",
                (
                    *(pseudonym, user, at, interaction, messages or also),
                    *(" ".join(tokens[-MOST_TOKENS:]) or None, speaks),
                ),
            )
            return _stop(connection, user, at)

        return await self._db.write(transaction)

    def pseudonym_of(self, user: int) -> int:
        """The number under which an erase of a member's is written down."""
        return self._pseudonyms.of(user)

    async def stop(self, user: int) -> list[Job]:
        """End what a member has waiting, and ask what runs to stop; return those jobs."""
        at = self._clock()
        return await self._db.write(lambda connection: _stop(connection, user, at))

    async def moving(self, user: int) -> list[Job]:
        """A member's jobs that an engine or a post is busy with; others' posts with something of theirs."""

        def look(connection: sqlite3.Connection) -> list[Job]:
            own = jobs_of(connection, user, math.inf)  # the clock may have been set back since
            kin = self._eraser.kin(connection, own)
            return [
                *(job for job in own if _moves(job)),
                *(job for job in kin if job.state is State.POSTING and _moves(job)),
            ]

        return await self._db.look(look)

    async def erasures(self) -> list[Erasure]:
        """Return the erases that are not finished, or whose member has not been told, the oldest first."""
        rows = await self._db.read(
            "SELECT * FROM erasure WHERE state <> 'done' OR token IS NOT NULL ORDER BY at"
        )
        return [_erasure(row) for row in rows]

    async def erasure_of(self, user: int) -> Erasure | None:
        """Return a member's erase that is not finished."""
        rows = await self._db.read(
            "SELECT * FROM erasure WHERE pseudonym = ? AND state <> 'done'", (self._pseudonyms.of(user),)
        )
        return _erasure(rows[0]) if rows else None

    async def reached(self, erasure: Erasure, stage: Stage) -> bool:
        """Write down how far an erase is; False: it was asked for anew meanwhile, from the beginning."""
        return await self._changes(
            "UPDATE erasure SET state = ? WHERE pseudonym = ? AND at = ? AND state = ?",
            (stage, erasure.pseudonym, erasure.at, erasure.stage),
        )

    async def told(self, erasure: Erasure) -> None:
        """The member cannot, or need not, be told any more by the interaction's token."""
        await self._changes(
            "UPDATE erasure SET token = NULL, language = 'en' WHERE pseudonym = ? AND at = ?",
            (erasure.pseudonym, erasure.at),
        )

    async def name_erasures(self) -> None:
        """Give the erases of an older version their pseudonyms."""
        rows = await self._db.read("SELECT pseudonym FROM erasure WHERE pseudonym > 0")
        users = [row["pseudonym"] for row in rows]
        if users:
            pairs = [(self._pseudonyms.of(user), user) for user in users]
            await self._db.write(
                lambda connection: connection.executemany(
                    "UPDATE OR REPLACE erasure SET pseudonym = ? WHERE pseudonym = ?", pairs
                )
            )

    async def erase(self, user: int, *, messages_left: int = 0) -> Forgotten:
        """Take a member out of the database. What they have open ends; a claim on it is over.

        It is written to the list of the erased first, so that a backup that is put back knows of it. The
        clock may have been set back since they asked for something, or to be erased: that goes as well.
        """
        now = self._clock()
        asked = await self._db.read(
            "SELECT at FROM erasure WHERE user_id = :user OR pseudonym = :pseudonym "
            "UNION ALL SELECT created_at FROM job WHERE user_id = :user",
            {"user": user, "pseudonym": self._pseudonyms.of(user)},
        )
        before = max([now, *(row["at"] for row in asked)])
        self._pseudonyms.add(user, before)
        applied = len(self._pseudonyms.erased())
        return await self._db.write(
            lambda connection: self._eraser.erase(
                connection, user, before, now, applied, messages_left=messages_left
            )
        )

    async def erase_again(self) -> Forgotten:
        """Erase, in a database that was put back, those who were erased after it was copied."""
        at = self._clock()
        return await self._db.write(lambda connection: self._eraser.erase_again(connection, at))

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


def _erasure(row: sqlite3.Row) -> Erasure:
    return Erasure(
        pseudonym=row["pseudonym"],
        user=row["user_id"],
        at=row["at"],
        messages=bool(row["messages"]),
        stage=Stage(row["state"]),
        jobs=row["jobs"],
        messages_left=row["messages_left"],
        tokens=tuple((row["token"] or "").split()),
        language=row["language"],
    )


def _moves(job: Job) -> bool:
    """Whether an engine or a post is busy with it."""
    return job.state is State.RUNNING or (job.state is State.POSTING and job.retry_at is None)


def _stop(connection: sqlite3.Connection, user: int, at: float) -> list[Job]:
    """End what a member has waiting in any guild, and ask what runs to stop; return those jobs."""
    rows = connection.execute(
        f"SELECT id FROM job WHERE state IN ({sql_list(OPEN)}) AND user_id = ?", (user,)
    ).fetchall()
    for row in rows:
        cancel(connection, row["id"], at)
    changed = [find(connection, row["id"]) for row in rows]
    return [job for job in changed if job is not None]
