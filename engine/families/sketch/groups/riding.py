"""Who is on or in something: a mount, a vehicle, a boat, a board, a roof, a bed, a broom."""

from __future__ import annotations

import math
from dataclasses import replace

from engine.families.sketch.figures import Figure
from engine.families.sketch.groups.group import Group, Prop
from engine.families.sketch.groups.seats import Mount, mount_of
from engine.families.sketch.habits import OPEN, PERCHES, ROLLERS, VESSELS, is_person
from engine.families.sketch.words import Link, Subject

_APART = 0.9  # widths between the middles of two that somebody is on
_BESIDE, _CLOSE = 0.85, 0.5  # widths between two who are on the same thing, or in it
_GROWN, _GROWN_WITHIN = 1.8, 2.4  # how much larger a thing is at most that carries several
_OVER_THE_ROOF = 0.1  # from the roof up to the eyes, in sizes of who drives
_BROOM_TURN = -2.0  # radians, from its bristles on the ground to its handle ahead
_HIP = 0.2  # height above the feet, in sizes


def ride(group: Group, prop: Subject, riders: int = 1) -> Group:
    """Put a thing under who is on it, or before who is in it; ``riders`` are side by side on one."""
    if prop.thing == "broom":
        return _straddle(group, prop)
    figure, inside = Figure(prop.thing), prop.link in {Link.DRIVE, Link.IN} or prop.thing in OPEN
    mount = mount_of(group.subject, prop, inside=inside)
    if riders > 1:
        mount = _for_several(mount, prop.thing, _needed(prop, riders) * group.figure.wide / figure.wide)
    raised = max(0.0, mount.size * figure.high * mount.seat - mount.sunk * group.figure.high)
    if prop.thing in ROLLERS and inside:  # who drives a closed car looks out of its roof
        raised = max(raised, mount.size * figure.high + group.figure.head[1] + _OVER_THE_ROOF)
    count, wide = prop.count, figure.wide * mount.size
    others = _others(group, mount, riders, _beside(prop), on_person=is_person(prop.thing))
    middle = mount.x if is_person(prop.thing) else mount.x + sum(one.x for one in others) / riders
    ridden = tuple(
        Prop(
            figure=figure, colour=prop.colour, size=mount.size, y=0.0, behind=mount.behind,
            x=middle + (at - (count - 1) / 2) * _APART * wide,
        )
        for at in range(count)
    )  # fmt: skip
    smaller = group.size * (0.72 if mount.size > 1 else 0.85)
    raised_group = replace(group, props=(*others, *group.props)).raised_props(raised)
    return replace(
        group,
        size=min(smaller, mount.highest / (mount.size * figure.high)),
        raised=group.raised + raised,
        props=(*raised_group[: len(others)], *ridden, *raised_group[len(others) :]),
        wide=max(group.wide, wide * (1 + _APART * (count - 1)) + 2 * abs(middle)),
        high=max(group.high + raised, figure.high * mount.size),
    )


def _for_several(mount: Mount, thing: str, needed: float) -> Mount:
    """So large that several fit on it; on a roof they sit lower, where it is wider."""
    grown = min(_GROWN if mount.behind else _GROWN_WITHIN, max(1.0, needed / mount.size))
    return replace(
        mount, size=mount.size * grown, seat=min(mount.seat, 0.6) if thing in PERCHES else mount.seat
    )


def _beside(prop: Subject) -> float:
    """Widths between two who are on a thing; in one they are closer."""
    return _CLOSE if prop.link is Link.IN and prop.thing in VESSELS else _BESIDE


def _needed(prop: Subject, riders: int) -> float:
    """How wide what bears several has to be, in their widths."""
    within = prop.link is Link.IN and prop.thing in VESSELS
    return 1 + (riders - 1) * _CLOSE if within else riders * _BESIDE


def _others(group: Group, mount: Mount, riders: int, beside: float, *, on_person: bool) -> tuple[Prop, ...]:
    """Those who are beside the first one on the same thing."""
    apart = 2 * mount.x if on_person else beside * group.figure.wide
    places = (apart, -apart, 2 * apart, -2 * apart)[: riders - 1]
    return tuple(
        Prop(figure=group.figure, colour=group.subject.colour, size=1.0, x=x, y=0.0, worn=True)
        for x in places
    )


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
