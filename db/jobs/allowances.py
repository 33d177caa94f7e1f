"""How much a member may ask for: what moderators allow, within what the owner allows.

For each figure separately, the first that is set counts: the member's own allowance; the most generous
of their roles; the whole guild's; the owner's default. The owner's ceilings are the maximum, so moderators
can't give away more of the machine than its owner wants.
"""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from db.audit.log import AuditEntry, write_down
from db.sqlite.rows import Rows


class Precedence(IntEnum):
    """When a job's turn comes; higher is more generous.

    BACKGROUND waits until nothing else does, in any guild. FIRST goes before the others of its guild,
    whatever its member has used; it costs no other guild a turn.
    """

    BACKGROUND = -1
    NORMAL = 0
    FIRST = 1

    @property
    def priority(self) -> int:
        """The priority of its jobs. No precedence has one above 0: that would reach into other guilds."""
        return min(0, self.value)


class Spent(StrEnum):
    """What happens to a request when the day's seconds are used up."""

    REFUSE = "refuse"
    BACKGROUND = "background"


class Whose(StrEnum):
    """Who an allowance is for, from the broadest to the most specific."""

    GUILD = "guild"
    ROLE = "role"
    MEMBER = "member"


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What moderators allow. None: not set here; the next broader allowance counts.

    Attributes:
        waiting: jobs that wait, or are held, before they run.
        hour: jobs asked for within an hour, without those that failed.
        day: GPU-seconds of clips within 24 hours; discarded takes and failed jobs cost none.
        precedence: when their turn comes.
        spent: what happens to a request when ``day`` is used up.
    """

    waiting: int | None = None
    hour: int | None = None
    day: float | None = None
    precedence: Precedence | None = None
    spent: Spent | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing is set."""
        return self == Allowance()


@dataclass(frozen=True, kw_only=True)
class StoredAllowance:
    """An allowance as the database has it.

    Attributes:
        whom: the id of the guild, the role or the member.
    """

    kind: Whose
    whom: int
    allowance: Allowance


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """What applies to one member in the end. ``day`` may be infinite."""

    waiting: int
    hour: int
    day: float
    precedence: Precedence = Precedence.NORMAL
    spent: Spent = Spent.REFUSE


@dataclass(frozen=True, kw_only=True)
class Ceilings:
    """The most that the owner lets moderators give to a member."""

    waiting: int
    hour: int
    day: float


class Allowances(Rows):
    """The part of the queue that knows what moderators allow."""

    async def allow(self, kind: Whose, whom: int, allowance: Allowance, audit_entry: AuditEntry) -> Allowance:
        """Change what is allowed; what ``allowance`` leaves unset stays as it was.

        Returns:
            What is allowed from now on.
        """
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> Allowance:
            kept = _read(connection, audit_entry.guild_id, kind, [whom])
            old = kept[0].allowance if kept else Allowance()
            said = {
                field.name: value
                for field in dataclasses.fields(Allowance)
                if (value := getattr(allowance, field.name)) is not None
            }
            new = dataclasses.replace(old, **said)
            connection.execute(
                "REPLACE INTO allowance (guild_id, kind, whom, waiting, hour, day, precedence, spent) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (audit_entry.guild_id, kind, whom, new.waiting, new.hour, new.day, new.precedence, new.spent),
            )
            write_down(connection, audit_entry, at)
            return new

        return await self._db.write(transaction)

    async def reset(self, kind: Whose, whom: int, audit_entry: AuditEntry) -> bool:
        """Remove the allowance of a guild, a role or a member; False if there was none."""
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> bool:
            gone = connection.execute(
                "DELETE FROM allowance WHERE guild_id = ? AND kind = ? AND whom = ?",
                (audit_entry.guild_id, kind, whom),
            ).rowcount
            if gone:
                write_down(connection, audit_entry, at)
            return bool(gone)

        return await self._db.write(transaction)

    async def of_guild(self, guild: int) -> list[StoredAllowance]:
        """Return all allowances of a guild: the guild's own, then roles, then members."""
        rows = await self._db.read(
            "SELECT * FROM allowance WHERE guild_id = ? "
            "ORDER BY kind = 'member', kind = 'role', whom LIMIT 200",
            (guild,),
        )
        return [_kept(row) for row in rows]


def allowed(
    connection: sqlite3.Connection,
    guild: int,
    who: Collection[int],
    roles: Collection[int],
    *,
    default: Allowed,
    ceilings: Ceilings,
) -> Allowed:
    """Work out what counts for a member, inside the transaction that asks.

    Args:
        who: the member's id and pseudonym.
    """
    particular = [
        [kept.allowance for kept in _read(connection, guild, kind, whom)]
        for kind, whom in ((Whose.MEMBER, who), (Whose.ROLE, roles), (Whose.GUILD, [guild]))
    ]

    def most(name: str) -> float | None:
        for level in particular:
            said = [value for one in level if (value := getattr(one, name)) is not None]
            if said:
                return float(max(said))
        return None

    waiting, hour, day, precedence = (most(name) for name in ("waiting", "hour", "day", "precedence"))
    spent = next((said for level in particular if (said := _spent(level)) is not None), default.spent)
    return Allowed(
        waiting=default.waiting if waiting is None else min(int(waiting), ceilings.waiting),
        hour=default.hour if hour is None else min(int(hour), ceilings.hour),
        day=default.day if day is None else min(day, ceilings.day),
        precedence=default.precedence if precedence is None else Precedence(int(precedence)),
        spent=spent,
    )


def _spent(level: Iterable[Allowance]) -> Spent | None:
    said = {one.spent for one in level if one.spent is not None}
    if not said:
        return None
    return Spent.BACKGROUND if Spent.BACKGROUND in said else Spent.REFUSE


def _read(
    connection: sqlite3.Connection, guild: int, kind: Whose, whom: Collection[int]
) -> list[StoredAllowance]:
    marks = ", ".join("?" * len(whom))
    rows = connection.execute(
        f"SELECT * FROM allowance WHERE guild_id = ? AND kind = ? AND whom IN ({marks})",
        (guild, kind, *whom),
    ).fetchall()
    return [_kept(row) for row in rows]


def _kept(row: sqlite3.Row) -> StoredAllowance:
    return StoredAllowance(
        kind=Whose(row["kind"]),
        whom=row["whom"],
        allowance=Allowance(
            waiting=row["waiting"],
            hour=row["hour"],
            day=row["day"],
            precedence=None if row["precedence"] is None else Precedence(row["precedence"]),
            spent=None if row["spent"] is None else Spent(row["spent"]),
        ),
    )
