"""The ledger: takes that services draw for money, what is spent in a day, and those who agree to it."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Protocol

from db.audit.log import AuditEntry, write_down
from db.sqlite.rows import Rows, fetch_one
from db.states import ENDS, sql_list

ENDED = sql_list(("succeeded", "failed", "cancelled"))
"""States in which the service has nothing more to do, for SQL."""

UNDER_WAY = sql_list(("submitting", "queued", "running", "unknown"))

SPENT = "coalesce(sum(coalesce(cost, reserved)), 0)"
"""What some purchases have cost, or may cost."""


class NewPurchase(Protocol):
    """A purchase to be written down."""

    @property
    def job(self) -> str: ...  # noqa: D102
    @property
    def take(self) -> int: ...  # noqa: D102
    @property
    def seed(self) -> int: ...  # noqa: D102
    @property
    def engine(self) -> str: ...  # noqa: D102
    @property
    def provider(self) -> str: ...  # noqa: D102
    @property
    def sent(self) -> str: ...  # noqa: D102
    @property
    def reserved(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, kw_only=True)
class PurchaseRow:
    """A purchase; the columns are explained in the migration."""

    id: str
    job: str
    take: int
    seed: int
    engine: str
    provider: str
    state: str
    cause: str
    remote: str
    sent: str
    reserved: int
    cost: int | None
    day: str
    at: float


@dataclass(frozen=True, kw_only=True)
class Consent:
    """What a member has agreed to.

    Attributes:
        sends: their pictures and words may be sent to services when they choose a hosted engine.
        overflow: and when the wait here is long.
    """

    sends: bool = False
    overflow: bool = False


class Purchases(Rows):
    """The part of the queue that remembers what is bought."""

    async def find(self, job: str, take: int, seed: int) -> PurchaseRow | None:
        """Return the last purchase of a take."""
        rows = await self._db.read(
            "SELECT * FROM purchase WHERE job = ? AND take = ? AND seed = ? ORDER BY seq DESC LIMIT 1",
            (job, take, seed),
        )
        return _row(rows[0]) if rows else None

    async def reserve(self, wanted: NewPurchase, *, budget: int, takes: int) -> PurchaseRow | str:
        """Write a purchase down as submitting, if the day's money and the job's takes allow it.

        The money is added up and set aside in one transaction, so requests at the same time can't spend it
        twice.

        Args:
            wanted: what is bought.
            budget: millionths of a dollar for a day.
            takes: purchases that a job may have, apart from those that cost nothing.

        Returns:
            The purchase; "takes" or "budget" where it may not be.
        """
        now = self._clock()
        day = day_of(now)

        def transaction(connection: sqlite3.Connection) -> PurchaseRow | str:
            (count,) = connection.execute(
                "SELECT count(*) FROM purchase WHERE job = ? AND coalesce(cost, reserved) > 0", (wanted.job,)
            ).fetchone()
            if count >= takes:
                return "takes"
            if spent_on(connection, day) + wanted.reserved > budget:
                return "budget"
            row = fetch_one(
                connection,
                "INSERT INTO purchase (id, job, take, seed, engine, provider, state, sent, reserved, day, "
                "at, changed_at) VALUES (?, ?, ?, ?, ?, ?, 'submitting', ?, ?, ?, ?, ?) RETURNING *",
                (
                    secrets.token_urlsafe(18),
                    *(wanted.job, wanted.take, wanted.seed, wanted.engine, wanted.provider),
                    *(wanted.sent, wanted.reserved, day, now, now),
                ),
            )
            assert row is not None  # noqa: S101 - for mypy: it was just written
            return _row(row)

        return await self._db.write(transaction)

    async def placed(self, purchase: str, remote: str) -> None:
        """The service has it, under this id."""
        await self._changes(
            "UPDATE purchase SET remote = ?, state = 'queued', changed_at = ? "
            f"WHERE id = ? AND state IN ({UNDER_WAY})",
            (remote, self._clock(), purchase),
        )

    async def moved(self, purchase: str, state: str, *, cause: str = "", cost: int | None = None) -> None:
        """It stands otherwise now. An end is never undone, and a cost that is known is never forgotten."""
        await self._changes(
            "UPDATE purchase SET state = ?, cause = ?, cost = coalesce(?, cost), changed_at = ? "
            f"WHERE id = ? AND state IN ({UNDER_WAY})",
            (str(state), str(cause), cost, self._clock(), purchase),
        )

    async def unsettled(self) -> Collection[PurchaseRow]:
        """Return purchases that have not ended, of jobs that have."""
        rows = await self._db.read(
            "SELECT purchase.* FROM purchase JOIN job ON job.id = purchase.job "
            f"WHERE purchase.state IN ({UNDER_WAY}) AND job.state IN ({sql_list(ENDS)})"
        )
        return [_row(row) for row in rows]

    async def forget_remotes(self, *, after: float) -> None:
        """Forget how services know what has ended, once the job has ended too: nothing leads there then.

        Args:
            after: seconds since it ended. Until then, :meth:`known` tells that it is somebody's.
        """
        await self._changes(
            f"UPDATE purchase SET remote = '' WHERE remote <> '' AND state IN ({ENDED}) "
            f"AND changed_at <= ? AND job IN (SELECT id FROM job WHERE state IN ({sql_list(ENDS)}))",
            (self._clock() - after,),
        )

    async def known(self, provider: str) -> Collection[str]:
        """Return how a service knows its purchases."""
        rows = await self._db.read(
            "SELECT remote FROM purchase WHERE provider = ? AND remote <> ''", (provider,)
        )
        return [row["remote"] for row in rows]

    async def rivals(self, purchase: str, *, seeds: int) -> bool:
        """Return whether another purchase of its service and seed, of so many seeds, has no id there yet."""
        rows = await self._db.read(
            "SELECT 1 FROM purchase AS own JOIN purchase AS other ON other.provider = own.provider "
            f"WHERE own.id = ? AND other.id <> own.id AND other.remote = '' AND other.state IN ({UNDER_WAY}) "
            "AND other.seed % ? = own.seed % ? LIMIT 1",
            (purchase, seeds, seeds),
        )
        return bool(rows)

    async def is_wanted(self, job: str) -> bool:
        """Return whether a job is still to be drawn."""
        rows = await self._db.read(
            f"SELECT 1 FROM job WHERE id = ? AND NOT cancel_requested AND state NOT IN ({sql_list(ENDS)})",
            (job,),
        )
        return bool(rows)

    async def may_send(self, job: str) -> bool:
        """Return whether the server and the member of a job agree that it is sent to a service."""
        rows = await self._db.read(
            "SELECT 1 FROM job JOIN hosting USING (guild_id) JOIN hosting_consent USING (user_id) "
            "WHERE job.id = ?",
            (job,),
        )
        return bool(rows)

    async def spent_today(self) -> int:
        """Return what was spent, or is set aside, today, in millionths of a dollar."""
        day = day_of(self._clock())
        return await self._db.look(lambda connection: spent_on(connection, day))

    async def of_job(self, job: str) -> list[PurchaseRow]:
        """Return a job's purchases, the oldest first."""
        rows = await self._db.read("SELECT * FROM purchase WHERE job = ? ORDER BY seq", (job,))
        return [_row(row) for row in rows]

    async def allows(self, guild: int) -> bool:
        """Return whether a server agrees that its members' pictures and words are sent to services."""
        return bool(await self._db.read("SELECT 1 FROM hosting WHERE guild_id = ?", (guild,)))

    async def allow(self, audit_entry: AuditEntry, *, on: bool) -> None:
        """A server agrees, or does so no longer. What is with a service already stays there."""
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> None:
            if on:
                connection.execute(
                    "INSERT INTO hosting (guild_id, at) VALUES (?, ?) ON CONFLICT DO NOTHING",
                    (audit_entry.guild_id, at),
                )
            else:
                connection.execute("DELETE FROM hosting WHERE guild_id = ?", (audit_entry.guild_id,))
            write_down(connection, audit_entry, at)

        await self._db.write(transaction)

    async def consent(self, user: int) -> Consent:
        """Return what a member agrees to."""
        rows = await self._db.read("SELECT overflow FROM hosting_consent WHERE user_id = ?", (user,))
        return Consent(sends=True, overflow=bool(rows[0]["overflow"])) if rows else Consent()

    async def set_consent(self, user: int, consent: Consent) -> None:
        """Store what a member agrees to."""
        if not consent.sends:
            await self._changes("DELETE FROM hosting_consent WHERE user_id = ?", (user,))
            return
        await self._changes(
            "REPLACE INTO hosting_consent (user_id, overflow, at) VALUES (?, ?, ?)",
            (user, consent.overflow, self._clock()),
        )


def day_of(at: float) -> str:
    """The day in UTC of Unix seconds."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def spent_on(connection: sqlite3.Connection, day: str) -> int:
    """What was spent, or is set aside, on a day."""
    (found,) = connection.execute(f"SELECT {SPENT} FROM purchase WHERE day = ?", (day,)).fetchone()
    return int(found)


def _row(row: sqlite3.Row) -> PurchaseRow:
    values: dict[str, Any] = {field.name: row[field.name] for field in fields(PurchaseRow)}
    return PurchaseRow(**values)
