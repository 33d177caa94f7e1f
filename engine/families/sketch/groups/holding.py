"""What somebody has in the hands or at the mouth, beside it, or over the head as a roof."""

from __future__ import annotations

import math
from dataclasses import replace

from engine.families.sketch.figures import Figure
from engine.families.sketch.groups.group import BESIDE, Group, Prop
from engine.families.sketch.groups.seats import SHOULDER
from engine.families.sketch.habits import (
    CARRIED_HOUSES,
    DWELLINGS,
    INSTRUMENTS,
    SHOULDERED,
    SMALL,
    is_person,
)
from engine.families.sketch.words import Link, Shape, Subject

_DRAGONS_MOUTH, _AHEAD = (-0.95, -0.35), -1.75  # facing left; radians
_IN_ARMS, _LAP = 0.45, -0.06  # its size, and where its feet are
_ACROSS, _HUGGED = 0.6, 0.75  # how wide all are that are in the arms; widths between two of them
_SPREAD = 1.8  # radians over which they fan out
_BETWEEN = 0.6  # radians between two at most


def in_hands(group: Group, prop: Subject, hands: int) -> tuple[Group, int]:
    """Put all of a thing that is held into the hands, or to the mouth; how many things are held then.

    Args:
        hands: how many things are held already.
    """
    count = prop.count
    if count == 2 and prop.link not in {Link.EAT, Link.DRINK} and not _has_muzzle(group, hands):  # noqa: PLR2004
        for hand in range(2):
            group = hold(group, replace(prop, count=1), hands + hand)
        return group, hands + count
    return hold(group, replace(prop, count=count), hands), hands + 1


def hold(group: Group, prop: Subject, hands: int) -> Group:
    """Put a thing into a hand, or to the mouth; several of it fan out."""
    if prop.thing in SHOULDERED and is_person(group.subject.thing):
        return _on_shoulder(group, prop, hands)
    if prop.thing in DWELLINGS and group.subject.thing in CARRIED_HOUSES:
        return _on_back(group, prop)
    figure = Figure(prop.thing)
    standing = prop.thing == "musical-keyboard" or (prop.thing in INSTRUMENTS and "drum" in prop.thing)
    size = 0.55 if standing else 0.5 if prop.thing in INSTRUMENTS else 0.28 if prop.thing in SMALL else 0.4
    size *= prop.scale / group.subject.scale
    eyes = group.figure.head[1]
    side = -1 if hands % 2 == 0 else 1
    # A muzzle is at the front: the first thing is held there, and it stays free.
    muzzle = _has_muzzle(group, hands) and not standing
    mouth = muzzle or prop.link in {Link.EAT, Link.DRINK}
    low = figure.high * size if muzzle else 0.62 * size
    reach = (
        0.5 * group.figure.wide + 0.42 * figure.wide * size
        if muzzle
        else 0.42 * group.figure.wide + 0.3 * figure.wide * size
    )
    y = 0.0 if standing else (eyes + low if mouth else -0.2)
    held = Prop(figure=figure, colour=prop.colour, size=size, x=side * reach, y=min(0.0, y) - group.raised)
    fan = _fanned(held, prop.count, side)
    wide = figure.wide * size * 0.9 + 2 * max(abs(one.x - held.x) for one in fan)
    return replace(group, props=(*group.props, *fan), wide=group.wide + wide)


def _has_muzzle(group: Group, hands: int) -> bool:
    return hands == 0 and abs(group.figure.head[0]) > BESIDE


def _fanned(held: Prop, count: int, side: int) -> tuple[Prop, ...]:
    """As many of what is held, spread out like a hand of cards to the outside."""
    between = min(_BETWEEN, _SPREAD / max(1, count - 1))
    turns = [(one - (count - 1) / 2) * between for one in range(count)]
    out = side * 0.4 * held.size * math.sin(turns[-1])
    return tuple(
        replace(held, angle=turn, x=held.x + out + 0.8 * held.size * math.sin(turn)) for turn in turns
    )


def _on_shoulder(group: Group, prop: Subject, hands: int) -> Group:
    """Small, on one shoulder, or one on each."""
    figure, size = Figure(prop.thing), (0.24 if prop.thing in SMALL else 0.36) * prop.scale
    x, y = SHOULDER
    perched = tuple(
        Prop(figure=figure, colour=prop.colour, size=size, x=side * x, y=-y - group.raised, worn=True)
        for side in ((1, -1) if hands % 2 == 0 else (-1, 1))[: prop.count]
    )
    return replace(group, props=(*group.props, *perched), wide=group.wide + figure.wide * size)


def _on_back(group: Group, prop: Subject) -> Group:
    """Behind the shell, so that it stands on it."""
    figure, size = Figure(prop.thing), 0.9 * prop.scale
    home = Prop(
        figure=figure, colour=prop.colour, size=size, x=0.08, y=0.12 - group.figure.high - group.raised,
        behind=True,
    )  # fmt: skip
    return replace(group, props=(*group.props, home), high=group.high + figure.high * size)


def embrace(group: Group, prop: Subject) -> Group:
    """Put the living into the arms, before the chest; several of them beside each other."""
    figure = Figure(prop.thing)
    size = min(_IN_ARMS, _ACROSS / (figure.wide * (1 + (prop.count - 1) * _HUGGED)))
    size *= prop.scale / group.subject.scale
    apart = _HUGGED * figure.wide * size
    held = tuple(
        Prop(
            figure=figure, colour=prop.colour, size=size, worn=True,
            x=(at - (prop.count - 1) / 2) * apart, y=_LAP - group.raised,
        )
        for at in range(prop.count)
    )  # fmt: skip
    return replace(group, props=(*group.props, *held), wide=max(group.wide, _ACROSS))


def breathe(group: Group, prop: Subject) -> Group:
    """Let a dragon have a flame at its mouth, ahead and a little down."""
    figure, size = Figure(Shape.FLAME.value), 0.62 * prop.scale
    x, y = _DRAGONS_MOUTH
    breath = Prop(
        figure=figure, colour=prop.colour, size=size, x=x, y=y - group.raised, angle=_AHEAD, worn=True
    )
    return replace(group, props=(*group.props, breath), wide=group.wide + figure.high * size)


def shelter(group: Group, prop: Subject) -> Group:
    """Hold an umbrella over the head."""
    figure, size = Figure(prop.thing), 0.8 * prop.scale
    held = Prop(figure=figure, colour=prop.colour, size=size, x=-0.16, y=-0.62 - group.raised, behind=True)
    return replace(group, props=(*group.props, held), high=group.high + 0.45, wide=max(group.wide, size))
