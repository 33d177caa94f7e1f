"""Faults of faces, bodies and captions that grow smoothly, and changes that are harmless.

Every maker takes the frames of a clean clip, uint8 ``[T, H, W, 3]``, with the face's place in each of them,
and gives the changed frames. The eyes find the places on the clean frames; the gate never sees them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.vision.optical_flow import Floats, grid, read

Frames = NDArray[np.uint8]
Rng = np.random.Generator

STRENGTHS = (1, 2, 3)
BENT, GROWN, SLID, BEHEADED = (0.04, 0.08, 0.14), (1.12, 1.25, 1.5), (0.06, 0.12, 0.20), (0.05, 0.10, 0.18)
GONE, GARBLED, MARKED = (0.6, 0.85, 1.0), (0.3, 0.6, 1.0), (0.35, 0.6, 0.9)

_AROUND = 1.6
"""Larger sides of a face, from its middle, within which everything that changes lies."""

WORDS = (
    "WHEN THE BOSS SAYS",
    "one more meeting",
    "HELLO WORLD AGAIN",
    "me on a monday morning",
    "BEST DAY EVER",
)
MARKS = ("STOCK VIDEO", "www.clips.net", "PREVIEW ONLY", "SampleFootage")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a face is in one frame, in pixels.

    Attributes:
        middle: float32 ``[2]``, between the eyes and the chin.
        across, down: unit vectors of the face, float32 ``[2]``.
        width, height: of its mesh.
        eyes: float32 ``[2, 2]``.
    """

    middle: Floats
    across: Floats
    down: Floats
    width: float
    height: float
    eyes: Floats

    def own(self, places: Floats) -> tuple[Floats, Floats]:
        """Pixels ``[H, W, 2]`` in the face's own half widths and half heights, from its middle."""
        away = places - self.middle
        x, y = away @ self.across / (self.width / 2), away @ self.down / (self.height / 2)
        return x.astype(np.float32), y.astype(np.float32)


def _moved(frame: Frames, places: Floats, shift: Floats) -> Frames:
    """The frame with each pixel moved by about ``shift``; it is looked up where the pixel came from."""
    source = (places - shift).astype(np.float32)
    return cv2.remap(frame, source, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload, no-any-return]


def _ramp(count: int) -> Floats:
    return np.linspace(0, 1, count, dtype=np.float32)


def inside(x: Floats, y: Floats, full: float, none: float) -> Floats:
    """1 in an ellipse of ``full`` half sides, 0 from ``none`` on, smooth between."""
    share = np.clip((none - np.hypot(x, y)) / (none - full), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def _each(frames: Frames, faces: list[Place], change: Callable[[Frames, Place, float], Frames]) -> Frames:
    """Change what is around the face in each frame; the third argument grows from 0 to 1."""
    made = frames.copy()
    for frame, face, share in zip(made, faces, _ramp(len(frames)), strict=True):
        reach = _AROUND * max(face.width, face.height)
        left, top = (max(0, round(float(x - reach))) for x in face.middle)
        right, bottom = (round(float(x + reach)) for x in face.middle)
        corner = np.array((left, top), np.float32)
        own = replace(face, middle=face.middle - corner, eyes=face.eyes - corner)
        part = frame[top:bottom, left:right]
        part[:] = change(part.copy(), own, float(share))
    return made


def bent(frames: Frames, faces: list[Place], strength: int, rng: Rng) -> Frames:
    """The face is bent by a smooth field, up to a share of its width."""
    waves = rng.normal(size=(2, 3, 3)).astype(np.float32)
    fields = [cv2.resize(wave, (65, 65), interpolation=cv2.INTER_CUBIC) for wave in waves]
    most = max(float(np.hypot(*fields).max()), 1e-6)

    def change(part: Frames, face: Place, share: float) -> Frames:
        places = grid(*part.shape[:2])
        x, y = face.own(places)
        at = np.dstack([x, y]).astype(np.float32) * 28 + 32
        reach = BENT[strength - 1] * face.width * share * inside(x, y, 0.8, 1.3) / most
        across, down = (read(wave, at) * reach for wave in fields)
        shift = across[..., None] * face.across + down[..., None] * face.down
        return _moved(part, places, shift.astype(np.float32))

    return _each(frames, faces, change)


def grown(frames: Frames, faces: list[Place], strength: int, rng: Rng) -> Frames:
    """The face grows, and its head does not."""
    del rng

    def change(part: Frames, face: Place, share: float) -> Frames:
        places = grid(*part.shape[:2])
        factor = 1 + (GROWN[strength - 1] - 1) * share
        share_of_it = inside(*face.own(places), 0.8, 1.5)[..., None]
        return _moved(part, places, (places - face.middle) * (1 - 1 / factor) * share_of_it)

    return _each(frames, faces, change)


def eye_gone(frames: Frames, faces: list[Place], strength: int, rng: Rng) -> Frames:
    """An eye fades into skin in the middle of the clip."""
    side, count = int(rng.integers(2)), len(frames)

    def change(part: Frames, face: Place, share: float) -> Frames:
        gone = GONE[strength - 1] * float(np.clip((share * (count - 1) - count / 2) / 2 + 0.5, 0, 1))
        x, y = grid(*part.shape[:2]).transpose(2, 0, 1) - face.eyes[side][:, None, None]
        away = np.stack([x * face.across[0] + y * face.across[1], x * face.down[0] + y * face.down[1]])
        hole = np.hypot(away[0] / (0.17 * face.width), away[1] / (0.11 * face.width))
        skin = cv2.inpaint(part, (hole < 1).astype(np.uint8), 5, cv2.INPAINT_TELEA)
        skin = cv2.GaussianBlur(skin, (0, 0), max(1.0, 0.02 * face.width))
        weight = (np.clip((1.2 - hole) / 0.4, 0, 1) * gone)[..., None]
        return np.asarray(part * (1 - weight) + skin * weight + 0.5, np.uint8)

    return _each(frames, faces, change)


def lower_face_slid(frames: Frames, faces: list[Place], strength: int, rng: Rng) -> Frames:
    """Mouth and chin slide sideways."""
    side = rng.choice([-1, 1])

    def change(part: Frames, face: Place, share: float) -> Frames:
        places = grid(*part.shape[:2])
        x, y = face.own(places)
        lower = np.clip((y - 0.05) / 0.3, 0, 1) * inside(x, y, 0.95, 1.4)
        reach = side * SLID[strength - 1] * face.width * share
        return _moved(part, places, (lower * reach)[..., None] * face.across)

    return _each(frames, faces, change)


def head_slid(frames: Frames, faces: list[Place], strength: int, rng: Rng) -> Frames:
    """The head, hair and all, slides sideways on its body."""
    side = rng.choice([-1, 1])

    def change(part: Frames, face: Place, share: float) -> Frames:
        places = grid(*part.shape[:2])
        x, y = face.own(places)
        above = np.clip((1.35 - y) / 0.3, 0, 1) * inside(x, y * 0.85, 1.7, 2.3)
        reach = side * BEHEADED[strength - 1] * face.width * share
        return _moved(part, places, (above * reach)[..., None] * face.across)

    return _each(frames, faces, change)


def captioned(frames: Frames, rng: Rng) -> tuple[Frames, tuple[int, int, int, int]]:
    """A caption over every frame, and its box: left, top, right, bottom."""
    words = str(rng.choice(WORDS))
    height, width = frames.shape[1:3]
    font, thick = cv2.FONT_HERSHEY_DUPLEX, max(1, round(width / 300))
    scale = 0.8 * width / cv2.getTextSize(words, font, 1.0, thick)[0][0]
    scale = min(scale, 0.11 * height / 21)
    (wide, tall), low = cv2.getTextSize(words, font, scale, thick)
    top = bool(rng.integers(2))
    x, y = (width - wide) // 2, tall + height // 24 if top else height - height // 24 - low
    made = frames.copy()
    for frame in made:
        cv2.putText(frame, words, (x, y), font, scale, (0, 0, 0), thick * 3, cv2.LINE_AA)
        cv2.putText(frame, words, (x, y), font, scale, (255, 255, 255), thick, cv2.LINE_AA)
    return made, (x, y - tall, x + wide, y + low)


def garbled(frames: Frames, strength: int, rng: Rng) -> Frames:
    """A caption whose letters bend and are overdrawn by other strokes, more and more."""
    made, (left, top, right, bottom) = captioned(frames, rng)
    tall = bottom - top
    size = (max(3, (right - left) // max(tall // 2, 1)), 4)
    waves = [rng.normal(size=size[::-1]).astype(np.float32) for _ in range(2)]
    places = grid(*frames.shape[1:3])
    field = np.zeros((*frames.shape[1:3], 2), np.float32)
    for axis, wave in enumerate(waves):
        field[top:bottom, left:right, axis] = cv2.resize(
            wave, (right - left, tall), interpolation=cv2.INTER_CUBIC
        )
    field = cv2.GaussianBlur(field, (0, 0), 1.5)
    for t, share in enumerate(_ramp(len(made))):
        made[t] = _moved(made[t], places, field * (0.35 * tall * GARBLED[strength - 1] * share))
    return made


def marked(frames: Frames, strength: int, rng: Rng) -> Frames:
    """A watermark of a third of the frame's width appears in the middle of the clip; opaque by a share."""
    words, font, thick = str(rng.choice(MARKS)), cv2.FONT_HERSHEY_SIMPLEX, 2
    height, width = frames.shape[1:3]
    scale = 0.3 * width / cv2.getTextSize(words, font, 1.0, thick)[0][0]
    (wide, tall), low = cv2.getTextSize(words, font, scale, thick)
    at = (int(rng.integers(4, width - wide - 4)), int(rng.integers(tall + 4, height - low - 4)))
    made = frames.copy()
    for frame, share in zip(made, _ramp(len(made)), strict=True):
        over = cv2.putText(frame.copy(), words, at, font, scale, (255, 255, 255), thick, cv2.LINE_AA)
        opaque = MARKED[strength - 1] * float(np.clip((share - 0.4) / 0.2, 0, 1))
        frame[:] = cv2.addWeighted(over, opaque, frame, 1 - opaque, 0)
    return made


FACE_FAULTS: dict[str, Callable[[Frames, list[Place], int, Rng], Frames]] = {
    "face bent": bent,
    "face grown": grown,
    "eye gone": eye_gone,
    "lower face slid": lower_face_slid,
    "head slid": head_slid,
}


def zoomed(frames: Frames, factor: float = 1.15) -> Frames:
    """A slow zoom into the middle."""
    height, width = frames.shape[1:3]
    made = []
    for frame, share in zip(frames, _ramp(len(frames)), strict=True):
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 0, 1 + (factor - 1) * float(share))
        made.append(cv2.warpAffine(frame, matrix, (width, height), flags=cv2.INTER_CUBIC))
    return np.stack(made).astype(np.uint8)


HARMLESS: dict[str, Callable[[Frames, Rng], Frames]] = {
    "itself": lambda frames, _: frames,
    "with a caption": lambda frames, rng: captioned(frames, rng)[0],
    "backwards": lambda frames, _: np.ascontiguousarray(frames[::-1]),
    "slow zoom": lambda frames, _: zoomed(frames),
    "captioned, then zoomed": lambda frames, rng: zoomed(captioned(frames, rng)[0]),
}
