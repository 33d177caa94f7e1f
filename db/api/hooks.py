"""Where the owners of API keys are told what happens to the jobs that they asked for."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from db.sqlite.rows import Rows, fetch_one

OLD_SECRET_SECONDS = 86_400.0
"""For so long after a change, messages are signed with the old secret, too."""


@dataclass(frozen=True, kw_only=True)
class ApiWebhook:
    """An endpoint.

    Attributes:
        key: the id of the API key.
        secrets: what messages are signed with; two for a day after a change.
        at: when it was given, Unix seconds.
        refused: the receiver wants no more messages.
        waiting: messages that it has not taken yet.
    """

    key: str
    url: str
    secrets: tuple[str, ...]
    at: float
    refused: bool
    waiting: int


class ApiWebhooks(Rows):
    """The part of the queue that knows the endpoints."""

    async def get(self, key: str) -> ApiWebhook | None:
        """Return the endpoint of a key."""
        rows = await self._db.read(
            "SELECT *, (SELECT count(*) FROM webhook_event AS event WHERE event.api_key = hook.api_key) "
            "AS waiting FROM api_webhook AS hook WHERE api_key = ?",
            (key,),
        )
        return self._hook(rows[0]) if rows else None

    def _hook(self, row: sqlite3.Row) -> ApiWebhook:
        old = row["old_secret"] if self._clock() - row["at"] < OLD_SECRET_SECONDS else None
        return ApiWebhook(
            key=row["api_key"],
            url=row["url"],
            secrets=(row["secret"],) if old is None else (row["secret"], old),
            at=row["at"],
            refused=bool(row["refused"]),
            waiting=row["waiting"],
        )

    async def put(self, key: str, url: str, secret: str) -> None:
        """Give a key an endpoint. What waits for an endpoint at the same address is sent with the new secret.

        What waits for another address is forgotten: it was not meant for this one.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> None:
            known = fetch_one(connection, "SELECT * FROM api_webhook WHERE api_key = ?", (key,))
            same = known is not None and known["url"] == url
            if not same:
                connection.execute("DELETE FROM webhook_event WHERE api_key = ?", (key,))
            connection.execute(
                "REPLACE INTO api_webhook (api_key, url, secret, old_secret, at) "
                "SELECT id, ?, ?, ?, ? FROM api_key WHERE id = ?",  # the key may have ended
                (url, secret, known["secret"] if same and known is not None else None, at, key),
            )

        await self._db.write(transaction)

    async def remove(self, key: str) -> bool:
        """Tell a key's owner nothing more; False where there is no endpoint."""
        return await self._drop(key, "DELETE FROM api_webhook WHERE api_key = ?")

    async def refuse(self, key: str) -> None:
        """The receiver wants no more messages."""
        await self._drop(key, "UPDATE api_webhook SET refused = 1 WHERE api_key = ?")

    async def _drop(self, key: str, sql: str) -> bool:
        def transaction(connection: sqlite3.Connection) -> bool:
            connection.execute("DELETE FROM webhook_event WHERE api_key = ?", (key,))
            return bool(connection.execute(sql, (key,)).rowcount)

        return await self._db.write(transaction)
