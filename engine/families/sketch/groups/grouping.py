"""Puts a thing and what goes with it together, each by its own kind of link."""

from __future__ import annotations

from dataclasses import replace

from engine.families.sketch.drawings import names
from engine.families.sketch.figures import OWN_COLOURS, Figure
from engine.families.sketch.groups.belonging import carries, zone_of
from engine.families.sketch.groups.group import Group, Zone
from engine.families.sketch.groups.holding import breathe, embrace, in_hands, shelter
from engine.families.sketch.groups.lifting import lift
from engine.families.sketch.groups.riding import ride
from engine.families.sketch.groups.sizes import size_of
from engine.families.sketch.groups.wearing import wear
from engine.families.sketch.habits import BOARDS, CLOTHES, FLYERS, UMBRELLAS
from engine.families.sketch.words import Action, Link, Shape, Subject, Vision

_BY_HAND = frozenset({Link.LIFT, Link.EAT, Link.DRINK, Link.HOLD, Link.WITH})
_ABOVE = _BY_HAND | {Link.WEAR}  # an umbrella is worn in Korean
_MOUNTED = frozenset({Link.RIDE, Link.DRIVE, Link.ON, Link.IN})
_WITH_HANDS = frozenset({Action.DANCE, Action.SURF, Action.FIGHT, Action.SING, Action.WAVE, Action.KISS})
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
    hands = 0
    for prop in props:
        if prop.link in {Link.OVER, Link.UNDER} or (prop.thing in UMBRELLAS and prop.link in _ABOVE):
            group = shelter(group, prop)
        elif prop.link is Link.WEAR or (prop.link, prop.thing) == (Link.WITH, "backpack"):
            group = wear(group, prop)
        elif (subject.thing, prop.thing) == (Shape.DRAGON, Shape.FIRE):
            group = breathe(group, prop)
        elif carries(subject, prop) and group.zone is Zone.AIR and subject.thing in FLYERS:
            group = lift(group, prop, largest=_IN_CLAWS)
        elif carries(subject, prop) and group.figure.stands:
            group = embrace(group, prop)
        elif prop.link is Link.LIFT:
            group = lift(group, prop)
        elif prop.link in _MOUNTED or prop.thing == "water-wave":
            group = ride(group, prop, riders)
        else:
            group, hands = in_hands(group, prop, hands)
    return replace(group, size=min(group.size, _HIGHEST / group.high))


def _figure(subject: Subject, props: list[Subject]) -> Figure:
    """The figure of a thing: one with a body where it needs hands, or something that can be dressed."""
    busy = subject.action in _WITH_HANDS or any(prop.link in _BY_HAND | _MOUNTED for prop in props)
    clad = any(prop.link is Link.WEAR and prop.thing in CLOTHES for prop in props)
    face = f"{subject.thing.removeprefix('black-')}-face"  # a whole animal has no body that could be dressed
    return Figure(face if clad and face in names() else subject.thing, busy=busy or clad)
