"""A thing together with what it rides, wears, holds or eats: they move as one."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from engine.families.sketch.drawings import drawing, names
from engine.families.sketch.figures import OWN_COLOURS, Figure
from engine.families.sketch.habits import (
    BOARDS,
    CLOTHES,
    COATS,
    CROWNED,
    DRESSES,
    EYEWEAR,
    FLOATERS,
    FLYERS,
    FOUR_LEGGED,
    GLOVES,
    INSTRUMENTS,
    LARGE,
    NECKWEAR,
    ROBES,
    ROLLERS,
    ROOTED,
    SHOES,
    SMALL,
    SWIMMERS,
    SWIMWEAR,
    TROUSERS,
    is_alive,
    is_bust,
    is_person,
)
from engine.families.sketch.pen import mix
from engine.families.sketch.puppet import BARE, Clothes
from engine.families.sketch.words import RGB, Action, Link, Place, Subject, Vision

_SITTING = frozenset({"owl", "parrot", "blackbird"})
_PERCHED = _SITTING | {"cat", "monkey", "chipmunk"}
_PERCHES = frozenset({"deciduous-tree", "evergreen-tree", "palm-tree", "house"})
_MOST_PERCHED = 2  # each sits on one of its own
_BY_HAND = frozenset({Link.LIFT, Link.EAT, Link.DRINK, Link.HOLD, Link.WITH})
_MOUNTED = frozenset({Link.RIDE, Link.DRIVE, Link.ON, Link.IN})
_UMBRELLAS = frozenset({"umbrella", "umbrella-with-rain-drops"})
_OPEN = frozenset(
    {
        "racing-car",
        "automobile",
        "taxi",
        "police-car",
        "bathtub",
        "bucket",
        "basket",
        "package",
        "bus",
        "tractor",
    }
)
_FOR_LYING = frozenset({"couch-and-lamp", "bed"})
_ENTERED = frozenset({"bed", "tent", "hole", "water-wave"})
_LARGE, _USUAL, _SMALL = 0.56, 0.44, 0.24
_ALONE = 1.2
_SMALL_ALONE = 0.38
_OVER_THE_ROOF = 0.1  # from the roof up to the eyes, in sizes of who drives
_BESIDE = 0.15  # whose eyes are farther from its middle is seen from the side, and has its back above it
_HIGHEST = 0.84  # heights of a thing with all that is above it
_LEAST_LIFTED, _LARGEST_LIFTED = 0.4, 1.6  # sizes of who lifts it
_BROOM_TURN = -2.0  # radians, from its bristles on the ground to its handle ahead
_HIP = 0.2  # height above the feet, in sizes
_SEAT = 0.5  # share of a mount's height at which its rider has its feet


class Zone(StrEnum):
    """What a thing stands on, swims in or flies through."""

    GROUND = "ground"
    WATER = "water"
    AIR = "air"


@dataclass(frozen=True, kw_only=True)
class Prop:
    """A thing that goes with another.

    Attributes:
        size: in sizes of the one that it goes with, and so are ``x``, ``y`` (of its foot, facing left).
        behind: it is drawn before the other.
        angle: radians, clockwise, by which it is turned about its foot.
        worn: it does not move by itself.
    """

    figure: Figure
    colour: RGB | None
    size: float
    x: float
    y: float
    behind: bool = False
    angle: float = 0.0
    worn: bool = False


@dataclass(frozen=True, kw_only=True)
class Group:
    """A thing and its props.

    Attributes:
        clothes: what its body has on.
        lifts: its arms are up.
        size: heights, of the thing itself.
        raised: how far its own feet are above the group's, in its sizes.
        wide, high: of all together, in its sizes.
    """

    figure: Figure
    subject: Subject
    zone: Zone
    size: float
    clothes: Clothes = BARE
    lifts: bool = False
    raised: float = 0.0
    props: tuple[Prop, ...] = ()
    wide: float = 1.0
    high: float = 1.0


def is_separate(subject: Subject, by: Subject) -> bool:
    """Whether a linked thing has a place of its own in the scene."""
    thing = subject.thing
    if subject.link in {Link.CHASE, Link.WATCH, Link.OVER, Link.UNDER, None}:
        return thing not in _UMBRELLAS
    if subject.link in {Link.ON, Link.IN} and thing in _PERCHES and by.thing in _PERCHED:
        return (
            by.count > _MOST_PERCHED or by.action is Action.FLY or (thing, subject.link) == ("house", Link.IN)
        )
    if subject.link is Link.ON and (by.action is Action.FLY or by.thing in FLYERS - _SITTING):
        return thing not in BOARDS
    if subject.link in {Link.HOLD, Link.WITH}:
        return (is_alive(thing) and thing not in SMALL) or thing in LARGE | ROOTED | ROLLERS
    if subject.link is Link.IN and thing not in _OPEN | FLOATERS | ROLLERS | _ENTERED:
        return True
    return subject.link in {Link.ON, Link.IN} and thing in LARGE - FLOATERS - FOUR_LEGGED - ROLLERS


def zone_of(subject: Subject, vision: Vision, props: list[Subject]) -> Zone:
    """Where a thing belongs in this scene."""
    thing, place = subject.thing, vision.place
    if thing in ROOTED:
        return Zone.GROUND
    if subject.action in {Action.FLY, Action.FALL, Action.RISE} or place in {
        Place.SPACE,
        Place.UNDERWATER,
        Place.SKY,
    }:
        return Zone.AIR
    things = {thing, *(prop.thing for prop in props)}
    if place in {Place.SEA, Place.BEACH} and (
        things & (FLOATERS | SWIMMERS | {"water-wave"}) - {"turtle"}
        or subject.action in {Action.SWIM, Action.SURF}
    ):
        return Zone.WATER
    if thing in FLYERS - _SITTING or "broom" in things:
        return Zone.AIR
    return Zone.GROUND


def grouped(subject: Subject, props: list[Subject], vision: Vision, *, main: bool, alone: bool) -> Group:
    """A thing, and what goes with it, put together.

    Args:
        main: it is the first thing of the text.
        alone: nothing else has a place of its own.
    """
    if subject.action is Action.SURF and not any(prop.thing in BOARDS | {"water-wave"} for prop in props):
        props = [*props, Subject(thing="water-wave", link=Link.ON, to=0)]
    busy = any(prop.link in _BY_HAND | _MOUNTED for prop in props) or subject.action in {
        Action.DANCE, Action.SURF, Action.FIGHT, Action.SING, Action.WAVE, Action.KISS,
    }  # fmt: skip
    clad = any(prop.link is Link.WEAR and prop.thing in CLOTHES for prop in props)
    subject = replace(subject, colour=subject.colour or OWN_COLOURS.get(subject.thing))
    face = f"{subject.thing.removeprefix('black-')}-face"  # a whole animal has no body that could be dressed
    figure = Figure(face if clad and face in names() else subject.thing, busy=busy or clad)
    group = Group(
        figure=figure,
        subject=subject,
        zone=zone_of(subject, vision, props),
        size=_size(subject.thing, main=main, alone=alone),
        wide=figure.wide,
        high=figure.high,
    )
    hands = 0
    for prop in props:
        if prop.link is Link.WEAR or (prop.link, prop.thing) == (Link.WITH, "backpack"):
            group = _worn(group, prop)
        elif prop.link in {Link.OVER, Link.UNDER} or (prop.thing in _UMBRELLAS and prop.link in _BY_HAND):
            group = _sheltered(group, prop)
        elif prop.link is Link.LIFT:
            group = _lifting(group, prop)
        elif prop.link in _MOUNTED and prop.thing == "broom":
            group = _astride(group, prop)
        elif prop.link in _MOUNTED or prop.thing == "water-wave":
            group = _mounted(group, prop)
        else:
            group = _held(group, prop, hands)
            hands += 1
    return replace(group, size=min(group.size, _HIGHEST / group.high))


def _size(thing: str, *, main: bool, alone: bool) -> float:
    size = _LARGE if thing in LARGE else _SMALL if thing in SMALL else _USUAL
    if is_bust(thing):
        size *= 1.1
    if alone:
        return _SMALL_ALONE if thing in SMALL else size * _ALONE
    return size * (1.0 if main or thing in LARGE else 0.92)


def _worn(group: Group, prop: Subject) -> Group:
    if prop.thing == "crown" and group.figure.thing in CROWNED:
        return group
    if prop.thing in CLOTHES and group.figure.body is not None:
        return replace(group, clothes=_clothes(group.clothes, prop))
    figure, behind = Figure(prop.thing), False
    x, y, top = group.figure.head
    size = group.figure.head_size / figure.wide
    if prop.thing in EYEWEAR:
        where = (x, y + 0.5 * figure.high * size)
    elif prop.thing in NECKWEAR:
        where = (x, y + 1.5 * figure.high * size)
    elif prop.thing == "headphone":
        size = group.figure.head_wide / figure.wide
        where = (x, max(top + 0.88 * figure.high * size, y + 0.2 * figure.high * size))
    elif prop.thing == "backpack":
        size, behind = 0.42 * group.figure.high, abs(x) < _BESIDE
        where = (
            0.5 * group.figure.wide - 0.15 if behind else 0.1,
            -0.2 if behind else -0.6 * group.figure.high,
        )
    elif prop.thing in SHOES | GLOVES:
        size, where = 0.28, (-0.22 * group.figure.wide, 0.0)
    elif prop.thing in CLOTHES:
        size = 0.5 * group.figure.high / figure.high
        where = (0.0, -0.15 * group.figure.high)
    else:
        where = (x, top + 0.22 * size)
    worn = Prop(
        figure=figure,
        colour=prop.colour,
        size=size,
        x=where[0],
        y=where[1] - group.raised,
        behind=behind,
        worn=True,
    )
    high = max(group.high, figure.high * size - where[1] + group.raised)
    return replace(group, props=(*group.props, worn), high=high)


def _clothes(worn: Clothes, prop: Subject) -> Clothes:
    """What a body has on, and one thing more."""
    shown = drawing(prop.thing)
    colour = prop.colour or shown.parts[shown.seen].colour
    if prop.thing in SHOES:
        return replace(
            worn, shoes=prop.colour or mix(colour, (24, 20, 40), 0.55)
        )  # beside fur of that colour
    if prop.thing in GLOVES:
        return replace(worn, hands=colour)
    if prop.thing in TROUSERS:
        return replace(worn, legs=colour)
    hem, flare = (
        (0.09, 1.6)
        if prop.thing in DRESSES
        else (0.05, 1.05)
        if prop.thing in ROBES
        else (0.12, 1.15)
        if prop.thing in COATS
        else (0.0, 1.0)
    )
    sleeves = prop.thing not in DRESSES | SWIMWEAR
    return replace(worn, top=colour, sleeves=sleeves, hem=hem, flare=flare)


def _sheltered(group: Group, prop: Subject) -> Group:
    """An umbrella, held over the head."""
    figure, size = Figure(prop.thing), 0.8
    held = Prop(figure=figure, colour=prop.colour, size=size, x=-0.16, y=-0.62 - group.raised, behind=True)
    return replace(group, props=(*group.props, held), high=group.high + 0.45, wide=max(group.wide, size))


def _mounted(group: Group, prop: Subject) -> Group:
    figure = Figure(prop.thing)
    thing = prop.thing
    inside = prop.link in {Link.DRIVE, Link.IN} or thing in _OPEN
    if thing == "water-wave":
        size, seat, behind, x = 1.25, 0.46, True, 0.0
    elif thing in BOARDS or thing == "lotus":
        size, seat, behind, x = 0.8, 0.3, True, 0.0
    elif thing in FLOATERS or (thing in ROLLERS and inside):
        size, seat, behind, x = 1.1, 0.3, False, 0.05
    elif thing in ROLLERS:  # a bicycle, a motorcycle
        size, seat, behind, x = 0.85, 0.34, True, 0.04
    elif thing in FOUR_LEGGED or is_alive(thing):
        size, seat, behind, x = 1.25, _SEAT, True, 0.06
    elif thing in _PERCHES:
        size, seat, behind, x = (1.3, 0.66, True, 0.0) if thing == "house" else (1.9, 0.5, True, 0.0)
    elif thing in SMALL:
        size, seat, behind, x = 0.5, 0.8, True, 0.0
    elif thing in _FOR_LYING:
        size, seat, behind, x = 1.6, 0.28, True, 0.0
    else:
        size, seat, behind, x = 1.0, 0.36, True, 0.0
    raised = size * figure.high * seat
    if thing in ROLLERS and inside:  # who drives a closed car looks out of its roof
        raised = max(raised, size * figure.high + group.figure.head[1] + _OVER_THE_ROOF)
    mount = Prop(figure=figure, colour=prop.colour, size=size, x=x, y=0.0, behind=behind)
    lifted = tuple(replace(other, y=other.y - raised) for other in group.props)
    return replace(
        group,
        size=group.size * (0.72 if size > 1 else 0.85),
        raised=group.raised + raised,
        props=(mount, *lifted),
        wide=max(group.wide, figure.wide * size),
        high=max(group.high + raised, figure.high * size),
    )


def _lifting(group: Group, prop: Subject) -> Group:
    """What it lifts is over its head; what flies has it below."""
    figure = Figure(prop.thing)
    beside = _size(prop.thing, main=False, alone=False) / _size(group.subject.thing, main=False, alone=False)
    size = min(_LARGEST_LIFTED, max(_LEAST_LIFTED, beside))
    flies = group.zone is Zone.AIR and not is_person(group.subject.thing)
    raised = 0.96 * figure.high * size if flies else 0.0
    foot = 0.0 if flies else 0.03 - group.figure.high - group.raised
    load = Prop(figure=figure, colour=prop.colour, size=size, x=0.0, y=foot, worn=True)
    return replace(
        group,
        lifts=not flies,
        raised=group.raised + raised,
        props=(*(replace(other, y=other.y - raised) for other in group.props), load),
        wide=max(group.wide, figure.wide * size),
        high=group.high + raised if flies else group.high + figure.high * size,
    )


def _astride(group: Group, prop: Subject) -> Group:
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
    lifted = tuple(replace(other, y=other.y - raised) for other in group.props)
    return replace(
        group,
        size=group.size * 0.85,
        raised=group.raised + raised,
        props=(broom, *lifted),
        wide=max(group.wide, size),
        high=group.high + raised,
    )


def _held(group: Group, prop: Subject, hands: int) -> Group:
    figure = Figure(prop.thing)
    standing = prop.thing == "musical-keyboard" or (prop.thing in INSTRUMENTS and "drum" in prop.thing)
    size = 0.55 if standing else 0.5 if prop.thing in INSTRUMENTS else 0.28 if prop.thing in SMALL else 0.4
    x, eyes, _ = group.figure.head
    side = -1 if hands % 2 == 0 else 1
    # A muzzle is at the front: the first thing is held there, and it stays free.
    muzzle = hands == 0 and abs(x) > _BESIDE and not standing
    mouth = muzzle or prop.link in {Link.EAT, Link.DRINK}
    low = figure.high * size if muzzle else 0.62 * size
    reach = (
        0.5 * group.figure.wide + 0.42 * figure.wide * size
        if muzzle
        else 0.42 * group.figure.wide + 0.3 * figure.wide * size
    )
    y = 0.0 if standing else (eyes + low if mouth else -0.2)
    held = Prop(figure=figure, colour=prop.colour, size=size, x=side * reach, y=min(0.0, y) - group.raised)
    return replace(group, props=(*group.props, held), wide=group.wide + figure.wide * size * 0.9)
