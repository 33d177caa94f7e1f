"""The young and the parents of animals: "a duck and her ducklings", "a bear and his mom"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.families.sketch.habits import is_alive, is_person
from engine.families.sketch.language.draft import Draft
from engine.families.sketch.language.grammar import is_and
from engine.families.sketch.language.tokens import Token
from engine.families.sketch.language.vocabulary import Meaning
from engine.families.sketch.words import Link, Subject


def _by_language(words: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    return {language: frozenset(listed.split()) for language, listed in words.items()}


_YOUNG, _PARENT = 0.7, 1.3  # of their usual size
_CALLED_YOUNG = frozenset(
    {"kitten", "kittens", "puppy", "puppies", "duckling", "ducklings", "foal", "piglet", "lamb", "lambs"}
)
_ANY_YOUNG = frozenset({"baby", "babies", "cub", "cubs", "calf", "calves", "pup", "pups", "joey"})
"""What the young of several kinds are called."""
_PARENTS = _by_language(
    {
        "en": "mother mom mum mommy mummy mama mamma father dad daddy papa",
        "es": "madre mamá mama padre papá",
        "pt": "mãe mamãe pai papai",
        "fr": "mère maman père papa",
        "it": "madre mamma padre papà",
        "ro": "mamă mama mamei tată tatăl",
        "de": "mutter mama mutti vater papa",
        "nl": "moeder mama vader papa",
        "sv": "mamma mor pappa far",
        "da": "mor mama far",
        "no": "mor mamma far pappa",
        "fi": "äiti äitiä äitinsä äitiään emo emoa emonsa emoaan isä isäänsä isänsä",
        "hu": "anya anyja anyjuk anyját anyjukat anyjával anyjukkal apja apjuk",
        "pl": "mama mamą mamę mamy matka matką matkę matki tata tatą tatę",
        "cs": "máma mámou mámu matka matkou matku maminka maminkou táta tátou",
        "hr": "majka majkom majku mama mamom",
        "ru": "мама мамой маму мамы мать матерью папа папой",
        "uk": "мама мамою маму мати матір тато татом",
        "bg": "майка майката мама",
        "el": "μητέρα μαμά μαμάς μητέρας μάνα πατέρας",
        "tr": "anne annesi annesini annesinin annesiyle anneleri annelerini annelerinin",
        "ja": "お母さん 母親 ママ お父さん",
        "ko": "엄마 엄마를 엄마와 어미 어미를 아빠 아빠를",
        "zh": "妈妈 媽媽 母亲 母親 爸爸",
        "vi": "mẹ",
        "id": "induk induknya ibu ibunya",
        "th": "แม่",
        "ar": "أم أمه أمها أمهم والدتها",
        "he": "אמא אמה אמם",
        "hi": "माँ मां",
    }
)
_THEIR = _by_language(
    {
        "en": "her his its their",
        "es": "su sus",
        "pt": "seu sua seus suas",
        "fr": "son sa ses leur leurs",
        "it": "suo sua suoi sue loro",
        "de": "ihr ihre ihren ihrem ihrer sein seine seinen seinem",
        "nl": "haar zijn hun",
        "sv": "sina sin sitt",
        "da": "sine sin sit",
        "no": "sine sin sitt",
        "ru": "своими своих свой своим своей своё",
        "uk": "своїми своїх своїм своєю",
        "pl": "swoimi swoje swoim swoją swoich",
        "cs": "svými svá svoje svou svým",
        "bg": "своите своето",
        "ro": "săi sale lor ei",
    }
)


def as_kin(reading: Draft, token: Token, rest: tuple[Token, ...]) -> Token:
    """A word as it is meant: a mother behind ducklings is a duck. ``reading.kin`` then says how large."""
    reading.kin = None
    named, follows = _name(token), _name(rest[0]) if rest else None
    if reading.language == "en" and _is_animal(follows):
        if token.text == "baby":
            return replace(token, meaning=Meaning("small", "little"), other=None)
        if token.text in _PARENTS["en"]:
            return replace(token, meaning=Meaning("small", "idle"), other=None)
    last = _animal(reading.things)
    if last is None:
        return token
    if _are(_PARENTS, reading, token.text) and (reading.language != "en" or _is_theirs(reading)):
        reading.kin = _PARENT
        return replace(token, meaning=Meaning("thing", last.thing), other=None, plural=False)
    if reading.language == "en" and token.text in _ANY_YOUNG and _is_theirs(reading):
        reading.kin = _YOUNG
        return replace(
            token, meaning=Meaning("thing", last.thing), other=None, plural=token.text.endswith("s")
        )
    if named == last.thing and not token.guessed and reading.words.get(named) != token.text:
        joined = reading.link is Link.WITH or any(is_and(reading.language, one.text) for one in reading.since)
        called = reading.language == "en" and token.text in _CALLED_YOUNG
        if joined and (called or _is_theirs(reading)):
            reading.kin = _YOUNG
    return token


def _name(token: Token) -> str | None:
    return token.meaning.key if token.meaning is not None and token.meaning.kind == "thing" else None


def _is_animal(name: str | None) -> bool:
    return name is not None and is_alive(name) and not is_person(name)


def _animal(things: list[Subject]) -> Subject | None:
    """The last living thing, if nobody among them is human."""
    alive = [thing for thing in things if is_alive(thing.thing)]
    return alive[-1] if alive and not any(is_person(thing.thing) for thing in alive) else None


def _is_theirs(reading: Draft) -> bool:
    """Whether a possessive stands behind the last thing."""
    return any(_are(_THEIR, reading, token.text) for token in reading.since)


def _are(words: Mapping[str, frozenset[str]], reading: Draft, word: str) -> bool:
    return word in words.get({"zh-Hant": "zh", "ms": "id"}.get(reading.language, reading.language), ())
