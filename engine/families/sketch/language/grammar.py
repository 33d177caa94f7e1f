"""What is so in some languages: how they order their words, and which words tell who does what.

What words mean is in data/speech, and those that only tell how a sentence is built in data/grammar.toml.
"""

from __future__ import annotations

from functools import cache

from engine.families.sketch.language.packaged import by_language
from engine.families.sketch.language.tokens import Token, next_kind

COLOUR_AFTER = frozenset({"es", "pt", "fr", "it", "ro", "ca", "vi", "id", "ms", "th", "ar", "he", "fa"})
"""Languages in which a colour stands behind its thing."""
COLOUR_LAST = frozenset({"en", "de", "nl", "sv", "da", "no"})
"""Languages in which a colour with no noun behind it is of the one before: "a woman in red on a horse"."""
VERB_BETWEEN = frozenset({"tr", "ja", "ko"})
"""Languages in which the verb stands behind what it is done to, and before the one that does it."""
POSTPOSED = VERB_BETWEEN | {"zh", "zh-Hant", "hi"}
"""Languages in which "on" stands behind what something is on; in Chinese, 在 stands before it."""
OBJECT_FIRST = POSTPOSED | {"hu", "fi", "de", "nl"}
"""Languages in which what is done to something may stand before the verb: "a cat that pizza eats"."""
OF_ONE = frozenset(
    {"un", "una", "une", "uno", "um", "uma", "een", "en", "et", "ett", "den"}
    | {"ein", "eine", "einem", "einen", "einer", "eines", "dem"}
)
"""Articles of one thing, where a case looks like a plural: "einen Bären"."""
_THE = frozenset({"the"})
_BEFORE_CLOTHES = frozenset({"de", "à", "au", "aux"})
_OF = {"ja": "の", "zh": "的", "zh-Hant": "的"}
_RAINING = ("raining", "rains", "llue", "llov", "pleut", "regnet", "chove", "piove")
_SAILING = ("sailing", "sails", "sailed", "zeil")
_NAMED = frozenset({"thing", "number", "colour"})


@cache
def _words(section: str, language: str) -> tuple[str, ...]:
    sections = ("articles", "and", "said_of_next", "said_of_last", "lifting", "floating", "counters")
    return tuple(by_language("grammar.toml", *sections)[section].get(language, "").split())


def is_said_of_next(language: str, verb: str, rest: tuple[Token, ...]) -> bool:
    """Whether a verb stands before the one that does it: 眠る猫 is a sleeping cat."""
    of_last = _words("said_of_last", language)
    said = not verb.endswith(of_last) if of_last else verb.endswith(_words("said_of_next", language))
    return said and bool(rest) and rest[0].meaning is not None and rest[0].meaning.kind in _NAMED


def is_article(language: str, word: str) -> bool:
    """Whether a word stands before a noun, or before what describes it, and before nothing else."""
    return word in _words("articles", language)


def is_indefinite(language: str, word: str) -> bool:
    """Whether a word is an article and nothing else: "die" also begins a clause, "la" is also "her"."""
    return word in _words("articles", language) and (language == "en" or word in OF_ONE - {"dem", "den"})


def is_of_one(word: str) -> bool:
    """Whether a word is an article of one thing, in any language."""
    return word in OF_ONE | {"a", "an"}


def is_the(word: str) -> bool:
    """Whether a word says that a thing was named before."""
    return word in _THE


def is_and(language: str, word: str) -> bool:
    """Whether a word joins two of a kind."""
    return word in _words("and", language)


def counts_the_last(language: str, number: Token, rest: tuple[Token, ...]) -> bool:
    """Whether a number is of the thing before it: "오리 세 마리" are three ducks."""
    counters = _words("counters", language)
    if counters:
        behind = " ".join((number.text, rest[0].text if rest else ""))
        return any(f" {counter}" in behind for counter in counters)
    if language == "ja":
        return next_kind(rest) != "thing"
    return language == "th"


def stands_behind(language: str, preposition: str) -> bool:
    """Whether a preposition stands behind what something is on, at or in; 在 stands before it."""
    return language in POSTPOSED and "在" not in preposition


def says_worn(word: str) -> bool:
    """Whether a word stands before what somebody wears: "um cachorro de óculos", "un homme au chapeau"."""
    return word in _BEFORE_CLOTHES


def says_of(language: str, name: str, behind: str) -> bool:
    """Whether a name says of what kind the next one is: by the word behind it, in Korean by its ending."""
    return name.endswith("의") if language == "ko" else behind == _OF.get(language)


def says_raining(word: str) -> bool:
    """Whether a word is the verb, of which something may be said to rain: "it rains cats"."""
    return word.startswith(_RAINING)


def says_sailing(word: str) -> bool:
    """Whether a word is the verb and no boat: "a ship sailing" is one ship."""
    return word.startswith(_SAILING)


def says_floating(language: str, verb: str) -> bool:
    """Whether a verb is said of what flies, and of what lies on water as well."""
    return verb.startswith(_words("floating", language))


def says_at(language: str, preposition: str) -> bool:
    """Whether a preposition is on, in and at: what it stands before tells which."""
    return language == "el" and preposition.startswith(("στ", "σε"))


def may_lift(language: str, verb: str) -> bool:
    """Whether a verb is both to rise and to lift."""
    return verb.startswith(_words("lifting", language))
