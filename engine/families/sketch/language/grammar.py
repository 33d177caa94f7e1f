"""What is so in some languages: how they order their words, and which words tell who does what.

What words mean is in data/speech; here is what depends on how a word is written or what stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping

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
_ARTICLES: Mapping[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": "a an the one my your his her",
        "es": "un una unos unas el la los las su sus mi tu",
        "pt": "um uma uns umas o a os as seu sua num numa no na",
        "fr": "un une des le la les l son sa ses mon ma d'un d'une",
        "it": "un uno una il lo la i gli le un' l' dei delle degli del della suo sua",
        "ca": "un una el la els les",
        "ro": "un o niște unei unui",
        "de": "ein eine einem einen einer eines der die das dem den des",
        "nl": "een de het",
        "sv": "en ett den det", "da": "en et den det", "no": "en et ei den det",
        "hu": "a az egy",
        "el": "ένας μια ένα ο η το οι τα τον την",  # noqa: RUF001 - Greek
    }.items()
}  # fmt: skip
_AND: Mapping[str, tuple[str, ...]] = {
    "en": ("and",), "es": ("y", "e"), "pt": ("e",), "fr": ("et",), "it": ("e", "ed"), "ro": ("și", "şi"),
    "ca": ("i",), "de": ("und",), "nl": ("en",), "sv": ("och",), "da": ("og",), "no": ("og",), "fi": ("ja",),
    "hu": ("és",), "pl": ("i", "oraz"), "cs": ("a",), "sk": ("a",), "hr": ("i",), "sr-Latn": ("i",),
    "ru": ("и",), "bg": ("и",), "el": ("και",), "tr": ("ve",), "ja": ("と", "や"),
    "zh": ("和", "与", "跟"), "zh-Hant": ("和", "與", "跟"), "vi": ("và",), "th": ("และ",), "id": ("dan",),
    "ms": ("dan",), "hi": ("और",), "uk": ("і", "й", "та"),  # noqa: RUF001 - Ukrainian
}  # fmt: skip
_SAID_OF_NEXT: Mapping[str, tuple[str, ...]] = {
    "tr": ("an", "en"), "de": ("end", "ende", "enden", "ender", "endes", "endem"), "nl": ("end", "ende"),
    "sv": ("ande", "ende"), "da": ("ende",), "no": ("ende",), "fi": ("va", "vä"), "cs": ("ící",),
    "pl": ("ący", "ąca", "ące", "ącego", "ącej", "ącą", "ącym", "ących"),
    "ru": ("щий", "щая", "щее", "щие", "щего", "щей", "щую", "щим", "щих", "щем"),
    "uk": ("чий", "ча", "че", "чі", "чого", "чу", "чим", "чих"),
}  # fmt: skip
"""How verbs end that are said of the thing behind them: "brennendes Haus"."""
_SAID_OF_LAST: Mapping[str, tuple[str, ...]] = {
    "ja": ("て", "で", "ながら"), "ko": ("고", "며", "서", "다", "어", "요"),
}  # fmt: skip
"""How verbs end that are said of what was named before, where all others are said of what comes."""
_LIFTING: Mapping[str, tuple[str, ...]] = {
    "en": ("lift", "rais", "hoist"), "es": ("elev",), "pt": ("elev",), "sv": ("lyft",), "ru": ("поднима",),
}  # fmt: skip
"""How verbs begin that are both to rise and to lift."""
_COUNTERS = ("마리", "명", "대", "개", "송이", "그루")
"""What stands behind a number in Korean, when both stand behind the thing."""
_THE = frozenset({"the"})
_BEFORE_CLOTHES = frozenset({"de", "à", "au", "aux"})
_RAINING = ("raining", "rains", "llue", "llov", "pleut", "regnet", "chove", "piove")
_SAILING = ("sailing", "sails", "sailed", "zeil")
_NAMED = frozenset({"thing", "number", "colour"})


def is_said_of_next(language: str, verb: str, rest: tuple[Token, ...]) -> bool:
    """Whether a verb stands before the one that does it: 眠る猫 is a sleeping cat."""
    if language in _SAID_OF_LAST:
        said = not verb.endswith(_SAID_OF_LAST[language])
    else:
        said = verb.endswith(_SAID_OF_NEXT.get(language, ()))
    return said and bool(rest) and rest[0].meaning is not None and rest[0].meaning.kind in _NAMED


def is_article(language: str, word: str) -> bool:
    """Whether a word stands before a noun, or before what describes it, and before nothing else."""
    return word in _ARTICLES.get(language, ())


def is_indefinite(language: str, word: str) -> bool:
    """Whether a word is an article and nothing else: "die" also begins a clause, "la" is also "her"."""
    return word in _ARTICLES.get(language, ()) and (language == "en" or word in OF_ONE - {"dem", "den"})


def is_of_one(word: str) -> bool:
    """Whether a word is an article of one thing, in any language."""
    return word in OF_ONE | {"a", "an"}


def is_the(word: str) -> bool:
    """Whether a word says that a thing was named before."""
    return word in _THE


def is_and(language: str, word: str) -> bool:
    """Whether a word joins two of a kind."""
    return word in _AND.get(language, ())


def counts_the_last(language: str, number: Token, rest: tuple[Token, ...]) -> bool:
    """Whether a number is of the thing before it: "오리 세 마리" are three ducks."""
    if language == "ko":
        behind = " ".join((number.text, rest[0].text if rest else ""))
        return any(f" {counter}" in behind for counter in _COUNTERS)
    if language == "ja":
        return next_kind(rest) != "thing"
    return language == "th"


def stands_behind(language: str, preposition: str) -> bool:
    """Whether a preposition stands behind what something is on, at or in; 在 stands before it."""
    return language in POSTPOSED and "在" not in preposition


def says_worn(word: str) -> bool:
    """Whether a word stands before what somebody wears: "um cachorro de óculos", "un homme au chapeau"."""
    return word in _BEFORE_CLOTHES


def says_raining(word: str) -> bool:
    """Whether a word is the verb, of which something may be said to rain: "it rains cats"."""
    return word.startswith(_RAINING)


def says_sailing(word: str) -> bool:
    """Whether a word is the verb and no boat: "a ship sailing" is one ship."""
    return word.startswith(_SAILING)


def may_lift(language: str, verb: str) -> bool:
    """Whether a verb is both to rise and to lift."""
    return verb.startswith(_LIFTING.get(language, ()))
