"""A thing that was named joins the others, with all that has waited for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.families.sketch.habits import (
    BOARDS,
    FLOATERS,
    FOR_LYING,
    GLOVES,
    HOLDS_SMALL,
    OPEN,
    PERCHES,
    ROLLERS,
    SHOES,
    WORN,
    is_alive,
)
from engine.families.sketch.language.draft import DONE, PLACED, Draft
from engine.families.sketch.language.grammar import (
    COLOUR_AFTER,
    OF_ONE,
    is_and,
    is_of_one,
    is_the,
    says_of,
    says_sailing,
    says_worn,
)
from engine.families.sketch.language.notes import note_thing
from engine.families.sketch.language.players import is_cricket_bat, joins_game
from engine.families.sketch.language.tokens import Token
from engine.families.sketch.words import RGB, Action, Hour, Link, Shape, Subject, Weather

_SEVERAL = 3
_RAINED = 9  # things that rain
_TOGETHER = frozenset({Action.FIGHT, Action.RUN, Action.KISS, Action.DANCE})
_MADE_OF: Mapping[str, tuple[str, RGB, str]] = {
    "pirate-ship": ("sailboat", (112, 78, 60), "pirate-flag"),
    "goldfish": ("tropical-fish", (243, 140, 52), ""),
    "cherry-tree": ("deciduous-tree", (244, 168, 200), ""),
}
"""What is drawn from others: the thing, its colour, what it carries."""
_PAIRS = frozenset(
    {
        "headphone",
        "jeans",
        "shorts",
        "glasses",
        "sunglasses",
        "goggles",
        "ice-skate",
        "scissors",
        "steaming-bowl",
    }
)
"""What has a plural for one."""
_ACTS: Mapping[str, Link] = {
    "fishing-pole": Link.HOLD, "bathtub": Link.IN, "ice-skate": Link.ON, Shape.BOAT: Link.IN,
}  # fmt: skip
"""What an act is drawn as, and what it is to the one that does it."""
_MOONS = frozenset({Shape.MOON.value, "full-moon", "full-moon-face"})
_BORNE = frozenset({Link.EAT, Link.DRINK, Link.WEAR, Link.HOLD, Link.WITH})
_SEATS = FOR_LYING | ROLLERS | FLOATERS | PERCHES | OPEN | {"chair", "tent", "rock", "wood", "cloud", "horse"}
"""What one is on or in oneself, and not what one eats, wears or holds."""
_OF_TWO = frozenset({"person-with-crown"})
"""A king and a queen have one drawing."""


def add(reading: Draft, token: Token, name: str) -> None:
    """Add the thing that a word names, unless it is there already."""
    if name in _MOONS or (name == Shape.STAR and reading.link in {Link.WATCH, Link.UNDER}):
        reading.hour = reading.hour or Hour.NIGHT
    carried = ""
    if name in _MADE_OF:
        name, colour, carried = _MADE_OF[name]
        reading.colour = reading.colour or colour
    if token.guessed or is_cricket_bat(token, name):
        note_thing(reading, token, name)
    if not joins_game(reading, token, name) and not _named_again(reading, token, name):
        _join(reading, token, name)
        _append(reading, token, name)
        if carried:
            reading.things.append(Subject(thing=carried, link=Link.WEAR, to=len(reading.things) - 1))
        reading.again = None
    reading.words[name] = token.text
    reading.since.clear()


def _named_again(reading: Draft, token: Token, name: str) -> bool:
    """Let a thing that was named before have what has waited; False if none was, or it is another one."""
    if says_sailing(token.text) and any(thing.thing in FLOATERS for thing in reading.things):
        return True  # "a ship sailing" is one ship
    if name in _ACTS and reading.link in PLACED and reading.things and reading.things[-1].thing == name:
        reading.link = None  # "fishing with a fishing rod": the act named it already
    known = _same(reading, token, name)
    if known is None or reading.link:
        return False
    thing = reading.things[known]
    another = token.guessed and bool(reading.since)  # not right behind it: "gull birds"
    if another or (name in _OF_TWO and reading.words.get(name) != token.text):
        thing = replace(thing, count=thing.count + 1)
    elif reading.language in COLOUR_AFTER and reading.colour is None:
        reading.again = Subject(thing=name, count=_count(reading, token, name))
    scale = thing.scale if reading.scale == 1.0 else reading.scale
    reading.things[known] = replace(thing, colour=thing.colour or reading.colour, scale=scale)
    reading.named, reading.colour, reading.count = known, None, 0
    return True


def _same(reading: Draft, token: Token, name: str) -> int | None:
    """The thing that is named again; None where it is another of its kind: "a red cat and a blue cat"."""
    alike = [at for at, thing in enumerate(reading.things) if thing.thing == name]
    if reading.kin is not None:
        return None
    if not alike or name in _OF_TWO:
        return alike[0] if alike else None
    if reading.colour:
        known = [at for at in alike if reading.things[at].colour in {None, reading.colour}]
        return known[0] if known and (reading.things[known[0]].colour or is_the(reading.before)) else None
    if _is_joined(reading) and not token.guessed and (reading.count or is_of_one(reading.before)):
        return None
    return alike[-1]


def _count(reading: Draft, token: Token, name: str) -> int:
    one = name in _PAIRS | SHOES | GLOVES or (
        name == "fishing-pole" and reading.link is Link.HOLD
    )  # Männer angeln
    of_one = reading.before in OF_ONE or (reading.language == "en" and is_of_one(reading.before))
    several = token.plural and not of_one and not one  # "a guys toe" is of one guy
    return reading.count or (_SEVERAL if several else 1)


def _append(reading: Draft, token: Token, name: str) -> None:
    """Add another thing, with all that has waited for it."""
    count = _count(reading, token, name)
    action, link = reading.action, reading.link
    if reading.raining:
        reading.weather.discard(Weather.RAIN)
        count, action = _RAINED, Action.FALL
    place = len(reading.things)
    if _is_joined(reading):
        reading.joined.add(place)
    to = _partner(reading, name) if link and place and not reading.below else None
    if link is reading.loose and to is not None:
        reading.loose = None
    thing = Subject(
        thing=name, count=count, scale=reading.kin or reading.scale, colour=reading.colour,
        action=action if to is None else None, link=link if to is not None else None, to=to,
    )  # fmt: skip
    if reading.below and place and (reading.below in PLACED or is_alive(name)):
        # Who is on it comes first, as everywhere else.
        if reading.below is Link.WEAR and reading.things[-1].link in DONE:  # 花火を見ている浴衣の女の子
            thing = replace(thing, link=reading.things[-1].link, to=reading.things[-1].to, action=None)
        moved = [replace(one, to=place if one.to == place - 1 else one.to) for one in reading.things]
        reading.things[:] = [*moved[:-1], thing, replace(moved[-1], link=reading.below, to=place - 1)]
    else:
        reading.things.append(thing)
    reading.named = len(reading.things) - 1
    if to is None:
        reading.action = None
    reading.colour, reading.count, reading.link, reading.raining = None, 0, None, False
    # "Wearing glasses, a dog": who does it comes behind.
    reading.of_next, reading.below = False, link if link in DONE and not place else None


def _partner(reading: Draft, name: str) -> int:
    """Which of the things before a thing belongs with: the last, or who rides on it or does the rest."""
    things, last = reading.things, len(reading.things) - 1
    holder = things[last].to
    if reading.link in DONE or (name in BOARDS and reading.link is Link.ON):
        return next((at for at in range(last, -1, -1) if is_alive(things[at].thing)), last)
    seats = reading.link in {Link.ON, Link.IN} and name not in HOLDS_SMALL
    seats |= reading.link is Link.WITH and not is_alive(things[last].thing)  # a player with a ball and a bat
    if seats and holder is not None and things[last].link in {Link.WITH, Link.HOLD}:
        return holder  # "a girl with a cat on a bicycle", "a pirate with a parrot on his shoulder on a ship"
    if reading.link in {Link.ON, Link.IN} and name in _SEATS - HOLDS_SMALL:  # a hamster eating on the couch
        return _bearer(things, last)
    return last


def _bearer(things: list[Subject], at: int) -> int:
    """Who eats, wears or holds a thing; the thing itself where nobody does."""
    to = things[at].to
    return at if to is None or things[at].link not in _BORNE else _bearer(things, to)


def _join(reading: Draft, token: Token, name: str) -> None:
    """What the thing before does with this one, where the verb alone does not say it."""
    last = reading.things[-1] if reading.things else None
    if last is None:
        return
    if is_alive(name) and _is_of_clothes(reading, last):
        reading.below = Link.WEAR
    clad = is_alive(last.thing) and says_worn(reading.before)
    worn = last.link is Link.WEAR or (last.link is Link.WITH and last.thing in WORN)
    if name in WORN and reading.link is None and (clad or worn):
        reading.link = Link.WEAR
    if last.action is Action.FLY and name == "kite":
        reading.things[-1] = replace(last, action=None)
    elif is_alive(last.thing) and reading.link is None and _acts(reading, token, name):
        reading.link = _ACTS.get(name, Link.ON)
    elif last.action in _TOGETHER and is_alive(name) and reading.link is None and reading.kind == "verb":
        reading.action = last.action


def _is_of_clothes(reading: Draft, last: Subject) -> bool:
    """Whether who comes next wears what was named: 帽子の猫 is a cat with a hat."""
    free = last.thing in WORN and last.link is not Link.WEAR and reading.link is None
    return free and says_of(reading.language, reading.words.get(last.thing, ""), reading.before)


def _acts(reading: Draft, token: Token, name: str) -> bool:
    """Whether a thing is what the one before does: "a man fishing", "a bear taking a bath"."""
    if name == Shape.BOAT and not says_sailing(token.text):
        return False
    return name in BOARDS or (name in _ACTS and not _is_joined(reading))


def _is_joined(reading: Draft) -> bool:
    """Whether an "and" stands behind the last thing."""
    return any(is_and(reading.language, one.text) for one in reading.since)
