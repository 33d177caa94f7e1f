"""Which members are being erased, or were since they asked for something: nothing of theirs gets in.

Interactions are numbered by Discord in the order of time, so no two clocks have to agree.
"""

from __future__ import annotations

import sqlite3
from enum import StrEnum

from db.errors import AskedBeforeErase
from db.sqlite.rows import fetch_one


class Stage(StrEnum):
    """How far an erase is. Each stage is written down when it is reached, never before."""

    ASKED = "asked"
    """The member wants it, and what they had open was told to end."""

    STOPPED = "stopped"
    """Nothing of theirs is drawn or posted any more."""

    EMPTIED = "emptied"
    """No row of the database names them."""

    CLEARED = "cleared"
    """Their files are gone, and so is the log of the database."""

    DONE = "done"
    """The copies of the database do not name them either."""


NAMED = (Stage.ASKED, Stage.STOPPED)
"""Stages in which rows still name the member."""

_NAMED = "state IN ('asked', 'stopped')"

UNDER_ERASE = f"(SELECT user_id FROM erasure WHERE {_NAMED} AND user_id IS NOT NULL)"
"""The ids of the members whose rows are about to be emptied, as a subquery."""


def check_not_erased(connection: sqlite3.Connection, user: int, pseudonym: int, interaction: int) -> None:
    """Return if what a member asked for may be written down.

    Args:
        user: the member.
        pseudonym: theirs.
        interaction: the id of the interaction that it comes from.

    Raises:
        AskedBeforeErase: they have asked to be erased since, or are being erased now.
    """
    found = fetch_one(
        connection,
        f"SELECT 1 FROM erasure WHERE (user_id = :user OR pseudonym = :pseudonym) "
        f"AND ({_NAMED} OR interaction > :interaction)",
        {"user": user, "pseudonym": pseudonym, "interaction": interaction},
    )
    if found is not None:
        raise AskedBeforeErase("the member has asked to be erased since")
