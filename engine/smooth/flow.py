"""Motion between two frames: dense inverse search, started from a flow model's guess if there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.smooth.coarse_flow import CoarseFlow, best_fit, guided_by_neighbours, search_coarse
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
class IntermediateFlow:
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

    def predict(
        self, frames: Sequence[NDArray[np.uint8]], pairs: Sequence[tuple[int, int]]
    ) -> list[IntermediateFlow]:
        """Process pairs of frames, each pair given by its indices in ``frames``, uint8 ``[H, W, 3]``."""
        ...


@dataclass(frozen=True, kw_only=True)
class PairFlow:
    """Optical flow between two frames, both ways: float32 ``[h, w, 2]``, x first.

    The fields are at reduced size (:data:`REDUCED`), in pixels of that size: flow has no finer detail than
    the patches of the search, and a small field is steadier.

    Attributes:
        forward: from each pixel of the earlier frame to the later one.
        backward: from each pixel of the later frame to the earlier one.
        intermediate: the flow model's result, if there is a model.
    """

    forward: Floats
    backward: Floats
    intermediate: IntermediateFlow | None = None


def find_coarse(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> CoarseFlow | None:
    """The motion of two frames, uint8 ``[H, W, 3]``, in small pictures; None where they are too small."""
    if min(a.shape[:2]) < SMALLEST_SIDE:
        return None
    height, width = a.shape[:2]
    size = _at_share(height, width, _searched_share(height, width) / _COARSER)
    return search_coarse(_luma(a, size), _luma(b, size))


def find_flow(
    a: NDArray[np.uint8],
    b: NDArray[np.uint8],
    intermediate: IntermediateFlow | None = None,
    coarse_flows: Sequence[CoarseFlow | None] = (None, None, None),
) -> PairFlow:
    """The flow between two frames.

    Args:
        a, b: uint8 ``[H, W, 3]``.
        intermediate: the flow model's result, of any size.
        coarse_flows: of the gap before, of this gap and of the one after, from :func:`find_coarse`; the
            search starts from them and from the model's result, whichever fits best at a place.
    """
    small = _reduced(intermediate, a)
    if min(a.shape[:2]) < SMALLEST_SIDE:
        height, width = reduced_size(a)
        still = np.zeros((height, width, 2), np.float32)
        return PairFlow(forward=still, backward=still, intermediate=small)
    one, other = (_luma(frame, searched_size(*frame.shape[:2])) for frame in (a, b))
    starts = _starts(intermediate, coarse_flows, one, other)
    forward, backward = (
        search(source, target, start, stride=_PATCH_STRIDE, refinements=_REFINEMENTS)
        for (source, target), start in zip(((one, other), (other, one)), starts, strict=True)
    )
    return PairFlow(
        forward=resized(forward, *reduced_size(a)),
        backward=resized(backward, *reduced_size(a)),
        intermediate=small,
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


def _reduced(intermediate: IntermediateFlow | None, frame: NDArray[np.uint8]) -> IntermediateFlow | None:
    if intermediate is None:
        return None
    height, width = reduced_size(frame)
    share = cv2.resize(intermediate.share, (width, height), interpolation=cv2.INTER_AREA)
    return IntermediateFlow(
        to_a=resized(intermediate.to_a, height, width),
        to_b=resized(intermediate.to_b, height, width),
        share=np.asarray(share, np.float32),
    )


def _ends(intermediate: IntermediateFlow, height: int, width: int) -> tuple[Floats, Floats]:
    """The model's result for the middle, as flow from both ends."""
    to_a, to_b = resized(intermediate.to_a, height, width), resized(intermediate.to_b, height, width)
    way, places = to_b - to_a, grid(height, width)
    return read(way, origin(to_a, 1, places)), read(-way, origin(to_b, 1, places))


def _starts(
    intermediate: IntermediateFlow | None,
    coarse_flows: Sequence[CoarseFlow | None],
    one: NDArray[np.uint8],
    other: NDArray[np.uint8],
) -> tuple[Floats | None, Floats | None]:
    """What the forward and the backward search start from: the guess that fits best at each place."""
    before, here, after = coarse_flows
    height, width = one.shape
    guesses = [] if intermediate is None else [_ends(intermediate, height, width)]
    if here is not None:
        forward, backward = guided_by_neighbours(here, before, after)
        guesses.append((resized(forward, height, width), resized(backward, height, width)))
    if not guesses:
        return None, None
    return best_fit(one, other, [forward for forward, _ in guesses], _FIT_WIDTH), best_fit(
        other, one, [backward for _, backward in guesses], _FIT_WIDTH
    )


def _searched_share(height: int, width: int) -> float:
    return float(np.clip(_SEARCHED_SIDE / max(height, width), _LEAST_SEARCHED, _MOST_SEARCHED))


def _at_share(height: int, width: int, share: float) -> tuple[int, int]:
    return max(SMALLEST_SIDE, round(height * share)), max(SMALLEST_SIDE, round(width * share))


def _luma(frame: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A frame's luma at a height and width, uint8 ``[h, w]``."""
    luma = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(luma, size[::-1], interpolation=cv2.INTER_AREA), np.uint8)
