"""How the scene fills the frame: dark bars along its edges, and a picture that is only enlarged."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.sentence import Sentence
from engine.gate.clip import Clip
from engine.gate.measure import UNKNOWN, Reading, measure
from engine.vision.likeness import correlation, detail
from engine.vision.optical_flow import ULTRAFAST, Floats, dense, grid, luma

_DARK, _EVEN = 32, 14
"""The brightest level of a bar, and the most that it varies by."""

_STRAIGHT = 0.4
"""Share of the columns that must be lit along a bar's inner edge: a night sky ends in a skyline."""

_WHOLE = 0.8
"""From this dark share on, the frame is empty rather than framed by bars."""

_GRID = 8
_LEAST_ZOOM = 0.008
"""Of a whole clip, in log units."""

_MOST_ZOOM = 1.5
"""Of a piece; more is no zoom, but frames that are too small to follow."""

_PIECE = 0.5
"""A clip that zooms farther is looked at in pieces: too little of the first frame is left in the last."""

_REFINED = 2
_PARTS = 4
"""Of the frame, across and down, that a mere zoom explains each by itself."""
_SHOWN, _PLAIN = 0.9, 2.0
"""Share of a tile that both frames show, and levels of detail below which it tells nothing."""

_FAR = 1.0
"""A gain below which the second one is not computed."""


def _bars(brightest: Floats, darkest: Floats) -> float:
    """Share of the height that two dark bars take, counted as twice the thinner one; of ``[h, w]`` levels."""
    width = brightest.shape[1]
    few = width // 50
    bright = np.partition(brightest, width - 1 - few, axis=1)[:, width - 1 - few]
    even = bright - np.partition(darkest, few, axis=1)[:, few] < _EVEN
    lit = (brightest > bright.min() + _EVEN).mean(axis=1) > _STRAIGHT
    bar = (bright < _DARK) & even
    height = len(bar)
    found = []
    for rows, inner in ((bar, lit), (bar[::-1], lit[::-1])):
        count = height if rows.all() else int(rows.argmin())
        # The row that holds the edge is half bar, half picture.
        found.append(count if inner[count + 1 : count + 4].any() else 0)
    share = 2 * min(found) / height
    return share if share < _WHOLE else 0.0


def _framed(pictures: Floats) -> float:
    """:func:`_bars` above and below or on both sides, whichever is more, of luma ``[T, h, w]``."""
    brightest, darkest = pictures.max(axis=0), pictures.min(axis=0)
    return max(_bars(brightest, darkest), _bars(brightest.T, darkest.T))


@measure(unit="share of a side", words=Sentence("there are dark bars along the edges"), warn=0.03)
def letterbox(clip: Clip) -> Reading:
    """Dark even bars along two opposite edges in all frames, minus those of the input picture."""
    own = 0.0 if clip.reference is None else _framed(luma(clip.small_input)[None])
    return Reading(max(0.0, _framed(clip.luma) - own))


def _similarity(flow: Floats) -> Floats:
    """The shift, rotation and scale that explain a flow best, ``[2, 3]``: where a pixel was before.

    Least squares over a grid of pixels, twice: the second time without the half that fits worst.
    """
    places = grid(*flow.shape[:2])[::_GRID, ::_GRID].reshape(-1, 2)
    goals = places + flow[::_GRID, ::_GRID].reshape(-1, 2)
    fits = np.ones(len(places), bool)
    for _ in range(2):
        source, goal = places[fits], goals[fits]
        middle, aim = source.mean(axis=0), goal.mean(axis=0)
        x, y = (source - middle).T
        u, v = (goal - aim).T
        spread = float((x * x + y * y).sum()) + 1e-6
        scale, turn = float((x * u + y * v).sum()) / spread, float((x * v - y * u).sum()) / spread
        matrix = np.array([[scale, -turn], [turn, scale]], np.float32)
        found = np.column_stack([matrix, aim - matrix @ middle]).astype(np.float32)
        error = np.abs(places @ matrix.T + found[:, 2] - goals).sum(axis=1)
        fits = error <= np.median(error)
    return found


def _then(first: Floats, second: Floats) -> Floats:
    """One similarity after another."""
    joined = np.vstack([first, [0, 0, 1]]) @ np.vstack([second, [0, 0, 1]])
    return np.asarray(joined[:2], np.float32)


@measure(
    unit="log units", words=Sentence("the clip only zooms into one picture"), usual=0.3, warn=1.6, frames=5
)
def only_zooms(clip: Clip) -> Reading:
    """How much better the later frames match the first one enlarged than the first one as it is.

    The log of uncorrelated detail before over after enlarging, in the worst part of the clip; 0 where it is
    not enlarged steadily, by 0.8 % in all or more, or where the camera was asked to move. After enlarging,
    the second worst tile of the frame counts: where somebody moves, or what is near passes what is far, some
    tiles are not explained; in one of them a mark may stay where it is.
    """
    if clip.travels:
        return UNKNOWN
    gains = []
    first, back = 0, np.eye(2, 3, dtype=np.float32)
    looked_at = {len(clip) // 2, len(clip) - 1}
    for t, flow in enumerate(clip.flows, start=1):
        back = _then(back, _similarity(flow))
        scale = float(np.hypot(back[0, 0], back[1, 0]))
        zoomed = abs(np.log(max(scale, 1e-3)))
        if t not in looked_at and zoomed < _PIECE:
            continue
        if not _LEAST_ZOOM * (t - first) / len(clip) <= zoomed < _MOST_ZOOM:
            return Reading(0.0)
        # The wider view contains the narrower one.
        if scale < 1:
            gains.append(_explained(clip.luma[first], clip.luma[t], back))
        else:
            ahead = np.asarray(cv2.invertAffineTransform(back), np.float32)
            gains.append(_explained(clip.luma[t], clip.luma[first], ahead))
        if gains[-1] < _FAR:
            break
        if zoomed >= _PIECE:
            first, back = t, np.eye(2, 3, dtype=np.float32)
    return Reading(max(0.0, min(gains)))


def _explained(wide: Floats, near: Floats, back: Floats) -> float:
    for _ in range(_REFINED):
        # Small errors of many transitions add up: measure what is left once more.
        left = dense(_bytes(near), _bytes(_moved(wide, back)), ULTRAFAST)
        back = _then(back, _similarity(left))
    before, after = 1 - correlation(detail(wide), detail(near)), _left_somewhere(wide, near, back)
    return float(np.log((before + 0.01) / (after + 0.01)))


def _left_somewhere(wide: Floats, near: Floats, back: Floats) -> float:
    """Uncorrelated detail in the second worst tile of those that both pictures show and that have detail."""
    moved, is_near = detail(_moved(wide, back)), detail(near)
    shown = _moved(np.ones_like(wide), back, border=cv2.BORDER_CONSTANT) > _SHOWN
    rows, columns = (np.linspace(0, side, _PARTS + 1).astype(int) for side in near.shape)
    tiles = [
        np.s_[top:bottom, left:right] for top, bottom in pairwise(rows) for left, right in pairwise(columns)
    ]
    left = [
        1 - correlation(moved[tile], is_near[tile])
        for tile in tiles
        if shown[tile].mean() > _SHOWN and is_near[tile].std() > _PLAIN
    ]
    return sorted(left)[-2] if len(left) > 1 else 1 - correlation(moved, is_near)


def _moved(picture: Floats, back: Floats, *, border: int = cv2.BORDER_REPLICATE) -> Floats:
    height, width = picture.shape
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(picture, back, (width, height), flags=flags, borderMode=border)
    return np.asarray(moved, np.float32)


def _bytes(picture: Floats) -> NDArray[np.uint8]:
    return np.clip(picture, 0, 255).astype(np.uint8)
