"""Verbs as motion: where a thing is at a moment, how it is turned, bent and grown."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from engine.families.sketch.cast import Actor
from engine.families.sketch.gaits import Gait
from engine.families.sketch.groups.group import Zone
from engine.families.sketch.habits import HANGING, ROOTED, WINGED, is_alive
from engine.families.sketch.words import Action

_STRIDES: Mapping[Action, float] = {
    Action.RUN: 0.17, Action.WALK: 0.1, Action.DANCE: 0.07, Action.JUMP: 0.05,
}  # fmt: skip
_BEAT = 3.0  # radians per second
_QUICK: Mapping[Action, float] = {
    Action.RUN: 1.7, Action.WALK: 1.1, Action.SLEEP: 0.5, Action.LAUGH: 1.6,
}  # fmt: skip
BURST = 0.5
"""The share of the clip after which things explode."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Where an actor is now: its feet in heights, how it is turned and bent, how large it is."""

    x: float
    y: float
    angle: float = 0.0
    grown: float = 1.0
    gait: Gait


_Verb = Callable[[Actor, Moment, float, float], Moment]


def moment(actor: Actor, second: float, length: float) -> Moment:
    """An actor after ``second`` of ``length`` seconds."""
    action = actor.group.subject.action
    beat = actor.phase + second * _BEAT * (_QUICK.get(action, 1.0) if action else 1.0)
    idle = Moment(
        x=actor.x + actor.heading * actor.speed * (second - length / 2),
        y=actor.y,
        gait=Gait(
            beat=beat,
            stride=_stride(actor),
            flap=_flap(actor),
            asleep=action is Action.SLEEP,
            lifts=actor.group.lifts,
        ),
    )
    if is_hanging(actor):
        swing = 0.05 * math.sin(second * 1.1 + actor.phase)
        top = actor.group.figure.high * actor.group.size
        idle = replace(idle, x=idle.x - top * math.sin(swing), angle=swing)  # about its hands
    elif actor.group.zone is not Zone.GROUND and actor.group.figure.thing not in ROOTED:
        deep = 0.012 if actor.group.zone is Zone.WATER else 0.022
        idle = replace(
            idle,
            y=idle.y + deep * math.sin(second * 1.4 + actor.phase),
            angle=0.05 * math.sin(second * 1.1 + actor.phase),
        )
    verb = _VERBS.get(action) if action else None
    return idle if verb is None else verb(actor, idle, second, length)


def is_hanging(actor: Actor) -> bool:
    """Whether an actor hangs from a branch, and is not on something."""
    return actor.group.zone is Zone.AIR and actor.group.figure.thing in HANGING and not actor.group.raised


def _stride(actor: Actor) -> float:
    action = actor.group.subject.action
    if action is None or actor.group.raised or actor.group.zone is Zone.AIR:
        return 0.0
    return _STRIDES.get(action, 0.0)


def _flap(actor: Actor) -> float:
    return 1.0 if actor.group.zone is Zone.AIR and actor.group.figure.thing in WINGED else 0.0


def _run(actor: Actor, idle: Moment, _: float, __: float) -> Moment:
    beat = idle.gait.beat
    hop = 0.05 * actor.group.size * abs(math.sin(beat))
    return replace(idle, y=idle.y - hop, angle=0.03 * math.sin(beat * 2))


def _jump(actor: Actor, idle: Moment, second: float, _: float) -> Moment:
    hop = abs(math.sin(second * 2.2 + actor.phase))
    squash = 0.1 * (1 - min(1.0, hop * 4))
    gait = replace(idle.gait, up=1 - squash, across=1 + squash)
    return replace(idle, y=idle.y - 0.42 * actor.group.size * hop**0.8, gait=gait)


def _dance(actor: Actor, idle: Moment, second: float, _: float) -> Moment:
    size, swing = actor.group.size, math.sin(second * 3.2 + actor.phase)
    return replace(
        idle,
        y=idle.y - 0.07 * size * abs(swing),
        x=idle.x + 0.05 * size * math.sin(second * 1.6 + actor.phase),
        angle=0.13 * swing,
        gait=replace(idle.gait, lean=0.08 * swing),
    )


def _spin(actor: Actor, idle: Moment, second: float, _: float) -> Moment:
    """About its middle, which on the ground is as high as what is just now below it."""
    angle = actor.heading * second * 1.8
    half_wide, half_high = (side * actor.group.size / 2 for side in (actor.group.wide, actor.group.high))
    rolls = actor.group.zone is Zone.GROUND
    lifted = math.hypot(half_wide * math.sin(angle), half_high * math.cos(angle)) if rolls else half_high
    return replace(
        idle,
        x=idle.x - half_high * math.sin(angle),
        y=idle.y - lifted + half_high * math.cos(angle),
        angle=angle,
    )


def _wave(actor: Actor, idle: Moment, second: float, _: float) -> Moment:
    return replace(idle, angle=0.1 * math.sin(second * 3.2 + actor.phase))


def _surf(actor: Actor, idle: Moment, second: float, _: float) -> Moment:
    return replace(idle, angle=0.09 * math.sin(second * 1.7 + actor.phase) - 0.06 * actor.heading)


def _sleep(actor: Actor, idle: Moment, second: float, _: float) -> Moment:
    slow = math.sin(second * 1.5 + actor.phase)
    return replace(idle, gait=replace(idle.gait, up=0.97 + 0.025 * slow, across=1.02 - 0.012 * slow))


def _meet(actor: Actor, idle: Moment, second: float, _: float) -> Moment:
    """Kiss or fight: lean towards the other, or to and fro."""
    kissing = actor.group.subject.action is Action.KISS
    reach = 0.06 if kissing else 0.05 * math.sin(second * 5 + actor.phase)
    return replace(
        idle, x=idle.x + actor.heading * reach * actor.group.size, angle=actor.heading * reach * 1.2
    )


def _shake(actor: Actor, idle: Moment, second: float, _: float) -> Moment:
    """Laugh, sing or cry."""
    shake = 0.03 * math.sin(second * 5 + actor.phase)
    gait = replace(idle.gait, up=1 + shake, across=1 - shake)
    return replace(idle, gait=gait, angle=0.05 * math.sin(second * 3.2 + actor.phase))


def _grow(_: Actor, idle: Moment, second: float, length: float) -> Moment:
    return replace(idle, grown=0.45 + 0.6 * second / length)


def _melt(_: Actor, idle: Moment, second: float, length: float) -> Moment:
    share = second / length
    return replace(idle, gait=replace(idle.gait, up=1 - 0.6 * share, across=1 + 0.45 * share))


def _explode(actor: Actor, idle: Moment, second: float, length: float) -> Moment:
    """Swell, then burst; what is rooted only trembles."""
    if actor.group.figure.thing in ROOTED:
        return replace(idle, x=idle.x + 0.006 * math.sin(second * 9))
    share = second / length
    swollen = min(1.0, share / BURST)
    left = min(1.0, max(0.0, 1 - (share - BURST) / 0.14))
    return replace(
        idle, grown=max(0.02, (1 + 0.12 * swollen) * left), angle=0.02 * math.sin(second * 9) * swollen
    )


def _fallen(actor: Actor, idle: Moment, second: float, length: float) -> Moment:
    """Down or up through the frame, again and again; a single thing is in its middle half-way."""
    high = actor.group.high * actor.group.size
    down = 1 if actor.group.subject.action is Action.FALL else -1
    path = 1.0 + 2 * high
    if actor.group.subject.count > 1:
        way = (actor.phase + down * 0.07 * second / path) % 1.0
        y = way * path - high / 2
    else:
        y = 0.5 + high / 2 + down * 0.11 * (second - length / 2)
    turn = (
        0.15 * math.sin(second * 0.8 + actor.phase)
        if not is_alive(actor.group.figure.thing)
        else 0.2 * math.sin(second * 2)
    )
    return replace(idle, y=y, angle=turn)


_VERBS: Mapping[Action, _Verb] = {
    Action.RUN: _run, Action.JUMP: _jump, Action.DANCE: _dance, Action.SPIN: _spin, Action.FALL: _fallen,
    Action.RISE: _fallen, Action.WAVE: _wave, Action.SURF: _surf, Action.SLEEP: _sleep, Action.KISS: _meet,
    Action.FIGHT: _meet, Action.LAUGH: _shake, Action.SING: _shake, Action.CRY: _shake, Action.GROW: _grow,
    Action.MELT: _melt, Action.EXPLODE: _explode,
}  # fmt: skip
