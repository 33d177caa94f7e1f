"""Requests with an Idempotency-Key: each is done once, however often it comes."""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from db.sqlite.rows import Rows, fetch_one
from db.states import JobId

_LIFE = secrets.token_hex(8)
"""Names this run of the program: what an earlier one had under way is not under way any more."""


class Standing(StrEnum):
    """How a request stands that has just come."""

    NEW = "new"
    """It is to be done now. So is one that a kill interrupted."""

    UNDER_WAY = "under way"
    OTHER_BODY = "other body"
    """The key was used for another request."""

    DONE = "done"


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """What is known of a request.

    Attributes:
        nonce: names what comes of it, the same however often it is begun.
        job: what came of it.
        problem: JSON of the refusal; one of the two is there once it is done.
    """

    standing: Standing
    nonce: str
    job: JobId | None = None
    problem: str | None = None


class ApiRequests(Rows):
    """The part of the queue that remembers requests."""

    async def find(self, key: str, idempotency_key: str, *, keep: float) -> Repeat | None:
        """Return what is known of a request before its body is read; None: it is to be done.

        Args:
            key: the id of the key it came with.
            idempotency_key: as the client wrote it.
            keep: seconds for which requests are remembered.
        """
        rows = await self._db.read(
            "SELECT * FROM api_request WHERE api_key = ? AND idempotency_key = ? AND at >= ?",
            (key, idempotency_key, self._clock() - keep),
        )
        found = _read(rows[0]) if rows else None
        return None if found is None or found.standing is Standing.NEW else found

    async def begin(self, key: str, idempotency_key: str, digest: str, *, keep: float) -> Repeat:
        """A request has come.

        Args:
            key: the id of the key it came with.
            idempotency_key: as the client wrote it.
            digest: of everything that was asked.
            keep: seconds for which requests are remembered.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> Repeat:
            connection.execute("DELETE FROM api_request WHERE at < ?", (at - keep,))
            known = fetch_one(
                connection,
                "SELECT * FROM api_request WHERE api_key = ? AND idempotency_key = ?",
                (key, idempotency_key),
            )
            if known is not None and known["digest"] != digest:
                return Repeat(standing=Standing.OTHER_BODY, nonce="")
            if known is not None:
                return _taken_over(connection, known)
            nonce = secrets.token_hex(16)
            connection.execute(
                "INSERT INTO api_request (api_key, idempotency_key, digest, nonce, life, at) "
                "SELECT id, ?, ?, ?, ?, ? FROM api_key WHERE id = ?",  # the key may have ended
                (idempotency_key, digest, nonce, _LIFE, at, key),
            )
            return Repeat(standing=Standing.NEW, nonce=nonce)

        return await self._db.write(transaction, reserved=False)

    async def answered(
        self, key: str, idempotency_key: str, *, job: JobId | None = None, problem: str | None = None
    ) -> None:
        """Remember the answer: a job, or a problem."""
        await self._changes(
            "UPDATE api_request SET job = ?, problem = ? WHERE api_key = ? AND idempotency_key = ?",
            (job, problem, key, idempotency_key),
        )

    async def forget(self, key: str, idempotency_key: str) -> None:
        """Nothing came of it, and another try may do better."""
        await self._changes(
            "DELETE FROM api_request WHERE api_key = ? AND idempotency_key = ?", (key, idempotency_key)
        )


def _read(row: sqlite3.Row) -> Repeat:
    nonce: str = row["nonce"]
    if row["job"] is not None or row["problem"] is not None:
        job = None if row["job"] is None else JobId(row["job"])
        return Repeat(standing=Standing.DONE, nonce=nonce, job=job, problem=row["problem"])
    standing = Standing.UNDER_WAY if row["life"] == _LIFE else Standing.NEW
    return Repeat(standing=standing, nonce=nonce)


def _taken_over(connection: sqlite3.Connection, row: sqlite3.Row) -> Repeat:
    """How a request stands that came before; one that a kill interrupted is this run's now."""
    found = _read(row)
    if found.standing is Standing.NEW:
        connection.execute(
            "UPDATE api_request SET life = ? WHERE api_key = ? AND idempotency_key = ?",
            (_LIFE, row["api_key"], row["idempotency_key"]),
        )
    return found
