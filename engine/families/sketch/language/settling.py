"""Where and when a scene is, when no word says so."""

from __future__ import annotations

from engine.families.sketch.habits import FLOATERS, FLYERS, HOME, SWIMMERS, is_alive
from engine.families.sketch.words import Action, Hour, Link, Place, Shape, Subject

_NOT_FOR_FEET = frozenset({Place.UNDERWATER, Place.SKY, Place.SPACE})


def usual_place(things: list[Subject], salt: int) -> Place:
    """Where these things are at home; without a home, out in the open."""
    wet = {Action.SWIM, Action.SURF} & {thing.action for thing in things}
    if wet:
        return Place.UNDERWATER if things[0].thing in SWIMMERS and Action.SURF not in wet else Place.SEA
    for thing in things:
        home = _home(thing, things[0])
        if home is not None:
            return home
    return (Place.FIELD, Place.FIELD, Place.FIELD, Place.MOUNTAIN)[salt % 4]


def _home(thing: Subject, first: Subject) -> Place | None:
    """Where a thing lives, if the first thing of the text can be there too."""
    carried = thing.to is not None and thing.link not in {Link.RIDE, Link.DRIVE, Link.ON, Link.IN}
    grounded = is_alive(first.thing) and first.thing not in FLYERS | SWIMMERS and thing is not first
    if thing.to is not None and not carried and thing.thing in SWIMMERS:
        return Place.SEA
    for place, names in HOME.items():
        if thing.thing not in names or (carried and place is not Place.ROOM):
            continue
        if not (grounded and place in _NOT_FOR_FEET):
            return place
    return None


def walks(things: list[Subject]) -> bool:
    """Whether the first thing needs ground under its feet."""
    first = things[0]
    carried = {
        thing.thing
        for thing in things
        if thing.to == 0 and thing.link in {Link.RIDE, Link.ON, Link.IN, Link.DRIVE}
    }
    afloat = first.thing in FLOATERS | SWIMMERS | FLYERS or carried & (FLOATERS | SWIMMERS | {"water-wave"})
    return (
        is_alive(first.thing)
        and not afloat
        and first.action not in {Action.SWIM, Action.SURF, Action.FLY, Action.FALL}
    )


def usual_hour(things: list[Subject], place: Place, salt: int) -> Hour:
    """The hour of things that belong to the night; else one by chance, mostly the day."""
    if place is Place.SPACE or any(
        thing.thing in {Shape.LANTERN, "ghost", "bat", "fireworks"} for thing in things
    ):
        return Hour.NIGHT
    return (Hour.DAY, Hour.DAWN, Hour.DAY, Hour.DAY, Hour.SUNSET)[salt // 4 % 5]
