"""What was made from a job by anybody: through its buttons, from its clip, or again from its file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable

from db.jobs.job import Job
from db.jobs.rows import job_from
from db.states import JobId

Retells = Callable[[str, str], bool]
"""Whether a recipe tells the other one again: the first was read from a clip of the second."""

_CHILDREN = """
SELECT job.* FROM job WHERE job.parent IN (SELECT value FROM json_each(:jobs))
UNION
SELECT job.* FROM job, json_each(job.inputs) AS input
WHERE job.inputs <> '{}' AND input.value IN (SELECT value FROM json_each(:clips))
"""

_SAME_SEED = "SELECT * FROM job WHERE seed IN (SELECT value FROM json_each(?))"


def descent(
    connection: sqlite3.Connection, roots: Iterable[Job], *, retells: Retells, guild: int | None = None
) -> list[Job]:
    """Find all that was made from some jobs, the jobs themselves included, in the order of asking.

    A button gives a job a parent, and a longer clip has the clip before it among its inputs. What was made
    from a posted file is known by its recipe. Each of them leads to others.

    Args:
        connection: inside a transaction, with rows by name.
        roots: where to begin.
        retells: compares two recipes of one seed.
        guild: leave out what other guilds have; None: everywhere.
    """
    found = _placed(connection, [job.id for job in roots])
    latest = list(found.values())
    while latest:
        rows = connection.execute(
            _CHILDREN,
            {
                "jobs": json.dumps([job.id for _, job in latest]),
                "clips": json.dumps([job.clip_sha256 for _, job in latest if job.clip_sha256 is not None]),
            },
        ).fetchall()
        seeds = sorted({job.seed for _, job in latest if job.seed is not None})
        twins = connection.execute(_SAME_SEED, (json.dumps(seeds),)).fetchall()
        again = (row for row in twins if _retold(row, latest, retells))
        new = {row["id"]: (row["seq"], job_from(row)) for row in (*rows, *again)}
        latest = [
            (seq, job)
            for id_, (seq, job) in new.items()
            if id_ not in found and guild in {None, job.guild_id}
        ]
        found |= {job.id: (seq, job) for seq, job in latest}
    return [job for _, job in sorted(found.values(), key=lambda placed: placed[0])]


Placed = tuple[int, Job]
"""A job, and its number in the order of asking."""


def _placed(connection: sqlite3.Connection, jobs: list[JobId]) -> dict[JobId, Placed]:
    rows = connection.execute(
        "SELECT * FROM job WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(jobs),)
    ).fetchall()
    return {row["id"]: (row["seq"], job_from(row)) for row in rows}


def _retold(row: sqlite3.Row, others: Iterable[Placed], retells: Retells) -> bool:
    """Whether a job tells one of the others again; what was asked for before it does not."""
    return any(
        row["seq"] > seq and row["seed"] == other.seed and retells(row["recipe"], other.recipe)
        for seq, other in others
    )
