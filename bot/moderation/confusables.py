"""What a text says once its disguises are off: accents, look-alikes, digits for letters, blanks between.

A word is compared whole, never as a part of another, so Scunthorpe and the therapist are left alone. Each
word has several readings ("sh1t" may be "shit" or "shlt"), and one that fits is enough.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

_REGIONAL_A = 0x1F1E6
_LOOK_ALIKES = str.maketrans(
    # Cyrillic, Greek, small capitals and a few Latin letters that no decomposition takes apart.
    dict(zip("аеорсухіѕјԁһӏкмтвнԛԝ", "aeopcyxisjdhlkmtbhqw", strict=True))
    | dict(zip("αοερυνκιτχωβη", "aoepuvkitxwbn", strict=True))
    | dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True))
    | dict(zip("øłđıħŧƒɑɡ", "oldihtfag", strict=True))
    | {chr(_REGIONAL_A + number): chr(ord("a") + number) for number in range(26)}
)
_LEET = str.maketrans("0134578@$!€+", "oieastbasiet")
_ONE_AS_L = str.maketrans("1", "l")
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me"})
_INVISIBLE = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_PIECES = re.compile(r"[^\W_]+")
_SPELT_OUT = 3
"""So many single letters in a row may be one word."""

_LONGEST_WORD = 16
_LONGEST_RUN = 80


@dataclass(kw_only=True)
class _Phrases:
    """Phrases by their first word, those by their second, and so on.

    Attributes:
        phrase: the phrase that ends here, if one does.
        following: what goes on from here, by the next word.
    """

    phrase: str | None = None
    following: dict[str, _Phrases] = field(default_factory=dict)


class WordList:
    """A list of words and phrases, put in order once, so that a text is read once, however long the list is.

    Args:
        known: each written as :func:`plain_line` does.
    """

    def __init__(self, known: Iterable[str]) -> None:
        known = frozenset(known)
        self.words = frozenset(one for one in known if " " not in one)
        self.phrases = _Phrases()
        for phrase in known - self.words:
            node = self.phrases
            for word in phrase.split():
                node = node.following.setdefault(word, _Phrases())
            node.phrase = phrase


@lru_cache(maxsize=256)
def word_list(known: frozenset[str]) -> WordList:
    """The list of these words; the lists that were asked for last are kept."""
    return WordList(known)


@dataclass(frozen=True, kw_only=True)
class Plain:
    """A text without its disguises.

    Attributes:
        line: small letters and digits, the words parted by one blank.
        words: the readings of each word of ``line``, in its order.
        joined: the readings of what was spelt out or broken up: "f u c k", "p.o.r.n".
    """

    line: str
    words: tuple[frozenset[str], ...]
    joined: frozenset[str]

    def says(self, known: WordList) -> set[str]:
        """Which words and phrases of a list stand in the text."""
        found = set(known.words & self.joined)
        for start, readings in enumerate(self.words):
            found |= known.words & readings
            if known.phrases.following:
                found |= self._phrases_at(start, known.phrases)
        return found

    def _phrases_at(self, start: int, tree: _Phrases) -> set[str]:
        """The phrases that begin with this word of the text."""
        found: set[str] = set()
        here = [tree]
        for position in range(start, len(self.words)):
            readings = self.words[position]
            here = [node.following[word] for node in here for word in readings & node.following.keys()]
            if not here:
                break
            found.update(node.phrase for node in here if node.phrase is not None)
        return found


def plain(text: str) -> Plain:
    """Take a text's disguises off."""
    chunks = _bare(text).split()
    pieces = [_PIECES.findall(_symbols_kept(chunk)) for chunk in chunks]
    words = [piece for found in pieces for piece in found]
    joined = {
        reading
        for chunk, found in zip(chunks, pieces, strict=True)
        if _broken_up(found)
        for reading in _readings("".join(_PIECES.findall(chunk.translate(_LEET))))
    }
    joined |= {reading for spelt in set(_spelt_out(words)) for reading in _readings(spelt)}
    return Plain(
        line=" ".join(words),
        words=tuple(frozenset(_readings(word)) for word in words),
        joined=frozenset(joined),
    )


def plain_line(text: str) -> str:
    """A word or phrase as it is kept in a list: digits among letters are read as letters."""
    words = plain(text).line.split()
    return " ".join(word.translate(_LEET) if _has_letters(word) else word for word in words)


def _bare(text: str) -> str:
    """Small letters without marks and look-alikes."""
    apart = unicodedata.normalize("NFKD", text).casefold().translate(_LOOK_ALIKES)
    kept = "".join(
        character
        for character in unicodedata.normalize("NFKD", apart)
        if character not in _INVISIBLE
        and (character.isspace() or unicodedata.category(character) not in _DROPPED)
    )
    return kept.translate(_LOOK_ALIKES)


def _symbols_kept(chunk: str) -> str:
    """Symbols that stand for letters become them, inside a word only: "$hit", but "5 $" and "wow!"."""
    trimmed = chunk.rstrip("!?.,;:+")
    if _has_letters(trimmed):
        return trimmed.translate(str.maketrans("@$!€+", "asiet"))
    return trimmed


def _broken_up(pieces: list[str]) -> bool:
    """Whether a chunk looks like one word with dots or dashes put in: "p.o.r.n", "f-uc-k"."""
    lengths = [len(piece) for piece in pieces]
    return len(lengths) > 1 and (min(lengths) == 1 or max(lengths) <= 2)  # noqa: PLR2004 - a pair of letters


def _spelt_out(words: list[str]) -> Iterable[str]:
    run: list[str] = []
    for word in [*words, ""]:
        if len(word) == 1:
            run.append(word)
            continue
        yield from _windows("".join(run[:_LONGEST_RUN]))
        run = []


def _windows(letters: str) -> Iterable[str]:
    """All words that single letters may spell: an "a" or an "I" beside them is a word of its own."""
    for start in range(len(letters) - _SPELT_OUT + 1):
        for end in range(start + _SPELT_OUT, min(len(letters), start + _LONGEST_WORD) + 1):
            yield letters[start:end]


def _readings(word: str) -> set[str]:
    found = {word}
    if _has_letters(word):
        found |= {word.translate(_LEET), word.translate(_ONE_AS_L).translate(_LEET)}
    for form in list(found):
        if re.search(r"(.)\1\1", form):
            found |= {re.sub(r"(.)\1{2,}", again, form) for again in (r"\1", r"\1\1")}
    return found | {single for form in found for single in _singular(form)}


def _has_letters(word: str) -> bool:
    return any(character.isalpha() for character in word)


def _singular(form: str) -> Iterable[str]:
    if form.endswith("ies"):
        yield form[:-3] + "y"
    if form.endswith("es"):
        yield form[:-2]
    if form.endswith("s") and not form.endswith("ss"):
        yield form[:-1]
    if form.endswith("z"):
        yield form[:-1]
