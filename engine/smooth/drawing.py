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
from engine.smooth.between import between
from engine.smooth.coarse import Coarse
from engine.smooth.cuts import Link, links
from engine.smooth.flow import FlowModel, Middle, PairFlow, find_flow, look
from engine.smooth.foreseen import Foreseen, told_at
from engine.smooth.held import held
from engine.smooth.moments import Moment
from engine.smooth.passage import passage
from engine.smooth.pieces import Pieces
from engine.vision.sighting import Sighting

Frame = NDArray[np.uint8]

_FEWEST_THREADS, _MOST_THREADS = 2, 8
_MIDDLE = 0.5

Ordered = tuple[int, Future[Frame] | Frame]
"""A place in the smoothed clip, and the frame that is or will be there."""


class Drawing:
    """The new frames of one clip.

    Only a few gaps' flows are held at a time, so that a long clip needs no more memory.
    """

    def __init__(
        self,
        frames: NDArray[np.uint8],
        model: FlowModel | Foreseen | None,
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
        self._pieces = Pieces(sightings)
        self._frames = frames
        self._model = model
        self._cancel = cancel
        self._kinds: list[Link] = []
        self._closed = False
        self._looks: dict[int, Future[Coarse | None]] = {}
        self._flows: dict[int, Future[PairFlow]] = {}
        self._guesses: dict[int, Callable[[], Middle]] = {}

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
                self._kinds = links(self._frames, loop=self._closed, pool=pool) if by_gap else []
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
        if self._kinds[gap] is not Link.MOTION:
            yield from ((place, a if moment.share <= _MIDDLE else b) for place, moment in wanted)
            return
        near = {self._number(gap + step) for step in (0, -1, 1, 2)}
        for one in sorted(near - self._flows.keys()):
            if not self._moves(one):
                continue
            # The pool starts its work in this order, so that no thread waits for what has not been started.
            looks = [self._look(pool, one + step) for step in (-1, 0, 1)]
            self._flows[one] = pool.submit(self._find, one, self._guess(model_pool, one), looks)
        for old in self._flows.keys() - near:
            del self._flows[old]
            self._guesses.pop(old, None)
        for old in self._looks.keys() - {self._number(one + step) for one in near for step in (-1, 0, 1)}:
            del self._looks[old]
        flow, whole = self._pieces.move(gap, a, b, self._flows[gap].result())
        way = passage(flow, self._known(gap - 1), self._known(gap + 1))
        still = held([self._frames[place] for place in self._around(gap)])
        for place, moment in wanted:
            yield place, pool.submit(between, a, b, way, float(moment.share), still, whole)

    def _guess(self, model_pool: ThreadPoolExecutor, gap: int) -> Callable[[], Middle] | None:
        """What the model says of a gap; if it was not asked yet, in one batch with those that follow."""
        if self._model is None:
            return None
        if isinstance(self._model, Foreseen):
            return self._model.gaps[gap].unpacked
        if gap not in self._guesses:
            most = max(1, self._model.batch(*self._frames.shape[1:3]))
            coming = range(gap, len(self._kinds))
            gaps = [one for one in coming if self._kinds[one] is Link.MOTION and one not in self._guesses][
                :most
            ]
            places = sorted({place for one in gaps for place in self._places(one)})
            pairs = [
                (places.index(earlier), places.index(later)) for earlier, later in map(self._places, gaps)
            ]
            batch = model_pool.submit(self._model.middles, [self._frames[place] for place in places], pairs)
            self._guesses.update({one: told_at(batch.result, number) for number, one in enumerate(gaps)})
        return self._guesses[gap]

    def _look(self, pool: ThreadPoolExecutor, gap: int) -> Future[Coarse | None] | None:
        """Have the pool take a first look at a gap, which its neighbours need too."""
        one = self._number(gap)
        if not self._moves(one):
            return None
        if one not in self._looks:
            self._looks[one] = pool.submit(look, *self._pair(one))
        return self._looks[one]

    def _find(
        self,
        gap: int,
        guess: Callable[[], Middle] | None,
        looks: Sequence[Future[Coarse | None] | None],
    ) -> PairFlow:
        middle = None if guess is None else guess()
        return find_flow(
            *self._pair(gap), middle, [None if taken is None else taken.result() for taken in looks]
        )

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
        return gap in range(len(self._kinds)) and self._kinds[gap] is Link.MOTION

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
