"""What a measure is, and the registry of all of them.

A new check is one function under a :func:`measure` line, in a module of :mod:`engine.gate.measures`, and one
test; see docs/extend/add-a-gate-measure.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from engine.gate.clip import Clip


class Reading(NamedTuple):
    """The result of a measure on a clip.

    Attributes:
        value: in the measure's unit.
        frame: where it is worst, or None if it is all over the clip.
        known: False where there was nothing to measure.
    """

    value: float
    frame: int | None = None
    known: bool = True


UNKNOWN = Reading(0.0, known=False)
"""The clip is too short for the measure, or there is no input picture to compare it with."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A measure and its limits. Where there are limits, larger values are worse.

    Attributes:
        name: key of ``Verdict.scores`` and code of its findings.
        unit: of the value.
        words: what a member reads when a limit is exceeded.
        usual: the median of good clips; up to here no points are lost.
        warn: from this value on the clip carries a warning. Infinite where the value means something only
            together with others, in the calibrated score.
        frames: the fewest frames that can be measured; a shorter clip is :data:`UNKNOWN`.
        needs_input: whether an input picture is needed as well.
        reject: from this value on the take is rejected. Infinite where good content can look the same.
        read: the function itself.
    """

    name: str
    unit: str
    words: str
    usual: float
    warn: float
    reject: float
    frames: int
    needs_input: bool
    read: Callable[[Clip], Reading]

    def __call__(self, clip: Clip) -> Reading:
        """Measure the clip, or return :data:`UNKNOWN` where it lacks what is needed."""
        if len(clip) < self.frames or (self.needs_input and clip.reference is None):
            return UNKNOWN
        return self.read(clip)


MEASURES: dict[str, Measure] = {}
"""All measures by name, in the order in which their modules are imported."""


def measure(
    *,
    unit: str,
    words: str = "",
    warn: float = math.inf,
    reject: float = math.inf,
    usual: float = 0.0,
    frames: int = 1,
    needs_input: bool = False,
) -> Callable[[Callable[[Clip], Reading]], Callable[[Clip], Reading]]:
    """Register a function in :data:`MEASURES`, under its own name.

    Args:
        unit: of the value.
        words: what a member reads; needed where there is a limit.
        warn, reject, usual, frames, needs_input: see :class:`Measure`.

    Raises:
        ValueError: the name is taken, the limits are not in order, or a limit has no words.
    """

    def register(read: Callable[[Clip], Reading]) -> Callable[[Clip], Reading]:
        name = read.__name__
        if name in MEASURES:
            raise ValueError(f"there are two measures named {name}")
        if not usual < warn <= reject:
            raise ValueError(f"{name}: needs usual < warn <= reject")
        if math.isfinite(warn) and not words:
            raise ValueError(f"{name}: a measure that warns needs words for the member")
        MEASURES[name] = Measure(
            name=name,
            unit=unit,
            words=words,
            usual=usual,
            warn=warn,
            reject=reject,
            frames=frames,
            needs_input=needs_input,
            read=read,
        )
        return read

    return register
