"""Damage that the gate must see, at three strengths.

Strength 1 is barely visible, 2 is clear, 3 is gross; weaker and in-between ones are interpolated.
(``not_finite`` gives float32.) The same damage made in other ways is in :mod:`benchmarks.ways_taught` and
:mod:`benchmarks.ways_held_back`.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.changes import Change, Frames, each, field, graded, levels, saturate, stranger

DEFECTS: dict[str, Change] = {}


def defect(change: Change) -> Change:
    """Enter a function into :data:`DEFECTS`."""
    DEFECTS[change.__name__] = change
    return change


@defect
def not_finite(frames: Frames, strength: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """NaN in one pixel, in a patch, in a whole frame."""
    broken = frames.astype(np.float32) / np.float32(255)
    t = int(rng.integers(len(frames)))
    size = round(graded(strength, 1, 32, max(frames.shape[1:3]), none=1))
    broken[t, :size, :size] = np.nan
    return broken


@defect
def blank(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Black frames at the end: two, half, all."""
    count = round(graded(strength, 2, len(frames) // 2, len(frames), none=1))
    out = frames.copy()
    out[len(frames) - count :] = int(rng.integers(0, 2)) * 110
    return out


@defect
def frozen(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Nothing moves any more after 60 %, 35 %, or at all."""
    out = frames.copy()
    stop = int(len(frames) * graded(strength, 0.6, 0.35, 0.0, none=1.0))
    out[stop:] = out[stop]
    noise = rng.normal(0, 0.4, frames.shape[1:])
    return np.stack([levels(frame + noise) for frame in out.astype(np.float32)])


@defect
def stutter(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Every fifth, third, second frame is shown again."""
    period = round(graded(strength, 5, 3, 2, none=9))
    start = int(rng.integers(period))
    return frames[[t - 1 if t % period == start and t else t for t in range(len(frames))]]


@defect
def brightness_flickers(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Each frame has a brightness of its own: 3, 6, 12 % rms."""
    gains = 1 + graded(strength, 0.03, 0.06, 0.12) * rng.standard_normal(len(frames))
    return each(frames, lambda t, frame: frame * gains[t])


@defect
def colour_flickers(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Each frame has a tint of its own: 2, 4, 9 % rms a channel."""
    gains = 1 + graded(strength, 0.02, 0.04, 0.09) * rng.standard_normal((len(frames), 3))
    return each(frames, lambda t, frame: frame * gains[t])


@defect
def boils(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Soft patches of light come and go in each frame: 4, 8, 16 % rms."""
    height, width = frames.shape[1:3]
    amount = graded(strength, 0.04, 0.08, 0.16)
    return each(frames, lambda _, frame: frame * (1 + amount * field(rng, height, width, 8))[..., None])


@defect
def strobes(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """The upper part, the background, changes its brightness back and forth: 6, 12, 25 %."""
    height = frames.shape[1]
    mask = np.clip((0.55 - np.linspace(0, 1, height)) * 12, 0, 1)[:, None, None]
    amount = graded(strength, 0.06, 0.12, 0.25)
    signs = np.where(np.arange(len(frames)) % 2, 1, -1) * rng.uniform(0.6, 1.2, len(frames))
    return each(frames, lambda t, frame: frame * (1 + amount * signs[t] * mask))


@defect
def cut(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Another picture follows: one shifted and enlarged, one mirrored, another scene."""
    start = int(rng.integers(len(frames) // 4, 3 * len(frames) // 4 + 1))
    height, width = frames.shape[1:3]
    out = frames.copy()
    if strength < 2:
        top, left = round(height * strength / 4), round(width * strength / 4)
        out[start:] = [cv2.resize(f[top:, left:], (width, height)) for f in frames[start:]]
    elif strength < 3:
        out[start:] = np.roll(frames[start:, :, ::-1], height // 5, axis=1)
    else:
        out[start:] = stranger(frames)[start:]
    return out


@defect
def corrupt_end(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """The last one, two, four frames are mixed with blocks of nothing: 35, 60, 95 %."""
    count = min(len(frames), round(graded(strength, 1, 2, 4, none=1)))
    weight = graded(strength, 0.35, 0.6, 0.95)
    height, width = frames.shape[1:3]
    out = frames.copy()
    for t in range(len(frames) - count, len(frames)):
        blocks = rng.uniform(0, 255, (max(1, height // 16), max(1, width // 16), 3)).astype(np.float32)
        junk = cv2.resize(blocks, (width, height), interpolation=cv2.INTER_NEAREST)
        out[t] = levels(frames[t] * (1 - weight) + junk * weight)
    return out


@defect
def blur_collapses(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Detail melts away to the end: Gaussians of .3, .6, 1.4 % of the long side."""
    final = graded(strength, 0.003, 0.006, 0.014) * max(frames.shape[1:3]) * rng.uniform(0.9, 1.1)
    sigmas = final * np.clip(np.linspace(-0.3, 1, len(frames)), 0.001, None)

    def spoil(t: int, frame: NDArray[np.float32]) -> NDArray[np.floating]:
        return np.asarray(cv2.GaussianBlur(frame, (0, 0), max(0.1, sigmas[t])), np.float32)

    return each(frames, spoil)


@defect
def colour_fades(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Saturation falls to 60, 30, 5 %."""
    final = graded(strength, 0.6, 0.3, 0.05, none=1.0) * rng.uniform(0.9, 1.1)
    factors = np.linspace(1, final, len(frames))
    return each(frames, lambda t, frame: saturate(frame, factors[t]))


@defect
def colour_drifts(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """A tint grows steadily: 8, 18, 36 % between two channels."""
    amount = graded(strength, 0.08, 0.18, 0.36)
    tint = amount * rng.permutation([-0.5, 0.1, 0.5])
    return each(frames, lambda t, frame: frame * (1 + tint * t / max(1, len(frames) - 1)))


@defect
def latent_noise(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Fresh soft blotches of eight pixels: 5, 10, 22 levels."""
    height, width = frames.shape[1:3]
    sigma = graded(strength, 5, 10, 22)

    def spoil(_: int, frame: NDArray[np.float32]) -> NDArray[np.floating]:
        coarse = rng.standard_normal((max(1, height // 8), max(1, width // 8), 3)).astype(np.float32)
        return frame + sigma * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)

    return each(frames, spoil)


@defect
def fresh_noise(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Fresh noise in each pixel: 8, 14, 28 levels."""
    sigma = graded(strength, 8, 14, 28)
    noise = rng.standard_normal((2, *frames.shape[1:])).astype(np.float32) * sigma

    def spoil(_: int, frame: NDArray[np.float32]) -> NDArray[np.floating]:
        shift = (int(rng.integers(frames.shape[1])), int(rng.integers(frames.shape[2])))
        return np.asarray(frame + np.roll(noise[int(rng.integers(2))], shift, axis=(0, 1)))

    return each(frames, spoil)


@defect
def static_noise(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """The same noise over every frame, like a dirty pane: 8, 14, 28 levels."""
    noise = rng.standard_normal(frames.shape[1:]).astype(np.float32) * graded(strength, 8, 14, 28)
    return each(frames, lambda _, frame: frame + noise)


@defect
def tearing(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """In a third of the frames everything below some row is shifted: 1.2, 3, 7 % of the width."""
    height, width = frames.shape[1:3]
    shift = max(1, round(graded(strength, 0.012, 0.03, 0.07) * width))
    out = frames.copy()
    for t in rng.choice(len(frames), max(1, len(frames) // 3), replace=False):
        row = int(rng.integers(height // 4, 3 * height // 4))
        out[t, row:] = np.roll(frames[t, row:], shift, axis=1)
    return out


@defect
def burnt(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Too much contrast, as from too much guidance: 1.25, 1.6, 2.3 times."""
    factor = graded(strength, 1.25, 1.6, 2.3, none=1.0) * rng.uniform(0.95, 1.05)
    return each(frames, lambda _, frame: (frame - 118) * factor + 128)


@defect
def oversaturated(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Colours pushed: 1.4, 1.9, 3 times."""
    factor = graded(strength, 1.4, 1.9, 3.0, none=1.0) * rng.uniform(0.95, 1.05)
    return each(frames, lambda _, frame: saturate(frame, factor))


@defect
def subject_drifts(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """The scene melts into another one: by 30, 60, 100 %."""
    other = stranger(frames)
    weights = np.linspace(0, graded(strength, 0.3, 0.6, 1.0) * rng.uniform(0.95, 1.0), len(frames))
    return each(frames, lambda t, frame: frame * (1 - weights[t]) + other[t] * weights[t])


@defect
def ghosting(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """An earlier frame shines through: 20, 35, 50 %. Known as hard; listed to be honest."""
    weight = graded(strength, 0.2, 0.35, 0.5) * rng.uniform(0.95, 1.05)
    return each(frames, lambda t, frame: frame * (1 - weight) + frames[max(0, t - 3)] * weight)


@defect
def letterbox(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Dark bars above and below: 4, 8, 14 % of the height each."""
    count = round(frames.shape[1] * graded(strength, 0.04, 0.08, 0.14))
    out = frames.copy()
    out[:, :count] = out[:, frames.shape[1] - count :] = int(rng.integers(16))
    return out


@defect
def zoom_only(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:  # noqa: ARG001 - no chance in it
    """Nothing but the first frame, enlarged by 6, 12, 25 %."""
    height, width = frames.shape[1:3]
    scales = np.linspace(1, 1 + graded(strength, 0.06, 0.12, 0.25), len(frames))
    out = []
    for scale in scales:
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 0, float(scale))
        out.append(cv2.warpAffine(frames[0], matrix, (width, height), flags=cv2.INTER_CUBIC))
    return np.stack(out)
