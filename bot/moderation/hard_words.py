"""What is refused everywhere, and no setting turns off: somebody young together with something sexual.

The lists hold English words, so they are neither complete nor clever: they err on the side of refusing. The
other lists, which a server can choose, are in :mod:`bot.moderation.word_lists`.
"""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

from bot.moderation.confusables import Plain, WordList, plain

ADULT = 18

_FILE = files("bot.moderation").joinpath("hard_words.toml")
_LISTS: dict[str, list[str]] = tomllib.loads(_FILE.read_text("utf-8"))
_ALWAYS, _YOUNG, _SEXUAL = (WordList(_LISTS[name]) for name in ("always", "young", "sexual"))
_HARMLESS = re.compile(
    "|".join(rf"\b{re.escape(phrase)}\b".replace(r"\ ", r"[\s-]+") for phrase in _LISTS["harmless"]),
    re.IGNORECASE,
)

_NUMBERS = (
    *(
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
    ),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
)
_NUMBER = rf"(?P<age>\d{{1,2}}|{'|'.join(_NUMBERS)})"
_AGES = (
    re.compile(rf"\b{_NUMBER} ?(?:years?|yrs?|y) ?(?:old|olds|o|of age)\b"),
    re.compile(rf"\b{_NUMBER} ?yo\b"),
    re.compile(rf"\bage[ds]? (?:of )?{_NUMBER}\b"),
    re.compile(rf"\b{_NUMBER}th birthday\b"),
)


def is_forbidden(text: str) -> bool:
    """Whether a prompt asks for something that is never drawn."""
    read = plain(_HARMLESS.sub(" ", text))
    if read.says(_ALWAYS):
        return True
    return bool(read.says(_SEXUAL)) and (bool(read.says(_YOUNG)) or _names_a_young_age(read))


def _names_a_young_age(read: Plain) -> bool:
    for pattern in _AGES:
        for match in pattern.finditer(read.line):
            age = match["age"]
            years = int(age) if age.isdecimal() else _NUMBERS.index(age)
            if years < ADULT:
                return True
    return False
