"""Smoothing: new frames between the drawn ones, which stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.core.cancel import CancelToken
from engine.smooth.flow import FlowModel
from engine.smooth.interpolator import Interpolator
from engine.smooth.loop import Seam, find_loop
from engine.smooth.moments import Moment, by_factor, by_rate
from engine.smooth.precomputed import PrecomputedFlow, precompute_flow
from engine.vision.sighting import Sighting

__all__ = ["FlowModel", "PrecomputedFlow", "Seam", "find_loop", "precompute_flow", "smooth", "smooth_to_rate"]

_CHANNELS = 3


def smooth(
    frames: NDArray[np.uint8],
    factor: int,
    *,
    progress: Callable[[float], None] | None = None,
    cancel: CancelToken | None = None,
    flow: FlowModel | PrecomputedFlow | None = None,
    loop: bool = False,
    sightings: Sequence[Sighting] = (),
) -> NDArray[np.uint8]:
    """Put ``factor - 1`` new frames between each two.

    The given frames come back bit for bit at every ``factor``-th place. Across a cut, and between two frames
    that are the same, the nearer one is copied (the earlier in the middle). The result does not depend on
    timing.

    Args:
        frames: uint8 ``[T, H, W, 3]``, RGB, T of 1 or more.
        factor: 1 (a copy) or more.
        progress: called with the finished share of the clip (0 … 1) after each new frame.
        cancel: checked for each frame.
        flow: a learned flow to start from and to mix in, or what one said of these frames (not for a
            loop); None: OpenCV's alone.
        loop: also fill the gap from the last frame to the first.
        sightings: faces, bodies and text that the eyes saw in the frames: they stay whole.

    Returns:
        uint8 ``[(T-1) * factor + 1, H, W, 3]``; for a loop ``[T * factor, H, W, 3]``.

    Raises:
        ValueError: the frames have another shape or dtype, ``factor`` is below 1, or the flow is of other
            frames.
        Cancelled: ``cancel`` was set.
    """
    _check(frames)
    moments = by_factor(len(frames), factor, loop=loop)
    return _draw(frames, moments, progress=progress, cancel=cancel, flow=flow, sightings=sightings)


def smooth_to_rate(
    frames: NDArray[np.uint8],
    native_fps: float,
    fps: float,
    *,
    progress: Callable[[float], None] | None = None,
    cancel: CancelToken | None = None,
    flow: FlowModel | PrecomputedFlow | None = None,
    loop: bool = False,
    sightings: Sequence[Sighting] = (),
) -> NDArray[np.uint8]:
    """Show the same motion at another rate: frame ``n`` is the picture at ``n / fps`` seconds.

    A given frame comes back bit for bit where its time is hit exactly. The rest is as for :func:`smooth`.

    Args:
        frames: uint8 ``[T, H, W, 3]``, RGB, T of 1 or more.
        native_fps: their rate.
        fps: the wanted rate, for example 24, 30 or 60.
        progress: called with the finished share of the clip (0 … 1) after each new frame.
        cancel: checked for each frame.
        flow: a learned flow, or what one said of these frames.
        loop: also fill the gap from the last frame to the first; its length is kept to the nearest frame.
        sightings: faces, bodies and text in the frames.

    Returns:
        uint8 ``[N, H, W, 3]``.

    Raises:
        ValueError: the frames have another shape or dtype, a rate is not above 0, or the flow is of other
            frames.
        Cancelled: ``cancel`` was set.
    """
    _check(frames)
    moments = by_rate(len(frames), native_fps, fps, loop=loop)
    return _draw(frames, moments, progress=progress, cancel=cancel, flow=flow, sightings=sightings)


def _check(frames: NDArray[np.uint8]) -> None:
    if frames.dtype != np.uint8 or frames.shape[3:] != (_CHANNELS,) or 0 in frames.shape:
        raise ValueError(f"frames must be uint8 [T, H, W, 3], not {frames.dtype} {list(frames.shape)}")


def _draw(
    frames: NDArray[np.uint8],
    moments: list[Moment],
    *,
    progress: Callable[[float], None] | None,
    cancel: CancelToken | None,
    flow: FlowModel | PrecomputedFlow | None,
    sightings: Sequence[Sighting],
) -> NDArray[np.uint8]:
    if cancel is not None:
        cancel.check()
    gaps = {moment.gap for moment in moments if moment.share}
    if isinstance(flow, PrecomputedFlow) and max(gaps, default=-1) >= len(flow.gaps):
        raise ValueError(f"there is a flow for {len(flow.gaps)} gaps, and these frames have more")
    out = np.empty((len(moments), *frames.shape[1:]), np.uint8)
    made: dict[int, Moment] = {}
    for place, moment in enumerate(moments):
        if moment.share:
            made[place] = moment
        else:
            out[place] = frames[moment.gap]
    interpolator = Interpolator(frames, flow, cancel, sightings)
    for done, (place, frame) in enumerate(interpolator.draw(made), start=1):
        out[place] = frame
        if progress is not None:
            progress(done / len(made))
    return out
