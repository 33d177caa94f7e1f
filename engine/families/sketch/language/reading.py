"""What the sketch makes of a prompt: things, how many, in which colour, what they do, where and when.

It goes through the words once. What stands before a thing (a number, a colour, a verb) waits for it; a verb
or a preposition between two things links them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace

from engine.families.sketch.habits import is_alive
from engine.families.sketch.language.adding import add
from engine.families.sketch.language.choosing import chosen
from engine.families.sketch.language.colouring import COLOURS, pass_by, take_colour
from engine.families.sketch.language.draft import PLACED, Draft
from engine.families.sketch.language.forms import looks_like_a_word
from engine.families.sketch.language.grammar import counts_the_last, says_raining
from engine.families.sketch.language.kin import as_kin
from engine.families.sketch.language.linking import take_relation, take_transitive, take_verb
from engine.families.sketch.language.modifying import (
    is_beside_a_thing,
    modifies,
    names_the_kind,
    says_the_kind,
)
from engine.families.sketch.language.notes import missing, note_beside, note_place, note_thing
from engine.families.sketch.language.players import of_the_game
from engine.families.sketch.language.settling import hour_of, place_of, settled
from engine.families.sketch.language.sizing import SCALES, keeps_size, take_size
from engine.families.sketch.language.tokens import Token, tokens
from engine.families.sketch.words import Hour, Link, Place, Vision, Weather

_PASSED = frozenset({"small", "place", "hour", "weather"})
_MANY = {40: 4, 70: 7}  # "some" and "many" in data/speech
_MOST = 12
_PACES = {"slow": 0.65, "fast": 1.5}
_UNDRAWN = "undrawn"
_FURNITURE = frozenset(
    {"couch-and-lamp", "bed", "bathtub", "shower", "toilet", "chair", "window", "door", "television"}
    | {"mirror-ball", "microphone", "laptop"}
)
"""What rooms may be named after; "Küche" is no "Kuchen"."""
_ICE = "ice"
_LEAVES = frozenset({"maple-leaf", "fallen-leaf", "leaf-fluttering-in-wind", "herb"})
_OF_BOTH: Mapping[frozenset[Place | None], Place] = {
    frozenset({Place.BEACH, Place.LAKE}): Place.LAKE,
    frozenset({Place.BEACH, Place.DESERT}): Place.DESERT,
    frozenset({Place.BEACH, Place.SEA}): Place.BEACH,
    frozenset({Place.UNDERWATER, Place.SEA}): Place.UNDERWATER,
    frozenset({Place.SPACE, Place.MOON}): Place.MOON,
    frozenset({Place.SPACE, Place.SKY}): Place.SPACE,
}
"""Of two places that go together, the one that shows both: a shore is the lake's, and sand the desert's."""


def read(prompt: str) -> Vision:
    """Find in any text, an empty one too, what can be drawn of it."""
    language, found = tokens(prompt)
    reading = Draft(language)
    for at, word in enumerate(found):
        token = as_kin(reading, word, found[at + 1 :])
        _take(reading, token, found[at + 1 :])
        if not keeps_size(reading.language, token):
            reading.scale = 1.0
        if token.meaning is not None and token.meaning.kind != "small":
            reading.kind = token.meaning.kind
        if token.meaning is None or token.meaning.kind != "thing":
            reading.since.append(token)
        if token.meaning is None or token.meaning.kind in _PASSED:
            pass_by(reading, token, found[at + 1 :])
        if token.meaning is None or not token.meaning.describes:  # "a giant wave" is no waving
            reading.before = token.text
    things = settled(reading)
    note_beside(reading, things)
    text = " ".join(token.text for token in found)
    salt = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big")
    place = place_of(reading, things, salt)
    return Vision(
        place=place,
        hour=hour_of(reading, things, place, salt),
        weather=frozenset(reading.weather),
        subjects=tuple(things),
        pace=min(2.0, max(0.5, reading.pace)),
        tint=reading.tint or reading.colour,
        salt=salt,
        notes=tuple(reading.notes + missing(reading, empty=not things)),
    )


def _take(reading: Draft, token: Token, rest: tuple[Token, ...]) -> None:
    meaning = of_the_game(reading, token, rest) or chosen(reading, token, rest)
    if meaning is not None:
        _TAKEN[meaning.kind](reading, token, meaning.key, rest)
    elif looks_like_a_word(token.text, reading.language):
        reading.strange.append(token.text)


def _small(reading: Draft, token: Token, key: str, rest: tuple[Token, ...]) -> None:
    """Nothing but a size can be drawn of it; what somebody may have asked for is said to be missing."""
    if key in SCALES:
        take_size(reading, SCALES[key], rest)
    elif key == _UNDRAWN:
        reading.strange.append(token.text)


def _thing(reading: Draft, token: Token, key: str, rest: tuple[Token, ...]) -> None:
    since = {one.meaning.kind for one in reading.since if one.meaning is not None}
    if key == "window" and since >= {"weather", "relation"}:
        reading.place, reading.link = reading.place or Place.ROOM, None  # a room has a window of its own
        return
    if names_the_kind(reading.language, token, rest):
        reading.kinds.append(token)
        return
    if any(kind.guessed or kind.meaning != token.meaning for kind in reading.kinds):  # "a puppy dog" is a dog
        named = " ".join(one.text for one in (*reading.kinds, token))
        note_thing(reading, replace(token, text=named), key)
        token = replace(token, guessed=False)
    reading.kinds.clear()
    add(reading, token, key)


def _number(reading: Draft, token: Token, key: str, rest: tuple[Token, ...]) -> None:
    reading.count = min(_MOST, _MANY.get(int(key), int(key)))
    if reading.kind == "thing" and counts_the_last(reading.language, token, rest):
        reading.things[-1] = replace(reading.things[-1], count=reading.count)
        reading.count = 0
        return
    follows = rest[0].meaning.kind if rest and rest[0].meaning else ""
    if token.other == "person" and follows != "thing":  # "a couple on a bench" is people
        add(reading, token, token.other)


def _pace(reading: Draft, _: Token, key: str, __: tuple[Token, ...]) -> None:
    reading.pace *= _PACES[key]


def _place(reading: Draft, token: Token, key: str, rest: tuple[Token, ...]) -> None:
    """A place; a sofa is a room, and a thing in it."""
    if says_the_kind(reading.language, rest):
        return
    if token.guessed and not reading.place:
        note_place(reading, token, Place(key))
    _take_place(reading, token, Place(key), weak=is_beside_a_thing(reading.language, rest))
    _clear_sky(reading, key)
    if modifies(reading, rest):
        return
    _let_go(reading)
    on, reading.link = reading.link in {Link.ON, Link.IN}, None
    if key == Place.ROOM and token.other in _FURNITURE:
        alive = [is_alive(thing.thing) for thing in reading.things]
        reading.link = Link.ON if alive and (alive[-1] or (on and any(alive))) else None
        add(reading, replace(token, guessed=False), token.other)


def _take_place(reading: Draft, token: Token, place: Place, *, weak: bool) -> None:
    """The first place counts, but for the garden of a garden gnome; of another one it is said."""
    known = reading.place
    if place is Place.BRIDGE:
        reading.place = place
    elif (other := _OF_BOTH.get(frozenset({known, place}))) is not None:
        reading.place = other
    elif known is None or reading.weak_place:
        reading.place = place
    elif known not in {place, Place.BRIDGE} and not weak and not _follows_a_place(reading):
        note_place(reading, token, known)
    reading.weak_place = weak and (known is None or reading.weak_place)


def _follows_a_place(reading: Draft) -> bool:
    """Whether the word right before is a place: "a beach party"."""
    last = reading.since[-1].meaning if reading.since else None
    return last is not None and last.kind == "place"


def _clear_sky(reading: Draft, key: str) -> None:
    """A blue sky is that of the day, and tints nothing."""
    if key == Place.SKY and reading.colour == COLOURS["blue"]:
        reading.clear, reading.colour = True, None


def _hour(reading: Draft, _: Token, key: str, rest: tuple[Token, ...]) -> None:
    if says_the_kind(reading.language, rest):
        return
    reading.hour = reading.hour or Hour(key)
    if not modifies(reading, rest):
        reading.link = None


def _weather(reading: Draft, token: Token, key: str, rest: tuple[Token, ...]) -> None:
    floe = reading.afloat and reading.link is Link.ON and token.other == _ICE
    leaf = reading.link in PLACED and token.other in _LEAVES and key != Weather.AUTUMN
    if token.other is not None and (floe or leaf):
        add(reading, token, token.other)  # what sits on a leaf sits on one
        return
    if says_the_kind(reading.language, rest):
        return
    kept = reading.link if modifies(reading, rest) else None
    _let_go(reading)
    reading.weather.add(Weather(key))
    if key == Weather.AURORA:
        reading.hour = reading.hour or Hour.NIGHT
    reading.link = kept
    reading.raining = says_raining(token.text) and not reading.things


def _let_go(reading: Draft) -> None:
    """Forget the verb that was said of a place or of the weather."""
    reading.below = None
    if reading.of_next:
        reading.action, reading.of_next = None, False


def _colour(reading: Draft, _: Token, key: str, rest: tuple[Token, ...]) -> None:
    take_colour(reading, COLOURS[key], rest)


_TAKEN: Mapping[str, Callable[[Draft, Token, str, tuple[Token, ...]], None]] = {
    "small": _small, "thing": _thing, "colour": _colour, "number": _number, "pace": _pace, "place": _place,
    "hour": _hour, "weather": _weather, "verb": take_verb, "transitive": take_transitive,
    "relation": take_relation,
}  # fmt: skip
