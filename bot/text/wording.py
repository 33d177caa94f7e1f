"""Sentences in the language that is spoken now.

A sentence is written in English, whole, with named places for what changes. The English sentence is the key
of its translations (:mod:`bot.text.catalogues.catalogue`); where there is none, it is said as it is written.

Which language is spoken is set around whatever writes to somebody: by the door for an interaction, by the
loops for each job.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Self

from bot.text.catalogues.catalogue import catalogue
from bot.text.languages import ENGLISH, language_of
from engine.core.sentence import Sentence

BUTTON = "button"
"""The context of the labels of buttons."""

FORM = "form"
"""The context of the title of a form, and of what stands above its field."""

OPTION = "option"
"""The context of the names of options of commands."""

MENU = "menu"
"""The context of what stands in the menu of a message or a member."""

CHOICE = "choice"
"""The context of what Discord shows for a value of an option."""

KIND = "kind"
"""The context of the words for how a clip is made."""

_spoken: ContextVar[str] = ContextVar("spoken", default=ENGLISH)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language until the end of the block.

    Args:
        language: a code or a locale; English where it is not known.
    """
    token = _spoken.set(language_of(language))
    try:
        yield
    finally:
        _spoken.reset(token)


def spoken() -> str:
    """The code of the language that is spoken now."""
    return _spoken.get()


def say(sentence: str, /, **values: object) -> str:
    """A sentence, whole.

    Args:
        sentence: in English, a literal or a :class:`Text`: what reads the sources for translators has to
            find it.
        values: what stands in its named places.
    """
    said = str(sentence) if isinstance(sentence, Text) else translated(sentence)
    return said.format(**values) if values else said


def say_many(one: str, many: str, n: int, /, **values: object) -> str:
    """A sentence about so many of something; ``{n}`` is the number.

    Args:
        one, many: the sentence in English for one, and for any other number. Languages may have more forms.
        n: how many.
        values: what stands in the other places.
    """
    known = catalogue(spoken())
    said = (one if n == 1 else many) if known is None else known.many(one, many, n)
    return said.format(n=n, **values)


def say_as(context: str, words: str, /, **values: object) -> str:
    """Words that are something in particular: “button”, “form”. One English word may be several elsewhere."""
    said = translated(words, context)
    return said.format(**values) if values else said


def translated(words: str, context: str | None = None) -> str:
    """What was written elsewhere, such as a sentence that is kept; as it is, where it is not known.

    Args:
        words: in English. A :class:`engine.core.sentence.Sentence` is said anew, of its template and values.
        context: as for :func:`say_as`; None: it has none.
    """
    known = catalogue(spoken())
    if known is None:
        return str.__str__(words)
    if isinstance(words, Sentence):
        return words.translated(known.one, _written)
    return known.one(str.__str__(words), context)


def in_words(text: str) -> str:
    """What the engine says, in the language that is spoken now; what is no sentence of its stays as it is.

    So it is safe for what strangers write, which a catalogue might know by chance.
    """
    return translated(text) if isinstance(text, Sentence) else text


def _written(value: float, form: str) -> str:
    return _signed(format(value, form))


class Text(str):
    """A sentence that is kept in a constant.

    It *is* its English, as which it is compared and stored; turned into a string, by ``str()`` or in an
    f-string, it speaks the language of that moment. Discord's library turns what it sends into strings.

    Attributes:
        context: as for :func:`say_as`; None: it has none.
    """

    __slots__ = ("context",)
    context: str | None

    def __new__(cls, words: str, context: str | None = None) -> Self:
        """Make one of a literal: what reads the sources for translators has to find it."""
        text = super().__new__(cls, words)
        text.context = context
        return text

    def __str__(self) -> str:
        return translated(self, self.context)

    def __format__(self, form: str) -> str:
        return format(str(self), form)


ERASED_MEMBER = Text("an erased member")
_MENTION = re.compile(r"<@(-?\d+)>")


def named(user: int) -> str:
    """A member, whose name Discord shows in place of this; one who was erased has a pseudonym and no name."""
    return f"<@{user}>" if user > 0 else str(ERASED_MEMBER)


def naming(text: str) -> str:
    """A text that was kept, and names members, some of whom were erased since."""
    return _MENTION.sub(lambda found: named(int(found[1])), text)


def decimal(value: float, digits: int = 1) -> str:
    """A number with so many digits behind the decimal sign."""
    return _signed(f"{value:.{digits}f}")


def number(value: float) -> str:
    """A number, as short as it can be: 4, 2.5."""
    return _signed(f"{value:g}")


def day(at: float) -> str:
    """The day of a moment in Unix seconds, by UTC; the same in every language."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def ago(seconds: float) -> str:
    """How long ago something was, in the largest unit that fits: “3 hours ago”."""
    from babel.dates import format_timedelta  # noqa: PLC0415 - it is slow to import, and seldom needed

    return format_timedelta(
        timedelta(seconds=-max(1.0, seconds)), add_direction=True, locale=spoken().replace("-", "_")
    )


def _signed(written: str) -> str:
    """Put the language's own decimal sign in; a number without one has nothing to change."""
    if spoken() == ENGLISH or "." not in written:
        return written
    from babel.numbers import get_decimal_symbol  # noqa: PLC0415 - a bot that speaks English needs no Babel

    return written.replace(".", get_decimal_symbol(spoken().replace("-", "_")))
