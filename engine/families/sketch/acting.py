"""Draws an actor: its shadow, its props, itself, and what rises or falls about it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np

from engine.families.sketch.cast import NEAR, Actor
from engine.families.sketch.figures import Figure
from engine.families.sketch.gaits import Gait
from engine.families.sketch.groups.group import Prop, Zone
from engine.families.sketch.habits import FOUR_LEGGED, HOT, INSTRUMENTS, ROLLERS, ROOTED
from engine.families.sketch.light import Light
from engine.families.sketch.pen import Pen, mix
from engine.families.sketch.pose import Pose
from engine.families.sketch.puppet import shadow
from engine.families.sketch.verbs import BURST, Moment, is_hanging, moment
from engine.families.sketch.view import View
from engine.families.sketch.words import RGB, Action, Shape

_Mark = tuple[str, tuple[float, float], float]
"""The name of a drawing, where it is in the actor's own units, and its size."""

_RISING: Mapping[Action, str] = {
    Action.SLEEP: "zzz", Action.KISS: "red-heart", Action.SING: "musical-note", Action.SHINE: "sparkles",
}  # fmt: skip
_BRANCH = 0.91  # how high it is above the lowest point of what hangs from it
_BARK: RGB = (112, 84, 60)
_LEAST = 0.01  # of a mark's size
_FIGURES = lru_cache(maxsize=16)(Figure)


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
        x=float(spot[0]), y=float(spot[1]), size=unit, beat=now.gait.beat, heading=actor.heading,
        angle=now.angle,
        colour=(0, 0, 0), shade=(0, 0, 0), light=(0, 0, 0),
    )  # fmt: skip
    if group.zone is Zone.GROUND:
        middle = x + group.high * group.size / 2 * math.sin(now.angle)
        foot = view.put(middle, actor.y, near)[0]
        shadow(pen, float(foot[0]), float(foot[1]), 0.42 * group.wide * unit, share=0.13)
    if is_hanging(actor):
        _branch(pen, actor, view, light)
    for prop in group.props:
        if prop.behind:
            _prop(pen, prop, pose, now, light, actor)
    if group.subject.action is Action.BURN:
        _around(pen, pose, light, now, group.wide)
    group.figure.draw(
        pen, pose.moved(0.0, -group.raised), now.gait, light, group.subject.colour, group.clothes
    )
    for prop in group.props:
        if not prop.behind:
            _prop(pen, prop, pose, now, light, actor)
    whole = replace(pose, size=unit / now.grown)
    for name, at, size in _about(actor, view.seconds, length):
        small = replace(whole.moved(*at), size=whole.size * size, heading=-1, angle=0.0)
        _FIGURES(name).draw(pen, small, Gait(beat=now.gait.beat), light, None)
    if HOT & {group.figure.thing, *(prop.figure.thing for prop in group.props)}:
        _steam(pen, actor, pose, light, now)


def _prop(pen: Pen, prop: Prop, pose: Pose, now: Moment, light: Light, actor: Actor) -> None:
    """Props are given for a figure that faces left."""
    bob = 0.0 if prop.worn or prop.behind else 0.02 * math.sin(now.gait.beat)
    thing = prop.figure.thing
    rides = thing in FOUR_LEGGED | ROLLERS
    gait = Gait(
        beat=now.gait.beat * (1.4 if rides else 1.0),
        stride=0.13 if thing in FOUR_LEGGED and actor.speed else 0.0,
        across=now.gait.across, up=now.gait.up,
        asleep=now.gait.asleep and (prop.abreast or thing == actor.group.figure.thing),
    )  # fmt: skip
    placed = replace(
        pose.moved(-prop.x, prop.y + bob),
        size=pose.size * prop.size,
        beat=gait.beat,
        angle=pose.angle - pose.heading * prop.angle,
    )
    prop.figure.draw(pen, placed, gait, light, prop.colour)


def _branch(pen: Pen, actor: Actor, view: View, light: Light) -> None:
    """The branch of what hangs, from one edge of the frame to the other."""
    near, size = NEAR[actor.group.zone], actor.group.size
    x = np.linspace(*view.span(near, 0.1), 24)
    top = actor.y - _BRANCH * actor.group.figure.high * size
    bowed = top + 0.02 * np.sin(2.2 * (x - actor.x)) ** 2
    wide = 0.07 * size * view.height * view.scale(near)
    pen.line(view.put(x, bowed, near), wide, mix(_BARK, *light.dim))


def _around(pen: Pen, pose: Pose, light: Light, now: Moment, wide: float) -> None:
    """Flames behind a thing that burns."""
    for flame in (-0.3, 0.0, 0.3):
        fire = replace(
            pose.moved(flame * wide, 0.02),
            size=pose.size * 1.1,
            angle=0.0,
            beat=now.gait.beat + 2 * flame,
        )
        _FIGURES(Shape.FIRE.value).draw(pen, fire, now.gait, light, None)


def _steam(pen: Pen, actor: Actor, pose: Pose, light: Light, now: Moment) -> None:
    spots = [
        (-prop.x, prop.y - prop.size, prop.size) for prop in actor.group.props if prop.figure.thing in HOT
    ]
    for x, y, size in spots or [(0.0, -0.95, 1.0)]:
        for puff in range(3):
            age = (now.gait.beat / 6 + puff / 3) % 1
            at = (x + 0.06 * size * math.sin(6 * age + puff), y - 0.45 * size * age)
            pose.glow(
                pen,
                at,
                0.16 * size * (0.5 + age),
                mix(light.haze, (255, 255, 255), 0.6),
                0.5 * math.sin(math.pi * age),
            )


def _about(actor: Actor, second: float, length: float) -> Iterator[_Mark]:
    """What rises, falls or bursts about an actor."""
    group = actor.group
    action = group.subject.action
    playing = any(prop.figure.thing in INSTRUMENTS for prop in group.props)
    name = _RISING.get(action) if action else None
    if name or playing:
        yield from _rising(actor, name or "musical-note", second)
    if action is Action.CRY:
        x, _, top = group.figure.head
        for tear in range(2):
            age = (second * 0.7 + tear / 2) % 1
            at = (-x + 0.12 * (2 * tear - 1), top - group.raised + 0.3 + 0.5 * age)
            yield "droplet", at, 0.1 * math.sin(math.pi * age) + _LEAST
    elif action is Action.FIGHT:
        age = (second * 0.6 + actor.phase) % 1
        yield "collision", (0.4 * group.wide, -0.55), 0.34 * math.sin(math.pi * age) + _LEAST
    elif action is Action.EXPLODE:
        yield from _bursting(actor, second, length)


def _rising(actor: Actor, name: str, second: float) -> Iterator[_Mark]:
    """Three small things that leave the head one after the other, or one "zzz"."""
    x, _, top = actor.group.figure.head
    asleep = name == "zzz"
    for one in range(1 if asleep else 3):
        age = (second * 0.34 + one / 3 + actor.phase) % 1
        side = 0.0 if asleep else 0.32 * math.sin(2.1 * one + actor.phase + second * 0.6)
        at = (-x + 0.12 + side, top - actor.group.raised + 0.02 - 0.42 * age)
        yield name, at, max(_LEAST, 0.24 * math.sin(math.pi * age) ** 0.6)


def _bursting(actor: Actor, second: float, length: float) -> Iterator[_Mark]:
    group = actor.group
    if group.figure.thing in ROOTED:
        for one in range(3):
            age = (second * 0.5 + one / 3) % 1
            at = (0.3 * (one - 1) * age, -0.8 * group.figure.high - 0.35 * age)
            yield "collision", at, 0.3 * math.sin(math.pi * age) + _LEAST
        return
    share = second / length
    grown = min(1.0, max(0.0, (share - 0.8 * BURST) / 0.2))
    if grown > 0:
        faded = 1 - 0.25 * max(0.0, share - 0.7)
        yield "collision", (0.0, 0.45 * (grown - 1) + 0.25), 1.5 * grown * faded
