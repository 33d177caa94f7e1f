"""The word lists that a server can choose: a maintained base of rude and sexual words, and the server's own.

They only flag; what follows from a flag the server decides. What no server can decide is in
:mod:`bot.moderation.hard_words`.
"""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.resources import files

from bot.moderation.confusables import plain, word_list

log = logging.getLogger(__name__)

_EVERYDAY = frozenset(
    tomllib.loads(files("bot.moderation").joinpath("everyday_words.toml").read_text("utf-8"))["everyday"]
)
"""Words of the base that most often mean something harmless: cocks crow, and pipes have flanges."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """Which words stand in a text.

    Attributes:
        own: of the server's own list.
        base: of the base.
    """

    own: frozenset[str] = frozenset()
    base: frozenset[str] = frozenset()


class WordLists:
    """Looks for words, whole and without their disguises.

    Args:
        languages: the languages of the base list to look for, from
            :func:`bot.config.words.word_languages.languages`.
    """

    def __init__(self, languages: Sequence[str]) -> None:
        try:
            from badwords import ProfanityFilter  # noqa: PLC0415 - a tenth of a second, and not everywhere
        except ImportError:
            log.warning("badwords-py is not installed: only the servers' own words are checked")
            self._base = None
        else:
            self._base = ProfanityFilter()
            self._base.init(languages=list(languages))

    def find(self, text: str, *, own: Collection[str], allowed: Collection[str]) -> Found:
        """Look for words.

        Args:
            text: a prompt.
            own: the server's list, as :func:`bot.moderation.confusables.plain_line` writes it.
            allowed: words of the base that the server does not mind, written so too.
        """
        read = plain(text)
        readings = read.joined.union(*read.words)
        base = {one for one in readings if one not in _EVERYDAY and one not in allowed and self._in_base(one)}
        return Found(own=frozenset(read.says(word_list(frozenset(own)))), base=frozenset(base))

    def _in_base(self, word: str) -> bool:
        return self._base is not None and self._base.contains_word(word)
