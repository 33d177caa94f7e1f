"""Puts a thing and what goes with it together, each by its own kind of link."""

from __future__ import annotations

from dataclasses import replace

from engine.families.sketch.drawings import names
from engine.families.sketch.figures import OWN_COLOURS, Figure
from engine.families.sketch.groups.belonging import carries, is_company, is_for_one, is_shaded, zone_of
from engine.families.sketch.groups.group import Group, Zone
from engine.families.sketch.groups.holding import breathe, embrace, in_hands, shelter
from engine.families.sketch.groups.lifting import lift
from engine.families.sketch.groups.riding import accompany, ride
from engine.families.sketch.groups.sizes import size_of
from engine.families.sketch.groups.wearing import wear
from engine.families.sketch.habits import BOARDS, CLOTHES, FLYERS, UMBRELLAS, is_alive
from engine.families.sketch.words import Action, Link, Shape, Subject, Vision

_BY_HAND = frozenset({Link.LIFT, Link.EAT, Link.DRINK, Link.HOLD, Link.WITH})
_ABOVE = _BY_HAND | {Link.WEAR}  # an umbrella is worn in Korean
_MOUNTED = frozenset({Link.RIDE, Link.DRIVE, Link.ON, Link.IN})
_WITH_HANDS = frozenset({Action.DANCE, Action.SURF, Action.FIGHT, Action.SING, Action.WAVE, Action.KISS})
_SMALL_ASHORE, _ASHORE = frozenset({"fish", "tropical-fish", "blowfish"}), 0.55  # beside what walks
_IN_CLAWS = 0.6  # sizes of who flies with it
_HIGHEST = 0.84  # heights of a thing with all that is above it


def grouped(
    subject: Subject, props: list[Subject], vision: Vision, *, main: bool, alone: bool, riders: int = 1
) -> Group:
    """A thing, and what goes with it, put together.

    Args:
        main: it is the first thing of the text.
        alone: nothing else has a place of its own.
        riders: how many of it are on one and the same thing.
    """
    if subject.action is Action.SURF and not any(prop.thing in BOARDS | {"water-wave"} for prop in props):
        props = [*props, Subject(thing="water-wave", link=Link.ON, to=0)]
    subject = replace(subject, colour=subject.colour or OWN_COLOURS.get(subject.thing))
    figure = _figure(subject, props)
    group = Group(
        figure=figure,
        subject=subject,
        zone=zone_of(subject, vision, props),
        size=size_of(subject.thing, main=main, alone=alone) * subject.scale,
        wide=figure.wide,
        high=figure.high,
    )
    if subject.thing in _SMALL_ASHORE and group.zone is Zone.GROUND and not alone:
        group = replace(group, size=group.size * _ASHORE)
    hands = 0
    # Who goes along comes before what bears them all.
    for prop in sorted(props, key=lambda one: one.link is not Link.WITH or not is_alive(one.thing)):
        put = _about(group, prop) or _borne(group, prop, props, riders)
        if put is None:
            put, hands = in_hands(group, prop, hands)
        group = put
    return replace(group, size=min(group.size, _HIGHEST / group.high))


def _about(group: Group, prop: Subject) -> Group | None:
    """A thing with what is over it, on it or comes out of it; None for what is something else to it."""
    if is_shaded(prop, group.subject):
        return None
    if prop.link in {Link.OVER, Link.UNDER} or (prop.thing in UMBRELLAS and prop.link in _ABOVE):
        return shelter(group, prop)
    if prop.link is Link.WEAR or (prop.link, prop.thing) == (Link.WITH, "backpack"):
        return wear(group, prop)
    if (group.subject.thing, prop.thing) == (Shape.DRAGON, Shape.FIRE):
        return breathe(group, prop)
    return None


def _borne(group: Group, prop: Subject, props: list[Subject], riders: int) -> Group | None:
    """A thing with what bears it or is borne by it; None for what is in its hands."""
    subject = group.subject
    seats = [one for one in props if one.link in _MOUNTED]
    if prop.link is Link.WITH and any(is_company(prop, subject, seat) for seat in seats):
        return accompany(group, prop, alone_there=any(is_for_one(seat.thing) for seat in seats))
    if carries(subject, prop) and group.zone is Zone.AIR and subject.thing in FLYERS:
        return lift(group, prop, largest=_IN_CLAWS)
    if carries(subject, prop) and group.figure.stands:
        return embrace(group, prop)
    if prop.link is Link.LIFT:
        return lift(group, prop)
    if is_shaded(prop, subject) or prop.link in _MOUNTED or prop.thing == "water-wave":
        return ride(group, prop, riders)
    return None


def _figure(subject: Subject, props: list[Subject]) -> Figure:
    """The figure of a thing: one with a body where it needs hands, or something that can be dressed."""
    busy = subject.action in _WITH_HANDS or any(prop.link in _BY_HAND | _MOUNTED for prop in props)
    clad = any(prop.link is Link.WEAR and prop.thing in CLOTHES for prop in props)
    face = f"{subject.thing.removeprefix('black-')}-face"  # a whole animal has no body that could be dressed
    return Figure(face if clad and face in names() else subject.thing, busy=busy or clad)
