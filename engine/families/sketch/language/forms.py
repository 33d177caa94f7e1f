"""Forms of words: how a text is cut into words, and what a word may be a form of, by language.

It is light stemming: endings are cut off both in the lexicon and in the text, so that forms of one word meet.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from engine.families.sketch.language.packaged import by_language

GAPLESS = frozenset({"ja", "zh", "zh-Hant", "th"})
"""Languages that write no gaps between words."""

COMPOUNDING = frozenset({"de", "nl", "sv", "da", "no", "fi", "hu"})
"""Languages that write a compound as one word, its head last."""

_AGGLUTINATING = frozenset({"tr", "hu", "fi"})
"""Languages that hang endings on the whole word; it loses nothing but its last consonant."""
_SOFTENED = frozenset({"", "k", "p", "t", "c"})
_FOLDED = ("LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW")
_LEAST = 3  # letters of a stem
_PAUSE = ","  # stands for every sign between words
_HISSING = ("s", "x", "z", "ch", "sh", "o")
"""What an English noun ends in that takes "es" in the plural."""


def _table(section: str) -> Mapping[str, str]:
    return by_language("endings.toml", "endings", "beginnings", "letters", "plurals", "irregular")[section]


def words_of(text: str) -> list[str]:
    """Cut a text at gaps and signs, casefolded; an emoji is a word of its own."""
    return [word for word in _cut(text) if word != _PAUSE]


def pauses_of(text: str) -> frozenset[int]:
    """Behind which words of a text a comma, a full stop or the like stands: the numbers of the next ones."""
    found: set[int] = set()
    at = 0
    for word in _cut(text):
        if word == _PAUSE:
            found.add(at)
        else:
            at += 1
    return frozenset(found)


def _cut(text: str) -> list[str]:
    """The words of a text, with a comma for each sign between them."""
    spaced = []
    for character in unicodedata.normalize("NFKC", text).casefold().replace("i\u0307", "i"):  # Turkish İ
        kind = unicodedata.category(character)
        if kind in {"So", "Sk"} and ord(character) > 0xFF:  # noqa: PLR2004 - beyond Latin-1
            spaced.append(f" {character} ")
        elif character in "'’-" or kind[0] in "LMN":
            spaced.append(character)
        else:
            spaced.append(f" {_PAUSE} " if kind[0] == "P" else " ")
    # A joined or coloured emoji counts as its first part.
    words = ((raw, raw.strip("'’-\ufe0f\u200d")) for raw in "".join(spaced).split())
    return [word or _PAUSE for raw, word in words if word or raw == "-"]


@lru_cache(maxsize=65536)
def folded(word: str, language: str) -> str:
    """The letters of a word without accents; in Vietnamese these tell words apart, and stay."""
    word = word.casefold()
    if word.isascii() or language == "vi":
        return word
    word = word.translate(_letters())
    return "".join(_bare(character) for character in unicodedata.normalize("NFKC", word))


@cache
def _letters() -> dict[int, str]:
    return str.maketrans(dict(_table("letters")))


@lru_cache(maxsize=4096)
def _bare(character: str) -> str:
    parts = unicodedata.normalize("NFKD", character)
    if not unicodedata.name(parts[0], "").startswith(_FOLDED):
        return character
    return "".join(part for part in parts if not unicodedata.combining(part))


@lru_cache(maxsize=64)
def _endings(language: str) -> tuple[str, ...]:
    listed = {folded(ending, language) for ending in _table("endings").get(language, "").split()}
    return tuple(sorted(listed, key=lambda ending: (-len(ending), ending)))


@lru_cache(maxsize=65536)
def stem(word: str, language: str) -> str:
    """A folded word without its ending. Two rounds, since endings follow each other in many languages."""
    for _ in range(2):
        for ending in _endings(language):
            if word.endswith(ending) and len(word) - len(ending) >= _LEAST:
                word = word[: -len(ending)]
                break
        else:
            break
    if language in {"nl", "sv", "da", "no", "hu", "fi"} and len(word) > _LEAST and word[-1] == word[-2]:
        word = word[:-1]
    return word


def shared(one: str, other: str) -> int:
    """How many letters two words begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(one), len(other)))


def inflects(word: str, name: str, language: str) -> bool:
    """Whether a folded word is likely a form of a name with its stem, and no other word that ends alike."""
    if language in _AGGLUTINATING:
        return name[shared(word, name) :] in _SOFTENED
    return bool(_once(word, language) & _once(name, language))


def _once(word: str, language: str) -> set[str]:
    """A word, and what is left of it without one ending."""
    cut = {word[: -len(end)] for end in _endings(language) if word.endswith(end)}
    cut |= {left[:-1] for left in cut if left[-2:-1] == left[-1:]}  # Dutch vlokken is of vlok
    return {word, *(left for left in cut if len(left) >= _LEAST - 1)}


def forms(word: str, language: str) -> Iterator[str]:
    """A folded word itself, then what else it may stand for in the lexicon, surest first."""
    yield word
    if language == "en":
        yield from _english(word)
    elif language == "ko":
        yield from (word.removesuffix(end) for end in _endings("ko") if word.endswith(end) and word != end)
    elif language in _table("beginnings"):
        for prefix in _table("beginnings")[language].split():
            if word.startswith(prefix) and len(word) - len(prefix) >= _LEAST - 1:
                yield word.removeprefix(prefix)
    elif language in {"id", "ms"}:
        first, _, second = word.partition("-")
        if first == second:
            yield first
    elif language in {"fr", "it", "ca"} and "'" in word:
        yield word.rpartition("'")[2]


def _english(word: str) -> Iterator[str]:
    word = word.removesuffix("'s")
    yield word
    for ending, others in (
        ("ies", ("y",)), ("ves", ("f", "fe")), ("s", ("",)), ("es", ("",)), ("ing", ("", "e")),
        ("ed", ("", "e")),
    ):  # fmt: skip
        root = word.removesuffix(ending)
        if root == word or (ending == "es" and not root.endswith(_HISSING)):
            continue  # "bees" are bees, and nothing of "be"
        if len(root) >= _LEAST - 1:
            yield from (root + other for other in others)
        if ending in {"ing", "ed"} and len(root) >= _LEAST and root[-1] == root[-2]:
            yield root[:-1]


@lru_cache(maxsize=64)
def _plurals(language: str) -> tuple[str, ...]:
    return tuple(_table("plurals").get(language, "").split())


def needs_singular(language: str) -> bool:
    """Whether only the singular beside them tells that words of a language are plurals."""
    return bool(_plurals(language))


@lru_cache(maxsize=64)
def _irregular(language: str) -> frozenset[str]:
    return frozenset(_table("irregular").get(language, "").split())


def is_irregular(word: str, language: str) -> bool:
    """Whether a word, as it is written, is a plural that no ending tells."""
    return word in _irregular(language)


def singulars(word: str, language: str) -> Iterator[str]:
    """What a folded word may be the plural of: "katten" of "kat", "blommor" of "blomma"."""
    for ending in _plurals(language):
        root = word.removesuffix(ending)
        if root != word and len(root) >= _LEAST - 1:
            yield from (one for one in (root, root + "a", root + "e", root + "o") if one != word)
            if root[-1] == root[-2]:
                yield root[:-1]


def is_plural(word: str, language: str) -> bool:
    """Whether a word looks like more than one, where the language's endings tell it plainly."""
    if language == "en":
        return bool(re.search(r"[^su']s$", word)) or is_irregular(word, "en")
    if language in {"es", "pt", "fr", "ca"}:
        return bool(re.search(r"[^si][sx]$", word)) and len(word) > _LEAST
    if needs_singular(language):
        return word.endswith(_plurals(language))
    if language in {"id", "ms"}:
        first, _, second = word.partition("-")
        return bool(second) and first == second
    return False


def looks_like_a_word(text: str, language: str) -> bool:
    """Whether letters that nothing is known of may be a word: where words have no gaps, most are of grammar.

    Several letters of a syllabary are one, and each Chinese one is.
    """
    if language not in GAPLESS:
        return len(text) > 1
    if any("\u3400" <= letter <= "\u9fff" for letter in text):
        return True
    return len(text) > 1 and any(letter > "\u3100" or "\u30a0" < letter < "\u3100" for letter in text)
