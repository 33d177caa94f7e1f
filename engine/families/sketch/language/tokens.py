"""From a prompt to the meanings of its words, in the language that it is most likely written in."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from engine.families.sketch.habits import BOARDS, is_alive
from engine.families.sketch.language.forms import (
    GAPLESS,
    folded,
    forms,
    is_irregular,
    is_plural,
    needs_singular,
    pauses_of,
    singulars,
    words_of,
)
from engine.families.sketch.language.vocabulary import LANGUAGES, Meaning, Vocabulary, emoji, vocabulary

_LONGEST = 4  # words of a phrase
_LIKELY = 6  # languages whose names are read, to find the prompt's
_WITHOUT_KANA = 6  # letters of Japanese at most that may go without
_LONGEST_RUN = 18  # letters of a word where words have no gaps
_SCRIPTS = (
    ("HIRAGANA", ("ja",)), ("KATAKANA", ("ja",)), ("HANGUL", ("ko",)), ("CJK", ("zh", "zh-Hant", "ja")),
    ("THAI", ("th",)), ("DEVANAGARI", ("hi",)), ("ARABIC", ("ar", "fa")), ("HEBREW", ("he",)),
    ("GREEK", ("el",)), ("CYRILLIC", ("ru", "uk", "bg")),
)  # fmt: skip
_LATIN = tuple(
    language for language in LANGUAGES if language not in sum((spoken for _, spoken in _SCRIPTS), ())
)
_OWN_LETTERS = {
    "uk": "іїєґ", "ru": "ыэё", "pl": "ąęłńśźż", "da": "øæ", "no": "øæ", "cs": "ěřů", "hu": "őű", "tr": "ğış",
    "ro": "ășțşţ", "de": "ß", "es": "ñ", "pt": "ãõ", "vi": "ơưđ",
}  # fmt: skip
_MAY_STAND_IN = frozenset({"place", "transitive"})
"""What a word may mean only roughly: a cave is drawn as mountains, to throw as to hold."""
_PASSED_OVER = frozenset({"idle", "undrawn"})
_ALSO_ENGLISH = 0.85
"""How sure a word that draws nothing is a language's own, where it is an English name: less than that is."""
_BENT = frozenset({"place", "hour", "weather"})
"""What is also found by its stem alone."""
_HEAD_FIRST = frozenset({"es", "pt", "fr", "it", "ro", "ca", "vi", "id", "ms", "th"})
"""Languages in which the first word of a phrase is the one that has a plural."""


@dataclass(frozen=True, kw_only=True)
class Token:
    """A word or phrase of the prompt.

    Attributes:
        text: as it stands there, casefolded.
        meaning: None where it is not known.
        other: the drawing that it could name as well.
        plural: it looks like more than one.
        guessed: the meaning is that of a word like it.
        apart: a comma or the like stands before it.
    """

    text: str
    meaning: Meaning | None
    other: str | None = None
    plural: bool = False
    guessed: bool = False
    apart: bool = False


def next_kind(rest: tuple[Token, ...]) -> str:
    """The kind of the next word that is no small one; "" at the end."""
    return next((one.meaning.kind for one in rest if one.meaning and one.meaning.kind != "small"), "")


@lru_cache(maxsize=16)
def tokens(prompt: str) -> tuple[str, tuple[Token, ...]]:
    """The language of a prompt, and its tokens in order."""
    words = words_of(prompt)
    language = _language(words)
    known = [vocabulary(language)]
    if language in {"zh", "zh-Hant"}:
        known = [vocabulary("zh"), vocabulary("zh-Hant")]
    if language != "en":
        known.append(vocabulary("en"))
    if language in GAPLESS:
        return language, tuple(token for word in words for token in _cut(word, known))
    return language, tuple(_spaced(words, known, pauses_of(prompt)))


def _language(words: list[str]) -> str:
    """The language that knows most of the words; the more used one where two know as many."""
    candidates = _by_script("".join(words))
    if len(candidates) == 1:
        return candidates[0]
    letters = {letter for word in words for letter in word}
    spoken = {
        candidate: bool(letters & set(_OWN_LETTERS.get(candidate, "")))
        + sum(_spoken(word, vocabulary(candidate)) for word in words)
        - 0.001 * place
        for place, candidate in enumerate(candidates)
    }
    likely = sorted(candidates, key=spoken.__getitem__, reverse=True)
    if spoken[likely[0]] > 0:
        likely = likely[:_LIKELY]
    named = {
        candidate: spoken[candidate] + sum(_named(word, vocabulary(candidate)) for word in words)
        for candidate in likely
    }
    best = max(likely, key=named.__getitem__)
    if best != "en" and "en" in candidates:
        # "man" is a German word too, and "on" one for him in Polish: short English looks like many languages.
        english, shown = vocabulary("en"), _shown(words, vocabulary(best))
        if _knows_all(words, english) and _shown(words, english) >= max(1, shown):
            return "en"
    return best


def _shown(words: list[str], known: Vocabulary) -> int:
    """How many words mean something that can be shown."""
    return sum(
        known.thing(word) is not None or ((said := known.said(word)) is not None and said.kind != "small")
        for word in words
    )


def _knows_all(words: list[str], known: Vocabulary) -> bool:
    """Whether every word has a meaning, if only that of a small word."""
    return all(known.thing(word) is not None or known.said(word) is not None for word in words)


def _spoken(word: str, words: Vocabulary) -> float:
    """How sure a word is one of a language's words that are no names."""
    if words.language in GAPLESS:
        return sum(token.meaning is not None for token in _cut(word, [words]))
    for form in forms(folded(word, words.language), words.language):
        if form in words.speech:
            meaning = words.speech[form]
            if meaning.key in _PASSED_OVER and word.isascii() and word in _english_names(words.language):
                return _ALSO_ENGLISH
            return 1.0 if meaning.kind == "small" else 0.95
    return 0.0


def _english_names(language: str) -> Mapping[str, str]:
    """What English has a drawing for; nothing for English itself."""
    return {} if language == "en" else vocabulary("en").names


def _named(word: str, words: Vocabulary) -> float:
    """How sure it is one of a language's names, or at least begins like one of its words."""
    if words.language in GAPLESS or _spoken(word, words):
        return 0.0
    if any(form in words.names for form in forms(folded(word, words.language), words.language)):
        return 0.9
    return 0.7 if words.said(word) is not None else 0.0


def _by_script(text: str) -> tuple[str, ...]:
    """The languages that are written in the letters of a text."""
    names = [unicodedata.name(letter, "") for letter in text]
    for script, spoken in _SCRIPTS:
        # Kana and Hangul tell a language even where Chinese or Latin letters are more.
        share = 1 / 8 if script in {"HIRAGANA", "KATAKANA", "HANGUL"} else 1 / 3
        if sum(name.startswith(script) for name in names) > len(names) * share:
            return spoken[:-1] if script == "CJK" and len(names) > _WITHOUT_KANA else spoken
    return _LATIN


def _spaced(
    words: list[str], known: list[Vocabulary], pauses: frozenset[int] = frozenset()
) -> Iterator[Token]:
    at = 0
    while at < len(words):
        ahead = next((n for n in range(1, _LONGEST) if at + n in pauses), _LONGEST)
        for length in range(min(ahead, len(words) - at), 0, -1):
            token = _phrase(" ".join(words[at : at + length]), known, alone=length == 1)
            if token is not None:
                yield replace(token, apart=at in pauses)
                at += length
                break
        else:
            token = _unknown(words[at], known)
            parts = words[at].split("-") if token.meaning is None else []
            token = replace(token, apart=at in pauses)
            yield from _spaced(parts, known) if len(parts) > 1 else (token,)
            at += 1


def _sign(text: str) -> Token | None:
    """An emoji or a number in digits, which need no language."""
    if text in emoji():
        return Token(text=text, meaning=Meaning("thing", emoji()[text]))
    if text.isdecimal():
        return Token(text=text, meaning=Meaning("number", str(int(text))))
    return None


def _phrase(text: str, known: list[Vocabulary], *, alone: bool) -> Token | None:
    sign = _sign(text)
    if sign is not None:
        return sign
    for words in known:
        said = words.said(text) if alone else words.speech.get(folded(text, words.language))
        if alone:
            thing = words.thing(text)
        else:
            thing = words.names.get(folded(text, words.language)) or _many(text, words)
        if said is not None and alone and _is_a_name(text, said, words):
            said = None
        if said is not None and said.kind == "thing":
            thing, said = words.names.get(folded(text, words.language), said.key), None
        plural = thing is not None and _plural(text, thing, words)
        if said is not None:
            guessed = said.kind in _MAY_STAND_IN and words.stands_in(text)
            return Token(text=text, meaning=said, other=thing, plural=plural, guessed=guessed)
        if thing is not None:
            guessed = words.stands_in(text)
            return Token(text=text, meaning=Meaning("thing", thing), plural=plural, guessed=guessed)
    return None


def _is_a_name(text: str, said: Meaning, words: Vocabulary) -> bool:
    """Whether a word itself names a thing, and only one that it might be a form of means something else."""
    word = folded(text, words.language)
    if word in words.speech or said.kind == "colour":
        return False
    # "Fries" are no form of "fry".
    part = said.kind == "small" and word in words.names.get(word, "").split("-")
    return part or word in words.things or (said.kind in _BENT and word in words.names)


def _plural(text: str, thing: str, words: Vocabulary) -> bool:
    """Whether a name looks like a plural, and its singular is a name of the same thing."""
    if is_irregular(text, words.language):
        return True
    parts = text.split(" ")
    if not is_plural(parts[0 if words.language in _HEAD_FIRST else -1], words.language):
        return False
    whole = folded(text, words.language)
    if needs_singular(words.language):
        return any(words.names.get(one) == thing for one in singulars(whole, words.language))
    ones = (
        whole.removesuffix("s"),
        whole.removesuffix("es"),
        whole.removesuffix("x"),
        f"{whole.removesuffix('aux')}al",
        *forms(whole, words.language),
    )
    alike = (words.names.get(single, words.stems.get(single)) for single in ones if single != whole)
    return thing in alike or " " in whole or whole not in words.names


def _many(text: str, words: Vocabulary) -> str | None:
    """The drawing of a phrase whose last word may be a form of the one that is known."""
    first, _, last = text.rpartition(" ")
    for form in forms(folded(last, words.language), words.language):
        found = words.names.get(f"{folded(first, words.language)} {form}")
        if found is not None:
            return found
    return None


def _unknown(word: str, known: list[Vocabulary]) -> Token:
    for words in known:
        if words.language == "en" and word.endswith(("ing", "ed")):
            continue  # a verb is no misspelt thing
        found = words.like(word)
        if found is not None:
            plural = is_plural(word, words.language) and not needs_singular(words.language)
            return Token(text=word, meaning=Meaning("thing", found), plural=plural, guessed=True)
    return Token(text=word, meaning=None)


def _cut(run: str, known: list[Vocabulary]) -> Iterator[Token]:
    """Find words in a run of letters without gaps, the longest first; what lies between them is not known."""
    at, strange = 0, ""
    while at < len(run):
        for length in range(min(_LONGEST_RUN, len(run) - at), 0, -1):
            token = _piece(run[at : at + length], known)
            if token is not None:
                break
        else:
            strange, at = strange + run[at], at + 1
            continue
        if strange:
            yield Token(text=strange, meaning=None)
            strange = ""
        verb = _verb_before(token, known)
        token = verb or token
        yield token
        at += len(token.text) if verb else length
    if strange:
        yield Token(text=strange, meaning=None)


def _verb_before(token: Token, known: list[Vocabulary]) -> Token | None:
    """The verb that a name begins with, if the rest names the same: 骑自行车, to ride a bicycle."""
    if known[0].language not in {"zh", "zh-Hant"} or token.meaning is None or token.meaning.key in BOARDS:
        return None
    if token.meaning.kind != "thing":
        return None
    for cut in range(len(token.text) - 1, 0, -1):
        verb, name = _piece(token.text[:cut], known), token.text[cut:]
        if verb is None or verb.meaning is None or verb.meaning.kind != "transitive":
            continue
        fights = verb.meaning.key == "play" and is_alive(token.meaning.key)  # 打龙
        if not fights and any(words.names.get(name) == token.meaning.key for words in known):
            return verb
    return None


def _piece(text: str, known: list[Vocabulary]) -> Token | None:
    sign = _sign(text)
    if sign is not None:
        return sign
    for words in known:
        if words.language == "en" and len(text) < 3:  # noqa: PLR2004 - a letter or two are no word here
            continue
        said, thing = words.speech.get(text), words.names.get(text)
        if said is not None:
            guessed = said.kind in _MAY_STAND_IN and words.stands_in(text)
            return Token(text=text, meaning=said, other=thing, guessed=guessed)
        if thing is not None:
            return Token(text=text, meaning=Meaning("thing", thing), guessed=words.stands_in(text))
    return None
