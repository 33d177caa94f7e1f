"""Which of its meanings a word has where it stands."""

from __future__ import annotations

from collections.abc import Mapping

from engine.families.sketch.habits import is_alive
from engine.families.sketch.language.draft import Draft
from engine.families.sketch.language.grammar import COLOUR_AFTER, is_article, is_indefinite
from engine.families.sketch.language.tokens import Token, next_kind
from engine.families.sketch.language.vocabulary import Meaning
from engine.families.sketch.words import Action, Link

_COLOURED = frozenset({"thing", "colour", "place", "weather", "hour"})
_FRUITS = frozenset({"tangerine", "rose", "chestnut", "coin"})
"""What has the same name as its colour; nobody who says "red" means an apple."""
_FLOWERS = frozenset({"violet", "violets", "lilac"})
_NAMED_LIKE_VERBS = frozenset({"fly", "water-wave"})
"""“A fly” and “a wave” are things; “a fight” is none, though a ninja goes by that word too."""
_DONE_WITH: Mapping[str, Mapping[str, str]] = {
    "nl": {"vissen": "fishing-pole", "zeilen": "sailboat", "skiën": "skis", "schaatsen": "ice-skate"},
}
"""Infinitives that look like nouns, and what is done with: behind somebody they are verbs."""
_LAW = frozenset({"costume", "tribunal", "robe", "procès", "juge", "client", "bureau", "plaide", "cravate"})
_RING = Meaning("thing", "ring")
_TAKEN = frozenset({"number", "transitive", "relation"})
"""After these a word of two meanings is a thing: "three oranges", "eats oranges", "with oranges"."""


def chosen(reading: Draft, token: Token, rest: tuple[Token, ...]) -> Meaning | None:
    """Of two meanings the one that fits: "an orange" is a thing, "an orange cat" is not."""
    meaning, other = token.meaning, token.other
    done_with = _DONE_WITH.get(reading.language, {}).get(token.text)
    if done_with and reading.things and is_alive(reading.things[-1].thing) and not reading.since:
        return Meaning("thing", done_with)
    if token.text.startswith("avocat") and reading.language == "fr" and _acts_at_law(rest):
        return Meaning("thing", "office-worker")
    if meaning is None or other is None:
        return Meaning("small", "undrawn") if meaning == _RING and _is_fought_in(reading) else meaning
    if meaning.kind == "colour":
        return Meaning("thing", other) if _is_no_colour(reading, token, other, rest) else meaning
    if meaning.kind == "verb" and is_indefinite(reading.language, reading.before):
        named = other in _NAMED_LIKE_VERBS or (reading.language == "en" and token.text in other.split("-"))
        return Meaning("thing", other) if named and not token.text.endswith("ing") else meaning
    return meaning


def _is_fought_in(reading: Draft) -> bool:
    """Whether a ring is one to box in, and none with a jewel."""
    return reading.link is Link.IN and any(one.action is Action.FIGHT for one in reading.things)


def _acts_at_law(rest: tuple[Token, ...]) -> bool:
    """Whether an "avocat" is a lawyer: avocados neither do anything nor have a suit."""
    does = bool(rest) and rest[0].meaning is not None and rest[0].meaning.kind in {"verb", "transitive"}
    return does or any(word in _LAW for token in rest for word in token.text.split())


def _is_no_colour(reading: Draft, token: Token, other: str, rest: tuple[Token, ...]) -> bool:
    follows = next_kind(rest)
    if reading.language in COLOUR_AFTER:
        if other in _FRUITS and follows != "thing" and _stands_alone(reading, token):
            return True
        if reading.things:
            return False
    return (other in _FRUITS or token.text in _FLOWERS) and follows not in _COLOURED


def _stands_alone(reading: Draft, token: Token) -> bool:
    """Whether a word stands where a noun does: behind an article, a number, what is done to it, a "with"."""
    if "'" in token.text:
        return True  # l'orange
    before = reading.since[-1] if reading.since else None
    if before is None or before.meaning is None:
        return False
    if is_article(reading.language, before.text):
        return True
    return before.meaning.kind in _TAKEN and reading.link not in {Link.WEAR, Link.IN}
