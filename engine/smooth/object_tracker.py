"""What has to stay whole between two frames: faces, bodies and lines of text, where the eyes saw them.

Flow is searched in patches, and each patch goes its own way. Where it is wrong, a face is torn, or two halves
of it are laid over each other. A thing moves as one: its motion is an affine one, and for faces and bodies
something smooth beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.smooth.flow import PairFlow, reduced_size
from engine.vision.box import Box
from engine.vision.optical_flow import Floats, grid, read
from engine.vision.sighting import Sighting, Thing

_GROWN = {Thing.FACE: 1.5, Thing.BODY: 1.25, Thing.TEXT: 1.15}
"""By how much a thing is larger than what the eyes mark: a face has hair, an arm has a hand."""

_UNDER_FACE = (3.5, 5.0)
"""Width and height of a person below the face, in widths and heights of it, where no body was looked for."""

_SAME = 0.3
"""Overlap, as intersection over union, from which on two sightings are of one thing."""

_FEWEST = 24
"""Pixels of a thing at reduced size, below which nothing is known of its motion."""

_LARGEST_MISFIT, _FORGIVEN = 40.0, 2.0
"""Levels."""

_FIT_WIDTH = 1.0
"""Pixels at reduced size over which a fit is judged."""

_STEPS, _NEAR, _SPREAD = 6, 0.1, 1.5
"""Of the robust fit; pixels at reduced size that always count as near, and medians of what is left over."""

_SOFT = {Thing.FACE: 8.0, Thing.BODY: 16.0}
"""How many times wider a thing is than the width over which its own motion is smoothed."""

_DOUBTED = 16.0
"""Misfit in levels at which motion beside the affine one is half believed."""

_AS_GOOD, _ROOM = 1.1, 1.0
"""How much worse, as a factor and in levels, text may fit when it moves as one."""

_EDGE = 20.0
"""How many times wider a thing is than its soft edge."""

_LOST = 14.0
"""Misfit in levels, from which on a thing is not followed any further without being seen again."""


@dataclass(frozen=True, kw_only=True)
class TrackedObject:
    """One thing in one frame, in pixels of the flow."""

    thing: Thing
    box: Box


@dataclass(frozen=True, kw_only=True)
class TrackedMotion:
    """How the objects in one gap move, each of them as one.

    Attributes:
        flow: like the gap's own, outside of the objects; for faces and bodies.
        before: faces and bodies in the earlier frame, in pixels of the flow.
        after: the same ones in the later frame.
    """

    flow: PairFlow
    before: tuple[Box, ...]
    after: tuple[Box, ...]

    def area(self, time: float) -> Floats:
        """How far each place belongs to a thing at a time in the gap: float32 ``[h, w]``, 0 … 1."""
        shape = self.flow.forward.shape[:2]
        masks = [
            _mask(_between(one, other, time), shape)
            for one, other in zip(self.before, self.after, strict=True)
        ]
        return np.asarray(np.max(masks, axis=0), np.float32)


class ObjectTracker:
    """Follows what the eyes saw from gap to gap. The gaps are asked for in order."""

    def __init__(self, sightings: Iterable[Sighting]) -> None:
        """Begin.

        Args:
            sightings: in the frames that are smoothed.
        """
        self._seen: dict[int, list[Sighting]] = defaultdict(list)
        for one in sightings:
            self._seen[one.frame].append(one)
        self._known: list[TrackedObject] = []
        self._frame = -1

    def move(
        self, gap: int, a: NDArray[np.uint8], b: NDArray[np.uint8], flow: PairFlow
    ) -> tuple[PairFlow, TrackedMotion | None]:
        """Move the objects over one gap.

        Args:
            gap: its number, that of the frame before it.
            a, b: the frames, uint8 ``[H, W, 3]``.
            flow: between them.

        Returns:
            The flow in which lines of text move as one, and the motion of faces and bodies; None without any.
        """
        objects = self._at(gap, a)
        if not objects:
            return flow, None
        one, other = (_small(frame) for frame in (a, b))
        known, before, after = [], [], []
        forward, backward = flow.forward, flow.backward
        whole_forward, whole_backward = forward, backward
        for tracked in objects:
            moved = _Motion(one, other, whole_forward, tracked)
            if not moved.known:
                continue
            later = TrackedObject(thing=tracked.thing, box=moved.carried())
            if moved.misfit < _LOST:
                known.append(later)
            returned = _Motion(other, one, whole_backward, later)
            if not returned.known:
                continue
            if tracked.thing is Thing.TEXT:
                forward, backward = moved.rigid(forward), returned.rigid(backward)
            else:
                whole_forward, whole_backward = moved.soft(), returned.soft()
                before.append(tracked.box)
                after.append(later.box)
        self._known, self._frame = known, gap + 1
        kept = replace(flow, forward=forward, backward=backward)
        if not before:
            return kept, None
        whole = replace(flow, forward=whole_forward, backward=whole_backward)
        return kept, TrackedMotion(flow=whole, before=tuple(before), after=tuple(after))

    def _at(self, frame: int, picture: NDArray[np.uint8]) -> list[TrackedObject]:
        """What the eyes saw in a frame, and what was followed until there; the largest first."""
        height, width = reduced_size(picture)
        across, down = width / picture.shape[1], height / picture.shape[0]
        objects: list[TrackedObject] = []
        for one in self._seen.get(frame, ()):
            for tracked in _seen_as(one.thing, one.box.scaled(across, down)):
                _add(objects, tracked)
        for followed in self._known if self._frame == frame else ():
            _add(objects, followed)
        inside = [replace(tracked, box=tracked.box.within(width, height)) for tracked in objects]
        return sorted(inside, key=lambda tracked: -tracked.box.area)


class _Motion:
    """How one thing moves from one picture to another."""

    def __init__(
        self, source: NDArray[np.uint8], target: NDArray[np.uint8], flow: Floats, tracked: TrackedObject
    ) -> None:
        self._flow = flow
        self._tracked = tracked
        height, width = source.shape
        self._places = grid(height, width)
        inside = _inside(tracked.box, (height, width))
        self.known = int(inside.sum()) >= _FEWEST
        if not self.known:
            return
        self._pictures = source, target
        fit = _misfit(source, target, flow, self._places)
        self._trust = np.asarray(1 / (fit + _FORGIVEN) ** 2, np.float32)
        self._inside = inside
        self.misfit = float(np.median(fit[inside]))
        self._matrix = _affine(self._places[inside], flow[inside], self._trust[inside])
        self._affine = np.asarray(_with_one(self._places) @ self._matrix, np.float32)

    def carried(self) -> Box:
        """Where the thing is in the target."""
        box = self._tracked.box
        corners = np.array([(box.left, box.top), (box.right, box.bottom)], np.float32)
        return Box.around(np.asarray(corners + _with_one(corners) @ self._matrix, np.float32))

    def rigid(self, flow: Floats) -> Floats:
        """The flow in which the thing moves by its affine motion alone, where the pictures fit as well."""
        now, then = (
            float(_misfit(*self._pictures, one, self._places)[self._inside].mean())
            for one in (flow, self._affine)
        )
        return self._put(flow, self._affine) if then <= _AS_GOOD * now + _ROOM else flow

    def soft(self) -> Floats:
        """The flow in which the thing moves by its affine motion and what is smooth beside it."""
        width = max(1.0, self._tracked.box.width / _SOFT[self._tracked.thing])
        trust = self._trust * cv2.GaussianBlur(self._inside.astype(np.float32), (0, 0), 1.0)
        beside = cv2.GaussianBlur(trust[..., None] * (self._flow - self._affine), (0, 0), width)
        weight = cv2.GaussianBlur(trust, (0, 0), width) + 1 / (_DOUBTED + _FORGIVEN) ** 2
        return self._put(self._flow, np.asarray(self._affine + beside / weight[..., None], np.float32))

    def _put(self, flow: Floats, moved: Floats) -> Floats:
        share = _mask(self._tracked.box, flow.shape[:2])[..., None]
        return np.asarray(flow + share * (moved - flow), np.float32)


def places_of(sightings: Sequence[Sighting], frame: float, height: int, width: int) -> NDArray[np.bool_]:
    """Where objects are that were seen in the frames next to a moment: bool ``[H, W]``.

    Args:
        sightings: in frames of one clip.
        frame: the moment, in frames of that clip.
        height, width: of the frames.
    """
    where = np.zeros((height, width), np.bool_)
    for one in sightings:
        if abs(one.frame - frame) < 1:
            for tracked in _seen_as(one.thing, one.box):
                where |= _inside(tracked.box, (height, width))
    return where


def _seen_as(thing: Thing, box: Box) -> list[TrackedObject]:
    """The objects that one thing is: a face has a body under it."""
    objects = [TrackedObject(thing=thing, box=box.grown(_GROWN[thing]))]
    if thing is Thing.FACE:
        objects.append(TrackedObject(thing=Thing.BODY, box=_body_of(box)))
    return objects


def _body_of(face: Box) -> Box:
    """About where the body under a face is."""
    width, height = face.width * _UNDER_FACE[0], face.height * _UNDER_FACE[1]
    return Box(left=face.centre[0] - width / 2, top=face.top, width=width, height=height)


def _add(objects: list[TrackedObject], tracked: TrackedObject) -> None:
    if not any(one.thing is tracked.thing and one.box.overlap(tracked.box) > _SAME for one in objects):
        objects.append(tracked)


def _small(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = reduced_size(frame)
    luma = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _misfit(source: NDArray[np.uint8], target: NDArray[np.uint8], flow: Floats, places: Floats) -> Floats:
    """How badly two pictures fit under a flow, float32 ``[h, w]``, levels."""
    moved = read(target.astype(np.float32), places + flow)
    apart = np.minimum(cv2.absdiff(source.astype(np.float32), moved), _LARGEST_MISFIT)
    return np.asarray(cv2.GaussianBlur(apart, (0, 0), _FIT_WIDTH), np.float32)


def _with_one(points: Floats) -> Floats:
    return np.concatenate([points, np.ones((*points.shape[:-1], 1), np.float32)], axis=-1)


def _affine(points: Floats, flow: Floats, trust: Floats) -> Floats:
    """The affine motion that most of a flow follows, ``[3, 2]``."""
    terms, wanted = _with_one(points).astype(np.float64), flow.astype(np.float64)
    weight: NDArray[np.floating] = trust
    found = np.zeros((3, 2), np.float64)
    for _ in range(_STEPS):
        weighed = (terms * weight[:, None]).T
        # A thing without detail is told nothing of its growth; a little weight keeps it from growing.
        damped = np.diag([1e-3, 1e-3, 1e-9]) * float(weight.sum())
        found = np.asarray(np.linalg.solve(weighed @ terms + damped, weighed @ wanted), np.float64)
        left = np.linalg.norm(terms @ found - wanted, axis=1)
        weight = trust / (1 + (left / max(_NEAR, _SPREAD * float(np.median(left)))) ** 2)
    return np.asarray(found, np.float32)


def _inside(box: Box, shape: Sequence[int]) -> NDArray[np.bool_]:
    marked = np.zeros((shape[0], shape[1]), np.bool_)
    part = box.within(shape[1], shape[0])
    marked[round(part.top) : round(part.bottom), round(part.left) : round(part.right)] = True
    return marked


def _mask(box: Box, shape: Sequence[int]) -> Floats:
    """The thing with a soft edge, float32 ``[h, w]``, 0 … 1."""
    soft = max(1.0, box.width / _EDGE)
    return np.asarray(cv2.GaussianBlur(_inside(box, shape).astype(np.float32), (0, 0), soft), np.float32)


def _between(one: Box, other: Box, time: float) -> Box:
    first, second = (np.array((box.left, box.top, box.right, box.bottom)) for box in (one, other))
    left, top, right, bottom = (float(edge) for edge in (1 - time) * first + time * second)
    return Box(left=left, top=top, width=right - left, height=bottom - top)
