"""One frame between two others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.smooth.gap_motion import GapMotion, SamplePositions, sample_positions
from engine.smooth.object_tracker import TrackedMotion
from engine.vision.optical_flow import Floats, luma, read

_DETAIL = 1.5
_SHAPE = 5.0
"""Fine detail is up to the one width, pixels; shapes are between it and the other."""

_NEIGHBOURHOOD = 6
_SHARPEN = 0.5
_LARGEST_GAIN = 1.35

_APART, _TOGETHER = 0.5, 0.95
"""Correlation of the two readings' shapes up to which motion was not found, and from which on it was."""

_DOUBLED, _SINGLE = 0.3, 0.6
"""Correlation of the two readings' shapes: up to the one their mean is a double, from the other on none."""

_WEAK, _STRONG = 0.65, 0.85
"""Energy of shapes, as a share of that in the readings, of a double and of a picture that is none."""

_LEAST_SHAPE = 4.0
"""Energy of shapes that nobody sees, levels squared."""

_SHADE, _SHADE_SHARE = 5.0, 0.9
"""Width in pixels beyond which a shade doubles no edge, and how much of it is taken from all readings."""

_SOFT_EDGE = 3.0
"""Width in pixels over which a double gives way to one reading."""

_HALFWAY = 0.5

_MODEL_WEIGHT = 0.15
_FLOW_WEIGHT = 0.7
_LARGEST_RIVAL = 4.0
_FAR_APART = 24.0
"""Difference in levels beyond which the model's picture counts alone, and the flow's no more."""

_FORGIVEN = 2.0
"""Levels of doubt that say nothing: noise, and the steps of compression."""

_DOUBT_WIDTH = 4.0
"""Width over which doubt is judged, pixels at half size."""

_HARDLY = 0.05

_LEAST = 0.3
"""Energy that is noise, levels squared."""

_NOUGHT: Any = (0.0, 0.0, 0.0, 0.0)
_MEAN = np.full((1, 3), 1 / 3, np.float32)


@dataclass(frozen=True, kw_only=True)
class _WarpedPair:
    """The new frame, read from the earlier and from the later frame: float32 ``[H, W, 3]``."""

    by_a: Floats
    by_b: Floats
    disagreement: Floats
    """Local difference of the two, float32 ``[h, w]`` at half size, levels."""


def interpolate(
    a: NDArray[np.uint8],
    b: NDArray[np.uint8],
    motion: GapMotion,
    time: float,
    static_mask: Floats | None = None,
    tracked: TrackedMotion | None = None,
) -> NDArray[np.uint8]:
    """The frame at ``time`` (0 … 1, ends excluded) between two frames, uint8 ``[H, W, 3]``.

    Both flows say where a pixel was and where it will be, and perhaps it has not moved. Each gives a version
    of the frame, read from both frames and weighted by how well the two readings agree. What only one of the
    frames shows is read from that one. A flow model's version is mixed in with the same kind of weight. What
    is static, float32 ``[H, W]`` from :func:`engine.smooth.static_mask.static_mask`, stays where it is. Faces
    and bodies that would be doubled are read from the nearer frame alone.
    """
    earlier, later = a.astype(np.float32), b.astype(np.float32)
    sampling = sample_positions(motion, time, *a.shape[:2])
    by_forward = _read(earlier, later, sampling.by_forward)
    by_backward = by_forward if sampling.by_backward is None else _read(earlier, later, sampling.by_backward)
    by_a, by_b = _by_flow(earlier, later, by_forward, by_backward)
    made = np.asarray(cv2.addWeighted(by_a, 1 - time, by_b, time, 0), np.float32)
    for reading, alone in ((by_forward.by_a, sampling.only_a), (by_backward.by_b, sampling.only_b)):
        if float(alone.max()) > _HARDLY:
            shown = _enlarge(alone, made)
            made = _mix(made, reading, 1 - shown, shown)
    if sampling.model is not None:
        from_model = _read(earlier, later, sampling.model)
        model = _mix(from_model.by_a, from_model.by_b, sampling.share, 1 - sampling.share)
        made = _fuse(
            made,
            np.minimum(by_forward.disagreement, by_backward.disagreement),
            model,
            from_model.disagreement,
        )
    made = _restore(made, by_a, by_b)
    if tracked is not None:
        made = _as_one(made, (earlier, later), (by_forward.by_a, by_backward.by_b), motion, tracked, time)
    if static_mask is not None:
        still = np.asarray(cv2.addWeighted(earlier, 1 - time, later, time, 0), np.float32)
        made = _mix(made, still, 1 - static_mask, static_mask)
    return np.asarray(cv2.add(made, _NOUGHT, dtype=cv2.CV_8U), np.uint8)  # rounds, and stops at 0 and 255


def _read(earlier: Floats, later: Floats, positions: SamplePositions) -> _WarpedPair:
    by_a, by_b = _warp(earlier, positions.in_a), _warp(later, positions.in_b)
    return _WarpedPair(by_a=by_a, by_b=by_b, disagreement=_disagreement(by_a, by_b))


def _by_flow(
    earlier: Floats, later: Floats, by_forward: _WarpedPair, by_backward: _WarpedPair
) -> tuple[Floats, Floats]:
    """Mix the versions of both flows with one in which nothing moves; that one counts where it is better.

    Returns:
        The new frame as read from the earlier and from the later frame, float32 ``[H, W, 3]``.
    """
    by_a, by_b = by_forward.by_a, by_forward.by_b
    least = by_forward.disagreement + _FORGIVEN
    moved = 1 / least
    if by_backward is not by_forward:
        other_disagreement = by_backward.disagreement + _FORGIVEN
        one, other = _enlarge(moved, earlier), _enlarge(1 / other_disagreement, earlier)
        by_a, by_b = _mix(by_a, by_backward.by_a, one, other), _mix(by_b, by_backward.by_b, one, other)
        least, moved = np.minimum(least, other_disagreement), moved + 1 / other_disagreement
    still = least / (_disagreement(earlier, later) + _FORGIVEN) ** 2
    share = np.asarray(still / (still + moved), np.float32)
    if float(share.max()) < _HARDLY:
        return by_a, by_b
    wide = _enlarge(share, earlier)
    return _mix(by_a, earlier, 1 - wide, wide), _mix(by_b, later, 1 - wide, wide)


def _as_one(
    made: Floats,
    frames: tuple[Floats, Floats],
    readings: tuple[Floats, Floats],
    motion: GapMotion,
    tracked: TrackedMotion,
    time: float,
) -> Floats:
    """Where a face or a body would be a double, show it once: as the nearer frame shows it, moved as one."""
    height, width = made.shape[:2]
    part = _enlarge(tracked.area(time), made)
    rows, columns = (np.flatnonzero(part.max(axis=axis) > _HARDLY) for axis in (1, 0))
    if not rows.size:
        return made
    here = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    doubled = _doubled(made[here], *(reading[here] for reading in readings))
    share = _blur(_enlarge(doubled, made[here]) * part[here], _SOFT_EDGE)
    if float(share.max()) < _HARDLY:
        return made
    sampling = sample_positions(
        replace(motion, forward=tracked.flow.forward, backward=tracked.flow.backward, intermediate=None),
        time,
        height,
        width,
    )
    near, places = frames[0], sampling.by_forward.in_a
    if time > _HALFWAY:
        near, places = frames[1], (sampling.by_backward or sampling.by_forward).in_b
    single = _warp(near, places[here])
    # Large shades as all readings have them: they are nearer to the truth, and double no edge.
    shade = _blur(np.asarray(cv2.subtract(made[here], single), np.float32), _SHADE)
    out = made.copy()
    out[here] = _mix(made[here], single + _SHADE_SHARE * shade, 1 - share, share)
    return out


def _doubled(made: Floats, by_a: Floats, by_b: Floats) -> Floats:
    """Where a frame shows the mean of two different shapes, float32 at quarter size, 0 … 1.

    Where only one of the two readings was taken, its shapes have kept their strength, and nothing is doubled.
    """
    shape, shape_a, shape_b = (_bands(luma(picture))[1] for picture in (made, by_a, by_b))
    energy = np.asarray((_energy(shape_a, shape_a) + _energy(shape_b, shape_b)) / 2, np.float32)
    alike = _likeness(shape_a, shape_b, energy, _LEAST_SHAPE)
    kept = _likeness(shape, shape, energy, _LEAST_SHAPE)
    share = np.clip((_SINGLE - alike) / (_SINGLE - _DOUBLED), 0, 1)
    share *= np.clip((_STRONG - kept) / (_STRONG - _WEAK), 0, 1)
    return np.asarray(share, np.float32)


def _fuse(flow: Floats, disagreement: Floats, model: Floats, model_disagreement: Floats) -> Floats:
    """Mix both versions by how well their halves agree; where they differ much, the model's counts."""
    rival = np.clip(((model_disagreement + 2) / (disagreement + 2)) ** 2, 0, _LARGEST_RIVAL)
    weight = _FLOW_WEIGHT * rival * np.exp(-((_disagreement(model, flow) / _FAR_APART) ** 2))
    wide = _enlarge(np.asarray(weight, np.float32), flow)
    return _mix(model, flow, np.full_like(wide, _MODEL_WEIGHT), wide)


def _warp(frame: Floats, places: Floats) -> Floats:
    return read(frame, places, cv2.INTER_CUBIC)


def _mix(one: Floats, other: Floats, weight: Floats, other_weight: Floats) -> Floats:
    return np.asarray(cv2.blendLinear(one, other, weight, other_weight), np.float32)


def _blur(picture: Floats, sigma: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)


def _shrink(picture: Floats, factor: int) -> Floats:
    height, width = picture.shape[:2]
    size = (-(-width // factor), -(-height // factor))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


def _enlarge(field: NDArray[np.floating[Any]], like: NDArray[np.generic]) -> Floats:
    return np.asarray(cv2.resize(field.astype(np.float32), (like.shape[1], like.shape[0])), np.float32)


def _disagreement(one: Floats, other: Floats) -> Floats:
    """Local mean difference of two pictures, float32 at half size, levels."""
    apart = _shrink(np.asarray(cv2.absdiff(one, other), np.float32), 2)
    return _blur(np.asarray(cv2.transform(apart, _MEAN), np.float32), _DOUBT_WIDTH)


def _energy(one: Floats, other: Floats) -> Floats:
    """Local mean of the product of two bands of luma, float32 at quarter size, levels squared."""
    return _blur(_shrink(cv2.multiply(one, other).astype(np.float32), 4), _NEIGHBOURHOOD / 4)


def _bands(picture: Floats) -> tuple[Floats, Floats]:
    """Fine detail and shapes."""
    soft = _blur(picture, _DETAIL)
    return (
        np.asarray(cv2.subtract(picture, soft), np.float32),
        np.asarray(cv2.subtract(soft, _blur(soft, _SHAPE)), np.float32),
    )


def _likeness(one: Floats, other: Floats, energy: Floats, least: float) -> Floats:
    """Local correlation of two bands, float32 at quarter size, 0 … 1."""
    return np.clip((_energy(one, other) + least) / (energy + least), 0, 1)


def _restore(made: Floats, by_a: Floats, by_b: Floats) -> Floats:
    """Give fine detail the strength that it should have.

    A mean of two pictures loses detail even where motion is right, such as grain; otherwise the clip would
    pulse between soft and sharp. Half of it comes back: restoring all would double the error. Where
    the two readings show different shapes, motion was not found: the mean shows detail of both, a ghost, and
    only what they share stays.
    """
    (fine_a, shape_a), (fine_b, shape_b) = _bands(luma(by_a)), _bands(luma(by_b))
    shapes = np.asarray((_energy(shape_a, shape_a) + _energy(shape_b, shape_b)) / 2, np.float32)
    found = (_likeness(shape_a, shape_b, shapes, 1.0) - _APART) / (_TOGETHER - _APART)
    fine = np.asarray(cv2.subtract(made, _blur(made, _DETAIL)), np.float32)
    has = luma(fine)
    wanted = np.asarray((_energy(fine_a, fine_a) + _energy(fine_b, fine_b)) / 2, np.float32)
    gain = np.clip(np.sqrt((wanted + _LEAST) / (_energy(has, has) + _LEAST)), 1, _LARGEST_GAIN)
    shared = _likeness(fine_a, fine_b, wanted, _LEAST)
    # The best linear guess of detail from two noisy readings with this correlation.
    kept = 2 * shared / (1 + shared)
    found = np.clip(found, 0, 1)
    strength = found * _SHARPEN * (gain - 1) + (1 - found) * (kept - 1)
    wide = _enlarge(np.asarray(strength, np.float32), made)
    return np.asarray(cv2.scaleAdd(cv2.multiply(cv2.merge([wide] * 3), fine), 1, made), np.float32)
