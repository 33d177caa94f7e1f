"""Motion between two frames: dense inverse search, started from a flow model's guess if there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.smooth.coarse import Coarse, best_fit, find_coarse, guided
from engine.smooth.search import SMALLEST_SIDE, resized, search
from engine.vision.optical_flow import Floats, grid, read

REDUCED = 4
"""Factor by which the flow is smaller than the frames."""

_SEARCHED_SIDE = 288
"""Longer side of the pictures in which flow is searched, about: a patch then spans enough of them that large
motion is found, and a large picture costs no more than it must."""

_LEAST_SEARCHED, _MOST_SEARCHED = 0.5, 1.0
"""Share of the frames' size, whatever their longer side."""

_COARSER = 2
"""Factor by which the pictures of the first look are smaller than those of the search."""

_PATCH_STRIDE = 4
_REFINEMENTS = 3
_INVERSION_STEPS = 3

_FIT_WIDTH = 3.0
"""Width over which the fit of the model's guess is judged, pixels of the search."""


@dataclass(frozen=True, kw_only=True)
class Middle:
    """Where the frame halfway between two others comes from.

    Attributes:
        to_a: from each pixel of that frame to its origin in the earlier one, float32 ``[H, W, 2]``, pixels.
        to_b: the same for the later one.
        share: weight of the earlier one, float32 ``[H, W]``, 0 … 1.
    """

    to_a: Floats
    to_b: Floats
    share: Floats


class FlowModel(Protocol):
    """A learned flow, such as :class:`engine.smooth.rife.Rife`."""

    def batch(self, height: int, width: int) -> int:
        """The best number of pairs of frames of this size in one batch."""
        ...

    def middles(self, frames: Sequence[NDArray[np.uint8]], pairs: Sequence[tuple[int, int]]) -> list[Middle]:
        """Process pairs of frames, each pair given by its indices in ``frames``, uint8 ``[H, W, 3]``."""
        ...


@dataclass(frozen=True, kw_only=True)
class PairFlow:
    """Optical flow between two frames, both ways: float32 ``[h, w, 2]``, x first.

    The fields are at reduced size (:data:`REDUCED`), in pixels of that size: flow has no finer detail than
    the patches of the search, and a small field is steadier.

    Attributes:
        there: from each pixel of the earlier frame to the later one.
        back: from each pixel of the later frame to the earlier one.
        middle: the flow model's result, if there is a model.
    """

    there: Floats
    back: Floats
    middle: Middle | None = None


def look(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> Coarse | None:
    """A first look at the motion between two frames, uint8 ``[H, W, 3]``; None where they are too small."""
    if min(a.shape[:2]) < SMALLEST_SIDE:
        return None
    height, width = a.shape[:2]
    size = _at_share(height, width, _searched_share(height, width) / _COARSER)
    return find_coarse(_luma(a, size), _luma(b, size))


def find_flow(
    a: NDArray[np.uint8],
    b: NDArray[np.uint8],
    middle: Middle | None = None,
    looks: Sequence[Coarse | None] = (None, None, None),
) -> PairFlow:
    """The flow between two frames.

    Args:
        a, b: uint8 ``[H, W, 3]``.
        middle: the flow model's result, of any size.
        looks: the first looks at the gap before, at this gap and at the one after, from :func:`look`; the
            search starts from them and from the model's result, whichever fits best at a place.
    """
    small = _reduced_middle(middle, a)
    if min(a.shape[:2]) < SMALLEST_SIDE:
        height, width = reduced_size(a)
        still = np.zeros((height, width, 2), np.float32)
        return PairFlow(there=still, back=still, middle=small)
    one, other = (_luma(frame, searched_size(*frame.shape[:2])) for frame in (a, b))
    starts = _starts(middle, looks, one, other)
    there, back = (
        search(source, target, start, stride=_PATCH_STRIDE, refinements=_REFINEMENTS)
        for (source, target), start in zip(((one, other), (other, one)), starts, strict=True)
    )
    return PairFlow(
        there=resized(there, *reduced_size(a)), back=resized(back, *reduced_size(a)), middle=small
    )


def reduced_size(frame: NDArray[np.uint8]) -> tuple[int, int]:
    """Height and width of a frame's flow."""
    return -(-frame.shape[0] // REDUCED), -(-frame.shape[1] // REDUCED)


def searched_size(height: int, width: int) -> tuple[int, int]:
    """Height and width at which flow is searched in frames of a size."""
    return _at_share(height, width, _searched_share(height, width))


def origin(flow: Floats, time: float, places: Floats, start: Floats | None = None) -> Floats:
    """The pixel that arrives at each place after ``time`` of a flow.

    Solves ``p + time * flow(p) = place`` by a few fixed-point steps.

    Args:
        flow: float32 ``[H, W, 2]``.
        time: 0 … 1.
        places: float32 ``[H, W, 2]``, from :func:`engine.vision.optical_flow.grid`.
        start: a first guess; None: ``places``.

    Returns:
        float32 ``[H, W, 2]``, places in the frame where the flow starts.
    """
    found = places if start is None else start
    for _ in range(_INVERSION_STEPS):
        found = places - time * read(flow, found)
    return found


def _reduced_middle(middle: Middle | None, frame: NDArray[np.uint8]) -> Middle | None:
    if middle is None:
        return None
    height, width = reduced_size(frame)
    share = cv2.resize(middle.share, (width, height), interpolation=cv2.INTER_AREA)
    return Middle(
        to_a=resized(middle.to_a, height, width),
        to_b=resized(middle.to_b, height, width),
        share=np.asarray(share, np.float32),
    )


def _ends(middle: Middle, height: int, width: int) -> tuple[Floats, Floats]:
    """The model's result for the middle, as flow from both ends."""
    to_a, to_b = resized(middle.to_a, height, width), resized(middle.to_b, height, width)
    way, places = to_b - to_a, grid(height, width)
    return read(way, origin(to_a, 1, places)), read(-way, origin(to_b, 1, places))


def _starts(
    middle: Middle | None,
    looks: Sequence[Coarse | None],
    one: NDArray[np.uint8],
    other: NDArray[np.uint8],
) -> tuple[Floats | None, Floats | None]:
    """What the searches there and back start from: the guess that fits best at each place."""
    before, here, after = looks
    height, width = one.shape
    guesses = [] if middle is None else [_ends(middle, height, width)]
    if here is not None:
        there, back = guided(here, before, after)
        guesses.append((resized(there, height, width), resized(back, height, width)))
    if not guesses:
        return None, None
    return best_fit(one, other, [there for there, _ in guesses], _FIT_WIDTH), best_fit(
        other, one, [back for _, back in guesses], _FIT_WIDTH
    )


def _searched_share(height: int, width: int) -> float:
    return float(np.clip(_SEARCHED_SIDE / max(height, width), _LEAST_SEARCHED, _MOST_SEARCHED))


def _at_share(height: int, width: int, share: float) -> tuple[int, int]:
    return max(SMALLEST_SIDE, round(height * share)), max(SMALLEST_SIDE, round(width * share))


def _luma(frame: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A frame's luma at a height and width, uint8 ``[h, w]``."""
    luma = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(luma, size[::-1], interpolation=cv2.INTER_AREA), np.uint8)
