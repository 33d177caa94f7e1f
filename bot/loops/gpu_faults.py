"""Whose fault a fault of the graphics card is: the card's, or the job's that met it.

A card that is gone fails each job, and none of them is to blame. A job that breaks each process that draws it
must not stop the queue. The two look alike until another job is drawn: so the others go first, and who fails
when the card has just drawn another is to blame.
"""

from __future__ import annotations

import time

from db.states import JobId

FIRST_PAUSE = 5.0
LAST_PAUSE = 60.0
"""Seconds between two tries, from the second fault in a row on; doubled each time."""

IN_TROUBLE = 2
"""So many faults in a row are worth a moderator's while."""


class GpuFaults:
    """Keeps count.

    Attributes:
        in_a_row: faults since a clip was last drawn.
        since: Unix seconds of the first of them; None where there is none.
    """

    def __init__(self) -> None:
        self.in_a_row = 0
        self.since: float | None = None
        self._suspects: dict[JobId, bool] = {}

    @property
    def suspects(self) -> list[JobId]:
        """Jobs that met a fault, while the card has drawn no other since: the others go first."""
        return [job for job, guilty in self._suspects.items() if not guilty]

    @property
    def trouble_since(self) -> float | None:
        """Since when nothing can be drawn, Unix seconds; None while all is well."""
        return self.since if self.in_a_row >= IN_TROUBLE else None

    def met(self, job: JobId) -> bool:
        """A job met a fault; True where the job is to blame."""
        self.in_a_row += 1
        if self.since is None:
            self.since = time.time()
        return self._suspects.setdefault(job, False)

    def drew(self, job: JobId) -> None:
        """A clip was drawn: the card works, and who met a fault before is to blame for the next."""
        self.in_a_row = 0
        self.since = None
        self._suspects.pop(job, None)
        self._suspects = dict.fromkeys(self._suspects, True)

    def pause(self) -> float:
        """Seconds until the next try."""
        if self.in_a_row < IN_TROUBLE:
            return 0.0
        return min(LAST_PAUSE, FIRST_PAUSE * 2.0 ** (self.in_a_row - IN_TROUBLE))
