"""What the gate hears: sound that is missing, broken, clipped, that clicks at a seam, or has another length.

It judges what an engine made. A member's own sound is left as it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.core.sentence import Sentence
from engine.core.sound import RATE, Sound, check_sound
from engine.gate.meaning.fault import Kind

SOUND_FAULTS = {
    "sound_is_broken": Kind(
        words=Sentence("the sound contains invalid numbers"),
        unit="share of the samples",
        warn=1e-9,
        reject=1e-9,
    ),
    "sound_is_missing": Kind(
        words=Sentence("it is silent"), unit="share of the clip", warn=0.97, reject=0.995
    ),
    "sound_is_clipped": Kind(
        words=Sentence("the sound is distorted"),
        unit="share of the worst tenth of a second",
        warn=0.03,
        reject=0.2,
    ),
    "sound_clicks": Kind(
        words=Sentence("the sound clicks"), unit="times the steps around it", warn=3.0, reject=6.0
    ),
    "sound_has_another_length": Kind(
        words=Sentence("the sound is not as long as the picture"), unit="frames", warn=1.0, reject=6.0
    ),
}
"""By their code, which is that of the finding."""

WINDOW = RATE // 10
"""Samples of a tenth of a second, in which loudness and clipping are measured."""

SILENT = 10 ** (-60 / 20)
"""The root mean square of a window below which nothing is heard: 60 dB under full scale."""

FULL, FLAT, FLAT_RUN = 0.985, 1e-6, 4
"""A clipped peak is so loud, and so many samples of it in a row are the same to within this. The peak of a
loud bass is loud, but round."""

PILED, BELOW, USUAL_PILE = 0.9, 0.8, 2.5
"""An encoder rounds clipped peaks, so in a file they are counted: many samples lie above the first level, and
hardly any between the two. A tone of full scale has about twice as many above as between."""

SEAM_SECONDS = 0.01
"""How far from a seam a click is looked for."""

OTHER_STEPS, AUDIBLE_STEP = 8, 0.02
"""A click is one step that is larger than the next largest around it, so many of them on average, and than
this share of full scale."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One fault of a sound.

    Attributes:
        code: of :data:`SOUND_FAULTS`.
        value: in the kind's unit; the limit for a warning or more.
        second: where it is worst, or begins.
    """

    code: str
    value: float
    second: float

    @property
    def severity(self) -> float:
        """The value as a share of the limit for rejection, or of twice that for warning if none."""
        kind = SOUND_FAULTS[self.code]
        return self.value / (kind.reject if math.isfinite(kind.reject) else 2 * kind.warn)

    @property
    def rejects(self) -> bool:
        """Whether this alone rejects the take."""
        return self.value >= SOUND_FAULTS[self.code].reject


def listen(
    sound: Sound, *, frames: int, fps: float, seams: Sequence[float] = (), encoded: bool = False
) -> tuple[Heard, ...]:
    """Find what is wrong with a sound.

    Args:
        sound: float32 ``[S, 2]``, 48,000 samples a second; NaN is allowed.
        frames: that it goes with.
        fps: frames per second of those.
        seams: seconds at which it was joined.
        encoded: it was read from a finished file.

    Returns:
        The faults that a member should know of, in the order of :data:`SOUND_FAULTS`.

    Raises:
        ValueError: it is no sound, or there are no frames.
    """
    check_sound(sound)
    if frames < 1 or not fps > 0:
        raise ValueError(f"{frames} frames at {fps} a second are no clip")
    finite = np.isfinite(sound)
    whole = np.where(finite, sound, np.float32(0))
    found = [
        _broken(finite),
        _missing(whole, frames / fps),
        _piled(whole) if encoded else _clipped(whole),
        max((_click(whole, seam) for seam in seams), key=lambda heard: heard.value, default=None),
        _other_length(len(sound), frames, fps),
    ]
    return tuple(heard for heard in found if heard and heard.value >= SOUND_FAULTS[heard.code].warn)


def _broken(finite: NDArray[np.bool_]) -> Heard:
    bad = ~finite.all(axis=1)
    second = float(bad.argmax()) / RATE if bad.any() else 0.0
    return Heard(code="sound_is_broken", value=float(bad.mean()) if bad.size else 0.0, second=second)


def _missing(sound: Sound, seconds: float) -> Heard:
    """The silent share of the clip, and where its longest silence begins."""
    count = max(1, math.ceil(seconds * RATE / WINDOW - 1e-9))
    loud = np.zeros(count, bool)
    power = np.square(_windows(sound)).mean(axis=(1, 2))[:count]
    loud[: len(power)] = np.sqrt(power) >= SILENT
    edges = np.flatnonzero(np.diff(np.r_[True, loud, True].astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    longest = int(starts[(ends - starts).argmax()]) if len(starts) else 0
    return Heard(code="sound_is_missing", value=1 - float(loud.mean()), second=longest * WINDOW / RATE)


def _clipped(sound: Sound) -> Heard:
    """The clipped share of the worst tenth of a second, in its worse channel."""
    level = np.clip(sound, -1, 1)
    still = (np.abs(np.diff(level, axis=0)) <= FLAT) & (np.abs(level[1:]) >= FULL)
    runs = FLAT_RUN - 1  # so many steps without a change
    flat = still.copy()
    for back in range(1, runs):
        flat[back:] &= still[:-back]
        flat[:back] = False
    return _worst_clipped(_windows(flat.astype(np.float32)).mean(axis=1))


def _piled(sound: Sound) -> Heard:
    """The same of a sound that was encoded: the share of samples that are piled up near full scale."""
    level = _windows(np.abs(sound))
    high, between = level >= PILED, (level >= BELOW) & (level < PILED)
    return _worst_clipped(np.maximum(0, high.mean(axis=1) - USUAL_PILE * between.mean(axis=1)))


def _worst_clipped(shares: NDArray[np.floating]) -> Heard:
    """The worst of windows, by the clipped share of each channel ``[n, 2]``."""
    worse = shares.max(axis=1)
    worst = int(worse.argmax()) if len(worse) else 0
    return Heard(
        code="sound_is_clipped",
        value=float(worse[worst]) if len(worse) else 0.0,
        second=worst * WINDOW / RATE,
    )


def _click(sound: Sound, seam: float) -> Heard:
    """How far the largest step near a seam stands out among the steps there."""
    at, around = round(seam * RATE), round(SEAM_SECONDS * RATE)
    near = sound[max(0, at - around) : at + around]
    value = 0.0
    if len(near) > 2 * OTHER_STEPS:
        steps = np.sort(np.abs(np.diff(near, axis=0)), axis=0)[::-1]
        others = np.maximum(steps[1 : 1 + OTHER_STEPS].mean(axis=0), AUDIBLE_STEP)
        value = float((steps[0] / others).max())
    return Heard(code="sound_clicks", value=value, second=seam)


def _other_length(samples: int, frames: int, fps: float) -> Heard:
    seconds, wanted = samples / RATE, frames / fps
    return Heard(
        code="sound_has_another_length",
        # A hair less than is measured: a length is rounded to a sample.
        value=max(0.0, abs(seconds - wanted) * fps - fps / RATE),
        second=min(seconds, wanted),
    )


def _windows(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """``[S, 2]`` in windows ``[n, WINDOW, 2]``; the last one is filled up with zeros."""
    count = math.ceil(len(samples) / WINDOW)
    filled = np.zeros((count * WINDOW, samples.shape[1]), np.float32)
    filled[: len(samples)] = samples
    return filled.reshape(count, WINDOW, samples.shape[1])
