"""Where the things of a scene stand, swim and fly: beside each other, none before another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from engine.families.sketch.groups.belonging import is_company, is_separate
from engine.families.sketch.groups.group import Group, Zone
from engine.families.sketch.groups.grouping import grouped
from engine.families.sketch.groups.several import are_together, left_over, shares
from engine.families.sketch.habits import (
    FLOATERS,
    FLYERS,
    LARGE,
    ROLLERS,
    ROOTED,
    SWIMMERS,
    is_alive,
    is_person,
)
from engine.families.sketch.words import RGB, Action, Link, Place, Shape, Subject, Vision, Weather

GROUND: Mapping[Place, float] = {
    Place.FIELD: 0.88, Place.SEA: 0.86, Place.FOREST: 0.89, Place.CITY: 0.91, Place.MOUNTAIN: 0.89,
    Place.DESERT: 0.88, Place.SPACE: 0.8, Place.UNDERWATER: 0.9, Place.BEACH: 0.9, Place.MOON: 0.88,
    Place.SKY: 0.8, Place.ROOM: 0.88, Place.BRIDGE: 0.76, Place.LAKE: 0.885,
}  # fmt: skip
"""Where feet are, in heights."""

NEAR: Mapping[Zone, float] = {Zone.GROUND: 0.8, Zone.WATER: 0.7, Zone.AIR: 0.45}
_OF_THE_SKY = frozenset(
    {"crescent-moon", "sun", "rainbow", "cloud", "snowflake", "full-moon", "droplet", "milky-way"}
)
"""What the sky, the weather or the place draws by itself."""

_RUSSET: RGB = (214, 122, 48)
"""The leaves of trees in autumn."""
_MOST = 14
_WAVE = "water-wave"
_TOP = 0.07  # nothing flies higher
_GAP = 0.06
_FULL = 0.8  # share of the frame's width that things may fill: the camera comes nearer, and goes sideways
_SEEN = 0.92  # share of the frame's width that a camera that has come nearer still sees
_SPEEDS: Mapping[Action, float] = {
    Action.RUN: 0.06, Action.WALK: 0.05, Action.FLY: 0.07, Action.SWIM: 0.05, Action.SURF: 0.06,
    Action.JUMP: 0.04,
}  # fmt: skip
_TAKEN = frozenset({Link.HOLD, Link.WITH})
_SEATED = frozenset({Link.RIDE, Link.DRIVE, Link.ON, Link.IN})
_FACING = frozenset({Action.FIGHT, Action.KISS})
_FOLLOWS: Mapping[Action, float] = {Action.RUN: 0.26, Action.WALK: 0.07, Action.SURF: 0.12, Action.FLY: 0.05}


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A group in its place.

    Attributes:
        x, y: where its feet are in the middle of the clip, in heights.
        speed: heights per second, to where it faces.
        heading: 1 faces right, -1 left.
        phase: radians, so that no two beat as one.
    """

    group: Group
    x: float
    y: float
    speed: float
    heading: int
    phase: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom in the middle of the clip, in heights."""
        half = self.group.wide * self.group.size / 2
        return self.x - half, self.y - self.group.high * self.group.size, self.x + half, self.y


def cast(vision: Vision, aspect: float, side: int, random: np.random.Generator) -> list[Actor]:
    """Give each thing of a vision its place.

    Args:
        aspect: width of the frame in heights.
        side: where things face, 1 for right.
    """
    groups = _groups(vision)
    ground = [group for group in groups if group.zone is not Zone.AIR]
    air = [group for group in groups if group.zone is Zone.AIR]
    fit = min(1.0, aspect / 1.2)  # a tall frame is narrow
    if air and ground:
        ground = [replace(group, size=min(group.size, 0.44 / group.high)) for group in ground]
    actors = _row(ground, aspect, fit, side, vision, random)
    roof = min((actor.box[1] for actor in actors), default=0.78)
    actors += _flock(air, aspect, fit, side, max(0.3, roof - 0.02), random)
    return sorted(actors, key=lambda actor: (actor.group.figure.thing in ROOTED) * -1.0 + actor.y)


def in_frame(actors: list[Actor], aspect: float, length: float) -> list[Actor]:
    """The same, so slow that none of them leaves the frame.

    Args:
        length: of the clip, in the scene's own seconds.
    """
    slower = 1.0
    for actor in actors:
        if actor.speed:
            left, _, right, _ = actor.box
            free = _SEEN * aspect / 2 - max(aspect / 2 - left, right - aspect / 2)
            slower = min(slower, max(0.0, free) / (actor.speed * length / 2))
    return [replace(actor, speed=actor.speed * slower) for actor in actors]


def follow(actors: list[Actor]) -> float:
    """How fast the camera goes with the things on the ground, if all of them travel: heights per second."""
    movers = [actor.group for actor in actors if actor.group.zone is not Zone.AIR] or [
        actor.group for actor in actors
    ]
    if not movers or not all(group.figure.thing not in ROOTED and _travels(group) for group in movers):
        return 0.0
    return min(_FOLLOWS.get(_doing(group), 0.2 if _rolls(group) else 0.05) for group in movers)


def _doing(group: Group) -> Action:
    return group.subject.action or Action.LAUGH  # which goes nowhere


def _rolls(group: Group) -> bool:
    things = {group.figure.thing, *(prop.figure.thing for prop in group.props if not prop.worn)}
    return bool(things & ROLLERS)


def _rides(group: Group) -> bool:
    return group.raised > 0 and any(
        prop.figure.thing in ROLLERS or (is_alive(prop.figure.thing) and not is_person(prop.figure.thing))
        for prop in group.props
    )


def _travels(group: Group) -> bool:
    return group.subject.action in _SPEEDS or _rolls(group) or _rides(group)


def _groups(vision: Vision) -> list[Group]:
    """The groups in the order of the text, each as often as it was asked for."""
    subjects = _urged(list(vision.subjects))
    if Weather.AUTUMN in vision.weather:
        subjects = [
            replace(one, colour=one.colour or _RUSSET) if one.thing == Shape.TREE else one for one in subjects
        ]
    props: dict[int, list[Subject]] = {at: [] for at in range(len(subjects))}
    roots: list[int] = []
    for at, subject in enumerate(subjects):
        holder = subject.to
        while holder is not None and holder not in roots:
            holder = subjects[holder].to
        others = [one for one in subjects if one.to == holder and one is not subject]
        own_seat = subject.link in _TAKEN and any(one.to == at and one.link in _SEATED for one in subjects)
        company = holder is not None and _shares_seat(subjects, subject, holder)
        if (
            holder is not None
            and not (own_seat and is_alive(subject.thing))
            and (company or not is_separate(subject, subjects[holder], others))
        ):
            props[holder].append(subject)
        else:
            roots.append(at)
    shown = [at for at in roots if subjects[at].thing not in _OF_THE_SKY]
    alone = len(shown) == 1 and (
        subjects[shown[0]].count == 1 or are_together(subjects[shown[0]], props[shown[0]])
    )
    groups = []
    for at in shown:
        groups += _each_with_its_own(subjects[at], props[at], vision, main=at == shown[0], alone=alone)
    return groups[:_MOST]


def _shares_seat(subjects: list[Subject], subject: Subject, holder: int) -> bool:
    """Whether who goes with somebody is on what that one is on."""
    by = subjects[holder]
    seats = [one for one in subjects if one.to == holder and one.link in _SEATED and not is_separate(one, by)]
    return any(is_company(subject, by, seat) for seat in seats)


def _each_with_its_own(
    subject: Subject, props: list[Subject], vision: Vision, *, main: bool, alone: bool
) -> list[Group]:
    """As many of a thing as were asked for, what each has, and what of that is left over."""
    if are_together(subject, props):
        return [grouped(subject, props, vision, main=main, alone=alone, riders=subject.count)]
    made: dict[tuple[int, ...], Group] = {}
    groups = []
    for has in shares(props, subject.count):
        counts = tuple(prop.count for prop in has)
        if counts not in made:
            made[counts] = grouped(subject, has, vision, main=main, alone=alone)
        groups.append(made[counts])
    for prop in props:
        more = replace(prop, count=left_over(prop, subject.count), link=None, to=None)
        if more.count:
            groups += [grouped(more, [], vision, main=False, alone=False)] * more.count
    return groups


def _urged(subjects: list[Subject]) -> list[Subject]:
    """What one thing does makes another do: a chase, a leap over the moon, a wave."""
    _light_breath(subjects)
    surfers = [at for at, one in enumerate(subjects) if one.action is Action.SURF and one.thing != _WAVE]
    for at, subject in enumerate(subjects):
        to = subject.to
        if to is not None and subject.thing in _OF_THE_SKY and subject.link is Link.OVER:
            subjects[to] = replace(subjects[to], action=Action.FLY)
        elif to is not None and subject.link is Link.CHASE:
            for one in (at, to):
                subjects[one] = replace(subjects[one], action=subjects[one].action or Action.RUN)
        elif subject.thing == _WAVE and surfers and surfers[0] < at:
            subjects[at] = replace(subject, link=Link.ON, to=surfers[0], action=None)
    return subjects


def _light_breath(subjects: list[Subject]) -> None:
    """Let a dragon that is named right before or behind a fire have it at its mouth."""
    for at, (one, other) in enumerate(pairwise(subjects)):
        if {one.thing, other.thing} != {Shape.DRAGON, Shape.FIRE} or Action.SLEEP in {
            one.action,
            other.action,
        }:
            continue
        fire = other if one.thing == Shape.DRAGON else one
        dragon = one if one.thing == Shape.DRAGON else other
        if fire.link not in {None, Link.HOLD, Link.WITH} or dragon.to in {at, at + 1}:
            continue
        for place, subject in enumerate(subjects):
            if subject.to == at + 1:
                subjects[place] = replace(subject, to=at)
        subjects[at : at + 2] = dragon, replace(fire, link=Link.HOLD, to=at)
        return


def _row(
    groups: list[Group], aspect: float, fit: float, side: int, vision: Vision, random: np.random.Generator
) -> list[Actor]:
    """Side by side, as large as the frame's width allows; what is chased is ahead."""
    if not groups:
        return []
    order = groups if side > 0 else groups[::-1]
    if len({id(group) for group in groups}) == 3 and len(groups) == 3:  # noqa: PLR2004 - the first in the middle
        order = [groups[1], groups[0], groups[2]]
    wide = sum(group.wide * group.size * fit for group in order) + _GAP * (len(order) - 1)
    scale = fit * min(1.0, _FULL * aspect / wide)
    gap = max(_GAP, (_FULL * aspect - wide) / (len(order) + 1)) if wide < _FULL * aspect else _GAP * scale
    gap = min(gap, 0.22)
    total = sum(group.wide * group.size * scale for group in order) + gap * (len(order) - 1)
    left = (aspect - total) / 2
    speed = min((_speed(group) for group in order if _speed(group)), default=0.0)
    if any(not _speed(group) for group in order):
        speed = min(speed, 0.02)
    actors = []
    for group in order:
        width = group.wide * group.size * scale
        rooted = group.figure.thing in ROOTED
        actors.append(
            Actor(
                group=replace(group, size=group.size * scale),
                x=left + width / 2 + float(random.uniform(-0.2, 0.2)) * min(gap, 0.1),
                y=_foot(group, vision) - (0.02 if rooted else 0.0) + float(random.uniform(-0.008, 0.012)),
                speed=0.0 if rooted or not _speed(group) else speed,
                heading=side,
                phase=float(random.uniform(0, 2 * math.pi)),
            )
        )
        left += width + gap
    return _facing(actors)


def _facing(actors: list[Actor]) -> list[Actor]:
    """The same; of those who fight or kiss, the first faces the second, the third the fourth."""
    turned = list(actors)
    for at in range(0, len(actors) - 1, 2):
        one, other = actors[at : at + 2]
        if {one.group.subject.action, other.group.subject.action} <= _FACING:
            turned[at : at + 2] = replace(one, heading=1), replace(other, heading=-1)
    return turned


def _foot(group: Group, vision: Vision) -> float:
    ground = GROUND[vision.place]
    if group.zone is not Zone.WATER:
        return ground
    if vision.place in {Place.BEACH, Place.LAKE}:
        return 0.78
    things = {group.figure.thing, *(prop.figure.thing for prop in group.props)}
    return 0.93 if "water-wave" in things or not things & FLOATERS else ground + 0.02


def _flock(
    groups: list[Group], aspect: float, fit: float, side: int, roof: float, random: np.random.Generator
) -> list[Actor]:
    """Through the air above ``roof``: a row, or two for many."""
    if not groups:
        return []
    rows = 1 if len(groups) <= 3 or roof - _TOP < 0.42 else 2  # noqa: PLR2004 - a few fit beside each other
    columns = math.ceil(len(groups) / rows)
    cell = (_FULL * aspect / columns, (roof - _TOP) / rows)
    actors = []
    for at, group in enumerate(groups):
        row, column = at % rows, at // rows
        size = min(group.size * fit, 0.94 * cell[0] / group.wide, 0.92 * cell[1] / group.high)
        free = ((cell[0] - group.wide * size) / 2, (cell[1] - group.high * size) / 2)
        middle = (column + 0.5) * cell[0] + (1 - _FULL) * aspect / 2
        falls = group.subject.action in {Action.FALL, Action.RISE}
        actors.append(
            Actor(
                group=replace(group, size=size),
                x=middle + float(random.uniform(-0.6, 0.6)) * min(free[0], 0.08),
                y=_TOP
                + (row + 0.5) * cell[1]
                + group.high * size / 2
                + float(random.uniform(-0.7, 0.7)) * min(free[1], 0.06),
                speed=0.0 if falls else _speed(group),
                heading=side,
                phase=float(random.uniform(0, 2 * math.pi)) if not falls else 0.9 + at * 0.618,
            )
        )
    return actors


def _speed(group: Group) -> float:
    thing = group.figure.thing
    if thing in ROOTED:
        return 0.0
    if group.subject.action is not None:
        return _SPEEDS.get(group.subject.action, 0.0)
    if _rolls(group) or _rides(group):
        return 0.05
    if thing in SWIMMERS | FLOATERS or (thing in FLYERS and (is_alive(thing) or thing in LARGE)):
        return 0.035
    return 0.0
