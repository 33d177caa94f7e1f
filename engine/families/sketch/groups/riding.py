"""Who is on or in something: a mount, a vehicle, a boat, a board, a roof, a bed, a broom."""

from __future__ import annotations

import math
from dataclasses import replace

from engine.families.sketch.figures import Figure
from engine.families.sketch.groups.group import Group, Prop
from engine.families.sketch.groups.holding import embrace
from engine.families.sketch.groups.seats import Mount, mount_of
from engine.families.sketch.groups.sizes import size_of
from engine.families.sketch.habits import OPEN, PERCHES, ROLLERS, VESSELS, is_person
from engine.families.sketch.words import Link, Subject

_APART = 0.9  # widths between the middles of two that somebody is on
_BESIDE, _CLOSE, _FREE = 0.85, 0.5, 1.08  # widths between two on the same thing, in it, at its foot
_GROWN, _GROWN_MOST = 1.8, 2.4  # how much larger a thing is at most that carries several
_AT_MOST = 0.7  # sizes of who it goes with
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
        grown = _GROWN if mount.behind else _GROWN_MOST
        mount = _for_several(
            mount, prop.thing, _needed(prop, riders) * group.figure.wide / figure.wide, grown
        )
    raised = max(0.0, mount.size * figure.high * mount.seat - mount.sunk * group.figure.high)
    crew = [one for one in group.props if one.abreast]
    if crew:
        left, right = _edges(group, crew)
        mount = _for_several(
            mount, prop.thing, (right - left) / (figure.wide * _room(prop.thing, mount)), _GROWN_MOST
        )
        if prop.thing not in ROLLERS:  # who drives has the roof above
            mount = replace(mount, x=mount.x + (left + right) / 2)
        raised = max(0.0, mount.size * figure.high * mount.seat - mount.sunk * group.figure.high)
        if not mount.behind:  # they look out of it as high as the first
            eyes = group.figure.head[1] - group.raised
            crew = [replace(one, y=eyes - one.size * one.figure.head[1]) for one in crew]
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
    aside = (*others, *crew)
    rest = tuple(one for one in group.props if not one.abreast)
    raised_group = replace(group, props=(*aside, *rest)).raised_props(raised)
    return replace(
        group,
        size=min(smaller, mount.highest / (mount.size * figure.high)),
        raised=group.raised + raised,
        props=(*raised_group[: len(aside)], *ridden, *raised_group[len(aside) :]),
        wide=max(group.wide, wide * (1 + _APART * (count - 1)) + 2 * abs(middle)),
        high=max(group.high + raised, figure.high * mount.size),
    )


def accompany(group: Group, prop: Subject, *, alone_there: bool) -> Group:
    """Put who goes with somebody beside them, or into their arms where the seat is for one alone."""
    if alone_there:
        return embrace(group, prop)
    figure = Figure(prop.thing)
    size = (
        min(_AT_MOST, size_of(prop.thing) / size_of(group.subject.thing)) * prop.scale / group.subject.scale
    )
    apart = (group.figure.wide + figure.wide * size) / 2
    company = tuple(
        Prop(figure=figure, colour=prop.colour, size=size, x=x, y=-group.raised, worn=True, abreast=True)
        for x in (apart, -apart)[: prop.count]
    )
    return replace(group, props=(*group.props, *company), wide=group.wide + figure.wide * size * prop.count)


def _edges(group: Group, crew: list[Prop]) -> tuple[float, float]:
    """From where to where all are who are on the same thing, in sizes of the first."""
    halves = [(0.0, group.figure.wide / 2), *((one.x, one.figure.wide * one.size / 2) for one in crew)]
    return min(x - half for x, half in halves), max(x + half for x, half in halves)


def _room(thing: str, mount: Mount) -> float:
    """The share of a thing's width on which there is room for several."""
    return 0.64 if thing == "couch-and-lamp" else 1.0 if mount.behind else 0.72


def _for_several(mount: Mount, thing: str, needed: float, most: float) -> Mount:
    """So large that several fit on it; on a roof they sit lower, where it is wider."""
    grown = min(most, max(1.0, needed / mount.size))
    return replace(
        mount, size=mount.size * grown, seat=min(mount.seat, 0.6) if thing in PERCHES else mount.seat
    )


def _beside(prop: Subject) -> float:
    """Widths between two who are on a thing; in one they are closer, and on the ground they do not touch."""
    if prop.link is Link.UNDER:
        return _FREE
    return _CLOSE if prop.link is Link.IN and prop.thing in VESSELS else _BESIDE


def _needed(prop: Subject, riders: int) -> float:
    """How wide what bears several has to be, in their widths."""
    within = prop.link is Link.IN and prop.thing in VESSELS
    return 1 + (riders - 1) * _CLOSE if within else riders * _beside(prop)


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
