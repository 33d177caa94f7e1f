"""Damage that the gate must see, at three strengths, and changes that it must let pass.

Strength 1 is barely visible, 2 is clear, 3 is gross; weaker and in-between ones are interpolated. All take
and give uint8 ``[T, H, W, 3]`` (``not_finite`` gives float32) and draw their chance from the generator that
they are handed.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.uint8]
Change = Callable[[Frames, float, np.random.Generator], NDArray[np.generic]]

DEFECTS: dict[str, Change] = {}
BENIGN: dict[str, Change] = {}


def defect(change: Change) -> Change:
    """Enter a function into :data:`DEFECTS`."""
    DEFECTS[change.__name__] = change
    return change


def benign(change: Change) -> Change:
    """Enter a function into :data:`BENIGN`. Its strength is always 2."""
    BENIGN[change.__name__] = change
    return change


def _graded(strength: float, one: float, two: float, three: float, *, none: float = 0.0) -> float:
    """The amount at a strength; ``none`` is the amount that does nothing."""
    return float(np.interp(strength, [0, 1, 2, 3], [none, one, two, three]))


def _levels(values: NDArray[np.floating]) -> Frames:
    return np.clip(values + 0.5, 0, 255).astype(np.uint8)


def _each(frames: Frames, change: Callable[[int, NDArray[np.float32]], NDArray[np.floating]]) -> Frames:
    return np.stack([_levels(change(t, frame.astype(np.float32))) for t, frame in enumerate(frames)])


def _saturate(frame: NDArray[np.float32], factor: float) -> NDArray[np.floating]:
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)[..., None]
    return grey + (frame - grey) * factor


def _field(rng: np.random.Generator, height: int, width: int, cells: int) -> NDArray[np.float32]:
    coarse = rng.standard_normal((cells, cells)).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def _stranger(frames: Frames) -> Frames:
    """Another scene of the same make: mirrored, turned upside down, other colours, and another place."""
    other = frames[:, ::-1, ::-1, ::-1]
    return np.roll(other, (frames.shape[1] // 3, frames.shape[2] // 4), axis=(1, 2))


@defect
def not_finite(frames: Frames, strength: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """NaN in one pixel, in a patch, in a whole frame."""
    broken = frames.astype(np.float32) / 255
    t = int(rng.integers(len(frames)))
    size = round(_graded(strength, 1, 32, max(frames.shape[1:3]), none=1))
    broken[t, :size, :size] = np.nan
    return broken


@defect
def blank(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Black frames at the end: two, half, all."""
    count = round(_graded(strength, 2, len(frames) // 2, len(frames), none=1))
    out = frames.copy()
    out[len(frames) - count :] = int(rng.integers(0, 2)) * 110
    return out


@defect
def frozen(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Nothing moves any more after 60 %, 35 %, or at all."""
    out = frames.copy()
    stop = int(len(frames) * _graded(strength, 0.6, 0.35, 0.0, none=1.0))
    out[stop:] = out[stop]
    noise = rng.normal(0, 0.4, frames.shape[1:])
    return np.stack([_levels(frame + noise) for frame in out.astype(np.float32)])


@defect
def stutter(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Every fifth, third, second frame is shown again."""
    period = round(_graded(strength, 5, 3, 2, none=9))
    start = int(rng.integers(period))
    return frames[[t - 1 if t % period == start and t else t for t in range(len(frames))]]


@defect
def brightness_flickers(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Each frame has a brightness of its own: 3, 6, 12 % rms."""
    gains = 1 + _graded(strength, 0.03, 0.06, 0.12) * rng.standard_normal(len(frames))
    return _each(frames, lambda t, frame: frame * gains[t])


@defect
def colour_flickers(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Each frame has a tint of its own: 2, 4, 9 % rms a channel."""
    gains = 1 + _graded(strength, 0.02, 0.04, 0.09) * rng.standard_normal((len(frames), 3))
    return _each(frames, lambda t, frame: frame * gains[t])


@defect
def boils(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Soft patches of light come and go in each frame: 4, 8, 16 % rms."""
    height, width = frames.shape[1:3]
    amount = _graded(strength, 0.04, 0.08, 0.16)
    return _each(frames, lambda _, frame: frame * (1 + amount * _field(rng, height, width, 8))[..., None])


@defect
def strobes(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """The upper part, the background, changes its brightness back and forth: 6, 12, 25 %."""
    height = frames.shape[1]
    mask = np.clip((0.55 - np.linspace(0, 1, height)) * 12, 0, 1)[:, None, None]
    amount = _graded(strength, 0.06, 0.12, 0.25)
    signs = np.where(np.arange(len(frames)) % 2, 1, -1) * rng.uniform(0.6, 1.2, len(frames))
    return _each(frames, lambda t, frame: frame * (1 + amount * signs[t] * mask))


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
        out[start:] = _stranger(frames)[start:]
    return out


@defect
def corrupt_end(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """The last one, two, four frames are mixed with blocks of nothing: 35, 60, 95 %."""
    count = min(len(frames), round(_graded(strength, 1, 2, 4, none=1)))
    weight = _graded(strength, 0.35, 0.6, 0.95)
    height, width = frames.shape[1:3]
    out = frames.copy()
    for t in range(len(frames) - count, len(frames)):
        blocks = rng.uniform(0, 255, (max(1, height // 16), max(1, width // 16), 3)).astype(np.float32)
        junk = cv2.resize(blocks, (width, height), interpolation=cv2.INTER_NEAREST)
        out[t] = _levels(frames[t] * (1 - weight) + junk * weight)
    return out


@defect
def blur_collapses(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Detail melts away to the end: Gaussians of .3, .6, 1.4 % of the long side."""
    final = _graded(strength, 0.003, 0.006, 0.014) * max(frames.shape[1:3]) * rng.uniform(0.9, 1.1)
    sigmas = final * np.clip(np.linspace(-0.3, 1, len(frames)), 0.001, None)
    return _each(frames, lambda t, frame: cv2.GaussianBlur(frame, (0, 0), max(0.1, sigmas[t])))


@defect
def colour_fades(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Saturation falls to 60, 30, 5 %."""
    final = _graded(strength, 0.6, 0.3, 0.05, none=1.0) * rng.uniform(0.9, 1.1)
    factors = np.linspace(1, final, len(frames))
    return _each(frames, lambda t, frame: _saturate(frame, factors[t]))


@defect
def colour_drifts(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """A tint grows steadily: 8, 18, 36 % between two channels."""
    amount = _graded(strength, 0.08, 0.18, 0.36)
    tint = amount * rng.permutation([-0.5, 0.1, 0.5])
    return _each(frames, lambda t, frame: frame * (1 + tint * t / max(1, len(frames) - 1)))


@defect
def latent_noise(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Fresh soft blotches of eight pixels: 5, 10, 22 levels."""
    height, width = frames.shape[1:3]
    sigma = _graded(strength, 5, 10, 22)

    def spoil(_: int, frame: NDArray[np.float32]) -> NDArray[np.floating]:
        coarse = rng.standard_normal((max(1, height // 8), max(1, width // 8), 3)).astype(np.float32)
        return frame + sigma * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)

    return _each(frames, spoil)


@defect
def fresh_noise(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Fresh noise in each pixel: 8, 14, 28 levels."""
    sigma = _graded(strength, 8, 14, 28)
    noise = rng.standard_normal((2, *frames.shape[1:])).astype(np.float32) * sigma

    def spoil(_: int, frame: NDArray[np.float32]) -> NDArray[np.floating]:
        shift = (int(rng.integers(frames.shape[1])), int(rng.integers(frames.shape[2])))
        return frame + np.roll(noise[int(rng.integers(2))], shift, axis=(0, 1))

    return _each(frames, spoil)


@defect
def static_noise(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """The same noise over every frame, like a dirty pane: 8, 14, 28 levels."""
    noise = rng.standard_normal(frames.shape[1:]).astype(np.float32) * _graded(strength, 8, 14, 28)
    return _each(frames, lambda _, frame: frame + noise)


@defect
def tearing(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """In a third of the frames everything below some row is shifted: 1.2, 3, 7 % of the width."""
    height, width = frames.shape[1:3]
    shift = max(1, round(_graded(strength, 0.012, 0.03, 0.07) * width))
    out = frames.copy()
    for t in rng.choice(len(frames), max(1, len(frames) // 3), replace=False):
        row = int(rng.integers(height // 4, 3 * height // 4))
        out[t, row:] = np.roll(frames[t, row:], shift, axis=1)
    return out


@defect
def burnt(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Too much contrast, as from too much guidance: 1.25, 1.6, 2.3 times."""
    factor = _graded(strength, 1.25, 1.6, 2.3, none=1.0) * rng.uniform(0.95, 1.05)
    return _each(frames, lambda _, frame: (frame - 118) * factor + 128)


@defect
def oversaturated(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Colours pushed: 1.4, 1.9, 3 times."""
    factor = _graded(strength, 1.4, 1.9, 3.0, none=1.0) * rng.uniform(0.95, 1.05)
    return _each(frames, lambda _, frame: _saturate(frame, factor))


@defect
def subject_drifts(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """The scene melts into another one: by 30, 60, 100 %."""
    other = _stranger(frames)
    weights = np.linspace(0, _graded(strength, 0.3, 0.6, 1.0) * rng.uniform(0.95, 1.0), len(frames))
    return _each(frames, lambda t, frame: frame * (1 - weights[t]) + other[t] * weights[t])


@defect
def ghosting(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """An earlier frame shines through: 20, 35, 50 %. Known as hard; listed to be honest."""
    weight = _graded(strength, 0.2, 0.35, 0.5) * rng.uniform(0.95, 1.05)
    return _each(frames, lambda t, frame: frame * (1 - weight) + frames[max(0, t - 3)] * weight)


@benign
def recompressed(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """JPEG at quality 60 … 75."""
    quality = round(rng.integers(60, 76) - (strength - 2) * 10)

    def again(frame: Frames) -> Frames:
        return cv2.imdecode(
            cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR
        )

    return np.stack([again(frame) for frame in frames])


@benign
def film_grain(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Fresh grain of 3 … 4 levels, the same in all channels."""
    sigma = rng.uniform(1.5, 2.0) * strength
    return _each(frames, lambda _, frame: frame + sigma * rng.standard_normal((*frame.shape[:2], 1)))


@benign
def slow_light(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Half a wave of light over the clip, 15 % up or down."""
    amount = 0.075 * strength * rng.choice([-1, 1])
    wave = 1 + amount * np.sin(np.linspace(0, np.pi, len(frames)))
    return _each(frames, lambda t, frame: frame * wave[t])


@benign
def slow_pan(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """A window over 88 % of the picture glides sideways or down."""
    height, width = frames.shape[1:3]
    rows, columns = round(height * 0.88), round(width * 0.88)
    travel = np.linspace(0, strength / 2, len(frames))
    across, down = (1, 0) if rng.integers(2) else (0, 1)
    out = []
    for t, frame in enumerate(frames):
        centre = (
            columns / 2 + across * travel[t] * (width - columns),
            rows / 2 + down * travel[t] * (height - rows),
        )
        out.append(cv2.getRectSubPix(frame, (columns, rows), centre))
    return np.stack(out)


@benign
def slow_zoom(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """The camera comes 15 % nearer."""
    height, width = frames.shape[1:3]
    scales = np.linspace(1, 1 + 0.075 * strength * rng.uniform(0.9, 1.1), len(frames))
    out = []
    for frame, scale in zip(frames, scales, strict=True):
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 0, scale)
        out.append(cv2.warpAffine(frame, matrix, (width, height), flags=cv2.INTER_CUBIC))
    return np.stack(out)


@benign
def fade_to_dark(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Light goes down to 40 % over the second half, as at a clip's end."""
    final = 0.4 * rng.uniform(0.9, 1.1) * 2 / strength
    gains = np.interp(np.linspace(0, 1, len(frames)), [0, 0.5, 1], [1, 1, final])
    return _each(frames, lambda t, frame: frame * gains[t])


@benign
def lightning(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """One bright frame, as lightning gives; a warning at most."""
    t = int(rng.integers(2, max(3, len(frames) - 2)))
    return _each(frames, lambda index, frame: frame * (1 + 0.2 * strength * (index == t)))


@benign
def backwards(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:  # noqa: ARG001 - all alike
    """Time runs the other way."""
    return frames[::-1].copy()


@benign
def half_rate(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Every second frame: everything moves twice as fast."""
    return frames[int(rng.integers(2)) :: max(1, round(strength))].copy()


@benign
def half_size(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:  # noqa: ARG001 - no chance in it
    """Half as many pixels a side."""
    size = (round(frames.shape[2] / strength), round(frames.shape[1] / strength))
    return np.stack([cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in frames])
