"""Smoothing: more frames between the drawn ones, which stay as they are."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from engine.cancel import CancelToken
from engine.smooth.between import between
from engine.smooth.cuts import Link, links
from engine.smooth.flow import FlowSource, PairFlow, dis_flow

__all__ = ["smooth"]

_THREADS = 2
_CHANNELS = 3
_MIDDLE = 0.5


def smooth(
    frames: NDArray[np.uint8],
    factor: int,
    *,
    progress: Callable[[float], None] | None = None,
    cancel: CancelToken | None = None,
    flow_source: FlowSource = dis_flow,
) -> NDArray[np.uint8]:
    """Put ``factor - 1`` frames between each two.

    Given frames come back bit for bit at every ``factor``-th place. Across a cut, and between two frames that
    are the same, the nearer one is copied (the earlier in the middle). The result does not depend on timing.

    Args:
        frames: uint8 ``[T, H, W, 3]``, RGB, T of 1 or more.
        factor: 1 (a copy) or more.
        progress: told the finished share of the clip (0 … 1) after each gap's frame.
        cancel: looked at for each frame.
        flow_source: optical flow of one pair; called from several threads.

    Returns:
        uint8 ``[(T-1) * factor + 1, H, W, 3]``.

    Raises:
        ValueError: the frames are not of that shape or type, or ``factor`` is below 1.
        Cancelled: ``cancel`` asked for it.
    """
    if frames.dtype != np.uint8 or frames.shape[3:] != (_CHANNELS,) or 0 in frames.shape:
        raise ValueError(f"frames must be uint8 [T, H, W, 3], not {frames.dtype} {list(frames.shape)}")
    if factor < 1:
        raise ValueError(f"factor must be 1 or more, not {factor}")
    if cancel is not None:
        cancel.check()
    if factor == 1:
        return frames.copy()
    gaps = len(frames) - 1
    out = np.empty((gaps * factor + 1, *frames.shape[1:]), np.uint8)
    out[::factor] = frames
    total = gaps * (factor - 1)
    for done, (place, made) in enumerate(_made(frames, factor, flow_source, cancel), start=1):
        out[place] = made
        if progress is not None:
            progress(done / total)
    return out


def _made(
    frames: NDArray[np.uint8], factor: int, flow_source: FlowSource, cancel: CancelToken | None
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """The made frames with their places, in order.

    Flows are found by a pool a few gaps ahead, and dropped with their gap: a long clip needs no more memory.
    """
    kinds = links(frames)
    pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="smooth")
    flows: deque[Future[PairFlow] | None] = deque()

    def look_ahead(gap: int) -> None:
        if gap < len(kinds):
            moving = kinds[gap] is Link.MOTION
            flows.append(pool.submit(flow_source, frames[gap], frames[gap + 1]) if moving else None)

    try:
        for gap in range(_THREADS):
            look_ahead(gap)
        for gap in range(len(kinds)):
            a, b = frames[gap], frames[gap + 1]
            waiting = flows.popleft()
            flow = None if waiting is None else waiting.result()
            look_ahead(gap + _THREADS)
            times = [step / factor for step in range(1, factor)]
            if flow is None:
                for step, time in enumerate(times, start=1):
                    _check(cancel)
                    yield gap * factor + step, a if time <= _MIDDLE else b
                continue
            drawn = [pool.submit(between, a, b, flow, time) for time in times]
            for step, future in enumerate(drawn, start=1):
                _check(cancel)
                yield gap * factor + step, future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _check(cancel: CancelToken | None) -> None:
    if cancel is not None:
        cancel.check()
