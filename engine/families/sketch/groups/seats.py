"""How large a thing is beside who is on it or in it, and where on it they are."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from engine.families.sketch import bodies
from engine.families.sketch.figures import Figure
from engine.families.sketch.groups.sizes import size_of
from engine.families.sketch.habits import (
    AIRCRAFT,
    ALIGHTING,
    BOARDS,
    DWELLINGS,
    FLOATERS,
    FOR_LYING,
    FOUR_LEGGED,
    INSECTS,
    LARGE,
    PERCHES,
    ROLLERS,
    ROOTED,
    SEE_THROUGH,
    SHOULDERED,
    SITTING,
    SMALL,
    VESSELS,
    WHEELCHAIRS,
    is_alive,
    is_person,
)
from engine.families.sketch.words import Link, Shape, Subject

SHOULDER = (0.29, 0.42)
"""How far beside the middle of a person, and how high, the feet of what sits on a shoulder are."""
_SUNK = 0.42  # how much of who is in something is below its rim, in the height of who it is
_BEFORE_THE_LAMP = 0.16  # how far the middle of a couch is before that of its drawing
_BELOW_THE_EYES = 0.22
_RIM, _WIDEST = 0.9, 2.2
_RIMS = {
    "coffin": 0.76, "basket": 0.6, "handbag": 0.6, "bathtub": 0.55, "luggage": 0.82, "teapot": 0.78,
    "honey-pot": 0.66, "package": 0.85, "steaming-bowl": 0.5, "shopping-cart": 0.7, "toolbox": 0.75,
    "takeout-box": 0.55, "cup-with-straw": 0.7, "backpack": 0.8, "nest-with-eggs": 0.5,
}  # fmt: skip
"""Where the edge is that one looks over, as a share of the height; below handles, lids and spoons."""
_MIDDLES = {"bathtub": 0.2}
"""How far the middle of a thing is behind who is in it: the shower is behind the head, not before it."""
_FLAT = frozenset({"maple-leaf", "fallen-leaf", "leaf-fluttering-in-wind", "herb", "sunflower", "lotus"})
"""What a beetle sits in the middle of, not on top."""
_WATER = frozenset({"water-wave"})


@dataclass(frozen=True, kw_only=True)
class Mount:
    """How somebody is on a thing.

    Attributes:
        size: of the thing, in sizes of who is on it.
        seat: the share of its height at which the feet of who is on it are.
        sunk: how far below that they are, in the height of who is on it.
        behind: it is drawn before who is on it.
        x: of its foot, in sizes of who is on it, facing left.
        highest: heights that it has at most.
    """

    size: float
    seat: float
    sunk: float = 0.0
    behind: bool = True
    x: float = 0.0
    highest: float = math.inf


def mount_of(rider: Subject, prop: Subject, *, inside: bool) -> Mount:
    """How ``rider`` is on or in ``prop``."""
    thing = prop.thing
    if prop.link is Link.UNDER:
        mount = Mount(size=max(2.2, size_of(thing) / size_of(rider.thing)), seat=0.0, highest=0.74)
    elif thing in DWELLINGS and prop.link is Link.IN:  # before the door
        mount = Mount(size=1.7 if thing == "tent" else 2.3, seat=0.0, highest=0.74)
    elif thing == Shape.BALLOON and inside:  # behind the edge of its basket
        mount = Mount(size=3.2, seat=0.0, behind=False)
    elif thing == "flying-saucer":
        mount = Mount(size=2.2, seat=0.56)
    elif thing in AIRCRAFT:
        mount = Mount(size=2.2, seat=0.42)
    elif thing in WHEELCHAIRS:
        mount = Mount(size=1.0, seat=0.3, behind=False, x=0.12)
    elif thing in VESSELS | SEE_THROUGH and prop.link is Link.IN:
        mount = _within(rider.thing, thing)
    elif is_person(thing):
        mount = _on_person(rider.thing)
    elif rider.thing in INSECTS | ALIGHTING | SITTING and not inside and thing not in BOARDS | _WATER:
        mount = _alighted(rider.thing, thing)
    else:
        mount = _mount(rider.thing, thing, inside=inside)
    scale = prop.scale / rider.scale
    return replace(mount, size=mount.size * scale, x=mount.x * scale)


def _mount(rider: str, thing: str, *, inside: bool) -> Mount:
    natural = size_of(thing) / size_of(rider)
    if thing in _WATER:
        mount = Mount(size=1.25, seat=0.46)
    elif thing in BOARDS or thing == "lotus":
        mount = Mount(size=0.8, seat=0.3)
    elif thing == Shape.BOAT:  # before its sails, on its edge
        mount = Mount(size=1.9, seat=0.18, x=-0.1)
    elif thing in FLOATERS or (thing in ROLLERS and inside):
        mount = Mount(size=1.1, seat=0.3, behind=False, x=0.05)
    elif thing in ROLLERS:  # a bicycle, a motorcycle
        mount = Mount(size=0.85, seat=0.34, x=0.04)
    elif thing in FOUR_LEGGED or is_alive(thing):
        astride = is_person(rider) or Figure(rider, busy=True).body is bodies.upright
        mount = Mount(size=max(1.25, natural), seat=0.5 if astride else _top(thing) - 0.06, x=0.06)
    elif thing in PERCHES:
        roof = thing == Shape.HOUSE
        mount = Mount(size=max(1.3 if roof else 1.9, natural), seat=0.66 if roof else 0.5)
    elif thing in SMALL:
        mount = Mount(size=0.5, seat=0.8)
    elif thing in FOR_LYING:
        size = max(1.6, natural)
        mount = Mount(size=size, seat=0.28, x=_BEFORE_THE_LAMP * size if thing == "couch-and-lamp" else 0.0)
    else:
        mount = Mount(size=min(2.0, max(1.0, natural)), seat=0.36)
    return mount


def _within(rider: str, thing: str) -> Mount:
    """In a thing: seen through its glass, or from the chest upwards above its rim."""
    natural, inner, outer = size_of(thing) / size_of(rider), Figure(rider, busy=True), Figure(thing)
    if thing in SEE_THROUGH:
        fits = max(1.9 * inner.wide / outer.wide, 1.7 * inner.high / outer.high)
        return Mount(size=max(natural, fits), seat=0.08, highest=0.74)
    rim = _RIMS.get(thing, _RIM)
    sunk = max(0.0, min(_SUNK, (-inner.head[1] - _BELOW_THE_EYES) / inner.high))
    middle = _MIDDLES.get(thing, 0.0)
    holds = max(natural, inner.wide * (1 + 2 * middle) / outer.wide, sunk * inner.high / (rim * outer.high))
    return Mount(
        size=min(_WIDEST, holds), seat=rim, sunk=sunk, behind=False, x=middle * inner.wide, highest=0.6
    )


def _alighted(rider: str, thing: str) -> Mount:
    """On top of a thing; what is small is before it if it lies flat."""
    natural = size_of(thing) / size_of(rider)
    if rider in INSECTS:
        flat = thing in SMALL | _FLAT and thing not in ROOTED and not is_alive(thing)
        return Mount(size=max(2.2, natural), seat=0.5 if flat else 0.6 if thing in _FLAT else _top(thing))
    return Mount(size=max(0.5, natural, 1.9 if thing in PERCHES else 0.0), seat=_top(thing))


def _on_person(rider: str) -> Mount:
    """Beside or on top of the head, so that the face is seen."""
    if is_person(rider):  # on the shoulders, the legs behind the head
        return Mount(size=1.6, seat=0.76, behind=False, highest=0.52)
    if rider in LARGE:
        return Mount(size=0.8, seat=0.93)
    size = 5.5 if rider in INSECTS else 4.2 if rider == Shape.BIRD else 3.3 if rider in SMALL else 2.5
    if rider in SHOULDERED:
        x, y = SHOULDER
        return Mount(size=size, seat=y, x=x * size, highest=0.58)
    return Mount(size=size, seat=0.93, highest=0.58)


def _top(thing: str) -> float:
    """How high the top of a thing is above the middle of its foot, as a share of its height."""
    if thing in {Shape.TREE, Shape.HOUSE}:
        return 0.86
    shown = Figure(thing)
    if shown.body is bodies.four_legged:
        return 0.55
    if shown.drawing is None or shown.body is not None:
        return 0.5 if shown.drawing is None else 0.95
    points = shown.drawing.points
    middle = points[abs(points[:, 0]) < 0.1]  # noqa: PLR2004 - about a seat
    return float(-middle[:, 1].min(initial=-0.7) / shown.high)
