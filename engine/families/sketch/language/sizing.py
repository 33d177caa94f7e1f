"""Which thing is said to be large or small, in any order of words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.families.sketch.language.draft import Draft
from engine.families.sketch.language.forms import GAPLESS
from engine.families.sketch.language.grammar import COLOUR_AFTER, COLOUR_LAST, is_and, is_article
from engine.families.sketch.language.tokens import Token

SCALES: Mapping[str, float] = {"large": 1.3, "little": 0.7}
_OVER = frozenset({"relation", "verb", "transitive"})
_KEPT = frozenset({"colour", "pace", "verb"})
"""What may stand between a size and its noun: "a tiny black dancing cat"."""


def take_size(reading: Draft, scale: float, rest: tuple[Token, ...]) -> None:
    """Give a size to its thing, or let it wait for the next."""
    if reading.things and _is_of_last(reading, rest):
        at = min(reading.named, len(reading.things) - 1)
        reading.things[at] = replace(reading.things[at], scale=scale)
    else:
        reading.scale = scale


def keeps_size(language: str, token: Token) -> bool:
    """Whether a size still waits for its noun behind a word: behind “big city” it does not."""
    meaning = token.meaning
    if meaning is None:
        return language not in GAPLESS
    if meaning.kind == "small":
        ends = is_article(language, token.text) or is_and(language, token.text)
        return not ends and meaning.key != "undrawn"
    return meaning.kind in _KEPT


def _is_of_last(reading: Draft, rest: tuple[Token, ...]) -> bool:
    """Whether a size is of the thing before it: "un gato grande", "a cat that is tiny"."""
    if reading.language in COLOUR_AFTER:
        begins = bool(rest) and rest[0].meaning is not None and rest[0].meaning.kind == "thing"
        return all(_describes(token) or (not begins and _is_small(reading, token)) for token in reading.since)
    if reading.language not in COLOUR_LAST or not all(_is_small(reading, token) for token in reading.since):
        return False
    follows = rest[0].meaning if rest else None
    return (
        not rest or is_and(reading.language, rest[0].text) or (follows is not None and follows.kind in _OVER)
    )


def _describes(token: Token) -> bool:
    return token.meaning is None or token.meaning.describes or token.meaning.kind == "colour"


def _is_small(reading: Draft, token: Token) -> bool:
    """Whether a word begins no new noun: "that", "is"."""
    if (
        token.meaning is None
        or is_article(reading.language, token.text)
        or is_and(reading.language, token.text)
    ):
        return False
    return token.meaning.kind == "small" and token.meaning.key != "undrawn"
