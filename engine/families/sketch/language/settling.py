"""What only the whole text tells: who does what, and where and when a scene is when no word says so."""

from __future__ import annotations

from dataclasses import replace

from engine.families.sketch.habits import (
    AIRCRAFT,
    FLOATERS,
    FLYERS,
    FOR_LYING,
    HOLDS_SMALL,
    HOME,
    INDOORS,
    LARGE,
    OPEN,
    PERCHES,
    ROLLERS,
    ROOTED,
    SWIMMERS,
    UMBRELLAS,
    VESSELS,
    WINGED,
    WORN,
    is_alive,
    is_person,
    works_at,
)
from engine.families.sketch.language.draft import DONE, MOST_KINDS, PLACED, Draft
from engine.families.sketch.language.fleeing import chased
from engine.families.sketch.language.grammar import VERB_BETWEEN
from engine.families.sketch.words import Action, Hour, Link, Place, Shape, Subject, Weather

_IN_THE_SKY = frozenset({"crescent-moon", "full-moon", "full-moon-face", "sun", "star"})
_MOUNTED = frozenset({Link.RIDE, Link.DRIVE, Link.ON, Link.IN})
_OFF_THE_GROUND = frozenset({Action.FLY, Action.JUMP, Action.FALL, Action.RISE})
_APART = frozenset({Link.OVER, Link.UNDER, Link.WATCH, Link.CHASE, Link.WITH})
_GROUNDS = (Place.MOUNTAIN, Place.CITY, Place.SEA, Place.LAKE, Place.DESERT, Place.FOREST)
_FOR_SEVERAL = FOR_LYING | FLOATERS | OPEN | VESSELS | {"sled", "magic-carpet", "hot-air-balloon"}
_NOT_FOR_FEET = frozenset({Place.UNDERWATER, Place.SKY, Place.SPACE})


def settled(draft: Draft) -> list[Subject]:
    """The things, with the links made good that only the whole text tells."""
    things = draft.things[:MOST_KINDS]
    things = chased(draft, things)
    if draft.below in PLACED and len(things) > 1 and things[-1].to is None:
        things[-1] = replace(things[-1], link=draft.below, to=len(things) - 2)
    if draft.language in VERB_BETWEEN:
        _turn(things)
    if draft.loose and len(things) > 1 and things[-1].to is None and draft.language != "en":
        # The verb stood last, as in Japanese or Turkish: the last thing is what it is done to.
        last = len(things) - 1
        by = next((at for at in range(last - 1, -1, -1) if is_alive(things[at].thing)), last - 1)
        things[-1] = replace(things[-1], link=draft.loose, to=by, action=None)
    if draft.action is not None and things:
        things = [
            replace(thing, action=draft.action) if thing.action is None and thing.to is None else thing
            for thing in things
        ]
    for at, thing in enumerate(things):
        if thing.to is not None and thing.link in {Link.WITH, Link.ON, Link.IN} and thing.thing in WORN:
            things[at] = replace(thing, link=Link.WEAR)
    _set_right(draft, things)
    if draft.plays and not any(thing.link is Link.HOLD for thing in things):
        things = [
            replace(one, action=one.action or Action.JUMP) if is_alive(one.thing) else one for one in things
        ]
    if any(thing.action is Action.FALL for thing in things) and draft.weather & {
        Weather.SNOW, Weather.RAIN, Weather.WIND,
    } and len(things) == 1 and things[0].count == 1:  # fmt: skip
        things = [replace(thing, action=None) for thing in things]  # it is the snow that falls
    return things


def _set_right(draft: Draft, things: list[Subject]) -> None:
    """Change links that a preposition says, but that cannot be meant."""
    _share_seats(draft, things)
    for at in range(1, len(things)):
        pilot, craft = things[at - 1], things[at]
        flies = pilot.action is Action.FLY and is_alive(pilot.thing) and pilot.thing not in FLYERS
        if flies and craft.thing in AIRCRAFT and craft.to is None and at not in draft.joined:
            things[at - 1] = replace(pilot, action=None)
            things[at] = replace(craft, link=Link.DRIVE, to=at - 1, action=None)
    for at, thing in enumerate(things):
        if thing.to is None:
            continue
        if draft.afloat and thing.link is Link.ON and things[thing.to].action is Action.SWIM:
            things[thing.to] = replace(things[thing.to], action=None)  # it lies on this, and not in the water
        doer = things[thing.to]
        if thing.link is Link.ON and thing.thing in _IN_THE_SKY and doer.action is Action.SING:
            things[at] = replace(thing, link=Link.WATCH)  # "на луну": to howl at the moon
        elif thing.link is Link.OVER and _stands_on(draft.language, doer, thing.thing):
            mounted = any(other.to == thing.to and other.link in _MOUNTED for other in things)
            things[at] = replace(thing, link=thing.link if mounted else Link.ON)


def _share_seats(draft: Draft, things: list[Subject]) -> None:
    """Let who was named before another share the seat: "a boy and a dog on a couch"."""
    for at, seat in enumerate(things):
        last = seat.to
        shelters = seat.thing in UMBRELLAS and seat.link is Link.UNDER
        if (
            last is None
            or last == 0
            or not (seat.link in _MOUNTED or shelters)
            or not is_alive(things[last].thing)
        ):
            continue
        pet = seat.thing in HOLDS_SMALL  # "a girl with a cat in a basket"
        holder = things[last].to if things[last].link is Link.WITH and not pet else None
        one, other = things[last - 1], things[last]
        both = one.to is None and other.to is None and is_alive(one.thing) and one.action is other.action
        if holder is None and both and last in draft.joined and seat.thing in _FOR_SEVERAL:
            holder = last - 1
            things[last] = replace(other, link=Link.WITH, to=holder)
        if holder is not None and is_alive(things[holder].thing):
            things[at] = replace(seat, to=holder)


def _stands_on(language: str, doer: Subject, thing: str) -> bool:
    """Whether what is "over" a thing stands on it: "un gatto sopra una macchina"."""
    walks = is_alive(doer.thing) and doer.thing not in FLYERS | WINGED | SWIMMERS
    tops = ROLLERS | FOR_LYING | {"chair"} | (PERCHES if language == "it" else frozenset())
    return walks and doer.action not in _OFF_THE_GROUND and thing in tops


def _turn(things: list[Subject]) -> None:
    """Let the living do what was read as done to them, where the verb stands between both."""
    for at, doer in enumerate(things):
        to = at - 1
        if doer.link not in DONE or doer.to != to or not is_alive(doer.thing):
            continue
        done_to = things[to]
        if done_to.to is not None:
            continue
        things[to] = replace(doer, link=None, to=None, action=done_to.action)
        things[at] = replace(done_to, link=doer.link, to=to, action=None)
        for other, one in enumerate(things):
            if other != at and one.to == at:
                things[other] = replace(one, to=to)


def place_of(draft: Draft, things: list[Subject], salt: int) -> Place:
    """Where the scene is: where a word says, else where its things are at home."""
    place = draft.place or (Place.SEA if draft.afloat else _usual_place(things, salt))
    if place is Place.SEA and any(thing.thing == "coral" for thing in things):
        return Place.UNDERWATER
    if place is Place.SEA and things and not draft.afloat and _walks(things):
        return Place.BEACH
    return place


def _usual_place(things: list[Subject], salt: int) -> Place:
    """Where these things are at home; without a home, out in the open."""
    if any(thing.thing == "puddle" for thing in things):
        return Place.FIELD  # also for ducks: there is no puddle on a lake
    wet = {Action.SWIM, Action.SURF} & {thing.action for thing in things}
    if wet:
        return Place.UNDERWATER if things[0].thing in SWIMMERS and Action.SURF not in wet else Place.SEA
    within = any(_is_within(thing) for thing in things)
    for thing in things:
        home = Place.ROOM if within and thing.thing not in ROOTED else _home(thing, things[0])
        if home is Place.SKY:
            home = _below(things) or home
        if home is Place.UNDERWATER and any(one.thing in FLOATERS - HOME[home] for one in things):
            return Place.SEA  # "an octopus attacking a ship"
        if home is not None:
            return home
    wild = all(is_alive(thing.thing) for thing in things) and not any(is_person(one.thing) for one in things)
    return (Place.FIELD, Place.FIELD, Place.FIELD, Place.MOUNTAIN if wild else Place.FIELD)[salt % 4]


def _is_within(thing: Subject) -> bool:
    """Whether somebody is in, or sits on, what stands in rooms."""
    return thing.thing in INDOORS and thing.to is not None and thing.link in {Link.IN, Link.ON}


def _below(things: list[Subject]) -> Place | None:
    """Where what cannot be among clouds has its ground; None if everything can."""
    aloft = {thing.to for thing in things if thing.link in _MOUNTED and thing.thing in FLYERS}
    for at, thing in enumerate(things):
        borne = at in aloft or (thing.to is not None and thing.link not in _APART)
        if thing.thing in FLYERS | WINGED or borne:
            continue
        if thing.thing in ROOTED | LARGE | FLOATERS | ROLLERS or is_alive(thing.thing):
            return next((place for place in _GROUNDS if thing.thing in HOME[place]), Place.FIELD)
    return None


def _home(thing: Subject, first: Subject) -> Place | None:
    """Where a thing lives, if the first thing of the text can be there too."""
    carried = thing.to is not None and thing.link not in {Link.RIDE, Link.DRIVE, Link.ON, Link.IN}
    grounded = is_alive(first.thing) and first.thing not in FLYERS | SWIMMERS and thing is not first
    if thing.to is not None and not carried and thing.thing in SWIMMERS:
        return Place.SEA
    if thing is first and works_at(thing.thing) is not None:
        return works_at(thing.thing)
    if thing is first and thing.thing in INDOORS:
        return Place.ROOM
    for place, names in HOME.items():
        if thing.thing not in names or (carried and place is not Place.ROOM):
            continue
        if not (grounded and place in _NOT_FOR_FEET):
            return place
    return None


def _walks(things: list[Subject]) -> bool:
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


def hour_of(draft: Draft, things: list[Subject], place: Place, salt: int) -> Hour:
    """The hour that a word says, or that its things belong to; else one by chance, mostly the day."""
    if draft.hour is not None:
        return draft.hour
    if draft.clear:
        return Hour.DAY
    if place is Place.SPACE or any(
        thing.thing in {Shape.LANTERN, "ghost", "bat", "fireworks"} for thing in things
    ):
        return Hour.NIGHT
    return (Hour.DAY, Hour.DAWN, Hour.DAY, Hour.DAY, Hour.SUNSET)[salt // 4 % 5]
