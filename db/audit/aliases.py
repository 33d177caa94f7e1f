"""What the audit log holds instead of members and words: digests that mean nothing after an erasure.

The log is a chain of hashes, so nothing in it can be taken out. Hence it never holds a member's id or a
moderator's words: a member appears in it as an alias, words as a digest, each made with a salt of its own.
Salts, ids and words are stored beside it, and are deleted when a member is erased. The chain stays whole. Ids
or words can't be exchanged for others: they would not match their digest.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import sqlite3

from db.sqlite.rows import fetch_one

SIGN = "@"
"""Stands before an alias inside a target."""

_BITS = 62  # as in db.privacy.pseudonyms: negative, so that it is never taken for an id of Discord's
_MEMBER = re.compile(r"(?<![0-9a-f])\d{17,20}(?![0-9a-f])")  # a job's id has 16 characters
_ALIAS = re.compile(rf"{SIGN}(-\d+)")


def alias_of(salt: str, guild: int, user: int) -> int:
    """The alias that a salt makes of a member; a negative number."""
    digest = hashlib.sha256(f"{salt} {guild} {user}".encode()).digest()
    return -1 - (int.from_bytes(digest[:8], "big") >> (64 - _BITS))


def digest_of(salt: str, reason: str) -> str:
    """What stands for words in the log, hex."""
    return hashlib.sha256(f"{salt} {reason}".encode()).hexdigest()


def new_salt() -> str:
    """128 random bits, hex."""
    return secrets.token_hex(16)


def alias(connection: sqlite3.Connection, guild: int, user: int) -> int:
    """The member's alias in this guild's part of the log; made for the first entry."""
    row = fetch_one(connection, "SELECT alias FROM alias WHERE guild_id = ? AND user_id = ?", (guild, user))
    if row is not None:
        return int(row["alias"])
    salt = new_salt()
    made = alias_of(salt, guild, user)
    connection.execute(
        "INSERT INTO alias (guild_id, user_id, salt, alias) VALUES (?, ?, ?, ?)", (guild, user, salt, made)
    )
    return made


def hide_members(connection: sqlite3.Connection, guild: int, target: str) -> str:
    """Replace members' ids with aliases."""
    return _MEMBER.sub(lambda found: f"{SIGN}{alias(connection, guild, int(found[0]))}", target)


def show_members(names: dict[int, int], target: str) -> str:
    """Replace aliases with ids; the alias of an erased member stays.

    Args:
        names: alias → id.
    """
    return _ALIAS.sub(lambda found: str(names.get(int(found[1]), found[0])), target)


def erase_from_log(connection: sqlite3.Connection, user: int, jobs: list[str]) -> None:
    """Detach the member's aliases from the member, and delete reasons about them and about their jobs."""
    marks = [
        f"%{SIGN}{row['alias']}%"
        for row in connection.execute("SELECT alias FROM alias WHERE user_id = ?", (user,)).fetchall()
    ]
    for like in [*marks, *jobs]:
        connection.execute(
            "DELETE FROM audit_reason WHERE seq IN (SELECT seq FROM audit WHERE target LIKE ?)", (like,)
        )
    connection.execute("DELETE FROM audit_reason WHERE reason LIKE ?", (f"%{user}%",))
    connection.execute("DELETE FROM alias WHERE user_id = ?", (user,))
