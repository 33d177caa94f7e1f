"""Changes that the gate must let pass. Their strength is always 2."""

from __future__ import annotations

import cv2
import numpy as np

from benchmarks.changes import Change, Frames, each

BENIGN: dict[str, Change] = {}

ARGUABLE = ("light_switch",)
"""Told apart and counted nowhere: whether a sudden step of light is a fault is a matter of taste."""

OTHER_START = ("slow_pan", "backwards", "held_by_hand", "cropped")
"""After these the clip's own first frame is what its input picture would have been."""


def benign(change: Change) -> Change:
    """Enter a function into :data:`BENIGN`."""
    BENIGN[change.__name__] = change
    return change


@benign
def recompressed(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """JPEG at quality 60 … 75."""
    quality = round(rng.integers(60, 76) - (strength - 2) * 10)

    def again(frame: Frames) -> Frames:
        _, jpeg = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)

    return np.stack([again(frame) for frame in frames])


@benign
def film_grain(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Fresh grain of 3 … 4 levels, the same in all channels."""
    sigma = rng.uniform(1.5, 2.0) * strength
    return each(frames, lambda _, frame: frame + sigma * rng.standard_normal((*frame.shape[:2], 1)))


@benign
def slow_light(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Half a wave of light over the clip, 15 % up or down."""
    amount = 0.075 * strength * rng.choice([-1, 1])
    wave = 1 + amount * np.sin(np.linspace(0, np.pi, len(frames)))
    return each(frames, lambda t, frame: frame * wave[t])


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
    return each(frames, lambda t, frame: frame * gains[t])


@benign
def lightning(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """One bright frame, as lightning gives; a warning at most."""
    t = int(rng.integers(2, max(3, len(frames) - 2)))
    return each(frames, lambda index, frame: frame * (1 + 0.2 * strength * (index == t)))


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


@benign
def subject_nears(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """What is in the middle comes nearer by a quarter, the rim stays."""
    height, width = frames.shape[1:3]
    down, across = np.mgrid[:height, :width].astype(np.float32)
    middle = np.array([height * rng.uniform(0.4, 0.6), width * rng.uniform(0.4, 0.6)])
    away = np.hypot((down - middle[0]) / height, (across - middle[1]) / width)
    inside = np.exp(-((away / 0.28) ** 2)).astype(np.float32)
    out = []
    for share, frame in zip(np.linspace(0, 0.125 * strength, len(frames)), frames, strict=True):
        scale = 1 - share * inside
        x = (middle[1] + (across - middle[1]) * scale).astype(np.float32)
        y = (middle[0] + (down - middle[0]) * scale).astype(np.float32)
        out.append(cv2.remap(frame, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE))
    return np.stack(out)


@benign
def coloured_grain(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Fresh grain of 2 … 3 levels in each channel, as of a sensor in the dark."""
    sigma = rng.uniform(1.0, 1.5) * strength
    return each(frames, lambda _, frame: frame + sigma * rng.standard_normal(frame.shape, np.float32))


@benign
def light_switch(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """Somewhere the light goes up or down by 15 % and stays."""
    start = int(rng.integers(2, max(3, len(frames) - 2)))
    gain = 1 + 0.075 * strength * rng.choice([-1, 1])
    return each(frames, lambda t, frame: frame * (gain if t >= start else 1.0))


@benign
def held_by_hand(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """The whole frame trembles by half a percent of its width."""
    height, width = frames.shape[1:3]
    edge = max(2, round(0.02 * width))
    out = []
    for frame in frames:
        down, across = rng.normal(0, 0.0025 * strength * width, 2).clip(-edge / 2, edge / 2)
        centre = (width / 2 + across, height / 2 + down)
        out.append(cv2.getRectSubPix(frame, (width - 2 * edge, height - 2 * edge), centre))
    return np.stack(out)


@benign
def cropped(frames: Frames, strength: float, rng: np.random.Generator) -> Frames:
    """A part of the picture: 70 % a side."""
    height, width = (round(side * (1 - 0.15 * strength)) for side in frames.shape[1:3])
    top, left = (
        int(rng.integers(whole - part + 1))
        for whole, part in zip(frames.shape[1:3], (height, width), strict=True)
    )
    return frames[:, top : top + height, left : left + width].copy()
