"""What a member is told of a prompt: the words that were not understood, and what is drawn for others."""

from __future__ import annotations

from collections.abc import Mapping

from engine.core.sentence import Sentence
from engine.families.sketch.groups.belonging import is_separate
from engine.families.sketch.habits import ROOTED, is_alive
from engine.families.sketch.language.draft import MOST_KINDS, Draft
from engine.families.sketch.language.tokens import Token
from engine.families.sketch.words import Link, Place, Subject

_SPOKEN: Mapping[str, str] = {
    "man-beard": "man with a beard", "womans-hat": "hat", "ice": "block of ice", "wood": "log",
    "mouse-face": "mouse", "cowboy-hat-face": "cowboy", "cup-with-straw": "cup",
}  # fmt: skip
"""What drawings are called whose own names are none that people use."""
_SPOKEN_PLACES: Mapping[Place, str] = {
    Place.FIELD: "a meadow", Place.BEACH: "a beach", Place.SEA: "the sea", Place.FOREST: "a forest",
    Place.CITY: "a city", Place.MOUNTAIN: "mountains", Place.DESERT: "a desert", Place.SPACE: "space",
    Place.MOON: "the moon", Place.UNDERWATER: "the bottom of the sea", Place.SKY: "the sky",
    Place.ROOM: "a room", Place.BRIDGE: "a bridge", Place.LAKE: "a lake",
}  # fmt: skip
_AT = (ROOTED - {"window", "door"}) | {"sun", "crescent-moon", "full-moon", "cloud", "snowflake", "rainbow"}
"""What one is at where a word says "in": "in un cimitero"."""
_MOST_NAMED = 3  # words that a note names
_LONGEST = 24  # letters of each


def note_thing(reading: Draft, token: Token, name: str) -> None:
    """Note the drawing that stands in for a thing."""
    _note(reading, token, _spoken(name))


def note_place(reading: Draft, token: Token, place: Place) -> None:
    """Note the place that stands in for another."""
    _note(reading, token, _SPOKEN_PLACES[place])


def note_beside(reading: Draft, things: list[Subject]) -> None:
    """Note who is drawn beside what they are in or hold."""
    for subject in things:
        by = things[subject.to] if subject.to is not None else None
        if by is None or subject.link not in {Link.IN, Link.HOLD} or not is_alive(by.thing):
            continue
        apart = (
            is_alive(subject.thing)
            if subject.link is Link.HOLD
            else subject.thing not in _AT and not is_alive(subject.thing)
        )
        if apart and is_separate(subject, by) and by.count == subject.count == 1:
            reading.notes.append(
                Sentence(
                    "I drew {thing} beside {other}", thing=_spoken(by.thing), other=_spoken(subject.thing)
                )
            )


def _note(reading: Draft, token: Token, drawn: str) -> None:
    reading.notes.append(Sentence("I drew {thing} for “{word}”", thing=drawn, word=token.text[:_LONGEST]))


def _spoken(name: str) -> str:
    """The name of a drawing with its article, if it is one thing."""
    words = _SPOKEN.get(name) or name.removeprefix("person-").replace("-", " ")
    if words.endswith("s") and not words.endswith("ss"):
        return words
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def missing(reading: Draft, *, empty: bool) -> list[str]:
    """What is said of the words that draw nothing; ``empty``: no thing was found."""
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
    elif empty:
        notes.append(Sentence("the words name nothing that the sketch can draw, so this is the place alone"))
    if len(reading.things) > MOST_KINDS:
        notes.append(Sentence("only the first {count} kinds of things are drawn", count=MOST_KINDS))
    return notes
