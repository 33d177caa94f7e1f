"""Which of its meanings a word has where it stands."""

from __future__ import annotations

from engine.families.sketch.language.draft import Draft
from engine.families.sketch.language.grammar import COLOUR_AFTER, is_article
from engine.families.sketch.language.tokens import Token
from engine.families.sketch.language.vocabulary import Meaning
from engine.families.sketch.words import Link

_COLOURED = frozenset({"thing", "colour", "place", "weather", "hour"})
_FRUITS = frozenset({"tangerine", "rose", "chestnut", "coin"})
"""What has the same name as its colour; nobody who says "red" means an apple."""
_FLOWERS = frozenset({"violet", "violets", "lilac"})
_TAKEN = frozenset({"number", "transitive", "relation"})
"""After these a word of two meanings is a thing: "three oranges", "eats oranges", "with oranges"."""
_ARTICLES = frozenset({"a", "an", "the", "one", "my", "your", "his", "her"})


def chosen(reading: Draft, token: Token, rest: tuple[Token, ...]) -> Meaning | None:
    """Of two meanings the one that fits: "an orange" is a thing, "an orange cat" is not."""
    meaning, other = token.meaning, token.other
    if meaning is None or other is None:
        return meaning
    thing = Meaning("thing", other)
    if meaning.kind == "colour":
        follows = _follows(rest)
        if reading.language in COLOUR_AFTER:
            if other in _FRUITS and follows != "thing" and _stands_alone(reading, token):
                return thing
            if reading.things:
                return meaning
        names_it = other in _FRUITS or token.text in _FLOWERS
        return thing if names_it and follows not in _COLOURED else meaning
    if meaning.kind == "verb" and reading.before in _ARTICLES and not token.text.endswith("ing"):
        # "A fly" and "a wave" are things; "a fight" is none, though a ninja goes by that word too.
        named = reading.language != "en" or token.text.removesuffix("s") in other.split("-")
        return thing if named else meaning
    return meaning


def _follows(rest: tuple[Token, ...]) -> str:
    """The kind of the next word that is no small one."""
    return next((one.meaning.kind for one in rest if one.meaning and one.meaning.kind != "small"), "")


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
