"""What a measure is, and the list of all of them.

A new check is one function under a :func:`measure` line, in the module that fits, and one test.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from engine.gate.clip import Clip


class Reading(NamedTuple):
    """What a measure says of a clip: a value in the measure's unit, and the frame where it is worst."""

    value: float
    frame: int | None = None
    known: bool = True


UNKNOWN = Reading(0.0, known=False)
"""A clip too short for the measure, or no input picture to hold it against."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A measure and its limits. Larger values are worse, where there are limits.

    Attributes:
        name: key of ``Verdict.scores`` and code of its findings.
        unit: of the value.
        words: what a member reads when a limit is passed.
        usual: the median of good clips: costs no points.
        warn: from here on the clip carries a warning. Infinite where the value says something only beside
            others, in the calibrated score.
        frames: a shorter clip has nothing to measure, and reads as 0.
        needs_input: without an input picture there is nothing to measure either.
        reject: from here on the take is thrown away. Infinite where content can look the same.
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
        """Read the clip, if it has what is needed."""
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
    """Enter a function into :data:`MEASURES`, under its own name.

    Raises:
        ValueError: the name is taken, or the limits are not in order.
    """

    def enter(read: Callable[[Clip], Reading]) -> Callable[[Clip], Reading]:
        name = read.__name__
        if name in MEASURES:
            raise ValueError(f"there are two measures named {name}")
        if not usual < warn <= reject:
            raise ValueError(f"{name}: needs usual < warn <= reject")
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

    return enter
