"""Tells a job that breaks machines from a machine that breaks on its own.

A machine whose engine ends in a job is one witness against that job. It is no second one until it has drawn
another: a worker with a bad GPU fails in whatever it is given, and no job is to be set aside for that.
"""

from __future__ import annotations

from db.states import JobId

REMEMBERED = 1000
"""Jobs in which a worker failed, the latest."""


class Blame:
    """Remembers which workers failed in which jobs, since the bot's start."""

    def __init__(self) -> None:
        """Make it without any."""
        self._failed: dict[JobId, set[str]] = {}

    def falls_on(self, job: JobId, worker: str) -> bool:
        """A worker failed in a job. True where that is held against the job, too."""
        witnesses = self._failed.setdefault(job, set())
        if worker in witnesses:
            return False
        witnesses.add(worker)
        if len(self._failed) > REMEMBERED:
            del self._failed[next(iter(self._failed))]
        return True

    def drew(self, job: JobId, worker: str) -> None:
        """A worker drew a job, so its machine works."""
        self._failed.pop(job, None)
        for witnesses in self._failed.values():
            witnesses.discard(worker)
