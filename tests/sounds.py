"""Sounds for the tests, made with numpy: float32 ``[S, 2]``, 48,000 samples a second."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.core.sound import RATE, Sound


def both(samples: NDArray[np.floating]) -> Sound:
    """The same in both channels."""
    return np.repeat(np.asarray(samples, np.float32)[:, None], 2, axis=1)


def times(seconds: float) -> NDArray[np.float64]:
    """The time of each sample, in seconds."""
    return np.arange(round(seconds * RATE)) / RATE


def sine(seconds: float, hertz: float = 440.0, level: float = 0.5, onset: float = 0.0) -> Sound:
    """A tone that begins at ``onset``, before which it is silent."""
    at = times(seconds)
    return both(np.where(at >= onset, level * np.sin(2 * np.pi * hertz * (at - onset)), 0))


def noise(seconds: float, level: float = 0.2, seed: int = 1) -> Sound:
    """White noise, another in each channel."""
    made = np.random.default_rng(seed).normal(0, level, (round(seconds * RATE), 2))
    return np.clip(made, -0.97, 0.97).astype(np.float32)


def music(seconds: float) -> Sound:
    """Chords that are struck twice a second and fade."""
    at = times(seconds)
    chord = sum(np.sin(2 * np.pi * hertz * at) for hertz in (220.0, 277.2, 329.6, 55.0))
    return both(0.2 * chord * np.exp(-6 * (at % 0.5)) * np.minimum(1, (at % 0.5) * 400))


def speech(seconds: float) -> Sound:
    """A buzz that opens and closes four times a second, with pauses: as speech does."""
    at = times(seconds)
    buzz = sum(np.sin(2 * np.pi * 110 * n * at) / n for n in range(1, 20))
    return both(0.25 * buzz * np.maximum(0, np.sin(2 * np.pi * 2 * at)) ** 2)


def frequency(sound: Sound) -> float:
    """The strongest frequency of the left channel, in hertz."""
    window = np.hanning(len(sound))
    power = np.abs(np.fft.rfft(sound[:, 0] * window))
    return float(power.argmax() * RATE / len(sound))


def onset(sound: Sound, level: float = 0.05) -> float:
    """The second at which a sound is first as loud as ``level``."""
    return float((np.abs(sound).max(axis=1) > level).argmax()) / RATE
