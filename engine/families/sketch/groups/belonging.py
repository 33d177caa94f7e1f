"""Which linked things have a place of their own, and where that is: on the ground, in water, in the air."""

from __future__ import annotations

from collections.abc import Sequence

from engine.families.sketch.groups.group import Zone
from engine.families.sketch.habits import (
    AIRCRAFT,
    ALIGHTING,
    BOARDS,
    CARRIED,
    CARRIED_HOUSES,
    CLIMBING,
    COOKWARE,
    CUDDLED,
    DWELLINGS,
    ENTERED,
    FLOATERS,
    FLYERS,
    FOUR_LEGGED,
    HANGING,
    LARGE,
    OF_ONE,
    OPEN,
    PERCHES,
    ROLLERS,
    ROOTED,
    SEE_THROUGH,
    SHADING,
    SHOULDERED,
    SITTING,
    SMALL,
    SWIMMERS,
    UMBRELLAS,
    VESSELS,
    WHEELCHAIRS,
    is_alive,
    is_person,
)
from engine.families.sketch.words import Action, Link, Place, Shape, Subject, Vision

_WITHIN = AIRCRAFT | VESSELS | SEE_THROUGH | WHEELCHAIRS
_WINGED_MOUNTS = frozenset({Shape.DRAGON.value, "phoenix-bird", "eagle"})
_ALOFT = frozenset({Action.FLY, Action.FALL, Action.RISE})
_BEARING = frozenset({Link.RIDE, Link.DRIVE, Link.ON, Link.IN})
_MOST_COMPANY = 2  # of who goes with somebody on one seat
_MOST_PERCHED = 2  # each sits on one of its own
_WITHOUT_GROUND = frozenset({Place.SPACE, Place.UNDERWATER, Place.SKY})
_ASHORE = frozenset({"turtle", "crab", "lobster", "seal"})
"""Swimmers that walk on a beach; a turtle does so wherever there is ground."""


def is_separate(subject: Subject, by: Subject, props: Sequence[Subject] = ()) -> bool:
    """Whether a linked thing has a place of its own in the scene; ``props``: what else ``by`` has."""
    thing = subject.thing
    if subject.link in {Link.CHASE, Link.WATCH, Link.OVER, Link.UNDER, None}:
        shaded = is_shaded(subject, by) and (by.count == 1 or not props)
        return thing not in UMBRELLAS and not shaded
    if _sits_there(subject, by):
        return by.count > _MOST_PERCHED
    if subject.link is Link.ON and (by.action is Action.FLY or by.thing in FLYERS - SITTING - ALIGHTING):
        return thing not in BOARDS
    if subject.link in {Link.HOLD, Link.WITH}:
        return _stands_by(subject, by)
    if subject.link is Link.IN and thing in COOKWARE and any(prop.link is Link.HOLD for prop in props):
        return True  # what somebody has is in it: "a witch makes a potion in her pot"
    beside = subject.link is Link.IN and thing not in OPEN | FLOATERS | ROLLERS | ENTERED | _WITHIN
    return beside or (
        subject.link in {Link.ON, Link.IN} and thing in LARGE - FLOATERS - FOUR_LEGGED - ROLLERS - AIRCRAFT
    )


def is_shaded(subject: Subject, by: Subject) -> bool:
    """Whether ``by`` is at the foot of what it is under."""
    large = by.thing in LARGE | ROOTED | FLYERS or by.action in _ALOFT
    return subject.link is Link.UNDER and subject.thing in SHADING and subject.count == 1 and not large


def is_for_one(seat: str) -> bool:
    """Whether a thing has room, or can be seen into, at one place alone."""
    return (
        seat in OF_ONE | WHEELCHAIRS | AIRCRAFT | {"chair", "seat"}
        or is_alive(seat)
        or seat in (FLOATERS & LARGE) - {Shape.BOAT}
    )


def is_company(subject: Subject, by: Subject, seat: Subject) -> bool:
    """Whether who goes with somebody is on the same seat, or in the arms where that bears one alone."""
    if subject.link is not Link.WITH or not is_alive(subject.thing) or subject.thing in LARGE | FLYERS:
        return False
    if is_for_one(seat.thing):
        return subject.thing in CARRIED and is_person(by.thing) and subject.count == 1
    return by.count == 1 and subject.count <= _MOST_COMPANY


def _sits_there(subject: Subject, by: Subject) -> bool:
    """Whether somebody sits on top of a thing, or is at home in it."""
    thing, link = subject.thing, subject.link
    if not is_alive(by.thing) or by.thing in LARGE or by.action in _ALOFT or link not in {Link.ON, Link.IN}:
        return False
    if thing in DWELLINGS and link is Link.IN:
        return True
    if link is Link.ON and (thing == Shape.HOUSE or by.thing in ALIGHTING | SITTING):
        return thing in PERCHES | (LARGE & ROOTED)
    return thing in PERCHES and thing != Shape.HOUSE and by.thing in CLIMBING


def _stands_by(subject: Subject, by: Subject) -> bool:
    """Whether what somebody has is too large for the hands."""
    thing = subject.thing
    if (thing in SHOULDERED and is_person(by.thing)) or (thing in DWELLINGS and by.thing in CARRIED_HOUSES):
        return subject.count > _MOST_PERCHED
    if (thing in SMALL and is_alive(by.thing)) or carries(by, subject):
        return False
    return is_alive(thing) or thing in LARGE | ROOTED | ROLLERS


def hangs(thing: str, props: list[Subject]) -> bool:
    """Whether a thing hangs from its branch: where nothing else bears it."""
    return thing in HANGING and not any(prop.link in _BEARING for prop in props)


def carries(by: Subject, subject: Subject) -> bool:
    """Whether somebody has another living being in the arms, or below the feet."""
    person = is_person(by.thing)
    held = subject.link is Link.HOLD or (subject.thing in CUDDLED and person)
    if person and subject.thing in SHOULDERED:
        return False
    return held and subject.thing in CARRIED and is_alive(by.thing) and by.thing not in CARRIED_HOUSES


def zone_of(subject: Subject, vision: Vision, props: list[Subject]) -> Zone:
    """Where a thing belongs in this scene."""
    thing, place = subject.thing, vision.place
    if thing in ROOTED:
        return Zone.GROUND
    flown = any(prop.thing in AIRCRAFT | _WINGED_MOUNTS and prop.link in _BEARING for prop in props)
    if hangs(thing, props) or flown:
        return Zone.AIR
    if subject.action in _ALOFT or place in _WITHOUT_GROUND:
        return Zone.AIR
    things = {thing, *(prop.thing for prop in props)}
    if place in {Place.SEA, Place.BEACH, Place.LAKE} and (
        things & (FLOATERS | SWIMMERS | {"water-wave"}) - ({"turtle"} if place is Place.SEA else _ASHORE)
        or subject.action in {Action.SWIM, Action.SURF}
    ):
        return Zone.WATER
    sits = (
        thing in SITTING
        or subject.action is Action.SLEEP
        or (thing in ALIGHTING and any(prop.link in {Link.ON, Link.IN} for prop in props))
    )
    if (thing in FLYERS and not sits) or "broom" in things:
        return Zone.AIR
    return Zone.GROUND
