"""How long renders take here, from those that were timed: by profile, and by the engine that drew.

Engines of one lane may differ. How much slower than usual each of them is shows in the profiles that several
have drawn. A profile that was hardly drawn yet is estimated from the same engine's others, by how much more
or less there is to draw; before any, from a short one that was drawn at the first start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from db.jobs.fairness import UNKNOWN_SECONDS
from db.jobs.job import Job
from db.jobs.queries import Timed

FEW = 3
"""With fewer measured renders of a profile than this, an estimate counts as one more of them."""

OVERRUN = 0.3
"""What is left of a render that takes longer than any before it: this share of the usual."""

SIMILAR = 20
"""Renders of an engine's other profiles that an estimate is made from."""

FIXED_PIXELS = 30e6
"""What a clip costs whatever its size, such as looking at the picture: as much as drawing so many pixels."""

CAUTION = 3.0
"""An engine counts as a usual one until its own renders outweigh so many that were just that."""

ROUNDS = 8
"""Iterations in which the profiles' times and the engines' speeds are told apart."""


@dataclass(frozen=True, kw_only=True)
class RenderTimes:
    """Render times of a lane.

    Attributes:
        of: the latest of each profile that is asked about.
        lately: the latest of any.
        first: seconds by profile that were measured at the first start.
        usual: what a profile takes according to its engine's owner; 0: not known.
    """

    of: Mapping[str, Sequence[Timed]] = field(default_factory=dict)
    lately: Sequence[Timed] = ()
    first: Mapping[str, float] = field(default_factory=dict)
    usual: Callable[[str], float] = lambda _: 0.0

    @cached_property
    def paces(self) -> Mapping[str, float]:
        """How many times as long as usual each engine takes, by its seat; see :func:`paces_of`."""
        return paces_of(self.lately)

    def pace(self, seat: str) -> float:
        """How many times as long as usual this engine takes; 1 for one that is not known."""
        return self.paces.get(seat, 1.0)

    def mean(self, profile: str) -> float:
        """Seconds that a usual engine takes."""
        return float(np.mean(self.seen(profile)))

    def left(self, running: Job, now: float) -> float:
        """Seconds left of a render, from those that had run as long and were not finished."""
        pace = self.pace(running.seat)
        elapsed = max(0.0, now - (running.started_at or now)) / pace
        seen = self.seen(running.profile)
        longer = [seconds - elapsed for seconds in seen if seconds > elapsed]
        return pace * float(np.mean(longer) if longer else OVERRUN * np.mean(seen))

    def seen(self, profile: str) -> Sequence[float]:
        """Renders of a profile in seconds of a usual engine; of few, an estimate is one."""
        own = self._as_usual(self.of.get(profile, ()))
        return own if len(own) >= FEW else [*own, self._estimate(profile)]

    def _estimate(self, profile: str) -> float:
        known = [
            (each.profile, each.seconds / self.pace(each.seat))
            for each in self.lately
            if each.profile != profile
        ]
        for times in (known, list(self.first.items())):
            for alike in (_of_its_quality, _of_its_engine):
                similar = [(name, seconds) for name, seconds in times if alike(name) == alike(profile)]
                if similar:
                    return float(np.mean([_scaled(*each, profile) for each in similar[:SIMILAR]]))
        if usual := self.usual(profile):
            return usual
        return float(np.mean([seconds for _, seconds in known])) if known else UNKNOWN_SECONDS

    def _as_usual(self, timed: Iterable[Timed]) -> list[float]:
        return [each.seconds / self.pace(each.seat) for each in timed]


def paces_of(timed: Sequence[Timed]) -> Mapping[str, float]:
    """How many times as long as usual each engine takes, by its seat.

    The logarithm of a time is taken for the sum of its profile's and its engine's. Both are means of what the
    other leaves, in turns. Engines that have drawn little count as usual ones.
    """
    seats, seat = np.unique([each.seat for each in timed], return_inverse=True)
    profiles, profile = np.unique([each.profile for each in timed], return_inverse=True)
    if len(seats) <= 1:
        return {}
    times = np.log(np.maximum([each.seconds for each in timed], 1e-3))
    slower = np.zeros(len(seats))
    for _ in range(ROUNDS):
        usual = np.bincount(profile, times - slower[seat], len(profiles)) / np.bincount(profile)
        slower = np.bincount(seat, times - usual[profile], len(seats)) / (np.bincount(seat) + CAUTION)
    return dict(zip(map(str, seats), map(float, np.exp(slower)), strict=True))


def _of_its_quality(profile: str) -> str:
    """With what a profile is drawn, in which way and quality: all of its name but the size and the length."""
    return profile.rsplit("/", 2)[0]


def _of_its_engine(profile: str) -> str:
    """With what a profile is drawn, and in which way."""
    return profile.rsplit("/", 3)[0]


def _scaled(known: str, seconds: float, profile: str) -> float:
    """What a render of a profile takes if one of another, of the same engine, takes so many seconds."""
    return seconds * _pixels(profile) / _pixels(known)


def _pixels(profile: str) -> float:
    """What there is to draw, with what a clip costs in any case."""
    try:
        _, size, frames = profile.rsplit("/", 2)
        width, height = size.split("x")
        return FIXED_PIXELS + int(width) * int(height) * int(frames)
    except ValueError:  # not the name of a size: such a profile is as large as any other
        return FIXED_PIXELS
