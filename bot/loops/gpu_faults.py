"""Decides whether the GPU or the job caused a GPU fault.

A GPU that is gone fails every job, and none of them is to blame. A job that breaks every process that draws
it must not stop the queue. The two look alike until another job is drawn. So the other jobs go first, and a
job that fails after the GPU has just drawn another one is to blame.
"""

from __future__ import annotations

from collections.abc import Callable

from db.states import JobId

FIRST_PAUSE = 5.0
LAST_PAUSE = 60.0
"""Seconds between two tries, from the second fault in a row on; doubled each time."""

IN_TROUBLE = 2
"""Faults in a row from which moderators are told."""


class GpuFaults:
    """Counts the faults.

    Args:
        clock: returns Unix seconds.

    Attributes:
        in_a_row: faults since a clip was last drawn.
        since: Unix seconds of the first of them; None if there is none.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.in_a_row = 0
        self.since: float | None = None
        self._suspects: dict[JobId, bool] = {}

    @property
    def suspects(self) -> list[JobId]:
        """Jobs that met a fault, while the GPU has drawn no other since: the others go first."""
        return [job for job, guilty in self._suspects.items() if not guilty]

    @property
    def trouble_since(self) -> float | None:
        """Unix seconds since when nothing can be drawn; None while clips are drawn."""
        return self.since if self.in_a_row >= IN_TROUBLE else None

    def met(self, job: JobId) -> bool:
        """Record that a job met a fault. Returns True if the job is to blame."""
        self.in_a_row += 1
        if self.since is None:
            self.since = self._clock()
        return self._suspects.setdefault(job, False)

    def forget(self, job: JobId) -> None:
        """The job has ended, and nothing is known of the GPU."""
        self._suspects.pop(job, None)

    def drew(self, job: JobId) -> None:
        """Record that a clip was drawn: the GPU works, so the suspects are to blame for their next fault."""
        self.in_a_row = 0
        self.since = None
        self._suspects.pop(job, None)
        self._suspects = dict.fromkeys(self._suspects, True)

    def pause(self) -> float:
        """Seconds until the next try."""
        if self.in_a_row < IN_TROUBLE:
            return 0.0
        return min(LAST_PAUSE, FIRST_PAUSE * 2.0 ** (self.in_a_row - IN_TROUBLE))
