"""Ways to make a defect that no fit has seen. Do not teach them: they tell how far the gate carries."""

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
    slid,
    some_of,
    stranger,
)
from benchmarks.ways import way


@way("brightness_flickers", seen=False)
def exposure_hunts(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """A gamma of its own in each frame."""
    gammas = np.exp(graded(strength, 0.05, 0.1, 0.2) * rng.standard_normal(len(frames)))
    return each(frames, lambda t, frame: 255 * (frame / 255) ** gammas[t])


@way("colour_flickers", seen=False)
def warm_and_cold(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """The colour temperature goes to and fro."""
    tint = np.array([1.0, 0.0, -1.0]) * graded(strength, 0.03, 0.06, 0.12)
    signs = np.where(np.arange(len(frames)) % 2, 1, -1) * rng.uniform(0.5, 1.2, len(frames))
    return each(frames, lambda t, frame: frame * (1 + signs[t] * tint))


@way("boils", seen=False)
def added_boil(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Patches of light that are added, however dark the place."""
    height, width = frames.shape[1:3]
    amount = graded(strength, 6, 12, 24)
    return each(frames, lambda _, frame: frame + amount * field(rng, height, width, 6)[..., None])


@way("strobes", seen=False)
def middle_strobes(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """A wide disc in the middle."""
    down, across = (np.linspace(-1, 1, side) for side in frames.shape[1:3])
    mask = np.clip((0.75 - np.hypot(*np.meshgrid(down, across, indexing="ij"))) * 8, 0, 1)[..., None]
    amount = graded(strength, 0.07, 0.14, 0.28)
    signs = np.where(np.arange(len(frames)) % 2, 1, -1) * rng.uniform(0.5, 1.2, len(frames))
    return each(frames, lambda t, frame: frame * (1 + amount * signs[t] * mask))


@way("cut", seen=False)
def inserted_shot(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Some frames of another scene, then back: enlarged, mirrored, a stranger's."""
    start = int(rng.integers(2, max(3, len(frames) // 2)))
    stop = start + int(rng.integers(3, max(4, len(frames) // 3)))
    height, width = frames.shape[1:3]
    out = frames.copy()
    if strength < 2:
        share = 0.2 * strength
        top, left = round(height * share), round(width * share)
        out[start:stop] = [
            cv2.resize(f[top : height - top // 2, left : width - left // 2], (width, height))
            for f in frames[start:stop]
        ]
    else:
        other = frames[:, :, ::-1] if strength < 3 else stranger(frames)
        out[start:stop] = np.roll(other[start:stop], height // 4, axis=1)
    return out


@way("corrupt_end", seen=False)
def shuffled_end(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Blocks of the last frames lie in wrong places: 20, 45, 100 % of them."""
    count = min(len(frames), round(graded(strength, 1, 2, 4, none=1)))
    share = graded(strength, 0.2, 0.45, 1.0)
    out = frames.copy()
    rows, columns = frames.shape[1] // 8, frames.shape[2] // 8
    for t in range(len(frames) - count, len(frames)):
        for place in np.flatnonzero(rng.random(64) < share):
            top, left = place // 8 * rows, place % 8 * columns
            y, x = int(rng.integers(8)) * rows, int(rng.integers(8)) * columns
            out[t, top : top + rows, left : left + columns] = frames[t, y : y + rows, x : x + columns]
    return out


@way("stutter", seen=False)
def hangs(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """It hangs two, three, four times for two frames more."""
    times = round(graded(strength, 2, 3, 4, none=1))
    order = np.arange(len(frames))
    for start in rng.choice(np.arange(1, len(frames) - 3, 3), times, replace=False):
        order[start : start + 3] = start
    return frames[order]


@way("blur_collapses", seen=False)
def smears(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Detail smears in one direction, more and more."""
    final = graded(strength, 0.01, 0.02, 0.045) * max(frames.shape[1:3])
    sideways = bool(rng.integers(2))

    def spoil(t: int, frame: NDArray[np.float32]) -> NDArray[np.floating]:
        length = max(1, round(final * t / max(1, len(frames) - 1)))
        return np.asarray(cv2.blur(frame, (length, 1) if sideways else (1, length)), np.float32)

    return each(frames, spoil)


@way("colour_fades", seen=False)
def washes_out(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """The picture sinks into grey: colour and contrast together."""
    final = graded(strength, 0.35, 0.6, 0.9) * rng.uniform(0.95, 1.05)
    weights = np.linspace(0, final, len(frames))
    return each(frames, lambda t, frame: frame * (1 - weights[t]) + 128 * weights[t])


@way("colour_drifts", seen=False)
def turns_warm(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """The colour temperature slides, in the last two thirds only."""
    tint = np.array([0.5, 0.0, -0.5]) * graded(strength, 0.08, 0.18, 0.36) * rng.choice([-1, 1])
    amount = np.interp(np.linspace(0, 1, len(frames)), [0, 0.33, 1], [0, 0, 1])
    return each(frames, lambda t, frame: frame * (1 + tint * amount[t]))


@way("latent_noise", seen=False)
def square_latent_noise(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """In hard squares of eight pixels, the same in all channels."""
    spoil = blotches(frames, graded(strength, 4, 8, 18), rng, pixels=8, channels=1, way_up=cv2.INTER_NEAREST)
    return each(frames, lambda _, frame: spoil(frame))


@way("fresh_noise", seen=False)
def salt_and_pepper(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Single pixels are black or white: .5, 1.5, 6 % of them."""
    share = graded(strength, 0.005, 0.015, 0.06)

    def spoil(_: int, frame: NDArray[np.float32]) -> NDArray[np.floating]:
        chance = rng.random(frame.shape[:2])
        frame[chance < share / 2] = 0
        frame[chance > 1 - share / 2] = 255
        return frame

    return each(frames, spoil)


@way("static_noise", seen=False)
def coarse_pane(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Grains of one and a half pixels."""
    noise = cv2.GaussianBlur(rng.standard_normal(frames.shape[1:], np.float32), (0, 0), 0.6)
    noise *= graded(strength, 8, 14, 28) / noise.std()
    return each(frames, lambda _, frame: frame + noise)


@way("tearing", seen=False)
def torn_in_pieces(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Three to six bands, each shifted by its own amount, in a few frames."""
    height, width = frames.shape[1:3]
    amount = graded(strength, 0.014, 0.03, 0.065) * width
    out = frames.copy()
    for t in np.flatnonzero(some_of(frames, rng, 0.2)):
        edges = np.sort(rng.integers(0, height, int(rng.integers(2, 6))))
        shifts = rng.uniform(-1.4, 1.4, len(edges) + 1) * amount
        out[t] = slid(frames[t], shifts[np.searchsorted(edges, np.arange(height))])
    return out


@way("burnt", seen=False)
def crushed(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Ends cut off on both sides, by shares of the pixels: 6, 14, 28 %."""
    cut = 100 * graded(strength, 0.06, 0.14, 0.28) / 2 * rng.uniform(0.9, 1.1)
    low, high = np.percentile(frames[::4, ::4, ::4], [cut, 100 - cut])
    return each(frames, lambda _, frame: (frame - low) * 255 / max(30.0, high - low))


@way("oversaturated", seen=False)
def neon(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:  # noqa: ARG001 - no chance in it
    """Weak colours are pushed more than strong ones."""
    power = 1 / graded(strength, 1.3, 1.7, 2.6, none=1.0)

    def spoil(_: int, frame: NDArray[np.float32]) -> NDArray[np.floating]:
        grey = frame.mean(axis=2, keepdims=True)
        away = frame - grey
        size = np.abs(away).max(axis=2, keepdims=True) / 128
        return np.asarray(grey + away * np.maximum(size, 0.01) ** (power - 1))

    return each(frames, spoil)


@way("subject_drifts", seen=False)
def melts_and_bends(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """It bends out of shape while its mirror image comes through."""
    height, width = frames.shape[1:3]
    amount = graded(strength, 0.3, 0.6, 1.0)
    bend = [field(rng, height, width, 5) * 0.06 * width for _ in range(2)]
    down, across = np.mgrid[:height, :width].astype(np.float32)
    out = []
    for t, frame in enumerate(frames):
        share = amount * t / max(1, len(frames) - 1)
        bent = cv2.remap(
            frame,
            across + share * bend[0],
            down + share * bend[1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT,
        )
        out.append(levels(bent * (1 - share) + np.roll(bent[:, ::-1], height // 3, axis=0) * share))
    return np.stack(out)


@way("ghosting", seen=False)
def last_frame_shines(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """The frame before, or the one before that, shines through: 25, 40, 50 %."""
    weight = graded(strength, 0.25, 0.4, 0.5)
    lag = int(rng.integers(1, 3))
    return each(frames, lambda t, frame: frame * (1 - weight) + frames[max(0, t - lag)] * weight)


@way("letterbox", seen=False)
def side_bars(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Bars on the left and the right, not quite black, with a little noise: 4, 8, 14 % of the width each."""
    count = round(frames.shape[2] * graded(strength, 0.04, 0.08, 0.14))
    bar = levels(rng.uniform(4, 20) + rng.normal(0, 1, (*frames.shape[:2], count, 3)))
    out = frames.copy()
    out[:, :, :count] = out[:, :, frames.shape[2] - count :] = bar
    return out


@way("zoom_only", seen=False)
def pulls_back(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """The view widens over a middle frame, and glides a little: 6, 12, 25 %."""
    height, width = frames.shape[1:3]
    scales = np.linspace(1 + graded(strength, 0.06, 0.12, 0.25), 1, len(frames))
    across = rng.uniform(-0.02, 0.02) * width
    out = []
    for scale in scales:
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 0, float(scale))
        matrix[0, 2] += across * (scale - 1)
        out.append(cv2.warpAffine(frames[len(frames) // 2], matrix, (width, height), flags=cv2.INTER_CUBIC))
    return np.stack(out)
