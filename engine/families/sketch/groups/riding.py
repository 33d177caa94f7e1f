"""Who is on or in something: a mount, a vehicle, a boat, a board, a roof, a bed, a broom."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from engine.families.sketch.figures import Figure
from engine.families.sketch.groups.group import Group, Prop
from engine.families.sketch.habits import (
    BOARDS,
    FLOATERS,
    FOR_LYING,
    FOUR_LEGGED,
    OPEN,
    PERCHES,
    ROLLERS,
    SMALL,
    is_alive,
)
from engine.families.sketch.words import Link, Subject

_OVER_THE_ROOF = 0.1  # from the roof up to the eyes, in sizes of who drives
_BROOM_TURN = -2.0  # radians, from its bristles on the ground to its handle ahead
_HIP = 0.2  # height above the feet, in sizes


@dataclass(frozen=True, kw_only=True)
class _Mount:
    """How somebody is on a thing.

    Attributes:
        size: of the thing, in sizes of who is on it.
        seat: the share of its height at which the feet of who is on it are.
        behind: it is drawn before who is on it.
        x: of its foot, in sizes of who is on it, facing left.
    """

    size: float
    seat: float
    behind: bool = True
    x: float = 0.0


def ride(group: Group, prop: Subject) -> Group:
    """Put a thing under who is on it, or before who is in it."""
    if prop.thing == "broom":
        return _straddle(group, prop)
    figure, inside = Figure(prop.thing), prop.link in {Link.DRIVE, Link.IN} or prop.thing in OPEN
    mount = _mount(prop.thing, inside=inside)
    raised = mount.size * figure.high * mount.seat
    if prop.thing in ROLLERS and inside:  # who drives a closed car looks out of its roof
        raised = max(raised, mount.size * figure.high + group.figure.head[1] + _OVER_THE_ROOF)
    ridden = Prop(figure=figure, colour=prop.colour, size=mount.size, x=mount.x, y=0.0, behind=mount.behind)
    return replace(
        group,
        size=group.size * (0.72 if mount.size > 1 else 0.85),
        raised=group.raised + raised,
        props=(ridden, *group.raised_props(raised)),
        wide=max(group.wide, figure.wide * mount.size),
        high=max(group.high + raised, figure.high * mount.size),
    )


def _mount(thing: str, *, inside: bool) -> _Mount:
    if thing == "water-wave":
        mount = _Mount(size=1.25, seat=0.46)
    elif thing in BOARDS or thing == "lotus":
        mount = _Mount(size=0.8, seat=0.3)
    elif thing in FLOATERS or (thing in ROLLERS and inside):
        mount = _Mount(size=1.1, seat=0.3, behind=False, x=0.05)
    elif thing in ROLLERS:  # a bicycle, a motorcycle
        mount = _Mount(size=0.85, seat=0.34, x=0.04)
    elif thing in FOUR_LEGGED or is_alive(thing):
        mount = _Mount(size=1.25, seat=0.5, x=0.06)
    elif thing in PERCHES:
        mount = _Mount(size=1.3, seat=0.66) if thing == "house" else _Mount(size=1.9, seat=0.5)
    elif thing in SMALL:
        mount = _Mount(size=0.5, seat=0.8)
    elif thing in FOR_LYING:
        mount = _Mount(size=1.6, seat=0.28)
    else:
        mount = _Mount(size=1.0, seat=0.36)
    return mount


def _straddle(group: Group, prop: Subject) -> Group:
    """On a broom, the handle of which points ahead."""
    figure, size, raised = Figure(prop.thing), 1.1, 0.1
    broom = Prop(
        figure=figure,
        colour=prop.colour,
        size=size,
        x=-math.sin(_BROOM_TURN) * size / 2,
        y=math.cos(_BROOM_TURN) * size / 2 - raised - _HIP,
        angle=_BROOM_TURN,
        worn=True,
    )
    return replace(
        group,
        size=group.size * 0.85,
        raised=group.raised + raised,
        props=(broom, *group.raised_props(raised)),
        wide=max(group.wide, size),
        high=group.high + raised,
    )
