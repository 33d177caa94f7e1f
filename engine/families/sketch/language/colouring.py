"""Which thing a colour is of, in any order of words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.families.sketch.language.draft import Draft
from engine.families.sketch.language.grammar import COLOUR_AFTER, COLOUR_LAST, is_and, is_article
from engine.families.sketch.language.tokens import Token, next_kind
from engine.families.sketch.words import RGB, Link, Place

COLOURS: Mapping[str, RGB] = {
    "red": (222, 66, 58), "orange": (243, 140, 52), "yellow": (250, 206, 70), "green": (84, 168, 92),
    "cyan": (64, 186, 192), "blue": (70, 120, 216), "purple": (140, 84, 190), "pink": (244, 146, 178),
    "brown": (136, 92, 62), "black": (44, 44, 56), "white": (246, 244, 238), "grey": (146, 150, 160),
}  # fmt: skip
_SCENERY = frozenset({"place", "hour", "weather"})
_ENDS = frozenset({"relation", "verb", "transitive"})
"""What ends the words that describe a noun."""


def take_colour(reading: Draft, colour: RGB, rest: tuple[Token, ...]) -> None:
    """Give a colour to its thing, or let it wait for the next."""
    follows = next_kind(rest)
    if reading.language in COLOUR_AFTER and reading.kind == "place" and _is_clear_sky(reading, colour):
        return
    behind = reading.language in COLOUR_AFTER and (reading.count == 0 or follows != "thing")
    if not reading.things or not (behind or _is_said_last(reading, rest)):
        reading.colour = colour
    elif reading.kind in _SCENERY and not _is_thing_too(reading):
        reading.tint = reading.tint or colour
    elif not _noun_between(reading):
        _paint(reading, colour)
        reading.link = None if reading.link is Link.IN and not behind else reading.link


def _is_clear_sky(reading: Draft, colour: RGB) -> bool:
    """Whether a blue sky is meant, which is that of the day and tints nothing: "cielo azul"."""
    if reading.place is not Place.SKY or colour != COLOURS["blue"]:
        return False
    reading.clear = True
    return True


def _is_thing_too(reading: Draft) -> bool:
    """Whether the last place or weather is drawn as a thing as well: a sofa, a leaf."""
    word = reading.words.get(reading.things[-1].thing)
    return any(token.text == word for token in reading.since)


def _paint(reading: Draft, colour: RGB) -> None:
    """Colour what was named last; of a dog that has another colour already, it is a second one."""
    at = min(reading.named, len(reading.things) - 1)
    before, again = reading.things[at].colour, reading.again
    if again is not None and before not in {None, colour}:
        reading.things.append(replace(again, colour=colour))
        reading.named = len(reading.things) - 1
    else:
        reading.things[at] = replace(reading.things[at], colour=colour)
    reading.again = None


def pass_by(reading: Draft, token: Token, rest: tuple[Token, ...]) -> None:
    """Let a waiting colour go with the noun that it was of, if that is drawn as no thing: "a red fence"."""
    small = token.meaning is not None and token.meaning.key == "words"
    if reading.colour is None or small or _describes(reading, token, rest):
        return
    if token.meaning is not None and token.meaning.kind in _SCENERY:
        reading.tint, reading.colour = reading.tint or reading.colour, None
    elif reading.things or rest:
        reading.colour = None


def _describes(reading: Draft, token: Token, rest: tuple[Token, ...]) -> bool:
    """Whether a word stands before a noun, as far as is known: "a red fuzzy dragon", "a blue sea turtle"."""
    idle = token.meaning is not None and token.meaning.describes
    for at, follows in enumerate(rest):
        meaning = follows.meaning
        if is_and(reading.language, follows.text):  # "a red fence and a dog", "a red old and rusty car"
            if rest[at + 1 :] and _is_passed(rest[at + 1]):
                continue
            return False
        if meaning is None or _is_passed(follows):
            continue
        return meaning.kind not in _ENDS if idle else meaning.kind in {"thing", "colour"}
    return idle


def _is_passed(token: Token) -> bool:
    """Whether a word draws nothing, but is neither an article nor a preposition."""
    return token.meaning is None or (token.meaning.kind == "small" and token.meaning.key != "words")


def _is_said_last(reading: Draft, rest: tuple[Token, ...]) -> bool:
    if reading.language not in COLOUR_LAST or reading.count or reading.link not in {None, Link.IN}:
        return False
    if not rest:
        return reading.link is Link.IN
    meaning = rest[0].meaning
    if (
        meaning is None
        or meaning.kind not in {"relation", "small"}
        or meaning.describes
        or meaning.key == "undrawn"
    ):
        return False
    joins = is_and(reading.language, rest[0].text)
    return not (joins and len(rest) > 1 and rest[1].meaning is not None and rest[1].meaning.kind == "colour")


def _noun_between(reading: Draft) -> bool:
    """Whether a noun that is not drawn lies before a colour: "junto a una valla roja"."""
    begun = after_article = False
    for token in reading.since:
        meaning = token.meaning
        if _is_passed(token):
            known = meaning is not None and meaning.describes  # mostly adjectives
            if after_article if known else begun:
                return True
        elif meaning is not None and meaning.kind != "colour":
            begun = True
        after_article = is_article(reading.language, token.text)
    return False
