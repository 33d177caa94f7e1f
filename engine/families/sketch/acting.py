"""What each thing does at a moment: its verb as motion, its parts, and what rises or falls about it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from engine.families.sketch.cast import NEAR, Actor
from engine.families.sketch.figures import Figure
from engine.families.sketch.gaits import Gait
from engine.families.sketch.groups import Prop, Zone
from engine.families.sketch.habits import FOUR_LEGGED, HOT, INSTRUMENTS, ROLLERS, ROOTED, WINGED, is_alive
from engine.families.sketch.light import Light
from engine.families.sketch.pen import Pen, mix
from engine.families.sketch.pose import Pose
from engine.families.sketch.puppet import shadow
from engine.families.sketch.view import View
from engine.families.sketch.words import Action, Shape

_STRIDES: Mapping[Action, float] = {Action.RUN: 0.17, Action.WALK: 0.1, Action.DANCE: 0.07, Action.JUMP: 0.05}
_BEAT = 3.0  # radians per second
_QUICK: Mapping[Action, float] = {Action.RUN: 1.7, Action.WALK: 1.1, Action.SLEEP: 0.5, Action.LAUGH: 1.6}
_BURST = 0.5  # share of the clip after which things explode
_FIGURES = lru_cache(maxsize=16)(Figure)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Where an actor is now: its feet in heights, how it is turned and bent, how large it is."""

    x: float
    y: float
    angle: float = 0.0
    grown: float = 1.0
    gait: Gait


def moment(actor: Actor, second: float, length: float) -> Moment:
    """An actor after ``second`` of ``length`` seconds."""
    action = actor.group.subject.action
    beat = actor.phase + second * _BEAT * _QUICK.get(action, 1.0) if action else actor.phase + second * _BEAT
    idle = Moment(
        x=actor.x + actor.heading * actor.speed * (second - length / 2),
        y=actor.y,
        gait=Gait(beat=beat, stride=_stride(actor), flap=_flap(actor), asleep=action is Action.SLEEP),
    )
    if actor.group.zone is not Zone.GROUND and actor.group.figure.thing not in ROOTED:
        deep = 0.012 if actor.group.zone is Zone.WATER else 0.022
        idle = replace(
            idle,
            y=idle.y + deep * math.sin(second * 1.4 + actor.phase),
            angle=0.05 * math.sin(second * 1.1 + actor.phase),
        )
    return _acted(actor, idle, second, length) if action else idle


def _stride(actor: Actor) -> float:
    action = actor.group.subject.action
    if actor.group.raised or actor.group.zone is Zone.AIR:
        return 0.0
    return _STRIDES.get(action, 0.0) if action else 0.0


def _flap(actor: Actor) -> float:
    return 1.0 if actor.group.zone is Zone.AIR and actor.group.figure.thing in WINGED else 0.0


def _acted(actor: Actor, idle: Moment, second: float, length: float) -> Moment:
    """The verb, on top of the way that the thing moves anyway."""
    size, beat, gait = actor.group.size, idle.gait.beat, idle.gait
    swing = math.sin(second * 3.2 + actor.phase)
    share = second / length
    match actor.group.subject.action:
        case Action.RUN:
            lean = replace(gait, lean=0.0)
            return replace(idle, y=idle.y - 0.05 * size * abs(math.sin(beat)), gait=lean, angle=0.03 * math.sin(beat * 2))
        case Action.JUMP:
            hop = abs(math.sin(second * 2.2 + actor.phase))
            squash = 0.1 * (1 - min(1.0, hop * 4))
            return replace(
                idle, y=idle.y - 0.42 * size * hop**0.8, gait=replace(gait, up=1 - squash, across=1 + squash)
            )
        case Action.DANCE:
            return replace(
                idle,
                y=idle.y - 0.07 * size * abs(swing),
                x=idle.x + 0.05 * size * math.sin(second * 1.6 + actor.phase),
                angle=0.13 * swing,
                gait=replace(gait, lean=0.08 * swing),
            )
        case Action.SPIN:
            return replace(idle, angle=actor.heading * (second * 1.8))
        case Action.FALL | Action.RISE:
            return _fallen(actor, idle, second, length)
        case Action.WAVE:
            return replace(idle, angle=0.1 * swing)
        case Action.SURF:
            return replace(idle, angle=0.09 * math.sin(second * 1.7 + actor.phase) - 0.06 * actor.heading)
        case Action.SLEEP:
            slow = math.sin(second * 1.5 + actor.phase)
            return replace(idle, gait=replace(gait, up=0.84 + 0.025 * slow, across=1.06 - 0.012 * slow))
        case Action.KISS | Action.FIGHT:
            reach = 0.06 if actor.group.subject.action is Action.KISS else 0.05 * math.sin(second * 5 + actor.phase)
            return replace(idle, x=idle.x + actor.heading * reach * size, angle=actor.heading * reach * 1.2)
        case Action.LAUGH | Action.SING | Action.CRY:
            shake = 0.03 * math.sin(second * 5 + actor.phase)
            return replace(idle, gait=replace(gait, up=1 + shake, across=1 - shake), angle=0.05 * swing)
        case Action.GROW:
            return replace(idle, grown=0.45 + 0.6 * share)
        case Action.MELT:
            return replace(idle, gait=replace(gait, up=1 - 0.6 * share, across=1 + 0.45 * share))
        case Action.EXPLODE if actor.group.figure.thing in ROOTED:
            return replace(idle, x=idle.x + 0.006 * math.sin(second * 9))
        case Action.EXPLODE:
            shaken = 0.02 * math.sin(second * 9) * min(1.0, share / _BURST)
            left = min(1.0, max(0.0, 1 - (share - _BURST) / 0.14))
            return replace(idle, grown=max(0.02, (1 + 0.12 * min(1.0, share / _BURST)) * left), angle=shaken)
        case _:
            return idle


def _fallen(actor: Actor, idle: Moment, second: float, length: float) -> Moment:
    """Down or up through the frame, again and again; a single thing is in its middle half-way."""
    high = actor.group.high * actor.group.size
    down = 1 if actor.group.subject.action is Action.FALL else -1
    path = 1.0 + 2 * high
    if actor.group.subject.count > 1:
        way = (actor.phase + down * 0.2 * second / path) % 1.0
        y = way * path - high / 2
    else:
        y = 0.5 + high / 2 + down * 0.11 * (second - length / 2)
    turn = 0.5 * math.sin(second * 1.3 + actor.phase) if not is_alive(actor.group.figure.thing) else 0.2 * math.sin(second * 2)
    return replace(idle, y=y, angle=turn)


def show(pen: Pen, actor: Actor, view: View, light: Light, length: float, drift: float) -> None:
    """Draw an actor and its props.

    Args:
        length: of the clip, in the scene's own seconds.
        drift: how far the camera has gone with the things, in heights, as seen at near = 1.
    """
    group, near = actor.group, NEAR[actor.group.zone]
    now = moment(actor, view.seconds, length)
    rooted = group.figure.thing in ROOTED
    x = now.x + (0.0 if rooted else near * drift)
    (spot,) = view.put(x, now.y, near)
    unit = group.size * view.height * view.scale(near) * now.grown
    pose = Pose(
        x=float(spot[0]), y=float(spot[1]), size=unit, beat=now.gait.beat, heading=actor.heading, angle=now.angle,
        colour=(0, 0, 0), shade=(0, 0, 0), light=(0, 0, 0),
    )  # fmt: skip
    if group.zone is Zone.GROUND:
        foot = view.put(x, actor.y, near)[0]
        shadow(pen, float(foot[0]), float(foot[1]), 0.42 * group.wide * unit, share=0.13)
    for prop in group.props:
        if prop.behind:
            _prop(pen, prop, pose, now, light, actor)
    (feet,) = pose.at([(0.0, -group.raised)])
    if group.subject.action is Action.BURN:
        _around(pen, pose, light, now, group.wide)
    held = replace(pose, x=float(feet[0]), y=float(feet[1]))
    group.figure.draw(pen, held, now.gait, light, group.subject.colour)
    for prop in group.props:
        if not prop.behind:
            _prop(pen, prop, pose, now, light, actor)
    for name, at, size in _about(actor, view.seconds, length):
        (place,) = pose.at([at])
        small = replace(pose, x=float(place[0]), y=float(place[1]), size=unit * size, heading=-1, angle=0.0)
        _FIGURES(name).draw(pen, small, Gait(beat=now.gait.beat), light, None)
    if HOT & {group.figure.thing, *(prop.figure.thing for prop in group.props)}:
        _steam(pen, actor, pose, light, now)


def _prop(pen: Pen, prop: Prop, pose: Pose, now: Moment, light: Light, actor: Actor) -> None:
    """Props are given for a figure that faces left."""
    bob = 0.0 if prop.worn or prop.behind else 0.02 * math.sin(now.gait.beat)
    (spot,) = pose.at([(-prop.x, prop.y + bob)])
    thing = prop.figure.thing
    rides = thing in FOUR_LEGGED | ROLLERS
    gait = Gait(
        beat=now.gait.beat * (1.4 if rides else 1.0),
        stride=0.13 if thing in FOUR_LEGGED and actor.speed else 0.0,
        across=now.gait.across, up=now.gait.up,
    )  # fmt: skip
    gone = 1.0
    placed = replace(pose, x=float(spot[0]), y=float(spot[1]), size=pose.size * prop.size * gone, beat=gait.beat)
    prop.figure.draw(pen, placed, gait, light, prop.colour)


def _around(pen: Pen, pose: Pose, light: Light, now: Moment, wide: float) -> None:
    """Flames behind a thing that burns."""
    for flame in (-0.3, 0.0, 0.3):
        (spot,) = pose.at([(flame * wide, 0.02)])
        fire = replace(pose, x=float(spot[0]), y=float(spot[1]), size=pose.size * 1.1, angle=0.0, beat=now.gait.beat + 2 * flame)
        _FIGURES(Shape.FIRE.value).draw(pen, fire, now.gait, light, None)


def _steam(pen: Pen, actor: Actor, pose: Pose, light: Light, now: Moment) -> None:
    spots = [(-prop.x, prop.y - prop.size, prop.size) for prop in actor.group.props if prop.figure.thing in HOT]
    for x, y, size in spots or [(0.0, -0.95, 1.0)]:
        for puff in range(3):
            age = (now.gait.beat / 6 + puff / 3) % 1
            at = (x + 0.06 * size * math.sin(6 * age + puff), y - 0.45 * size * age)
            pose.glow(pen, at, 0.16 * size * (0.5 + age), mix(light.haze, (255, 255, 255), 0.6), 0.5 * math.sin(math.pi * age))


def _about(actor: Actor, second: float, length: float) -> Iterator[tuple[str, tuple[float, float], float]]:
    """What rises, falls or bursts about an actor: names, where in its own units, sizes."""
    group = actor.group
    action = group.subject.action
    x, _, top = group.figure.head
    head = (-x, top - group.raised)
    playing = any(prop.figure.thing in INSTRUMENTS for prop in group.props)
    kinds = {Action.SLEEP: "zzz", Action.KISS: "red-heart", Action.SING: "musical-note", Action.SHINE: "sparkles"}
    name = kinds.get(action) if action else None
    if name is None and playing:
        name = "musical-note"
    if name is not None:
        for one in range(1 if action is Action.SLEEP else 3):
            age = (second * 0.34 + one / 3 + actor.phase) % 1
            side = 0.32 * math.sin(2.1 * one + actor.phase + second * 0.6)
            size = 0.24 * math.sin(math.pi * age) ** 0.6
            yield name, (head[0] + 0.12 + side * (action is not Action.SLEEP), head[1] + 0.02 - 0.42 * age), max(0.01, size)
    if action is Action.CRY:
        for one in range(2):
            age = (second * 0.7 + one / 2) % 1
            yield "droplet", (head[0] + 0.12 * (2 * one - 1), head[1] + 0.3 + 0.5 * age), 0.1 * math.sin(math.pi * age) + 0.01
    if action is Action.FIGHT:
        age = (second * 0.6 + actor.phase) % 1
        yield "collision", (0.4 * group.wide, -0.55), 0.34 * math.sin(math.pi * age) + 0.01
    if action is Action.EXPLODE and group.figure.thing in ROOTED:
        for one in range(3):
            age = (second * 0.5 + one / 3) % 1
            yield "fire", (0.3 * (one - 1) * age, -0.8 * group.figure.high - 0.35 * age), 0.3 * math.sin(math.pi * age) + 0.01
    elif action is Action.EXPLODE:
        share = second / length
        grown = min(1.0, max(0.0, (share - 0.8 * _BURST) / 0.2))
        if grown > 0:
            yield "collision", (0.0, 0.25 + 0.9 * (grown - 1) * 0.5), 1.5 * grown * (1 - 0.25 * max(0.0, share - 0.7))
