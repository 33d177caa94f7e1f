"""What a look is told of the clip that it is laid over, and the few shapes that several looks share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Plane = NDArray[np.floating[Any]]
Area = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the frame."""

Painter = Callable[[Pixels, int], Pixels]
"""Turns a frame, and its number, into the frame as it is shown: uint8 ``[H, W, 3]``, RGB."""

PAGE_LINES = 4
"""From so many lines of letters on, a picture is a page."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A clip without its look.

    Attributes:
        first: its first frame, uint8 ``[H, W, 3]``, RGB.
        count: how many frames it has.
        fps: frames per second.
        seed: decides what chance decides.
        amount: how strong the look is, 0 … 1.
        loops: the last frame leads to the first.
        faces: boxes of the faces in the first frame, with room for hair and chin.
        texts: boxes of the lines of letters in it.
        subject: float32 ``[H, W]``, 0 … 1: what stands out and is certain to be whole; None: nothing.
    """

    first: Pixels
    count: int
    fps: float
    seed: int
    amount: float = 1.0
    loops: bool = False
    faces: Sequence[Area] = ()
    texts: Sequence[Area] = ()
    subject: Plane | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, pixels."""
        return self.first.shape[1], self.first.shape[0]

    @property
    def unit(self) -> float:
        """The shorter side, pixels: what sizes are shares of."""
        return float(min(self.size))

    @property
    def seconds(self) -> float:
        """Length of the clip."""
        return self.count / self.fps

    @property
    def is_page(self) -> bool:
        """Whether it is mostly there to be read."""
        return not self.faces and len(self.texts) >= PAGE_LINES

    def share(self, index: int) -> float:
        """How much of the time is gone at a frame: 0 … 1; in a loop the frame behind the last would be 1."""
        return index / (self.count if self.loops else max(1, self.count - 1))

    def chance(self, stream: int, *more: int) -> np.random.Generator:
        """Random numbers of the seed's; each stream is independent of the others."""
        return np.random.default_rng((self.seed, stream, *more))

    @cached_property
    def keep(self) -> Area | None:
        """What must stay whole: all faces, or else all letters; None: nothing in particular."""
        boxes = self.faces or self.texts
        if not boxes:
            return None
        left, top, right, bottom = zip(*boxes, strict=True)
        wide, high = self.size
        return max(0.0, min(left)), max(0.0, min(top)), min(wide, max(right)), min(high, max(bottom))

    @cached_property
    def centre(self) -> tuple[float, float]:
        """The middle of what must stay whole, or of the frame; pixels."""
        left, top, right, bottom = self.keep or (0.0, 0.0, *map(float, self.size))
        return (left + right) / 2, (top + bottom) / 2

    @cached_property
    def grid(self) -> tuple[Plane, Plane]:
        """Columns and rows of the pixels, float32 ``[H, W]`` each."""
        wide, high = self.size
        x, y = np.meshgrid(np.arange(wide, dtype=np.float32), np.arange(high, dtype=np.float32))
        return x, y

    @cached_property
    def vignette(self) -> Plane:
        """0 in the middle … 1 in the corners, float32 ``[H, W, 1]``."""
        x, y = self.grid
        wide, high = self.size
        away = np.hypot((x - wide / 2) / (wide / 2), (y - high / 2) / (high / 2)) / np.sqrt(2)
        return smooth((away - 0.45) / 0.55)[..., None]


def smooth(share: Plane | float) -> Plane:
    """Slow, quick, slow: 0 below 0, 1 above 1."""
    held = np.clip(share, 0.0, 1.0)
    return np.asarray(held * held * (3 - 2 * held), np.float32)


def ease(share: float) -> float:
    """As :func:`smooth`, of one number."""
    return float(smooth(share))


def bytes_of(levels: NDArray[np.floating]) -> Pixels:
    """Levels 0 … 255, rounded."""
    return np.asarray(np.clip(levels + 0.5, 0, 255), np.uint8)


def mixed(under: NDArray[np.generic], over: NDArray[np.generic], share: Plane | float) -> Pixels:
    """One picture over another; ``share`` is how much of the upper one is seen, float32 ``[H, W, 1]``."""
    below = np.asarray(under, np.float32)
    return bytes_of(below + (np.asarray(over, np.float32) - below) * share)


def zoomed(picture: Pixels, scale: float, about: tuple[float, float], turn: float = 0.0) -> Pixels:
    """A picture enlarged around a point that stays where it is, turned by so many degrees.

    Where the frame would see past the picture's edge, it sees the picture mirrored.
    """
    matrix = cv2.getRotationMatrix2D(about, turn, scale)
    return np.asarray(
        cv2.warpAffine(
            picture,
            matrix,
            (picture.shape[1], picture.shape[0]),
            flags=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        ),
        np.uint8,
    )


def blurred(picture: NDArray[np.generic], sigma: float) -> NDArray[np.float32]:
    """Blurred; a wide blur is made on a smaller copy. float32, levels."""
    if sigma < 0.3:  # noqa: PLR2004 (no pixel would change by a level)
        return np.asarray(picture, np.float32)
    shrink = max(1, int(sigma // 3))
    high, wide = picture.shape[:2]
    small = cv2.resize(
        np.asarray(picture, np.float32),
        (max(1, wide // shrink), max(1, high // shrink)),
        interpolation=cv2.INTER_AREA,
    )
    soft = cv2.GaussianBlur(small, (0, 0), sigma / shrink)
    return np.asarray(cv2.resize(soft, (wide, high), interpolation=cv2.INTER_LINEAR), np.float32)
