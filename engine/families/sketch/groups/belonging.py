"""Which linked things have a place of their own, and where that is: on the ground, in water, in the air."""

from __future__ import annotations

from engine.families.sketch.groups.group import Zone
from engine.families.sketch.habits import (
    BOARDS,
    ENTERED,
    FLOATERS,
    FLYERS,
    FOUR_LEGGED,
    LARGE,
    OPEN,
    PERCHES,
    ROLLERS,
    ROOTED,
    SITTING,
    SMALL,
    SWIMMERS,
    UMBRELLAS,
    is_alive,
)
from engine.families.sketch.words import Action, Link, Place, Subject, Vision

_PERCHED = SITTING | {"cat", "monkey", "chipmunk"}
_MOST_PERCHED = 2  # each sits on one of its own
_WITHOUT_GROUND = frozenset({Place.SPACE, Place.UNDERWATER, Place.SKY})


def is_separate(subject: Subject, by: Subject) -> bool:
    """Whether a linked thing has a place of its own in the scene."""
    thing = subject.thing
    if subject.link in {Link.CHASE, Link.WATCH, Link.OVER, Link.UNDER, None}:
        return thing not in UMBRELLAS
    if subject.link in {Link.ON, Link.IN} and thing in PERCHES and by.thing in _PERCHED:
        return (
            by.count > _MOST_PERCHED or by.action is Action.FLY or (thing, subject.link) == ("house", Link.IN)
        )
    if subject.link is Link.ON and (by.action is Action.FLY or by.thing in FLYERS - SITTING):
        return thing not in BOARDS
    if subject.link in {Link.HOLD, Link.WITH}:
        return (is_alive(thing) and thing not in SMALL) or thing in LARGE | ROOTED | ROLLERS
    if subject.link is Link.IN and thing not in OPEN | FLOATERS | ROLLERS | ENTERED:
        return True
    return subject.link in {Link.ON, Link.IN} and thing in LARGE - FLOATERS - FOUR_LEGGED - ROLLERS


def zone_of(subject: Subject, vision: Vision, props: list[Subject]) -> Zone:
    """Where a thing belongs in this scene."""
    thing, place = subject.thing, vision.place
    if thing in ROOTED:
        return Zone.GROUND
    if subject.action in {Action.FLY, Action.FALL, Action.RISE} or place in _WITHOUT_GROUND:
        return Zone.AIR
    things = {thing, *(prop.thing for prop in props)}
    if place in {Place.SEA, Place.BEACH} and (
        things & (FLOATERS | SWIMMERS | {"water-wave"}) - {"turtle"}
        or subject.action in {Action.SWIM, Action.SURF}
    ):
        return Zone.WATER
    if thing in FLYERS - SITTING or "broom" in things:
        return Zone.AIR
    return Zone.GROUND
