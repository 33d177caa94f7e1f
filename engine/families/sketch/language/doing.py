"""Which of the things of a text a verb is said of."""

from __future__ import annotations

from engine.families.sketch.habits import LARGE, ROOTED, is_alive, is_person
from engine.families.sketch.language.draft import Draft
from engine.families.sketch.language.grammar import is_and, is_article, may_lift
from engine.families.sketch.language.tokens import Token
from engine.families.sketch.words import Action, Link, Subject

_OF_THE_LIVING = frozenset(Action) - {
    Action.FLY, Action.FALL, Action.RISE, Action.SPIN, Action.EXPLODE, Action.BURN, Action.SHINE, Action.GROW,
    Action.MELT,
}  # fmt: skip
_BEFALLS = frozenset({Action.BURN, Action.MELT, Action.EXPLODE, Action.SHINE})
"""What befalls a thing: it is said of the nearest one, and not of who stands by."""
_CASTERS = ("-mage", "-fairy", "genie")
"""Who makes it shine: "a wizard with a hat casting a spell"."""
_SEEN = frozenset({Link.WATCH, Link.CHASE})
_APART = frozenset({Link.WATCH, Link.CHASE, Link.OVER, Link.UNDER, None})
"""How a thing is linked that moves by itself; the others move with who rides, wears or holds them."""
_VERBS = frozenset({"verb", "transitive"})


def doers(reading: Draft, action: Action) -> list[int]:
    """Of the things before a verb those that do it; each does one thing."""
    if _has_object(reading, action):
        return [len(reading.things) - 1]
    things = reading.things
    casts = action is Action.SHINE and any(thing.thing.endswith(_CASTERS) for thing in things)
    if action in _BEFALLS and not casts:
        return _nearest(reading)
    free = [at for at, thing in enumerate(things) if thing.action is None and thing.to is None]
    if action in _OF_THE_LIVING or casts:  # "snow on a mountain, a fox running": no mountain runs
        free = [at for at in free if is_alive(things[at].thing)] or free
    return free


def lifts_something(reading: Draft, token: Token, rest: tuple[Token, ...]) -> bool:
    """Whether what lifts has an object: "a man lifting a car" does not rise himself."""
    if not may_lift(reading.language, token.text) or not reading.things:
        return False
    for follows in rest:
        meaning = follows.meaning
        if meaning is None or meaning.kind in {"number", "colour"} or meaning.describes:
            continue
        if meaning.kind == "small" and is_article(reading.language, follows.text):
            continue
        return meaning.kind == "thing"
    return False


def awaits_object(reading: Draft) -> bool:
    """Whether somebody watches or chases what has not been named yet: "watching falling leaves"."""
    return reading.link in _SEEN and reading.kind == "transitive"


def _has_object(reading: Draft, action: Action) -> bool:
    """Whether a verb is said of what somebody watches or chases: "a boy watching a dog dancing"."""
    if not reading.things or reading.kind in _VERBS or is_and(reading.language, reading.before):
        return False
    last = reading.things[-1]
    does = is_alive(last.thing) or action not in _OF_THE_LIVING
    return last.link in _SEEN and last.action is None and does


def _nearest(reading: Draft) -> list[int]:
    """The nearest thing that has a place of its own, and its like that "and" joins to it."""
    things = reading.things
    at = next((at for at in range(len(things) - 1, -1, -1) if _stands_apart(things[at])), None)
    if at is None or things[at].action is not None:
        return []
    found = [at]
    while at in reading.joined and _alike(things[at], things[at - 1]) and things[at - 1].action is None:
        at -= 1
        found.append(at)
    return found


def _stands_apart(thing: Subject) -> bool:
    return thing.link in _APART or thing.thing in LARGE | ROOTED


def _alike(one: Subject, other: Subject) -> bool:
    """Whether both are people, or animals, or neither: of a firefighter and a house, the house is on fire."""
    return (is_alive(one.thing), is_person(one.thing)) == (is_alive(other.thing), is_person(other.thing))
