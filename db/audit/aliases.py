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
from collections.abc import Sequence

from db.sqlite.rows import fetch_one

SIGN = "@"
"""Stands before an alias inside a target."""

VERSION = "2:"
"""Stands before a digest. Those of the first version have nothing before them."""

_DIGEST = re.compile(rf"(?:{VERSION})?[0-9a-f]{{64}}")
_SALT = re.compile("[0-9a-f]{32}")
_BITS = 62  # as in db.privacy.pseudonyms: negative, so that it is never taken for an id of Discord's
_MEMBER = re.compile(r"(?<![0-9a-f])\d{17,20}(?![0-9a-f])")  # a job's id has 16 characters
_ALIAS = re.compile(rf"{SIGN}(-\d+)")


def alias_of(salt: str, guild: int, user: int) -> int:
    """The alias that a salt makes of a member; a negative number.

    The two numbers have no blanks in them, so what is hashed can be read in one way only.
    """
    digest = hashlib.sha256(f"{salt} {guild} {user}".encode()).digest()
    return -1 - (int.from_bytes(digest[:8], "big") >> (64 - _BITS))


def digest_of(salt: str, reason: str) -> str:
    """What stands for words in the log: the version, and hex.

    Salt and words are hashed with their lengths, so that neither can be given to the other.
    """
    fields = (salt.encode(), reason.encode())
    whole = b"".join(len(field).to_bytes(8, "big") + field for field in fields)
    return VERSION + hashlib.sha256(whole).hexdigest()


def stands_for(digest: str, salt: str, reason: str) -> bool:
    """Whether these are the salt and the words that an entry was written with.

    Digests of the first version do not say where the salt ends; every salt has the same form.
    """
    if not _SALT.fullmatch(salt):
        return False
    if digest.startswith(VERSION):
        return digest == digest_of(salt, reason)
    return digest == hashlib.sha256(f"{salt} {reason}".encode()).hexdigest()


def is_digest(text: str) -> bool:
    """Whether this stands for words; entries from before there were digests hold the words themselves."""
    return _DIGEST.fullmatch(text) is not None


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


def erase_from_log(
    connection: sqlite3.Connection, user: int, jobs: Sequence[str], quotes: Sequence[str]
) -> None:
    """Detach the member's aliases from the member, and delete reasons about them.

    Args:
        connection: inside a transaction.
        user: the member.
        jobs: theirs; reasons about these go.
        quotes: what they wrote; reasons that repeat it go.
    """
    marks = [
        f"%{SIGN}{row['alias']}%"
        for row in connection.execute("SELECT alias FROM alias WHERE user_id = ?", (user,)).fetchall()
    ]
    for like in [*marks, *jobs]:
        connection.execute(
            "DELETE FROM audit_reason WHERE seq IN (SELECT seq FROM audit WHERE target LIKE ?)", (like,)
        )
    connection.execute("DELETE FROM audit_reason WHERE reason LIKE ?", (f"%{user}%",))
    connection.executemany(
        "DELETE FROM audit_reason WHERE instr(reason, ?) > 0", [(quote,) for quote in quotes]
    )
    connection.execute("DELETE FROM alias WHERE user_id = ?", (user,))
