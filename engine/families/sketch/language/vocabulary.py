"""The words that the sketch knows, by language: names of drawings, and all else that a scene is made of.

Names come from the Unicode CLDR (data/words.zip), the rest is written by hand (data/speech). Both are
read when a prompt first needs them, one language at a time.
"""

from __future__ import annotations

import tomllib
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property

from engine.families.sketch.language import packaged
from engine.families.sketch.language.forms import COMPOUNDING, GAPLESS, folded, forms, inflects, shared, stem
from engine.families.sketch.language.packaged import unreadable

LANGUAGES = (
    "en", "es", "pt", "fr", "de", "ru", "pl", "tr", "it", "nl", "uk", "cs", "sv", "hu", "ro", "fi", "da",
    "no", "el", "ja", "ko", "zh", "zh-Hant", "vi", "th", "id", "ar", "hi", "bg", "hr", "sr-Latn", "sk", "lt",
    "he", "fa", "ms", "fil", "ca",
)  # fmt: skip
"""What words are known in, the most used first."""

_SECTIONS = (
    "colour", "number", "place", "hour", "weather", "verb", "transitive", "relation", "pace", "thing", "like",
    "small",
)  # fmt: skip
_SPEAKS_LIKE = {"zh-Hant": "zh", "ms": "id", "sk": "cs", "sr-Latn": "hr"}
_DESCRIBING = frozenset({"idle", "large", "little"})
_LEAST_FIRST = 3  # letters of what stands before it
_LEAST_HEAD = 4  # letters of the head of a compound
_VOWELS = frozenset("aeiouy")
_CLOSE = 6  # letters of a word that may have a slip in it


@dataclass(frozen=True)
class Meaning:
    """What a word means: a section and a key of :func:`speech`, or "thing" and the name of a drawing."""

    kind: str
    key: str

    @property
    def describes(self) -> bool:
        """Whether it is an adjective, or another word that draws nothing where a noun is described."""
        return self.kind == "small" and self.key in _DESCRIBING


@dataclass
class Vocabulary:
    """The words of one language.

    Attributes:
        speech: folded word or phrase → what it means; a phrase's words have one space between them.
        openings: what begins with this means that.
        standins: those of the things and places for which another is drawn.
        things: folded word or phrase → the name of a drawing, where the CLDR does not say it.
    """

    language: str
    speech: dict[str, Meaning] = field(default_factory=dict)
    standins: set[str] = field(default_factory=set)
    openings: dict[str, Meaning] = field(default_factory=dict)
    things: dict[str, str] = field(default_factory=dict)

    @cached_property
    def bent(self) -> dict[str, Meaning]:
        """The stem of a place, an hour, a weather → what it means."""
        kept = {"place", "hour", "weather"} if self.language not in {"en", *GAPLESS} else ()
        return {
            stem(word, self.language): meaning
            for word, meaning in self.speech.items()
            if meaning.kind in kept and len(word) > _LEAST_HEAD
        }

    @cached_property
    def _bent_standins(self) -> frozenset[str]:
        """The stems of those places for which another is drawn."""
        return frozenset(stem(word, self.language) for word in self.standins if word in self.speech)

    @cached_property
    def names(self) -> dict[str, str]:
        """Folded word or phrase → the name of a drawing."""
        found: dict[str, str] = {}
        for line in _text(self.language).splitlines():
            name, *words = line.split("\t")
            found.update((folded(word, self.language), name) for word in words)
        return found | self.things

    @cached_property
    def stems(self) -> dict[str, str]:
        """A name's stem → the name of a drawing; of two with one stem, that of the shorter word."""
        return {cut: self.names[words[0]] for cut, words in self._of_stem.items()}

    @cached_property
    def _of_stem(self) -> dict[str, list[str]]:
        """A stem → the names that have it, the shorter first."""
        found: dict[str, list[str]] = {}
        if self.language not in GAPLESS:
            for word in sorted(self.names, key=lambda word: (len(word), word)):
                found.setdefault(stem(word, self.language), []).append(word)
        return found

    def _bent_from(self, word: str) -> str | None:
        """The name that a folded word is a form of: of those with its stem the one that it is most like."""
        alike = self._of_stem.get(stem(word, self.language), ())
        return max(alike, key=lambda name: shared(word, name), default=None)

    def said(self, phrase: str) -> Meaning | None:
        """What a phrase means beside the names of drawings."""
        for form in forms(folded(phrase, self.language), self.language):
            if form in self.speech:
                return self.speech[form]
        cut = stem(folded(phrase, self.language), self.language)
        if cut in self.bent:
            return self.bent[cut]
        word = folded(phrase, self.language)
        for end in range(len(word), 1, -1):
            if word[:end] in self.openings:
                return self.openings[word[:end]]
        if self.language == "en" and word.endswith("in") and word not in self.names:
            return self.speech.get(f"{word}g")  # "drinkin", "runnin'"
        return None

    def thing(self, phrase: str) -> str | None:
        """The drawing that a phrase names, in any of its forms."""
        verb = self.language == "en" and phrase.endswith(("ing", "ed"))
        word = folded(phrase, self.language)
        if self.language == "en":
            word = word.removesuffix("'s")  # "a man's head" is of a man, and no "man's shoe"
        for form in forms(word, self.language):
            if form in self.names:
                return self.names[form]
            if verb:
                return None  # "crossing" is no cross
        name = self._bent_from(word)
        return self.names[name] if name is not None else None

    def stands_in(self, phrase: str) -> bool:
        """Whether a word that is known is drawn as another thing."""
        word = folded(phrase, self.language)
        openings = (word[:end] for end in range(len(word), 1, -1))
        known = any(form in self.names or form in self.speech for form in forms(word, self.language))
        cut = stem(word, self.language)
        if not known and cut in self.bent:
            return cut in self._bent_standins
        name = None if known or self.said(word) else self._bent_from(word)
        if name is not None and not inflects(word, name, self.language):
            return True  # Turkish çitin, of a fence, has the stem of a leopard
        return any(form in self.standins for form in forms(word, self.language)) or any(
            opening in self.standins and self.openings.get(opening) for opening in openings
        )

    def like(self, word: str) -> str | None:
        """A drawing for a word that is not known: the head of a compound, or a word with one slip in it."""
        word = folded(word, self.language)
        if self.language in COMPOUNDING:
            for begin in range(_LEAST_FIRST, len(word) - _LEAST_HEAD + 1):
                head = word[begin:]
                name = head if head in self.names else self._bent_from(head)
                if name == head or (name and len(head) > _LEAST_HEAD and inflects(head, name, self.language)):
                    return self.names[name]
        if len(word) >= _CLOSE:
            return next(
                (self.names[near] for near in _slips(word) if len(near) >= _CLOSE and near in self.names),
                None,
            )
        return None


def _slips(word: str) -> Iterator[str]:
    """A word with one letter less, one doubled, one changed into another of its alphabet, or two swapped."""
    letters = sorted({*"abcdefghijklmnopqrstuvwxyz"} if word.isascii() else {*word})
    for at in range(1, len(word)):
        yield word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
        yield word[:at] + word[at + 1 :]
    for at in range(1, len(word)):
        # Words that differ in a vowel are mostly other words: a puddle is no paddle.
        others = [letter for letter in letters if {letter, word[at]} - _VOWELS]
        yield from (word[:at] + letter + word[at + 1 :] for letter in others)
        yield from (word[:at] + letter + word[at:] for letter in letters)


@cache
def vocabulary(language: str) -> Vocabulary:
    """The words of a language.

    Raises:
        RuntimeError: a data file of the sketch is missing or damaged.
    """
    made = Vocabulary(language)
    for kind, keys in speech(language).items():
        for key, words in keys.items():
            for word in words:
                _note(made, Meaning(kind, key), word.replace("_", " "))
    return made


def _note(made: Vocabulary, meaning: Meaning, word: str) -> None:
    start = folded(word.rstrip("*?"), made.language)
    marks = word[len(word.rstrip("*?")) :]
    if meaning.kind == "like" or "?" in marks:
        made.standins.add(start)
    if meaning.kind == "like":
        meaning = Meaning("thing", meaning.key)
    if meaning.kind == "thing":
        made.things[start] = meaning.key
        if "*" in marks:
            made.openings.setdefault(start, meaning)
    elif "*" in marks:
        made.openings.setdefault(start, meaning)
    else:
        made.speech.setdefault(start, meaning)


@cache
def speech(language: str) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """What is written by hand of a language: section → key → words.

    The small words come last, so that a word that is one of them and more means more.

    Raises:
        RuntimeError: its file is missing or damaged.
    """
    path = packaged.DATA / "speech" / f"{_SPEAKS_LIKE.get(language, language)}.toml"
    try:
        read = tomllib.loads(path.read_text("utf-8"))
        return {kind: {key: tuple(text.split()) for key, text in read[kind].items()} for kind in _SECTIONS}
    except (OSError, KeyError, ValueError, AttributeError) as error:
        raise unreadable(path, error) from error


@cache
def emoji() -> Mapping[str, str]:
    """Emoji → the name of its drawing."""
    pairs = (line.split("\t") for line in _text("emoji").splitlines())
    return {character: name for name, character in pairs}


def _text(name: str) -> str:
    path = packaged.DATA / "words.zip"
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.read(f"{name}.txt").decode()
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise unreadable(path, error) from error
