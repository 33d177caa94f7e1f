"""The young and the parents of animals: "a duck and her ducklings", "a bear and his mom"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.families.sketch.habits import is_alive, is_person
from engine.families.sketch.language.draft import Draft
from engine.families.sketch.language.grammar import COLOUR_AFTER, is_and
from engine.families.sketch.language.tokens import Token
from engine.families.sketch.language.vocabulary import Meaning
from engine.families.sketch.words import Link, Subject


def _by_language(words: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    return {language: frozenset(listed.split()) for language, listed in words.items()}


_YOUNG, _PARENT = 0.7, 1.3  # of their usual size
_SEVERAL = 3
_CALLED_YOUNG: Mapping[str, tuple[str, ...]] = {
    language: tuple(listed.split())
    for language, listed in {
        "en": "kitten puppy puppies duckling foal piglet lamb",
        "es": "gatit cachorr patit potr", "pt": "gatinh filhot patinh cachorrinh",
        "fr": "chaton chiot caneton poulain", "it": "gattin cucciol anatroccol",
        "de": "kätzchen welpe entchen entenküken fohlen ferkel", "nl": "katje puppy eendje veulen",
        "sv": "kattung valp ankung föl", "da": "killing hvalp ælling føl", "no": "kattung valp andung føll",
        "fi": "kissanpen pentu pennu", "hu": "kiscic kiskacs kölyök", "ru": "котён котен котят щен утён утят",
        "uk": "кошен цуцен щен каченя", "pl": "kocią kociak szczeni kaczą kaczuszk",
        "cs": "kotě koťa štěň kachňá", "ja": "子猫 子犬", "zh": "小猫 小狗 小鸭", "ko": "새끼 강아지",
    }.items()
}  # fmt: skip
"""How the names of some young animals begin that have the drawing of the grown ones."""
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
    if reading.language == "en" and _is_animal(follows) and token.text == "baby":
        return replace(token, meaning=Meaning("small", "little"), other=None)
    if _are(_PARENTS, reading, token.text) and (_is_animal(follows) or _ends_name(reading)):
        return replace(token, meaning=Meaning("small", "idle"), other=None)  # "mother cat", "gata madre"
    if reading.language == "en" and token.text in _ANY_YOUNG and _makes_young(reading, token):
        return replace(token, meaning=Meaning("small", "idle"), other=None)
    if named is not None and _are_young(reading, token, named):
        reading.kin = _YOUNG
        return token
    return _another(reading, token)


def _makes_young(reading: Draft, token: Token) -> bool:
    """Let the animal right before "cub" be a small one: "a lion cub". Whether there is one."""
    if not reading.things or reading.since or not _is_animal(reading.things[-1].thing):
        return False
    grown = reading.things[-1]
    several = token.text.endswith("s") and grown.count == 1
    count = _SEVERAL if several else grown.count
    reading.things[-1] = replace(grown, scale=grown.scale * _YOUNG, count=count)
    return True


def _another(reading: Draft, token: Token) -> Token:
    """A word for a parent or the young of the animal before it, as a name of that animal."""
    last = _animal(reading.things)
    if last is None:
        return token
    theirs, plural = _is_theirs(reading), False
    if _are(_PARENTS, reading, token.text) and (reading.language != "en" or theirs):
        reading.kin = _PARENT
    elif reading.language == "en" and token.text in _ANY_YOUNG and theirs:
        reading.kin, plural = _YOUNG, token.text.endswith("s")
    else:
        return token
    return replace(token, meaning=Meaning("thing", last.thing), other=None, plural=plural, guessed=False)


def _are_young(reading: Draft, token: Token, name: str) -> bool:
    """Whether a word that has the drawing of an animal before it names its young."""
    before = reading.things[-1].thing if reading.things else None
    if before != name or not _is_animal(name) or token.guessed or reading.words.get(name) == token.text:
        return False
    joined = reading.link is Link.WITH or any(is_and(reading.language, one.text) for one in reading.since)
    called = token.text.startswith(_CALLED_YOUNG.get(reading.language, ()))
    return joined and (called or _is_theirs(reading))


def _ends_name(reading: Draft) -> bool:
    """Whether a word stands right behind an animal, where nouns are described from: "gata madre"."""
    behind = reading.language in COLOUR_AFTER | {"zh", "zh-Hant", "ja", "ko"}
    return behind and bool(reading.things) and _is_animal(reading.things[-1].thing) and not reading.since


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
