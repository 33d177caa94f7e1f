"""Drawing what a loaded model can draw first, within bounds: loading another takes longer than many a clip.

An engine may pass over jobs for one that its loaded model draws, if that is due soon after them and none of
them has been passed over often. So nobody waits much longer than in the strict order, and on a busy day all
wait less, since less time goes into loading.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from db.sqlite.rows import fetch_one
from db.states import JobId

SLACK = 30.0
"""Seconds of due time that an engine may pass over."""

MOST_PASSES = 5
"""How often one job is passed over."""

_FIRST = """
SELECT job.engine, job.priority, job.front, job.due FROM job
WHERE $fits AND job.id NOT IN (SELECT value FROM json_each(:last))
ORDER BY job.priority DESC, job.front DESC, job.due, job.slot_seq LIMIT 1
"""

_ALIKE = """
SELECT job.id, job.due, job.slot_seq FROM job
WHERE $fits AND job.id NOT IN (SELECT value FROM json_each(:last))
    AND job.engine = :resident AND job.priority = :priority AND job.front = :front
    AND job.due <= :due + :slack
    AND (
        SELECT count(*) FROM job AS own
        WHERE own.state = 'running' AND own.lane = :lane AND own.user_id = job.user_id
    ) < :most
ORDER BY job.due, job.slot_seq LIMIT 1
"""

_PASSED = """
SELECT job.id, job.passed FROM job
WHERE $fits AND job.id NOT IN (SELECT value FROM json_each(:last))
    AND job.priority = :priority AND job.front = :front
    AND (job.due, job.slot_seq) < (:its_due, :its_slot)
"""


def preferred(
    connection: sqlite3.Connection, fits: str, given: Mapping[str, object], resident: str
) -> JobId | None:
    """The job that is drawn before its turn, because its model is loaded; those before it count the pass.

    Args:
        connection: inside the claim's transaction.
        fits: what is true of a job that may be claimed; SQL.
        given: the claim's values.
        resident: the engine whose model is loaded.

    Returns:
        None: the next job is drawn, whatever that is.
    """
    first = fetch_one(connection, _FIRST.replace("$fits", fits), given)
    if first is None or first["engine"] == resident:
        return None
    group = {"priority": first["priority"], "front": first["front"], "due": first["due"]}
    values = {**given, **group, "resident": resident, "slack": SLACK}
    found = fetch_one(connection, _ALIKE.replace("$fits", fits), values)
    if found is None:
        return None
    values |= {"its_due": found["due"], "its_slot": found["slot_seq"]}
    passed = connection.execute(_PASSED.replace("$fits", fits), values).fetchall()
    if any(row["passed"] >= MOST_PASSES for row in passed):
        return None
    connection.executemany(
        "UPDATE job SET passed = passed + 1 WHERE id = ?", [(row["id"],) for row in passed]
    )
    return JobId(found["id"])
