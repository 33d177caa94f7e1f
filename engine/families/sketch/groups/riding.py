"""Who is on or in something: a mount, a vehicle, a boat, a board, a roof, a bed, a broom."""

from __future__ import annotations

import math
from dataclasses import replace

from engine.families.sketch.figures import Figure
from engine.families.sketch.groups.group import Group, Prop
from engine.families.sketch.groups.seats import mount_of
from engine.families.sketch.groups.several import at_once
from engine.families.sketch.habits import OPEN, ROLLERS
from engine.families.sketch.words import Link, Subject

_APART = 0.9  # widths between the middles of two that somebody is on
_OVER_THE_ROOF = 0.1  # from the roof up to the eyes, in sizes of who drives
_BROOM_TURN = -2.0  # radians, from its bristles on the ground to its handle ahead
_HIP = 0.2  # height above the feet, in sizes


def ride(group: Group, prop: Subject) -> Group:
    """Put a thing under who is on it, or before who is in it."""
    if prop.thing == "broom":
        return _straddle(group, prop)
    figure, inside = Figure(prop.thing), prop.link in {Link.DRIVE, Link.IN} or prop.thing in OPEN
    mount = mount_of(group.subject, prop, inside=inside)
    raised = mount.size * figure.high * mount.seat
    if prop.thing in ROLLERS and inside:  # who drives a closed car looks out of its roof
        raised = max(raised, mount.size * figure.high + group.figure.head[1] + _OVER_THE_ROOF)
    count, wide = at_once(prop, group.subject), figure.wide * mount.size
    ridden = tuple(
        Prop(
            figure=figure, colour=prop.colour, size=mount.size, y=0.0, behind=mount.behind,
            x=mount.x + (at - (count - 1) / 2) * _APART * wide,
        )
        for at in range(count)
    )  # fmt: skip
    smaller = group.size * (0.72 if mount.size > 1 else 0.85)
    return replace(
        group,
        size=min(smaller, mount.highest / (mount.size * figure.high)),
        raised=group.raised + raised,
        props=(*ridden, *group.raised_props(raised)),
        wide=max(group.wide, wide * (1 + _APART * (count - 1)) + 2 * abs(mount.x)),
        high=max(group.high + raised, figure.high * mount.size),
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
