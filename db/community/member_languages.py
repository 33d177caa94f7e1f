"""The languages that members have chosen, held in memory: every interaction asks for one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping

from db.jobs.erasures import check_not_erased
from db.sqlite.connection import Database, Watch
from db.sqlite.rows import Rows


class MemberLanguages(Rows):
    """A copy of the table. It is read again after any change; while nothing changes, it costs no read."""

    def __init__(
        self, db: Database, *, pseudonym_of: Callable[[int], int], clock: Callable[[], float]
    ) -> None:
        super().__init__(db, clock=clock)
        self._pseudonym_of = pseudonym_of
        self._watch: Watch | None = None
        self._seen = -1
        self._chosen: Mapping[int, str] = {}

    async def of(self, user: int) -> str | None:
        """The language that a member has chosen, as a code; None: they have chosen none."""
        if self._watch is None:
            self._watch = await self._db.watch("member_language")
        changes = self._watch.changes
        if changes != self._seen:
            self._chosen = await self._db.look(_read)
            self._seen = changes
        return self._chosen.get(user)

    async def keep(self, user: int, language: str | None, *, now: str, interaction: int) -> None:
        """Remember a member's choice. What is still said of what they asked for before is in it, too.

        Args:
            user: the member.
            language: what they chose; None: to be spoken to as their Discord is.
            now: the language that this comes to.
            interaction: the id of the one in which they chose.

        Raises:
            AskedBeforeErase: they have asked to be erased since.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> None:
            check_not_erased(connection, user, self._pseudonym_of(user), interaction)
            if language is None:
                connection.execute("DELETE FROM member_language WHERE user_id = ?", (user,))
            else:
                connection.execute(
                    "REPLACE INTO member_language (user_id, language, at) VALUES (?, ?, ?)",
                    (user, language, at),
                )
            known = "user_id = ? AND forgotten_at IS NULL"
            connection.execute(f"UPDATE job SET language = ? WHERE {known}", (now, user))
            connection.execute("UPDATE asked SET language = ? WHERE user_id = ?", (now, user))

        await self._db.write(transaction)


def _read(connection: sqlite3.Connection) -> dict[int, str]:
    rows = connection.execute("SELECT user_id, language FROM member_language").fetchall()
    return {row["user_id"]: row["language"] for row in rows}
