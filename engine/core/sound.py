"""A clip's sound, as it travels beside the frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.core.sound_form import CHANNELS, RATE

__all__ = ["CHANNELS", "FADE_SECONDS", "RATE", "Sound", "check_sound", "fitted", "samples_for", "silence"]

Sound = NDArray[np.float32]
"""float32 ``[S, 2]``: samples of the left and the right channel, -1 … 1, :data:`RATE` a second."""

FADE_SECONDS = 0.02
"""How long a sound takes to begin or end where it was cut: at once would click."""


def check_sound(sound: Sound) -> None:
    """Hold an array to the form of a sound. What is not finite passes: that is the gate's subject.

    Raises:
        ValueError: it is not float32 ``[S, 2]``.
    """
    if sound.dtype != np.float32 or sound.ndim != 2 or sound.shape[1] != CHANNELS:  # noqa: PLR2004 - [S, 2]
        raise ValueError(f"a sound must be float32 [S, 2], not {sound.dtype} {list(sound.shape)}")


def samples_for(frames: int, fps: float) -> int:
    """How many samples last as long as so many frames."""
    return round(frames * RATE / fps)


def silence(samples: int) -> Sound:
    """A sound of nothing, float32 ``[samples, 2]``."""
    return np.zeros((samples, CHANNELS), np.float32)


def fitted(sound: Sound, samples: int) -> Sound:
    """A sound of a given length: the rest is cut off, or silence follows. Either way it fades out.

    Args:
        sound: float32 ``[S, 2]``.
        samples: how many are wanted.

    Returns:
        float32 ``[samples, 2]``; the array itself where it is as long already.
    """
    if len(sound) == samples:
        return sound
    made = silence(samples)
    kept = min(len(sound), samples)
    made[:kept] = sound[:kept]
    fade = min(kept, round(FADE_SECONDS * RATE))
    made[kept - fade : kept] *= np.linspace(1, 0, fade, dtype=np.float32)[:, None]
    return made
