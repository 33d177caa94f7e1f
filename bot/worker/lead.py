"""When to ask for the next job: early enough that the GPU never waits, and no earlier.

A job that is claimed ahead is one that no other machine can take meanwhile.
"""

from __future__ import annotations

LEAST, MOST = 2.0, 5.0
"""Seconds."""

FETCHES = 1.5
"""The next input may take so much longer than the last."""

TRIP = 0.3
"""Seconds for a question and its answer."""

TAILS = 32
"""Kinds of jobs whose times are remembered."""


def lead(last_fetch: float) -> float:
    """Seconds before the GPU is free at which the next job is asked for.

    Args:
        last_fetch: seconds that the last job's files took.
    """
    return min(MOST, max(LEAST, FETCHES * last_fetch + TRIP))


class Remaining:
    """How long the job that is drawn will still keep the next one from being begun.

    It is estimated from its drawing so far, and from how long its like took. Both are forecasts, and the
    smaller counts: to ask a moment too early costs less than a GPU that waits.
    """

    def __init__(self) -> None:
        self._took: dict[str, float] = {}
        self._profile = ""
        self._began: float | None = None
        self._drawing: float | None = None
        self._fraction = 0.0

    def begin(self, profile: str, now: float) -> None:
        """A job of this profile is begun."""
        self._profile, self._began, self._drawing, self._fraction = profile, now, None, 0.0

    def drew(self, fraction: float, now: float) -> None:
        """It is at this fraction of its drawing; a smaller one than before begins a new take."""
        if self._drawing is None or fraction < self._fraction:
            self._drawing = now
        self._fraction = fraction

    def end(self, now: float) -> None:
        """The next may be begun."""
        if self._began is not None:
            self._took.pop(self._profile, None)
            self._took[self._profile] = now - self._began
            if len(self._took) > TAILS:
                del self._took[next(iter(self._took))]
        self._began = None

    def seconds(self, now: float) -> float | None:
        """Seconds until the next may be begun; None: it can't be told."""
        if self._began is None:
            return 0.0
        known = []
        if (took := self._took.get(self._profile)) is not None:
            known.append(max(0.0, self._began + took - now))
        if self._drawing is not None and self._fraction > 0:
            known.append((now - self._drawing) / self._fraction * (1 - self._fraction))
        return min(known, default=None)
