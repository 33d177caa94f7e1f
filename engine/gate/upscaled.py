"""Whether a clip that was enlarged is still the same clip, and no less calm than before.

A network that looks at one frame at a time may add other detail to each: the clip flickers. So each frame is
predicted from the one before, by the motion in the small clip. Where that succeeds in the plainly enlarged
clip, the detail of the enlarged one has to come along as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from engine.core.family import Frames, Picture
from engine.core.sentence import Sentence
from engine.gate.clip import luma_of
from engine.vision.optical_flow import ULTRAFAST, Floats, dense, grid, read

MOST_FLICKER = 0.8
"""See docs/quality.md for what good enlargements have, and what damaged ones do."""

LEAST_LIKENESS = 28.0
"""Decibels. Where it is less, the colours or the shapes are others."""

FLICKERS, DIFFERS = "upscaled_flickers", "upscaled_differs"

WORDS = {
    FLICKERS: Sentence("the added detail flickers"),
    DIFFERS: Sentence("it no longer looks like the clip it was made from"),
}

_FOLLOWED = 2.0
"""Levels: a place is followed where the plain clip is predicted to within that."""

_AROUND = 9
"""Pixels of the large clip: what is followed is a place, not a point."""

_ENCODERS = 1.0
"""Levels that an encoder changes from frame to frame, about."""

_FEW = 0.02
"""Share of the frame below which too little is followed to say anything."""


@dataclass(frozen=True, kw_only=True)
class Enlargement:
    """What there is to say of an enlarged clip.

    Attributes:
        flicker: how much more than the plainly enlarged clip its frames differ from what the one before
            foretells, as a share of what that clip does; where that one is foretold, and the median of all
            transitions. 0: no more; 1: twice as much.
        likeness: decibels between the small clip and the enlarged one, made small again; the worst frame.
    """

    flicker: float
    likeness: float

    @property
    def faults(self) -> tuple[str, ...]:
        """Codes of what is wrong, the worst first."""
        wrong = {DIFFERS: self.likeness < LEAST_LIKENESS, FLICKERS: self.flicker > MOST_FLICKER}
        return tuple(code for code, found in wrong.items() if found)


def plainly(frame: Picture, width: int, height: int) -> Picture:
    """A frame at another size by Lanczos' filter: what there is without a network."""
    return np.asarray(cv2.resize(frame, (width, height), interpolation=cv2.INTER_LANCZOS4), np.uint8)


def compare(small: Frames, large: Frames) -> Enlargement:
    """Compare an enlarged clip with the one it was made from.

    Args:
        small: uint8 ``[T, h, w, 3]``.
        large: uint8 ``[T, H, W, 3]``.
    """
    likeness = min(_likeness(before, after) for before, after in zip(small, large, strict=True))
    added = [
        found for pair in pairwise(zip(small, large, strict=True)) if (found := _added(*pair)) is not None
    ]
    return Enlargement(flicker=float(np.median(added)) if added else 0.0, likeness=likeness)


def _added(earlier: tuple[Picture, Picture], later: tuple[Picture, Picture]) -> float | None:
    """What one transition adds, in levels; None where nothing of it is followed."""
    flow = dense(luma_of(later[0]), luma_of(earlier[0]), ULTRAFAST)
    height, width = later[1].shape[:2]
    scale = np.array([width / later[0].shape[1], height / later[0].shape[0]], np.float32)
    wide = np.asarray(cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR), np.float32) * scale
    places = grid(height, width) + wide
    plain = _unforeseen(plainly(earlier[0], width, height), plainly(later[0], width, height), places)
    sharp = _unforeseen(earlier[1], later[1], places)
    followed = cv2.blur(plain, (_AROUND, _AROUND)) < _FOLLOWED
    if followed.mean() < _FEW:
        return None
    usual = float(plain[followed].mean())
    return (float(sharp[followed].mean()) - usual) / (usual + _ENCODERS)


def _unforeseen(earlier: Picture, later: Picture, places: Floats) -> Floats:
    """How far a frame is from the one before, moved; float32 ``[H, W]``, levels."""
    then, now = (luma_of(frame).astype(np.float32) for frame in (earlier, later))
    return np.asarray(np.abs(now - read(then, places, cv2.INTER_CUBIC)), np.float32)


def _likeness(before: Picture, after: Picture) -> float:
    again = cv2.resize(after, before.shape[1::-1], interpolation=cv2.INTER_AREA)
    error = float(np.mean((again.astype(np.float32) - before.astype(np.float32)) ** 2))
    return float(10 * np.log10(255**2 / max(error, 1e-6)))
