"""English words for places, hours and weather that say of what kind the next thing is: "rain boots"."""

from __future__ import annotations

from engine.families.sketch.habits import ROLLERS, UMBRELLAS, WORN, is_alive
from engine.families.sketch.language.draft import Draft
from engine.families.sketch.language.grammar import is_article
from engine.families.sketch.language.tokens import Token

_PLAYER = "player"
_PREPOSITIONS = frozenset(
    {"at", "by", "from", "to", "near", "through", "along", "across", "behind", "during"}
)


def says_the_kind(language: str, rest: tuple[Token, ...]) -> bool:
    """Whether what follows is only of a kind: a winter coat is worn and a school bus driven anywhere."""
    follows = rest[0].meaning if language == "en" and rest else None
    return follows is not None and follows.kind == "thing" and follows.key in WORN | ROLLERS | UMBRELLAS


def is_beside_a_thing(language: str, rest: tuple[Token, ...]) -> bool:
    """Whether a place stands right before a thing, and may only say of what kind it is: "a garden gnome"."""
    head = rest[0].meaning if language == "en" and rest and not rest[0].apart else None
    return head is not None and head.kind == "thing"


def names_the_kind(language: str, token: Token, rest: tuple[Token, ...]) -> bool:
    """Whether a thing only says of what kind the next one is: a taco truck is a truck, a dog house a house.

    Two things beside each other are one in English, unless a comma stands between them, both live ("a cat
    astronaut" has something of both), or the second is what the first does: "a man fishing".
    """
    spelt = token.text.replace(" ", "").isalpha()  # and no emoji, and nobody's: "mom's car"
    if language != "en" or not rest or token.plural or not spelt or rest[0].apart:
        return False
    head = rest[0].meaning
    if head is None or head.kind != "thing" or not rest[0].text[:1].isalpha() or rest[0].text.endswith("ing"):
        return False
    if token.meaning is None or any(after.text.startswith(_PLAYER) for after in rest[:2]):
        return False
    return token.meaning.key == head.key or not (is_alive(token.meaning.key) and is_alive(head.key))


def modifies(reading: Draft, rest: tuple[Token, ...]) -> bool:
    """Whether a word stands between a verb and its object: "drinking morning coffee"."""
    if reading.language != "en" or not rest or rest[0].meaning is None or rest[0].meaning.kind != "thing":
        return False
    for token in reversed(reading.since):
        meaning = token.meaning
        if token.text in _PREPOSITIONS or (meaning is not None and meaning.kind == "relation"):
            return False
        passed = meaning is None or meaning.describes or meaning.kind in {"colour", "number"}
        if not passed and not is_article("en", token.text):
            return True
    return True
