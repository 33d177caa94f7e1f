"""Light and colour that jump back and forth while the scene goes on.

The measures work on what motion does not explain, and on second differences: steadily changing light has
none. The largest few are left out, because a single flash of lightning makes three of them. Clips of fewer
than eight frames can therefore not be judged.
"""

from __future__ import annotations

import numpy as np

from engine.core.sentence import Sentence
from engine.gate.clip import Clip
from engine.gate.measure import Reading, measure
from engine.vision.optical_flow import Floats

_FLASH = 3
_FLASH_SHARE = 0.15


_SECOND_DIFFERENCE = 6**0.5
"""Deviation of the second difference of values that deviate by one."""


def jumpiness(gains: Floats, rounding: Floats | float = 0.0) -> tuple[Floats, int]:
    """Trimmed rms of second differences along axis 0, and the frame with the largest one.

    Args:
        gains: changes from frame to frame, float32 ``[T-1, ...]``.
        rounding: what an encoder adds to each frame, in the same unit; it is taken off.
    """
    jumps = np.abs(np.diff(gains, axis=0))
    kept = len(jumps) - max(_FLASH, round(_FLASH_SHARE * len(jumps)))
    worst = int(jumps.reshape(len(jumps), -1).max(axis=1).argmax()) + 1
    power = (np.sort(jumps, axis=0)[:kept] ** 2).mean(axis=0) - (_SECOND_DIFFERENCE * rounding) ** 2
    return np.asarray(np.sqrt(np.maximum(0, power)), np.float32), worst


@measure(
    unit="log units", words=Sentence("brightness flickers"), usual=0.003, warn=0.0408, reject=0.075, frames=8
)
def brightness_flickers(clip: Clip) -> Reading:
    """Jumpiness of the whole frame's brightness."""
    value, frame = jumpiness(clip.gains, clip.encoders_tints.mean())
    return Reading(float(value), frame)


@measure(
    unit="log units", words=Sentence("colours flicker"), usual=0.002, warn=0.0324, reject=0.068, frames=8
)
def colours_flicker(clip: Clip) -> Reading:
    """Jumpiness of the whole frame's tint, in the worst channel."""
    value, frame = jumpiness(clip.tints, clip.encoders_tints)
    return Reading(float(value.max()), frame)


@measure(
    unit="log units",
    words=Sentence("patches of light flicker"),
    usual=0.005,
    warn=0.036,
    reject=0.18,
    frames=8,
)
def light_boils(clip: Clip) -> Reading:
    """Jumpiness of the median tile of an 8x8 grid: patches all over the picture change."""
    value, frame = jumpiness(clip.tile_gains)
    return Reading(float(np.median(value)), frame)


@measure(
    unit="log units",
    words=Sentence("part of the picture flashes"),
    usual=0.01,
    warn=0.066,
    reject=0.25,
    frames=8,
)
def part_strobes(clip: Clip) -> Reading:
    """Jumpiness of the upper quartile of an 8x8 grid: a background, or a large part of the frame."""
    value, frame = jumpiness(clip.tile_gains)
    return Reading(float(np.percentile(value, 75)), frame)


def _reversal(gains: Floats, rounding: Floats | float = 0.0) -> Floats:
    """Standard deviation of what is new in each frame, in log units, along axis 0.

    Where each frame adds a value of variance v, the product of two successive changes is -v on average;
    steadily changing light makes it positive. The two strongest products are left out: one flash.
    """
    products = np.sort(-gains[1:] * gains[:-1], axis=0)
    return np.asarray(np.sqrt(np.maximum(0, products[:-2].mean(axis=0) - rounding**2)), np.float32)


@measure(unit="log units", frames=8)
def brightness_reverses(clip: Clip) -> Reading:
    """Brightness that is new in each frame."""
    return Reading(float(_reversal(clip.gains, clip.encoders_tints.mean())))


@measure(unit="log units", frames=8)
def tint_reverses(clip: Clip) -> Reading:
    """Tint that is new in each frame, in the worst channel."""
    return Reading(float(_reversal(clip.tints, clip.encoders_tints).max()))


@measure(
    unit="log units",
    words=Sentence("patches of light flicker"),
    usual=0.001,
    warn=0.003,
    reject=0.005,
    frames=8,
)
def tiles_reverse(clip: Clip) -> Reading:
    """Brightness that is new in each frame, in the median tile of an 8x8 grid."""
    return Reading(float(np.median(_reversal(clip.tile_gains))))
