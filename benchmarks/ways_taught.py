"""Other ways to make a defect that the fit learns from."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.changes import (
    Frames,
    blotches,
    each,
    field,
    graded,
    levels,
    saturate,
    slid,
    some_of,
)
from benchmarks.ways import way


@way("brightness_flickers")
def brightness_swings(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """A wave of three to five frames."""
    amount = graded(strength, 0.045, 0.09, 0.18)
    wave = np.sin(2 * np.pi * (np.arange(len(frames)) / rng.uniform(3, 5) + rng.random()))
    return each(frames, lambda t, frame: frame * (1 + amount * wave[t]))


@way("colour_flickers")
def one_channel_flickers(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """One channel has a gain of its own in each frame."""
    gains = np.ones((len(frames), 3))
    gains[:, rng.integers(3)] += graded(strength, 0.035, 0.07, 0.14) * rng.standard_normal(len(frames))
    return each(frames, lambda t, frame: frame * gains[t])


@way("boils")
def fine_boil(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Smaller patches."""
    height, width = frames.shape[1:3]
    amount = graded(strength, 0.045, 0.09, 0.18)
    return each(frames, lambda _, frame: frame * (1 + amount * field(rng, height, width, 16))[..., None])


@way("strobes")
def side_strobes(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """The left or the right half."""
    mask = np.clip((rng.uniform(0.4, 0.6) - np.linspace(0, 1, frames.shape[2])) * 12, 0, 1)[None, :, None]
    mask = mask if rng.integers(2) else 1 - mask
    gains = graded(strength, 0.06, 0.12, 0.25) * rng.standard_normal(len(frames))
    return each(frames, lambda t, frame: frame * (1 + gains[t] * mask))


@way("cut")
def another_colour_cut(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """A picture turned about follows, in part, or in whole with other colours."""
    start = int(rng.integers(len(frames) // 4, 3 * len(frames) // 4 + 1))
    out = frames.copy()
    if strength < 3:
        shift = round(frames.shape[2] * graded(strength, 0.25, 0.5, 0.5))
        out[start:] = np.roll(frames[start:], shift, axis=2)
    else:
        out[start:] = frames[start:, ::-1, ::-1, [1, 2, 0]]
    return out


@way("corrupt_end")
def static_end(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """The end drowns in coloured static."""
    count = min(len(frames), round(graded(strength, 1, 2, 4, none=1)))
    weight = graded(strength, 0.35, 0.6, 0.95)
    out = frames.copy()
    for t in range(len(frames) - count, len(frames)):
        out[t] = levels(frames[t] * (1 - weight) + rng.uniform(0, 255, frames.shape[1:]) * weight)
    return out


@way("blur_collapses")
def coarse_pixels(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Detail goes from some frame on, as if drawn small and enlarged."""
    factor = graded(strength, 1.8, 2.8, 6, none=1.0)
    start = int(rng.integers(len(frames) // 3, 2 * len(frames) // 3 + 1))
    height, width = frames.shape[1:3]
    small = (max(1, round(width / factor)), max(1, round(height / factor)))
    out = frames.copy()
    for t in range(start, len(frames)):
        shrunk = cv2.resize(frames[t], small, interpolation=cv2.INTER_AREA)
        out[t] = cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_CUBIC)
    return out


@way("colour_fades")
def late_fade(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Colour goes in the second half."""
    final = graded(strength, 0.6, 0.3, 0.05, none=1.0)
    factors = np.interp(np.linspace(0, 1, len(frames)), [0, rng.uniform(0.3, 0.6), 1], [1, 1, final])
    return each(frames, lambda t, frame: saturate(frame, factors[t]))


@way("colour_drifts")
def one_channel_drifts(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """One channel grows or sinks."""
    tint = np.zeros(3)
    tint[rng.integers(3)] = graded(strength, 0.08, 0.18, 0.36) * rng.choice([-1, 1])
    return each(frames, lambda t, frame: frame * (1 + tint * t / max(1, len(frames) - 1)))


@way("colour_drifts")
def colour_seeps_in(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """A colour is added, also to what is grey or dark: 9, 20, 40 levels between two channels."""
    colour = rng.standard_normal(3)
    colour = (colour - colour.mean()) / np.ptp(colour) * graded(strength, 9, 20, 40)
    return each(frames, lambda t, frame: frame + colour * t / max(1, len(frames) - 1))


@way("latent_noise")
def grey_latent_noise(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Without colour, of 6 to 12 pixels."""
    sigma = graded(strength, 4, 8, 18)
    spoil = blotches(frames, sigma, rng, pixels=int(rng.integers(6, 13)), channels=1, way_up=cv2.INTER_LINEAR)
    return each(frames, lambda _, frame: spoil(frame))


@way("latent_noise")
def passing_latent_noise(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """In half of the frames only."""
    some = some_of(frames, rng, 0.5)
    spoil = blotches(frames, graded(strength, 6, 12, 26), rng, pixels=8, channels=3, way_up=cv2.INTER_CUBIC)
    return each(frames, lambda t, frame: spoil(frame) if some[t] else frame)


@way("fresh_noise")
def grey_noise(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Without colour."""
    sigma = graded(strength, 7, 12, 24)
    return each(
        frames, lambda _, frame: frame + sigma * rng.standard_normal((*frame.shape[:2], 1), np.float32)
    )


@way("static_noise")
def grey_pane(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Without colour."""
    sigma = graded(strength, 8, 14, 28)
    noise = sigma * rng.standard_normal((*frames.shape[1:3], 1), np.float32)
    return each(frames, lambda _, frame: frame + noise)


@way("tearing")
def torn_band(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """A band of rows is shifted, to either side."""
    height, width = frames.shape[1:3]
    shift = graded(strength, 0.014, 0.032, 0.07) * width
    out = frames.copy()
    for t in np.flatnonzero(some_of(frames, rng, 0.25)):
        top = int(rng.integers(height // 8, height // 2))
        shifts = np.zeros(height)
        shifts[top : top + int(rng.integers(height // 5, height // 2))] = shift * rng.choice([-1, 1])
        out[t] = slid(frames[t], shifts)
    return out


@way("tearing")
def softly_torn(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """The step takes a few rows, and sizes differ."""
    height, width = frames.shape[1:3]
    out = frames.copy()
    for t in np.flatnonzero(some_of(frames, rng, 0.3)):
        shift = graded(strength, 0.014, 0.032, 0.07) * width * rng.uniform(0.8, 1.3) * rng.choice([-1, 1])
        row = rng.integers(height // 5, 4 * height // 5)
        out[t] = slid(frames[t], shift * np.clip((np.arange(height) - row) / rng.uniform(2, 8), 0, 1))
    return out


@way("burnt")
def overexposed(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """A gain that clips the lights."""
    factor = graded(strength, 1.25, 1.6, 2.3, none=1.0) * rng.uniform(0.97, 1.05)
    return each(frames, lambda _, frame: frame * factor)


@way("oversaturated")
def vivid(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """The saturation of HSV, which leaves the brightest channel as it is."""
    factor = np.float32(graded(strength, 1.45, 2.0, 3.2, none=1.0) * rng.uniform(0.95, 1.05))

    def spoil(_: int, frame: NDArray[np.float32]) -> NDArray[np.floating]:
        highest = frame.max(axis=2, keepdims=True)
        return np.asarray(np.maximum(0, highest - (highest - frame) * factor))

    return each(frames, spoil)


@way("subject_drifts")
def soft_stranger(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """The scene melts from the middle of the clip on, into a softer and darker one."""
    other = np.stack([cv2.GaussianBlur(f, (0, 0), 3) for f in frames[:, ::-1, :, [2, 0, 1]]])
    final = graded(strength, 0.3, 0.6, 1.0)
    weights = np.interp(np.linspace(0, 1, len(frames)), [0, rng.uniform(0.2, 0.5), 1], [0, 0, final])
    return each(frames, lambda t, frame: frame * (1 - weights[t]) + 0.8 * other[t] * weights[t])


@way("ghosting")
def trails(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Each frame keeps a part of all that came before: 35, 55, 75 %."""
    weight = graded(strength, 0.35, 0.55, 0.75) * rng.uniform(0.95, 1.05)
    kept = frames[0].astype(np.float32)
    out = []
    for frame in frames:
        kept = frame * (1 - weight) + kept * weight
        out.append(levels(kept))
    return np.stack(out)


@way("ghosting")
def double(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """A copy of the frame beside itself: 20, 35, 50 %."""
    weight = graded(strength, 0.2, 0.35, 0.5)
    shift = max(3, round(rng.uniform(0.02, 0.06) * frames.shape[2]))
    place = (round(rng.uniform(-0.5, 0.5) * shift), shift * int(rng.choice([-1, 1])))
    return each(frames, lambda _, frame: frame * (1 - weight) + np.roll(frame, place, axis=(0, 1)) * weight)
