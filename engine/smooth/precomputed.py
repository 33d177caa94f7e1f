"""What a flow model says of every gap of a clip, asked before the clip is smoothed.

The model runs on the GPU, and the mixing of frames on the processor. Asked ahead, the GPU is free for the
next clip while this one is judged, and the eyes have looked at it before it is smoothed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.cancel import CancelToken
from engine.smooth.flow import FlowModel, IntermediateFlow, searched_size
from engine.smooth.search import resized

HalfFloats = NDArray[np.float16]


@dataclass(frozen=True, kw_only=True)
class PackedFlow:
    """A model's result with no more detail than is used: at the size of the search, in half precision.

    A gap of a large clip then takes 2.5 bytes a pixel, a quarter of what its frames take as floats.

    Attributes:
        flows: both of :class:`engine.smooth.flow.IntermediateFlow`, float16 ``[h, w, 4]``, pixels of that
            size.
        share: weight of the earlier frame, float16 ``[h, w]``.
    """

    flows: HalfFloats
    share: HalfFloats

    @classmethod
    def of(cls, intermediate: IntermediateFlow) -> PackedFlow:
        """Pack a result of the frames' size."""
        height, width = searched_size(*intermediate.share.shape)
        ways = [resized(way, height, width) for way in (intermediate.to_a, intermediate.to_b)]
        share = cv2.resize(intermediate.share, (width, height), interpolation=cv2.INTER_AREA)
        return cls(flows=np.concatenate(ways, axis=2).astype(np.float16), share=share.astype(np.float16))

    def unpacked(self) -> IntermediateFlow:
        """The result, at the size of the search."""
        ways = self.flows.astype(np.float32)
        return IntermediateFlow(
            to_a=np.ascontiguousarray(ways[..., :2]),
            to_b=np.ascontiguousarray(ways[..., 2:]),
            share=self.share.astype(np.float32),
        )


@dataclass(frozen=True, kw_only=True)
class PrecomputedFlow:
    """A model's results for a clip.

    Attributes:
        gaps: in the clip's order, one fewer than it has frames.
    """

    gaps: tuple[PackedFlow, ...]


def precompute_flow(
    frames: NDArray[np.uint8],
    model: FlowModel,
    *,
    progress: Callable[[float], None] | None = None,
    cancel: CancelToken | None = None,
) -> PrecomputedFlow:
    """Ask a model about every gap.

    Args:
        frames: uint8 ``[T, H, W, 3]``, T of 1 or more.
        model: is asked about several gaps at a time.
        progress: called with the finished share of the clip (0 … 1) after each batch.
        cancel: checked before each batch.

    Raises:
        Cancelled: ``cancel`` was set.
    """
    at_once = max(1, model.batch(*frames.shape[1:3]))
    gaps: list[PackedFlow] = []
    for start in range(0, len(frames) - 1, at_once):
        if cancel is not None:
            cancel.check()
        batch = frames[start : start + at_once + 1]
        told = model.predict(list(batch), list(pairwise(range(len(batch)))))
        gaps.extend(PackedFlow.of(intermediate) for intermediate in told)
        if progress is not None:
            progress(len(gaps) / (len(frames) - 1))
    return PrecomputedFlow(gaps=tuple(gaps))


def result_at(gaps: Callable[[], Sequence[IntermediateFlow]], number: int) -> Callable[[], IntermediateFlow]:
    """One of the results that a model gives when it is asked, as if it had been asked ahead."""
    return lambda: PackedFlow.of(gaps()[number]).unpacked()
