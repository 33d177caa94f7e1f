"""What the sketch makes of a prompt: things, how many, in which colour, what they do, where and when.

It goes through the words once. What stands before a thing (a number, a colour, a verb) waits for it; a verb
or a preposition between two things links them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace

from engine.core.sentence import Sentence
from engine.families.sketch.habits import BOARDS, FLOATERS, HOME, WORN, is_alive
from engine.families.sketch.language.choosing import chosen
from engine.families.sketch.language.colouring import COLOURS, pass_by, take_colour
from engine.families.sketch.language.doing import awaits_object, doers, lifts_something
from engine.families.sketch.language.draft import DONE, MOST_KINDS, PLACED, Draft
from engine.families.sketch.language.forms import GAPLESS
from engine.families.sketch.language.grammar import (
    COLOUR_AFTER,
    OBJECT_FIRST,
    OF_ONE,
    POSTPOSED,
    counts_the_last,
    is_and,
    is_indefinite,
    is_said_of_next,
)
from engine.families.sketch.language.players import joins_game, of_the_game
from engine.families.sketch.language.settling import settled, usual_hour, usual_place, walks
from engine.families.sketch.language.tokens import Token, tokens
from engine.families.sketch.language.vocabulary import Meaning
from engine.families.sketch.words import RGB, Action, Hour, Link, Place, Shape, Subject, Vision, Weather

_PASSED = frozenset({"small", "place", "hour", "weather"})
_MANY = {40: 4, 70: 7}  # "some" and "many" in data/speech
_MOST = 12
_SEVERAL = 3
_PACE = {"slow": 0.65, "fast": 1.5}
_A = frozenset({"a", "an"})
_THE = frozenset({"the"})
_FALLS = ("raining", "rains", "llue", "llov", "pleut", "regnet", "chove", "piove")
_IDLE = Meaning("small", "idle")
_UNDRAWN = "undrawn"
_SAILS = ("sailing", "sails", "sailed", "zeil")
_PLAY = "play"  # the verb that may go without an object: "dogs playing"
_CLAD = frozenset({"de", "à", "au", "aux"})
"""What stands before what somebody wears: "um cachorro de óculos"."""
_TOGETHER = frozenset({Action.FIGHT, Action.RUN, Action.KISS, Action.DANCE})
_MADE_OF: Mapping[str, tuple[str, RGB, str]] = {
    "pirate-ship": ("sailboat", (112, 78, 60), "pirate-flag"),
    "cherry-tree": ("deciduous-tree", (244, 168, 200), ""),
}
"""What is drawn from others: the thing, its colour, what it carries."""
_HOLDS_SMALL = frozenset({"basket", "bucket", "package", "handbag", "backpack"})
"""What an animal that goes with somebody is in, rather than both: "a girl with a cat in a basket"."""
_PAIRS = frozenset(
    {"headphone", "jeans", "shorts", "glasses", "sunglasses", "goggles", "ice-skate", "scissors"}
)
"""What has a plural for one."""
_ACTS: Mapping[str, Link] = {
    "fishing-pole": Link.HOLD, "bathtub": Link.IN, "ice-skate": Link.ON, Shape.BOAT: Link.IN,
}  # fmt: skip
"""What an act is drawn as, and what it is to the one that does it."""
_MOONS = frozenset({Shape.MOON.value, "full-moon", "full-moon-face"})
_OF_TWO = frozenset({"person-with-crown"})
"""A king and a queen have one drawing."""
_LEAVES = frozenset({"maple-leaf", "fallen-leaf", "leaf-fluttering-in-wind", "herb"})
_SPOKEN: Mapping[str, str] = {
    "man-beard": "man with a beard", "womans-hat": "hat", "ice": "block of ice", "wood": "log",
    "mouse-face": "mouse", "cowboy-hat-face": "cowboy", "cup-with-straw": "cup",
}  # fmt: skip
"""What drawings are called whose own names are none that people use."""
_SPOKEN_PLACES: Mapping[Place, str] = {
    Place.FIELD: "a meadow", Place.BEACH: "a beach", Place.SEA: "the sea", Place.FOREST: "a forest",
    Place.CITY: "a city", Place.MOUNTAIN: "mountains", Place.DESERT: "a desert", Place.SPACE: "space",
    Place.MOON: "the moon", Place.UNDERWATER: "the bottom of the sea", Place.SKY: "the sky",
    Place.ROOM: "a room", Place.BRIDGE: "a bridge",
}  # fmt: skip
_MOST_NAMED = 3  # words that a note names
_LONGEST = 24  # letters of each


def read(prompt: str) -> Vision:
    """Find in any text, an empty one too, what can be drawn of it."""
    language, found = tokens(prompt)
    reading = Draft(language)
    for at, token in enumerate(found):
        _take(reading, token, found[at + 1 :])
        if token.meaning is not None and token.meaning.kind != "small":
            reading.kind = token.meaning.kind
        if token.meaning is None or token.meaning.kind != "thing":
            reading.since.append(token)
        if token.meaning is None or token.meaning.kind in _PASSED:
            pass_by(reading, token, found[at + 1 :])
        if token.meaning != _IDLE:  # "a giant wave" is no waving
            reading.before = token.text
    things = settled(reading)
    text = " ".join(token.text for token in found)
    salt = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big")
    place = reading.place or usual_place(things, salt)
    if place is Place.SEA and any(thing.thing == "coral" for thing in things):
        place = Place.UNDERWATER
    if place is Place.SEA and things and walks(things):
        place = Place.BEACH
    hour = reading.hour or usual_hour(things, place, salt)
    return Vision(
        place=place,
        hour=hour,
        weather=frozenset(reading.weather),
        subjects=tuple(things),
        pace=min(2.0, max(0.5, reading.pace)),
        tint=reading.tint or reading.colour,
        salt=salt,
        notes=tuple(reading.notes + _unknown(reading, things)),
    )


def _take(reading: Draft, token: Token, rest: tuple[Token, ...]) -> None:
    meaning = of_the_game(reading, token, rest) or chosen(reading, token, rest)
    if meaning is not None:
        _TAKEN[meaning.kind](reading, token, meaning.key, rest)
    elif _weighs(token.text) if reading.language in GAPLESS else len(token.text) > 1:
        reading.strange.append(token.text)


def _small(reading: Draft, token: Token, key: str, _: tuple[Token, ...]) -> None:
    """Nothing can be drawn of it; what somebody may have asked for is said to be missing."""
    if key == _UNDRAWN:
        reading.strange.append(token.text)


def _thing(reading: Draft, token: Token, key: str, _: tuple[Token, ...]) -> None:
    _add(reading, token, key)


def _number(reading: Draft, token: Token, key: str, rest: tuple[Token, ...]) -> None:
    reading.count = min(_MOST, _MANY.get(int(key), int(key)))
    if reading.kind == "thing" and counts_the_last(reading.language, token, rest):
        reading.things[-1] = replace(reading.things[-1], count=reading.count)
        reading.count = 0
        return
    follows = rest[0].meaning.kind if rest and rest[0].meaning else ""
    if token.other == "person" and follows != "thing":  # "a couple on a bench" is people
        _add(reading, token, token.other)


def _speed(reading: Draft, _: Token, key: str, __: tuple[Token, ...]) -> None:
    reading.pace *= _PACE[key]


def _place(reading: Draft, token: Token, key: str, _: tuple[Token, ...]) -> None:
    """A place; a sofa is a room, and a thing in it."""
    if token.guessed and not reading.place:
        _note_standin(reading, token, _SPOKEN_PLACES[Place(key)])
    reading.place = Place(key) if key == Place.BRIDGE else reading.place or Place(key)
    _let_go(reading)
    reading.link = None
    if key == Place.ROOM and token.other in HOME[Place.ROOM]:
        reading.link = Link.ON if reading.things and is_alive(reading.things[-1].thing) else None
        _add(reading, token, token.other)


def _hour(reading: Draft, _: Token, key: str, __: tuple[Token, ...]) -> None:
    reading.hour, reading.link = reading.hour or Hour(key), None


def _weather(reading: Draft, token: Token, key: str, _: tuple[Token, ...]) -> None:
    if reading.link in PLACED and token.other in _LEAVES:
        _add(reading, token, token.other)  # what sits on a leaf sits on one
        return
    _let_go(reading)
    reading.weather.add(Weather(key))
    if key == Weather.AURORA:
        reading.hour = reading.hour or Hour.NIGHT
    reading.link = None
    reading.raining = token.text.startswith(_FALLS) and not reading.things


def _let_go(reading: Draft) -> None:
    """Forget the verb that was said of a place or of the weather."""
    reading.below = None
    if reading.of_next:
        reading.action, reading.of_next = None, False


def _weighs(text: str) -> bool:
    """Whether letters that were not understood look like a word: several of a syllabary, or a Chinese one."""
    if any("\u3400" <= letter <= "\u9fff" for letter in text):
        return True
    return len(text) > 1 and any(letter > "\u3100" or "\u30a0" < letter < "\u3100" for letter in text)


def _note_standin(reading: Draft, token: Token, drawn: str) -> None:
    reading.notes.append(Sentence("I drew {thing} for “{word}”", thing=drawn, word=token.text[:_LONGEST]))


def _colour(reading: Draft, _: Token, key: str, rest: tuple[Token, ...]) -> None:
    take_colour(reading, COLOURS[key], rest)


def _add(reading: Draft, token: Token, name: str) -> None:
    if name in _MOONS or (name == Shape.STAR and reading.link in {Link.WATCH, Link.UNDER}):
        reading.hour = reading.hour or Hour.NIGHT
    carried = ""
    if name in _MADE_OF:
        name, colour, carried = _MADE_OF[name]
        reading.colour = reading.colour or colour
    if token.guessed or (token.text == "bat" and name != "bat"):
        _note_standin(reading, token, _spoken(name))
    if not joins_game(reading, token, name) and not _is_there_already(reading, token, name):
        _join(reading, token, name)
        _append(reading, token, name)
        if carried:
            reading.things.append(Subject(thing=carried, link=Link.WEAR, to=len(reading.things) - 1))
        reading.again = None
    reading.words[name] = token.text
    reading.since.clear()


def _is_there_already(reading: Draft, token: Token, name: str) -> bool:
    """Whether a thing was named before."""
    if token.text.startswith(_SAILS) and any(thing.thing in FLOATERS for thing in reading.things):
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
    reading.things[known] = replace(thing, colour=thing.colour or reading.colour)
    reading.named, reading.colour, reading.count = known, None, 0
    return True


def _same(reading: Draft, token: Token, name: str) -> int | None:
    """The thing that is named again; None where it is another of its kind: "a red cat and a blue cat"."""
    alike = [at for at, thing in enumerate(reading.things) if thing.thing == name]
    if not alike or name in _OF_TWO:
        return alike[0] if alike else None
    if reading.colour:
        known = [at for at in alike if reading.things[at].colour in {None, reading.colour}]
        return known[0] if known and (reading.things[known[0]].colour or reading.before in _THE) else None
    joined = any(is_and(reading.language, one.text) for one in reading.since)
    if joined and not token.guessed and (reading.count or reading.before in _A | OF_ONE):
        return None
    return alike[-1]


def _count(reading: Draft, token: Token, name: str) -> int:
    one = name in _PAIRS or (name == "fishing-pole" and reading.link is Link.HOLD)  # Männer angeln
    several = token.plural and reading.before not in OF_ONE and not one
    return reading.count or (_SEVERAL if several else 1)


def _append(reading: Draft, token: Token, name: str) -> None:
    """Add a thing, with all that has waited for it."""
    count = _count(reading, token, name)
    action, link = reading.action, reading.link
    if reading.raining:
        reading.weather.discard(Weather.RAIN)
        count, action = 9, Action.FALL
    place = len(reading.things)
    if any(is_and(reading.language, one.text) for one in reading.since):
        reading.joined.add(place)
    to = _partner(reading, name) if link and place and not reading.below else None
    if link is reading.loose and to is not None:
        reading.loose = None
    thing = Subject(
        thing=name, count=count, colour=reading.colour, action=action if to is None else None,
        link=link if to is not None else None, to=to,
    )  # fmt: skip
    if reading.below and place and (reading.below in PLACED or is_alive(name)):
        # Who is on it comes first, as everywhere else.
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
    seats = reading.link in {Link.ON, Link.IN} and name not in _HOLDS_SMALL
    seats |= reading.link is Link.WITH and not is_alive(things[last].thing)  # a player with a ball and a bat
    if seats and holder is not None and things[last].link in {Link.WITH, Link.HOLD}:
        return holder  # "a girl with a cat on a bicycle", "a pirate with a parrot on his shoulder on a ship"
    return last


def _join(reading: Draft, token: Token, name: str) -> None:
    """What the thing before does with this one, where the verb alone does not say it."""
    last = reading.things[-1] if reading.things else None
    if last is None:
        return
    clad = is_alive(last.thing) and reading.before in _CLAD
    worn = last.link is Link.WEAR or (last.link is Link.WITH and last.thing in WORN)
    if name in WORN and reading.link is None and (clad or worn):
        reading.link = Link.WEAR
    if last.action is Action.FLY and name == "kite":
        reading.things[-1] = replace(last, action=None)
    elif is_alive(last.thing) and reading.link is None and _acts(reading, token, name):
        reading.link = _ACTS.get(name, Link.ON)
    elif last.action in _TOGETHER and is_alive(name) and reading.link is None and reading.kind == "verb":
        reading.action = last.action


def _acts(reading: Draft, token: Token, name: str) -> bool:
    """Whether a thing is what the one before does: "a man fishing", "a bear taking a bath"."""
    if name == Shape.BOAT and not token.text.startswith(_SAILS):
        return False
    joined = any(is_and(reading.language, one.text) for one in reading.since)
    return name in BOARDS or (name in _ACTS and not joined)


def _verb(reading: Draft, token: Token, key: str, rest: tuple[Token, ...]) -> None:
    """A verb goes to the things before it that do nothing yet; without any, to the next."""
    if lifts_something(reading, token, rest):
        _transitive(reading, token, Link.LIFT, rest)
        return
    action, waits = Action(key), awaits_object(reading)
    noun = is_indefinite(reading.language, reading.before)  # "a fight"
    reading.link = None
    found = doers(reading, action)
    if is_said_of_next(reading.language, token.text, rest):
        reading.action, reading.of_next = action, False
    elif found and not noun and not waits:
        for at in found:
            reading.things[at] = replace(reading.things[at], action=action)
    else:
        reading.action, reading.of_next = action, noun


def _transitive(reading: Draft, _: Token, key: str, __: tuple[Token, ...]) -> None:
    reading.plays |= key == _PLAY
    link, things = Link.HOLD if key == _PLAY else Link(key), reading.things
    if (
        reading.language in OBJECT_FIRST
        and reading.kind == "thing"
        and len(things) > 1
        and things[-1].to is None
        and is_alive(things[-2].thing)
        and not is_alive(things[-1].thing)
    ):
        things[-1] = replace(things[-1], link=link, to=len(things) - 2)
    else:
        reading.link = reading.loose = link


def _relation(reading: Draft, token: Token, key: str, __: tuple[Token, ...]) -> None:
    """A preposition links two things, unless a verb already does."""
    if reading.language in POSTPOSED and key != Link.WITH and "在" not in token.text:
        if reading.kind == "thing" and reading.things:
            _behind(reading, Link(key))
    elif reading.link is None or reading.link in PLACED:
        reading.link = Link(key)


def _behind(reading: Draft, link: Link) -> None:
    """A preposition that stands behind its thing: who is there was named before, or comes next."""
    last = len(reading.things) - 1
    if reading.things[last].link is Link.WITH:  # 在城堡上空
        reading.things[last] = replace(reading.things[last], link=link)
    elif last and reading.things[last].to is None and is_alive(reading.things[last - 1].thing):
        reading.things[last] = replace(reading.things[last], link=link, to=last - 1)
    elif reading.things[last].to is None:
        reading.below = link


_TAKEN: Mapping[str, Callable[[Draft, Token, str, tuple[Token, ...]], None]] = {
    "small": _small, "thing": _thing, "colour": _colour, "number": _number, "pace": _speed, "place": _place,
    "hour": _hour, "weather": _weather, "verb": _verb, "transitive": _transitive, "relation": _relation,
}  # fmt: skip


def _spoken(name: str) -> str:
    """The name of a drawing with its article, if it is one thing."""
    words = _SPOKEN.get(name) or name.removeprefix("person-").replace("-", " ")
    if words.endswith("s") and not words.endswith("ss"):
        return words
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _unknown(reading: Draft, things: list[Subject]) -> list[str]:
    notes: list[str] = []
    strange = list(dict.fromkeys(word[:_LONGEST] for word in reading.strange))
    if strange:
        named = ", ".join(f"“{word}”" for word in strange[:_MOST_NAMED])
        more = len(strange) - _MOST_NAMED
        notes.append(
            Sentence("the sketch does not know {words} and {count} more", words=named, count=more)
            if more > 0
            else Sentence("the sketch does not know {words}", words=named)
        )
    elif not things:
        notes.append(Sentence("the words name nothing that the sketch can draw, so this is the place alone"))
    if len(reading.things) > MOST_KINDS:
        notes.append(Sentence("only the first {count} kinds of things are drawn", count=MOST_KINDS))
    return notes
