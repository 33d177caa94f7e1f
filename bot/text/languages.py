"""The languages that the bot speaks, and which of them a locale of Discord asks for."""

from __future__ import annotations

import re

from bot.config.choices import Language

ENGLISH = Language.ENGLISH.value
"""The language that every text is written in, and that holds where another one is not known."""

LANGUAGES = tuple(each.value for each in Language if each is not Language.AUTO)

OWN_NAMES = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "pt-BR": "Português do Brasil",
    "it": "Italiano",
    "pl": "Polski",
    "ru": "Русский",
    "tr": "Türkçe",
    "ja": "日本語",
    "ko": "한국어",
    "zh-CN": "简体中文",
}
"""What those who speak a language call it."""

_BY_FAMILY = {code.split("-", maxsplit=1)[0]: code for code in LANGUAGES}


MOST_ACCEPTED = 30
"""Languages of a browser's list that are looked at."""


def language_wanted(accepted: str) -> str:
    """The language that a browser asks for: the best liked of those that are spoken; else English.

    Args:
        accepted: the header ``Accept-Language``, such as “de-AT,de;q=0.9,en;q=0.5”.
    """
    best, liked = ENGLISH, 0.0
    for part in accepted.split(",")[:MOST_ACCEPTED]:
        tag, _, weight = part.strip().partition(";")
        known = _BY_FAMILY.get(tag.strip().split("-", maxsplit=1)[0].lower())
        quality = _quality(weight)
        if known is not None and quality > liked:
            best, liked = known, quality
    return best


def _quality(weight: str) -> float:
    """How much a language is liked, 0 … 1: 1 where nothing is said, 0 for what can't be read."""
    name, _, value = weight.strip().partition("=")
    if not name:
        return 1.0
    readable = name.strip().lower() == "q" and re.fullmatch(r"[01](\.[0-9]{0,3})?", value.strip())
    return min(1.0, float(value)) if readable else 0.0


def own_name(language: str) -> str:
    """What those who speak a language call it; one that is not known is spoken as English."""
    return OWN_NAMES.get(language, OWN_NAMES[ENGLISH])


def language_of(locale: object, chosen: Language = Language.AUTO) -> str:
    """The language that a locale asks for: “en-GB” is English, “es-419” Spanish, “zh-TW” Chinese.

    Args:
        locale: as Discord writes it; anything that is not a known one is English.
        chosen: the owner's choice, which counts more than a locale.
    """
    if chosen is not Language.AUTO:
        return chosen.value
    return _BY_FAMILY.get(str(locale).replace("_", "-").split("-", maxsplit=1)[0].lower(), ENGLISH)
