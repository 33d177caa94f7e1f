"""Motion in small pictures, which the motion of the gaps before and after helps to find.

A search that starts from nothing loses what moves far between two frames. In a clip, things mostly go on as
they went: the motion of the neighbouring gaps is a second and a third guess, and each place takes the guess
under which the two frames fit best.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.smooth.search import search
from engine.vision.optical_flow import Floats, grid, read

_PATCH_STRIDE = 3
_REFINEMENTS = 5

_SPREAD = 1.5
"""Width over which a guess is smoothed, and over which a fit is judged, pixels of the small picture."""

_ELSEWHERE, _HARDLY = 0.75, 0.005
"""Pixels of the small picture from which on a guess is another one, and the share of places that may differ
in one that is none."""

_LARGEST_MISFIT = 40.0
"""Levels: a place that is hidden in one frame must not decide for those around it."""

_FORGIVEN = 1.0
"""Levels of misfit that say nothing."""

_DECISION = 4
"""How clearly the better guess wins; 1 would be a mean weighted by fit."""


@dataclass(frozen=True, kw_only=True)
class CoarseFlow:
    """The motion of one gap in small pictures.

    Attributes:
        earlier: luma of the frame before the gap, uint8 ``[h, w]``.
        later: luma of the frame after it.
        forward: flow of the earlier frame's pixels to the later one, float32 ``[h, w, 2]``, in pixels of
            that size.
        backward: flow of the later frame's pixels to the earlier one.
    """

    earlier: NDArray[np.uint8]
    later: NDArray[np.uint8]
    forward: Floats
    backward: Floats


def search_coarse(earlier: NDArray[np.uint8], later: NDArray[np.uint8]) -> CoarseFlow:
    """Search from nothing, both ways, between two small luma pictures, uint8 ``[h, w]``."""
    return CoarseFlow(
        earlier=earlier,
        later=later,
        forward=_search(earlier, later, None),
        backward=_search(later, earlier, None),
    )


def guided_by_neighbours(
    coarse: CoarseFlow, before: CoarseFlow | None, after: CoarseFlow | None
) -> tuple[Floats, Floats]:
    """The flow there and back, float32 ``[h, w, 2]``, of the guesses that fit best.

    Args:
        coarse: of the gap.
        before: of the gap before it; None at the start, after a cut and after a frame shown twice.
        after: of the gap after it.
    """
    guesses: list[tuple[Floats, Floats]] = []
    if before is not None:
        # Pixels of the earlier frame go on as they came; those of the later one came as the gap's did.
        guesses.append((-before.backward, before.backward))
    if after is not None:
        guesses.append((after.forward, -after.forward))
    forward, backward = [coarse.forward], [coarse.backward]
    for onward, returned in guesses:
        if _tells_more(onward, coarse.forward):
            forward.append(_search(coarse.earlier, coarse.later, onward))
        if _tells_more(returned, coarse.backward):
            backward.append(_search(coarse.later, coarse.earlier, returned))
    return best_fit(coarse.earlier, coarse.later, forward), best_fit(coarse.later, coarse.earlier, backward)


def _tells_more(guess: Floats, found: Floats) -> bool:
    """Whether a search from a guess may end elsewhere than the one from nothing did."""
    apart = cv2.absdiff(guess, found).max(axis=2) > _ELSEWHERE
    return float(apart.mean()) > _HARDLY


def _search(source: NDArray[np.uint8], target: NDArray[np.uint8], guess: Floats | None) -> Floats:
    start = None if guess is None else np.asarray(cv2.GaussianBlur(guess, (0, 0), _SPREAD), np.float32)
    return search(source, target, start, stride=_PATCH_STRIDE, refinements=_REFINEMENTS)


def best_fit(
    source: NDArray[np.uint8], target: NDArray[np.uint8], flows: list[Floats], width: float = _SPREAD
) -> Floats:
    """At each place the flow under which two pictures fit best; between equals, their mean.

    Args:
        source, target: luma, uint8 ``[h, w]``.
        flows: of the source's pixels, float32 ``[h, w, 2]`` each.
        width: over which a fit is judged, pixels.
    """
    if len(flows) == 1:
        return flows[0]
    places, one, other = grid(*source.shape), source.astype(np.float32), target.astype(np.float32)
    misfits = []
    for flow in flows:
        apart = np.minimum(cv2.absdiff(one, read(other, places + flow)), _LARGEST_MISFIT)
        misfits.append(cv2.GaussianBlur(apart, (0, 0), width))
    weights = (np.stack(misfits) + _FORGIVEN) ** -_DECISION
    weights /= weights.sum(axis=0)
    return np.asarray((weights[..., None] * np.stack(flows)).sum(axis=0), np.float32)
