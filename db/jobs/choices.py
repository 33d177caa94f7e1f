"""Takes to choose from: the job that waits for its member's choice, and the drafts that are drawn for it.

The job waits in the queue and is never claimed while it is choosing. Each draft is a job of its own, at the
place that the job has in the fair order; nothing is posted of it, and no limit counts it as a request. What
shows the drafts reads these rows only, so a kill at any moment leaves a set of them that goes on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from db.jobs.fairness import expected_seconds
from db.jobs.job import Job
from db.jobs.rows import JobRows
from db.sqlite.rows import fetch_one
from db.states import JobId, State, new_job_id

_STILL_CHOOSING = "id = :job AND state = 'queued' AND choosing = 1"
"""The fence of every move of a choice: it was neither made, nor cancelled, nor held."""

_BEGIN = f"""
INSERT INTO job (
    id, key, kind, state, guild_id, channel_id, user_id, recipe, profile, inputs, parent, created_at,
    priority, front, slot_seq, due, expected, before_others, adult, spoiler, seed, seen, lane, engine,
    ability, looked_at, draft_of, draft, private, language
)
SELECT
    :id, :key, kind, '{State.QUEUED}', guild_id, channel_id, user_id, :recipe, :profile, inputs, id, :now,
    priority, front, slot_seq, due, :expected, before_others, adult, spoiler, :seed, seen, lane, engine,
    ability, 0, id, :number, private, language
FROM job WHERE {_STILL_CHOOSING}
"""


@dataclass(frozen=True, kw_only=True)
class NewDraft:
    """A draft to draw.

    Attributes:
        recipe: JSON, opaque to this package.
        profile: the name under which render times are remembered.
        seed: the recipe's.
    """

    recipe: str
    profile: str
    seed: int


class Choices(JobRows):
    """The part of the queue that knows what members choose from."""

    async def open(self) -> list[Job]:
        """Return the jobs whose drafts are drawn, or wait to be chosen, the oldest first."""
        return await self._jobs("SELECT * FROM job WHERE choosing = 1 AND state = 'queued' ORDER BY seq")

    async def begin(self, job: JobId, drafts: Sequence[NewDraft]) -> bool:
        """Put the drafts of a job in the queue, once. False: there are some, or it has ended."""
        at = self._clock()

        def transaction(connection: sqlite3.Connection) -> bool:
            if fetch_one(connection, "SELECT 1 FROM job WHERE draft_of = ?", (job,)) is not None:
                return False
            inserted = 0
            for number, draft in enumerate(drafts, 1):
                inserted += connection.execute(
                    _BEGIN,
                    {
                        "id": new_job_id(),
                        "key": f"draft {number} of {job}",
                        "recipe": draft.recipe,
                        "profile": draft.profile,
                        "seed": draft.seed,
                        "number": number,
                        "now": at,
                        "expected": _expected(connection, job, draft.profile),
                        "job": job,
                    },
                ).rowcount
            return inserted > 0

        return await self._db.write(transaction)

    async def shown(
        self, job: JobId, channel: int | None, message: int | None, *, choose_until: float
    ) -> bool:
        """Record the message that shows the drafts. False: nobody is to choose from them any more.

        Args:
            job: the one that is choosing.
            channel, message: where they are; None: in the answer, which is found by its token.
            choose_until: Unix seconds; then the best is finished.
        """
        return await self._changes(
            "UPDATE job SET choose_until = :by, status_channel_id = :channel, status_message_id = :message "
            f"WHERE {_STILL_CHOOSING} AND choose_until IS NULL",
            {"by": choose_until, "channel": channel, "message": message, "job": job},
        )

    async def choose(
        self,
        job: JobId,
        draft: int,
        *,
        recipe: str,
        profile: str,
        seed: int,
        late: bool = False,
        token: str | None = None,
    ) -> bool:
        """Let a job be drawn as one of its drafts was. False: one was chosen before, or it has ended.

        Args:
            job: the one that is choosing.
            draft: the number of the draft.
            recipe: of the job from now on.
            profile: of this recipe.
            seed: of this recipe.
            late: nobody chose.
            token: what the message with the drafts can be changed with from now on; None: as before.
        """
        return await self._changes(
            "UPDATE job SET choosing = 0, chosen = :draft, chosen_late = :late, recipe = :recipe, "
            "profile = :profile, seed = :seed, token = coalesce(:token, token), "
            f"token_at = iif(:token IS NULL, token_at, :now) WHERE {_STILL_CHOOSING}",
            {
                "draft": draft,
                "late": late,
                "recipe": recipe,
                "profile": profile,
                "seed": seed,
                "token": token,
                "now": self._clock(),
                "job": job,
            },
        )


def leave_drafts(connection: sqlite3.Connection, job: JobId) -> None:
    """Let a job have no drafts, so that others can be begun. Nobody chooses from those that it had."""
    connection.execute("UPDATE job SET key = key || ' ' || id, draft_of = NULL WHERE draft_of = ?", (job,))


def _expected(connection: sqlite3.Connection, job: JobId, profile: str) -> float:
    row = fetch_one(connection, "SELECT lane FROM job WHERE id = ?", (job,))
    return expected_seconds(connection, profile, "" if row is None else row["lane"])
