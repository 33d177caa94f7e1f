"""From measures to a verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.quality import colour, flicker, jumps, stillness, texture  # noqa: F401 - they register
from engine.quality.clip import Clip
from engine.quality.registry import MEASURES, Measure, Reading
from engine.recipe import Outcome

_WORST_SHARE = 0.6


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One measure that passed a limit.

    Attributes:
        code: the measure's name.
        second: where it is worst, or None if it is all over the clip.
        severity: the value as a share of the limit for rejection; of twice the limit for warning where the
            measure never rejects.
        rejects: whether this alone throws the take away.
    """

    code: str
    second: float | None
    severity: float
    rejects: bool


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The gate's word on a take.

    Attributes:
        reasons: what was found, worst first, in words a member understands, with the second.
        findings: the same for programs.
        scores: every measure's value by its name, in the unit that ``MEASURES[name].unit`` tells.
        score: 0 (broken) … 100 (like the median of good clips everywhere).
    """

    outcome: Outcome
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...]
    scores: dict[str, float]
    score: float

    @property
    def rejected(self) -> bool:
        """Whether the take is thrown away."""
        return self.outcome is Outcome.REJECTED

    @property
    def warned(self) -> bool:
        """Whether the take is kept, with a word of warning."""
        return self.outcome is Outcome.WARNED


def judge(
    frames: NDArray[np.uint8] | NDArray[np.floating], reference: NDArray[np.uint8] | None, fps: float
) -> Verdict:
    """Judge a take before it is smoothed and encoded, at its native rate.

    Args:
        frames: ``[T, H, W, 3]``, RGB; uint8, or floats in 0 … 1, NaN allowed.
        reference: the picture that the clip was made from, uint8 ``[H, W, 3]``, or None: burnt and
            oversaturated pictures are content then.
        fps: native frames per second.

    Raises:
        ValueError: shapes, dtypes or ``fps`` are not such.
    """
    clip = Clip(frames, reference, fps)
    return weigh({name: _read(entry, clip) for name, entry in MEASURES.items()}, fps)


def _read(entry: Measure, clip: Clip) -> Reading:
    return entry.read(clip) if len(clip) >= entry.frames else Reading(0.0)


def weigh(readings: dict[str, Reading], fps: float) -> Verdict:
    """Hold readings against the limits of their measures."""
    passed = [(name, reading) for name, reading in readings.items() if reading.value >= MEASURES[name].warn]
    passed.sort(key=lambda item: -_severity(MEASURES[item[0]], item[1].value))
    findings = tuple(
        Finding(
            code=name,
            second=None if reading.frame is None else reading.frame / fps,
            severity=_severity(MEASURES[name], reading.value),
            rejects=reading.value >= MEASURES[name].reject,
        )
        for name, reading in passed
    )
    outcome = Outcome.WARNED if findings else Outcome.ACCEPTED
    if any(finding.rejects for finding in findings):
        outcome = Outcome.REJECTED
    points = [_points(MEASURES[name], reading.value) for name, reading in readings.items()]
    return Verdict(
        outcome=outcome,
        reasons=tuple(_reason(finding) for finding in findings),
        findings=findings,
        scores={name: reading.value for name, reading in readings.items()},
        score=_WORST_SHARE * min(points) + (1 - _WORST_SHARE) * float(np.mean(points)),
    )


def _end_of_scale(entry: Measure) -> float:
    return entry.reject if math.isfinite(entry.reject) else 2 * entry.warn


def _severity(entry: Measure, value: float) -> float:
    return value / _end_of_scale(entry)


def _points(entry: Measure, value: float) -> float:
    """100 up to the usual value, 0 from the end of the scale on."""
    return 100 * float(np.clip((_end_of_scale(entry) - value) / (_end_of_scale(entry) - entry.usual), 0, 1))


def _reason(finding: Finding) -> str:
    words = MEASURES[finding.code].words
    return words if finding.second is None else f"{words} at {finding.second:.1f} s"
