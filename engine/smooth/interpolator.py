"""Drawing the new frames of a clip in order, on a few threads; a flow model gets its pairs in batches."""

from __future__ import annotations

import os
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.cancel import CancelToken
from engine.smooth.coarse_flow import CoarseFlow
from engine.smooth.cuts import PairKind, classify_pairs
from engine.smooth.flow import FlowModel, IntermediateFlow, PairFlow, find_coarse, find_flow
from engine.smooth.gap_motion import gap_motion
from engine.smooth.interpolation import interpolate
from engine.smooth.moments import Moment
from engine.smooth.object_tracker import ObjectTracker
from engine.smooth.precomputed import PrecomputedFlow, result_at
from engine.smooth.static_mask import static_mask
from engine.vision.sighting import Sighting

Frame = NDArray[np.uint8]

_FEWEST_THREADS, _MOST_THREADS = 2, 8
_MIDDLE = 0.5

Ordered = tuple[int, Future[Frame] | Frame]
"""A place in the smoothed clip, and the frame that is or will be there."""


class Interpolator:
    """The new frames of one clip.

    Only a few gaps' flows are held at a time, so that a long clip needs no more memory.
    """

    def __init__(
        self,
        frames: NDArray[np.uint8],
        model: FlowModel | PrecomputedFlow | None,
        cancel: CancelToken | None,
        sightings: Sequence[Sighting] = (),
    ) -> None:
        """Prepare; nothing is computed before :meth:`draw`.

        Args:
            frames: uint8 ``[T, H, W, 3]``.
            model: a learned flow, or what it said of every gap.
            cancel: checked for each new frame.
            sightings: what has to stay whole.
        """
        self._tracker = ObjectTracker(sightings)
        self._frames = frames
        self._model = model
        self._cancel = cancel
        self._kinds: list[PairKind] = []
        self._closed = False
        self._coarse_flows: dict[int, Future[CoarseFlow | None]] = {}
        self._flows: dict[int, Future[PairFlow]] = {}
        self._guesses: dict[int, Callable[[], IntermediateFlow]] = {}

    def draw(self, made: Mapping[int, Moment]) -> Iterator[tuple[int, Frame]]:
        """Yield the new frames with their places, in order.

        Args:
            made: the moment of each new frame by its place in the smoothed clip, in order of time.
        """
        by_gap: dict[int, list[tuple[int, Moment]]] = defaultdict(list)
        for place, moment in made.items():
            by_gap[moment.gap].append((place, moment))
        self._closed = len(self._frames) - 1 in by_gap
        with _one_core_a_call():
            pool = ThreadPoolExecutor(_threads(), thread_name_prefix="smooth")
            # The model has its own thread: it works ahead while the others draw.
            model_pool = ThreadPoolExecutor(1, thread_name_prefix="flow model")
            ready: deque[Ordered] = deque()
            try:
                self._kinds = classify_pairs(self._frames, loop=self._closed, pool=pool) if by_gap else []
                for gap, wanted in by_gap.items():
                    # One gap ahead of what is yielded, so that the pool never waits for its reader.
                    before = len(ready)
                    ready.extend(self._order(pool, model_pool, gap, wanted))
                    yield from self._finish(ready, before)
                yield from self._finish(ready, len(ready))
            finally:
                model_pool.shutdown(wait=True, cancel_futures=True)
                pool.shutdown(wait=True, cancel_futures=True)

    def _order(
        self,
        pool: ThreadPoolExecutor,
        model_pool: ThreadPoolExecutor,
        gap: int,
        wanted: list[tuple[int, Moment]],
    ) -> Iterator[Ordered]:
        """Have the pool draw one gap's frames; across cuts and duplicates the nearer frame is copied."""
        a, b = self._pair(gap)
        if self._kinds[gap] is not PairKind.MOTION:
            yield from ((place, a if moment.share <= _MIDDLE else b) for place, moment in wanted)
            return
        near = {self._number(gap + step) for step in (0, -1, 1, 2)}
        for one in sorted(near - self._flows.keys()):
            if not self._moves(one):
                continue
            # The pool starts its work in this order, so that no thread waits for what has not been started.
            coarse_flows = [self._coarse(pool, one + step) for step in (-1, 0, 1)]
            self._flows[one] = pool.submit(self._find, one, self._guess(model_pool, one), coarse_flows)
        for old in self._flows.keys() - near:
            del self._flows[old]
            self._guesses.pop(old, None)
        around = {self._number(one + step) for one in near for step in (-1, 0, 1)}
        for old in self._coarse_flows.keys() - around:
            del self._coarse_flows[old]
        flow, tracked = self._tracker.move(gap, a, b, self._flows[gap].result())
        motion = gap_motion(flow, self._known(gap - 1), self._known(gap + 1))
        static = static_mask([self._frames[place] for place in self._around(gap)])
        for place, moment in wanted:
            yield place, pool.submit(interpolate, a, b, motion, float(moment.share), static, tracked)

    def _guess(self, model_pool: ThreadPoolExecutor, gap: int) -> Callable[[], IntermediateFlow] | None:
        """What the model says of a gap; if it was not asked yet, in one batch with those that follow."""
        if self._model is None:
            return None
        if isinstance(self._model, PrecomputedFlow):
            return self._model.gaps[gap].unpacked
        if gap not in self._guesses:
            most = max(1, self._model.batch(*self._frames.shape[1:3]))
            coming = range(gap, len(self._kinds))
            gaps = [one for one in coming if self._moves(one) and one not in self._guesses][:most]
            places = sorted({place for one in gaps for place in self._places(one)})
            pairs = [
                (places.index(earlier), places.index(later)) for earlier, later in map(self._places, gaps)
            ]
            batch = model_pool.submit(self._model.predict, [self._frames[place] for place in places], pairs)
            self._guesses.update({one: result_at(batch.result, number) for number, one in enumerate(gaps)})
        return self._guesses[gap]

    def _coarse(self, pool: ThreadPoolExecutor, gap: int) -> Future[CoarseFlow | None] | None:
        """Have the pool find the coarse flow of a gap, which its neighbours need too."""
        one = self._number(gap)
        if not self._moves(one):
            return None
        if one not in self._coarse_flows:
            self._coarse_flows[one] = pool.submit(find_coarse, *self._pair(one))
        return self._coarse_flows[one]

    def _find(
        self,
        gap: int,
        guess: Callable[[], IntermediateFlow] | None,
        coarse_flows: Sequence[Future[CoarseFlow | None] | None],
    ) -> PairFlow:
        intermediate = None if guess is None else guess()
        found = [None if coarse is None else coarse.result() for coarse in coarse_flows]
        return find_flow(*self._pair(gap), intermediate, found)

    def _finish(self, ready: deque[Ordered], count: int) -> Iterator[tuple[int, Frame]]:
        for _ in range(count):
            if self._cancel is not None:
                self._cancel.check()
            place, frame = ready.popleft()
            yield place, frame.result() if isinstance(frame, Future) else frame

    def _pair(self, gap: int) -> tuple[Frame, Frame]:
        earlier, later = self._places(gap)
        return self._frames[earlier], self._frames[later]

    def _places(self, gap: int) -> tuple[int, int]:
        return gap, (gap + 1) % len(self._frames)

    def _around(self, gap: int) -> list[int]:
        """The frames of a gap and, where no cut is between, the one before it and the one after it."""
        places = list(self._places(gap))
        if self._moves(self._number(gap - 1)):
            places.insert(0, self._places(self._number(gap - 1))[0])
        if self._moves(self._number(gap + 1)):
            places.append(self._places(self._number(gap + 1))[1])
        return places

    def _moves(self, gap: int) -> bool:
        return gap in range(len(self._kinds)) and self._kinds[gap] is PairKind.MOTION

    def _number(self, gap: int) -> int:
        """The gap's number; in a loop, the last gap comes before the first."""
        return gap % len(self._kinds) if self._closed else gap

    def _known(self, gap: int) -> PairFlow | None:
        found = self._flows.get(self._number(gap))
        return None if found is None else found.result()


def _threads() -> int:
    """One thread a core, from 2 to 8. The frames do not depend on it."""
    return max(_FEWEST_THREADS, min(_MOST_THREADS, os.cpu_count() or 1))


@contextmanager
def _one_core_a_call() -> Iterator[None]:
    """Keep OpenCV to one thread a call: its own threads would compete with the pool's."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)
