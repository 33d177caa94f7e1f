"""Faults of a followed face: what changes steadily about it, more than its own liveliness explains.

A face that speaks moves to and fro; one that a model loses hold of drifts. So each reading is the lesser of
two: its trend over the looks, and what the last third of them shows, without what turning explains. How much
it wavers about the trend, how little its parts move as one, how far the face turned and how unlike it became
make it count for less. From which reading on it is a fault was fitted (:mod:`engine.gate.meaning.limits`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.gate.meaning.bends import Bend, bend_of, times_of
from engine.gate.meaning.deformed import rises
from engine.gate.meaning.eye_loss import EyePair
from engine.gate.meaning.faces import Followed, Look
from engine.gate.meaning.fault import Fault
from engine.gate.meaning.growth import growth
from engine.gate.meaning.limits import KINDS, shipped
from engine.gate.meaning.neck import step_of
from engine.gate.meaning.paths import Path
from engine.gate.meaning.shape import FACE, MIDDLE, Crop, Motion, coarse, motion, places, stiffly
from engine.gate.meaning.trend import Trend, falling, lesser
from engine.vision.box import Box
from engine.vision.optical_flow import Floats

LOST = "face_lost"

NEEDED = {"face_grows": 1.3, "head_slides": 1.5}
"""How many heights of a face, from its top down, must be free of letters to compare it with what is around
it, and with its chest."""

_FEWEST_LOOKS = 5
_CLEAR, _TOLD = (0.25, 0.3), (0.6, 0.6)
"""Radians turned and correlation lost, up to which a look is clear, and up to which it tells anything of the
face's shape. The clear ones alone are compared where there are enough of them."""
_DOUBT = {
    "face_grows": (0.6, 0.6, 4),
    "mouth_slides": (0.6, 0.6, 4),
    "head_slides": (0.6, 0.4, 2),
}
"""Radians turned and correlation lost where a reading counts half, and how fast it falls beyond."""
_AWAY = 0.35
"""Radians, from which a face that is seen no more may have turned away."""
_REACH = 0.6
"""Share of the take that the looks must reach into."""
_STEADY = 0.75
"""Share of the looks in which the flow of a pixel must be sure."""
_DOUBTED = {
    "face_grows": 0.6,
    "face_grows_on_paths": 0.6,
    "mouth_slides": 0.5,
    "head_slides": 0.8,
    "head_slides_softly": 0.8,
    "eye_uneven": 0.7,
}
"""By how much a reading counts in a face of which the detector is not sure: how far it errs there."""
_USUAL_NECK, _STILL_NECK, _NECK_POWER = 0.02, 0.01, 0.3
_ROUGH_MOUTH, _ROUGH_HEAD, _ROUGH_CLOTHES = (0.05, 4), (0.03, 4), (0.03, 3)
"""Roughness of a part's motion, in widths, where it counts half, and how fast it falls beyond: a face of
which only the mouth is asked, a head, and the chest, from which hair or hands move over it. What does not
move as one thing has no one motion."""
_MOST_OF_SLIDE = 1.5
"""How many times as large as the whole motion of the head on the chest the step at the neck may be."""
_NARROW_NECK = 70.0
"""Pixels of a face's width, below which its neck is too narrow to be told from its clothes."""
_ONE_SIDED, _WHOLE_JAW = 1.5, 0.9
"""How much more the mouth may slide than that half of the jaw that slides less; and the share of the jaw that
has to stay in the picture."""
_UPPER, _LOWER = 0.08, 0.25
"""Above and below these heights, in widths from the middle, are the upper and the lower face."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How much of a fault is seen in one way.

    Attributes:
        way: of :data:`~engine.gate.meaning.limits.KINDS`.
        size: in the way's own unit, however little that is; of a bend, all that is known.
        looks: in which it was seen.
    """

    way: str
    size: float | Bend
    looks: Sequence[Look]

    def fault(self) -> Fault:
        """What it says, by the limits that come with the engine."""
        limits = shipped()
        size = self.size.counted(limits.excuses) if isinstance(self.size, Bend) else self.size
        return Fault(
            code=KINDS[self.way],
            value=limits.value(self.way, size),
            frame=self.looks[-1].number,
            box=_box(self.looks[-1]),
        )


def faults_of(face: Followed, *, plain: bool = True) -> Iterator[Fault]:
    """How much of each fault a followed face shows, however little that is.

    Args:
        face: through the take.
        plain: the detector is sure of it; else it is partly covered, or drawn, and its changes count less.
    """
    yield from (reading.fault() for reading in readings_of(face, plain=plain))
    yield from _lost(face.looks)


def readings_of(face: Followed, *, plain: bool) -> Iterator[Reading]:
    """The same for each way to see a fault, before any limit."""
    seen = [look for look in face.looks if look.mesh is not None]
    told = _told(face.looks)
    pair, risen = EyePair(face), rises(face)
    sizes: list[tuple[str, float | Bend | None, Sequence[Look]]] = [
        ("eye_disappears", pair.gap, seen),
        ("eye_uneven", pair.uneven, seen),
    ]
    if told:
        shape = _Shape(face.first, told, share=len(told) / len(face.looks))
        bent = risen.get("face_looks_bent")
        sizes += [(way, size, told) for way, size in shape.sizes(seen, bent)]
        grown = _growth(face.first, told, told) * _trust(told, *_DOUBT["face_grows"])
        sizes.append(("face_grows", grown, told))
    if len(face.paths) >= _FEWEST_LOOKS:  # it cannot be compared with its first picture
        sizes.append(("face_grows_on_paths", _growth(face.first, face.paths, seen), seen))
    sizes += [(way, size, seen) for way, size in risen.items() if way in KINDS]
    for way, size, looks in sizes:
        if size is not None and face.clear >= NEEDED.get(KINDS[way], 0):
            sure = 1.0 if plain else _DOUBTED.get(way, 1.0)
            yield Reading(way=way, size=size if isinstance(size, Bend) else size * sure, looks=looks)


def _growth(first: Crop, moved: Sequence[Look] | Sequence[Path], looks: Sequence[Look]) -> float:
    turns, flows = np.stack([look.turns for look in looks]), np.stack([one.flow for one in moved])
    seen = np.all([one.seen for one in moved], axis=0)
    return growth(first, Trend.of(times_of(looks), flows, turns), [one.sure for one in moved], seen)


def _told(looks: Sequence[Look]) -> list[Look]:
    """The looks that tell something of the face's shape; none if they are too few, or end too early."""
    for turned, unlike in (_CLEAR, _TOLD):
        told = [
            look
            for look in looks
            if look.mesh is not None and look.turned <= turned and look.unlike <= unlike
        ]
        if len(told) >= _FEWEST_LOOKS and told[-1].number >= _REACH * looks[-1].number:
            return told
    return []


def _trust(looks: Sequence[Look], turned: float, unlike: float, power: int) -> float:
    """1 for a face that looks one way; less, the further it turned and the more it changed."""
    far, other = (max(getattr(look, name) for look in looks) for name in ("turned", "unlike"))
    return falling(far, turned, power) * falling(other, unlike, power)


def _lost(looks: Sequence[Look]) -> Iterator[Fault]:
    """The share of the looks at the end in which the network sees no face where the last one was.

    A face that was about to look away is not lost.
    """
    last = max((n for n, look in enumerate(looks) if look.mesh is not None), default=None)
    if last is None or last == len(looks) - 1 or looks[last].turned > _AWAY:
        return
    yield Fault(
        code=LOST,
        value=(len(looks) - 1 - last) / len(looks),
        frame=looks[last + 1].number,
        box=_box(looks[last]),
    )


def _box(look: Look) -> Box:
    if look.mesh is None:
        raise ValueError("there is no face in this look")
    return Box.around(look.mesh.points)


class _Shape:
    """Reads bending and sliding from looks."""

    def __init__(self, first: Crop, looks: Sequence[Look], *, share: float) -> None:
        """See what the looks tell, which are such a share of all."""
        self._first, self._looks, self._share = first, looks, share
        self._times = times_of(looks)
        self._turns = np.stack([look.turns for look in looks])
        self._flows = np.stack([look.flow for look in looks])
        self._flow = self._trend(self._flows)
        self._seen = np.all([look.seen for look in looks], axis=0)
        self._sure = np.mean([look.sure for look in looks], axis=0) >= _STEADY
        at = ((first.points[:, :2] * FACE + MIDDLE - 2) / 4).astype(np.float32)[:, None]
        self._points = np.stack(
            [cv2.remap(look.flow, at, None, cv2.INTER_LINEAR)[:, 0] - look.solid for look in looks]  # type: ignore[call-overload]
        )
        self._parts: dict[str, tuple[Motion, Motion] | None] = {}

    def sizes(self, seen: Sequence[Look], looks_bent: float | None) -> Iterator[tuple[str, float | Bend]]:
        """What each way reads; those that nothing can be said of are left out."""
        bend = bend_of(self._first, self._points, self._looks, seen, rise=looks_bent)
        if bend is not None:
            yield "face_bends", bend
        for way, slid in (*self._mouth(), *self._head()):
            yield way, slid * _trust(self._looks, *_DOUBT[KINDS[way]])

    def _trend(self, series: Floats) -> Trend:
        return Trend.of(self._times, series, self._turns)

    def _part(self, name: str) -> tuple[Motion, Motion] | None:
        """The trend's motion and the late one of a part of the crop."""
        if name not in self._parts:
            mask, certain = _part(self._first, name)
            mask = mask if certain else mask & self._sure
            both = motion(self._flow.slope, mask), motion(self._flow.late, mask)
            self._parts[name] = None if both[0] is None or both[1] is None else (both[0], both[1])
        return self._parts[name]

    def _between(self, one: str, other: str, read: Callable[[Motion], float]) -> float | None:
        """By how much a part's motion differs from another's."""
        a, b = self._part(one), self._part(other)
        if a is None or b is None:
            return None
        return lesser(read(a[0]) - read(b[0]), read(a[1]) - read(b[1]))

    def _smooth(self, part: str, rough: tuple[float, int]) -> float:
        """Share by which a part's motion counts; 0 where too little of it is seen."""
        moves = self._part(part)
        return 0.0 if moves is None else falling(moves[0].rough, *rough)

    def _mouth(self) -> Iterator[tuple[str, float]]:
        """Two ways to see it: the jaw's flow, and the lower points after the upper ones' rigid motion."""
        upper = self._first.weights * (self._first.points[:, 1] < _UPPER)
        lower = self._first.points[:, 1] > _LOWER
        trend = self._trend(stiffly(self._first, self._points, upper)[:, lower, 0].mean(axis=1))
        jaw = self._between("jaw", "brow", lambda part: part.across)
        if jaw is None or self._seen[_part(self._first, "jaw")[0]].mean() < _WHOLE_JAW:
            return
        slid = abs(lesser(jaw, lesser(float(trend.slope), float(trend.late))))
        slid = min(slid, _ONE_SIDED * self._both_cheeks())
        yield "mouth_slides", slid * self._smooth("inner", _ROUGH_MOUTH)

    def _both_cheeks(self) -> float:
        """How far both halves of the jaw slide to the same side; a smile that comes and goes is one-sided."""
        brow, jaw = self._part("brow"), _part(self._first, "jaw")[0]
        if brow is None:
            return 0.0
        x, y = (coarse(axis) for axis in places())
        halves = []
        for mask in (jaw & (x < 0), jaw & (x > 0)):
            lateral = (float(np.median(flow[mask, 0])) for flow in (self._flow.slope, self._flow.late))
            middle = float(y[mask].mean())
            trend, late = (moved - part.at(middle) for moved, part in zip(lateral, brow, strict=True))
            halves.append(lesser(trend, late))
        return abs(lesser(*halves))

    def _head(self) -> Iterator[tuple[str, float]]:
        """How far the head slides at once on the neck, and how far in any way, beside what it wavers."""
        neck = float(self._first.points[:, 1].max()) + 0.1
        slid = self._between("inner", "chest", lambda part: part.at(neck))
        if slid is None:
            return
        face, clothes = _part(self._first, "inner")[0], _part(self._first, "chest")[0] & self._sure
        smooth = self._smooth("inner", _ROUGH_HEAD) * self._smooth("chest", _ROUGH_CLOTHES)
        counts = smooth * min(1.0, self._first.width / _NARROW_NECK) * self._share
        step = step_of(self._first, self._times, self._flows, self._turns, self._sure | face)
        if step is not None:
            # A step that exceeds all that the head moves on the chest is a collar's or a necklace's own.
            jumped = abs(lesser(_MOST_OF_SLIDE * slid, -step.across))
            yield "head_slides", jumped / _lively(step.wavers) * counts
        moved = [np.median(flow[clothes, 0]) - np.median(flow[face, 0]) for flow in self._flows]
        wavers = float(self._trend(np.array(moved, np.float32)).wavers.std())
        yield "head_slides_softly", abs(slid) / _lively(wavers) * counts


def _lively(wavers: float) -> float:
    """By how much less a head's motion counts that wavers so much, widths."""
    return float(((wavers + _STILL_NECK) / _USUAL_NECK) ** _NECK_POWER)


def _part(first: Crop, name: str) -> tuple[NDArray[np.bool_], bool]:
    """The pixels of a part on the coarse grid, and whether the flow is taken as it is there."""
    x, y = (coarse(axis) for axis in places())
    tall = max(float(first.points[:, 1].max()), 0.1)
    away = np.hypot(x / 0.5, y / tall)
    masks = {  # all in widths, or in half the face's sides
        "inner": (away < 0.8, True),  # noqa: PLR2004
        "brow": ((away < 0.85) & (y < 0.05), True),  # noqa: PLR2004
        "jaw": ((away < 0.95) & (y > 0.2), True),  # noqa: PLR2004
        "chest": ((y > tall + 0.15) & (y < tall + 0.75) & (np.abs(x) < 0.8), False),  # noqa: PLR2004
    }
    return masks[name]
