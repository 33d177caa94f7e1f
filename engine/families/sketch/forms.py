"""Forms of words: how a text is cut into words, and what a word may be a form of, by language.

It is light stemming: endings are cut off both in the lexicon and in the text, so that forms of one word meet.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

GAPLESS = frozenset({"ja", "zh", "zh-Hant", "th"})
"""Languages that write no gaps between words."""

COMPOUNDING = frozenset({"de", "nl", "sv", "da", "no", "fi", "hu"})
"""Languages that write a compound as one word, its head last."""

_FOLDED = ("LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW")
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe", "’": "'"})
_LEAST = 3  # letters of a stem
_ENDINGS = {
    "es": "mente itos itas ito ita es os as o a s", "pt": "inhos inhas inho inha ões ães es os as is o a s m",
    "ca": "es os s a e", "fr": "aux eaux euses euse eux es s x e", "it": "ini ine ino ina i e a o",
    "ro": "urile ului ilor elor ul le lui ii uri i e a u", "de": "chen lein ern er en es em e n s",
    "nl": "tjes tje jes je en s e", "sv": "arna orna erna ar or er en et na n t a s e",
    "da": "erne ene er en et e s r", "no": "ene ene er en et a e s r",
    "fi": "ssaan issa issä ssa ssä sta stä lla llä lta ltä lle ksi jen ien iden ita itä ia iä aan een in en t n a ä i",
    "hu": "okat eket akat ket kat okkal ban ben ról ről ból ből nak nek val vel hoz hez on en ön ok ek ak ra re at et ot"
    " k t a e", "el": "ους ων ος οι ου ες ης ας ια η α ο ι ς",
    "tr": "larin lerin larda lerde lari leri lar ler dan den tan ten nin nun da de ta te in un yi yu si su ya ye i u a e",
    "pl": "ami ach owi ow em om ie ka ki ke ko ek iem y i a e o u", "cs": "ami ach um em ou ich y i a e o u",
    "sk": "ami ach ov om ou y i a e o u", "hr": "ama ima om em i a e o u", "sr-Latn": "ama ima om em i a e o u",
    "ru": "ами ями ах ях ом ем ов ев еи ои ою ии ы и а я у ю е о ь", "uk": "ами ями ах ях ом ем ів ою ею и і а я у ю е о ь",
    "bg": "ите ата ята ове та то те ът и а я е о", "lt": "iams ams uose ais iai ai as is us ys es os a e i o u",
    "hi": "ियों ियां ियाँ ों ें ओं े ी ा", "id": "nya", "ms": "nya", "fil": "", "ar": "ات ين ون ان ة", "fa": "ها های ی",
    "he": "ים ות ה",
}  # fmt: skip
_PARTICLES = (
    "에서는 에게 에서 으로 하고 들이 들은 들을 이랑 처럼 위에 은 는 이 가 을 를 에 의 와 과 도 로 들 랑".split()
)


def words_of(text: str) -> list[str]:
    """Cut a text at gaps and signs, casefolded; an emoji is a word of its own."""
    spaced = []
    for character in unicodedata.normalize("NFKC", text).casefold():
        kind = unicodedata.category(character)
        if kind in {"So", "Sk"} and ord(character) > 0xFF:  # noqa: PLR2004 - beyond Latin-1
            spaced.append(f" {character} ")
        elif character in "'’-" or kind[0] in "LMN":
            spaced.append(character)
        else:
            spaced.append(" ")
    # A joined or coloured emoji counts as its first part.
    return [word for raw in "".join(spaced).split() if (word := raw.strip("'’-\ufe0f\u200d"))]


@lru_cache(maxsize=65536)
def folded(word: str, language: str) -> str:
    """The letters of a word without accents; in Vietnamese these tell words apart, and stay."""
    word = word.casefold()
    if word.isascii() or language == "vi":
        return word
    word = word.translate(_LETTERS)
    return "".join(_bare(character) for character in unicodedata.normalize("NFC", word))


@lru_cache(maxsize=4096)
def _bare(character: str) -> str:
    parts = unicodedata.normalize("NFKD", character)
    if not unicodedata.name(parts[0], "").startswith(_FOLDED):
        return character
    return "".join(part for part in parts if not unicodedata.combining(part))


@lru_cache(maxsize=64)
def _endings(language: str) -> tuple[str, ...]:
    listed = {folded(ending, language) for ending in _ENDINGS.get(language, "").split()}
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


def forms(word: str, language: str) -> Iterator[str]:
    """A folded word itself, then what else it may stand for in the lexicon, surest first."""
    yield word
    if language == "en":
        yield from _english(word)
    elif language == "ko":
        yield from (word.removesuffix(part) for part in _PARTICLES if word.endswith(part) and word != part)
    elif language in {"ar", "he"}:
        for prefix in ("وال", "بال", "ال", "لل", "و", "ب", "ל", "ה", "ב", "ו"):
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
        ("ies", ("y",)), ("ves", ("f", "fe")), ("es", ("", "e")), ("s", ("",)), ("ing", ("", "e")), ("ed", ("", "e")),
    ):  # fmt: skip
        if word.endswith(ending):
            root = word.removesuffix(ending)
            if len(root) >= _LEAST - 1:
                yield from (root + other for other in others)
            if len(root) >= _LEAST and root[-1] == root[-2]:
                yield root[:-1]


def is_plural(word: str, language: str) -> bool:
    """Whether a word looks like more than one, where the language's endings tell it plainly."""
    if language == "en":
        return bool(re.search(r"[^su']s$", word)) or word in {"people", "mice", "geese", "children", "men", "women"}
    if language in {"es", "pt", "fr", "ca"}:
        return bool(re.search(r"[^si][sx]$", word)) and len(word) > _LEAST
    if language in {"id", "ms"}:
        first, _, second = word.partition("-")
        return bool(second) and first == second
    return False
