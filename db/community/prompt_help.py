"""What members would ask for once they have chosen between their words and a language model's.

A row is forgotten after a day. Until then its buttons work, whatever happens to the program, and it counts
against how often its member may ask the model.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from db.jobs.erasures import check_not_erased
from db.jobs.job import Job
from db.jobs.rows import job_from
from db.sqlite.connection import Database
from db.sqlite.rows import Rows

DAY = 86_400.0

_KEY = "'words ' || help.id"
"""Of the one job that may come of a request, as :func:`key_of` has it."""

MOST_OPEN = 20
"""Rows of a member that count nothing and are kept all the same; the oldest go first."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A request that waits for its words.

    Attributes:
        number: of the interaction that it came by.
        guild: where it came from.
        asked: JSON, what the command was given.
        words: what the model wrote, the oldest first.
        used: its member has chosen, and there is a job.
    """

    number: int
    guild: int
    asked: str
    words: tuple[str, ...]
    used: bool = False


@dataclass(frozen=True, kw_only=True)
class Used:
    """A request whose member has chosen, while its message still has its buttons.

    Attributes:
        number: of the interaction that it came by.
        token: what the message can be changed with.
        job: what came of it.
    """

    number: int
    token: str
    job: Job


def key_of(number: int) -> str:
    """The key of the one job that may come of a request."""
    return f"words {number}"


class PromptHelp(Rows):
    """The part of the queue that remembers them."""

    def __init__(
        self, db: Database, *, pseudonym_of: Callable[[int], int], clock: Callable[[], float]
    ) -> None:
        super().__init__(db, clock=clock)
        self._pseudonym_of = pseudonym_of

    async def keep(self, number: int, guild: int, user: int, asked: str, *, token: str) -> None:
        """Remember a request.

        Args:
            number: of the interaction that it comes by; Discord tells of one twice now and then.
            guild, user: whose it is.
            asked: JSON, what the command was given.
            token: what the message with the words can be changed with.

        Raises:
            AskedBeforeErase: the member has asked to be erased since.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> None:
            check_not_erased(connection, user, self._pseudonym_of(user), number)
            connection.execute("DELETE FROM prompt_help WHERE user_id = ? AND at < ?", (user, at - DAY))
            connection.execute(
                "INSERT INTO prompt_help (id, guild_id, user_id, at, asks, asked, token, token_at) "
                "VALUES (?, ?, ?, ?, 0, ?, ?, ?) ON CONFLICT DO NOTHING",
                (number, guild, user, at, asked, token, at),
            )
            connection.execute(
                "DELETE FROM prompt_help WHERE user_id = :user AND asks = 0 AND id NOT IN "
                "(SELECT id FROM prompt_help WHERE user_id = :user AND asks = 0 "
                "ORDER BY id DESC LIMIT :most)",
                {"user": user, "most": MOST_OPEN},
            )

        await self._db.write(transaction)

    async def count(self, number: int, user: int, *, most: int) -> bool:
        """Count one question for a request; False: its member has asked ``most`` times in a day."""
        return await self._changes(
            "UPDATE prompt_help SET asks = asks + 1 WHERE id = :id AND user_id = :user AND "
            "(SELECT sum(asks) FROM prompt_help WHERE user_id = :user AND at >= :since) < :most",
            {"id": number, "user": user, "since": self._clock() - DAY, "most": most},
        )

    async def add(self, number: int, words: str) -> Offer | None:
        """Remember what the model wrote; None: the request is gone, its member was erased meanwhile."""

        def transaction(connection: sqlite3.Connection) -> Offer | None:
            row = connection.execute("SELECT * FROM prompt_help WHERE id = ?", (number,)).fetchone()
            if row is None:
                return None
            every = [*json.loads(row["words"]), words]
            text = json.dumps(every, ensure_ascii=False)
            connection.execute("UPDATE prompt_help SET words = ? WHERE id = ?", (text, number))
            return Offer(number=number, guild=row["guild_id"], asked=row["asked"], words=tuple(every))

        return await self._db.write(transaction)

    async def renew(self, number: int, user: int, token: str) -> None:
        """The message with the words can be changed with another token from now on, and for longer."""
        await self._changes(
            "UPDATE prompt_help SET token = ?, token_at = ? WHERE id = ? AND user_id = ?",
            (token, self._clock(), number, user),
        )

    async def to_close(self, seconds: float) -> list[Used]:
        """Return requests whose member has chosen, and whose message still has its buttons.

        Args:
            seconds: for which Discord takes a token.
        """
        rows = await self._db.read(
            "SELECT job.*, help.id AS number, help.token AS by_token FROM prompt_help AS help "
            f"JOIN job ON job.key = {_KEY} WHERE help.closed = 0 AND help.token_at >= ?",
            (self._clock() - seconds,),
        )
        return [Used(number=row["number"], token=row["by_token"], job=job_from(row)) for row in rows]

    async def close(self, number: int) -> None:
        """The buttons of a request are gone, or stay."""
        await self._changes("UPDATE prompt_help SET closed = 1, token = NULL WHERE id = ?", (number,))

    async def of(self, number: int, guild: int, user: int) -> Offer | None:
        """A member's request; None: it is older than a day, or none of theirs here has this number."""
        rows = await self._db.read(
            f"SELECT *, EXISTS (SELECT 1 FROM job WHERE key = {_KEY}) AS used FROM prompt_help AS help "
            "WHERE id = ? AND guild_id = ? AND user_id = ? AND at >= ?",
            (number, guild, user, self._clock() - DAY),
        )
        if not rows:
            return None
        [row] = rows
        words = tuple(json.loads(row["words"]))
        return Offer(number=number, guild=guild, asked=row["asked"], words=words, used=bool(row["used"]))

    async def forget_old(self) -> int:
        """Delete what is older than a day; return how many requests."""
        before = self._clock() - DAY
        return await self._db.write(
            lambda connection: connection.execute("DELETE FROM prompt_help WHERE at < ?", (before,)).rowcount
        )
