"""A sentence that members read, which remembers what it was made of, so that it can be said in any language.

The engine speaks English. What it says to members, it makes of a template and values; the bot finds the
template in a catalogue. Both travel beside the English text, which everybody can read who knows nothing of
them: an older release, a log, a row of the database.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, reduce
from string import Formatter
from typing import Any, Self

Value = str | int | float
"""What a placeholder stands for; a :class:`Sentence` among them is translated too."""

SENTENCES = "sentences"
"""The key of a document's JSON for what the sentences in it were made of, see :func:`table_of`."""

LONGEST = 2000
"""Characters of a template, and of what is said, that are read from elsewhere."""

DEEPEST = 16
"""Sentences within sentences that are read from elsewhere."""

LARGEST = 2**63
"""Numbers that are read from elsewhere are smaller."""

_AS_IS = "{text}"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_FORM = re.compile(r"(?:\.[0-9])?[gf%]?")


class Sentence(str):
    """An English sentence, with its template and values.

    It is its English text, so it can stand wherever a string can. What is made of it by a method of
    :class:`str` is a plain string.

    Attributes:
        template: the English sentence, with a named placeholder for each value. A number's may say how many
            digits it has: ``{seconds:.1f}``.
        values: by name.
    """

    __slots__ = ("template", "values")

    template: str
    values: Mapping[str, Value]

    def __new__(cls, template: str, /, **values: Value) -> Self:
        """Make one.

        Raises:
            ValueError: the placeholders are not those of the values, or not as above.
        """
        said = super().__new__(cls, _filled(template, values, format))
        said.template = template
        said.values = values
        return said

    def translated(self, find: Callable[[str], str], number: Callable[[float, str], str] = format) -> str:
        """The sentence in another language; in English where that language's template does not fit.

        Args:
            find: gives the template of the other language for an English one; the same where there is none.
            number: writes a number as a format specification says, such as ``.1f``.
        """
        values = {
            name: value.translated(find, number) if isinstance(value, Sentence) else value
            for name, value in self.values.items()
        }
        try:
            return _filled(find(self.template), values, number)
        except ValueError:
            return str(self)

    def to_data(self) -> dict[str, Any]:
        """What JSON can hold."""
        values = {
            name: value.to_data() if isinstance(value, Sentence) else value
            for name, value in self.values.items()
        }
        return {"template": self.template, "values": values}

    @classmethod
    def from_data(cls, data: object, depth: int = 1) -> Self:
        """Read what :meth:`to_data` made, from whomever it came.

        Raises:
            ValueError: it is no sentence, or a longer one than anybody would say.
        """
        match data:
            case {"template": str() as template, "values": dict() as values} if depth <= DEEPEST:
                pass
            case _:
                raise ValueError("this is no sentence")
        if len(template) > LONGEST:
            raise ValueError("this template is too long")
        read = {
            name: cls.from_data(value, depth + 1) if isinstance(value, dict) else _checked(value)
            for name, value in values.items()
        }
        try:
            said = cls(template, **read)
        except (TypeError, OverflowError) as error:
            raise ValueError(f"this is no sentence: {error}") from error
        if len(said) > LONGEST:
            raise ValueError("this sentence is too long")
        return said

    def __copy__(self) -> Self:
        """Itself: nothing of it changes."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Itself, likewise."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled, it is what it was made of."""
        return _remade, (self.template, dict(self.values))


def sentence(text: str) -> Sentence:
    """A sentence; what is none, such as a name, is said as it is in every language."""
    return text if isinstance(text, Sentence) else as_is(text)


def as_is(text: str) -> Sentence:
    """A name or words that are the same in every language."""
    return Sentence(_AS_IS, text=text)


def in_a_row(*said: str) -> Sentence:
    """Whole sentences, one after another."""
    return _joined(said, lambda first, then: Sentence("{first} {then}", first=first, then=then))


def listed(parts: Iterable[str]) -> Sentence:
    """One after another: “a, b, c”."""
    return _joined(parts, lambda first, then: Sentence("{first}, {then}", first=first, then=then))


def row_of(parts: Iterable[str]) -> Sentence:
    """Findings or notes, one after another: “a; b; c”."""
    return _joined(parts, lambda first, then: Sentence("{first}; {then}", first=first, then=then))


def both(parts: Iterable[str]) -> Sentence:
    """All of them: “a and b and c”."""
    return _joined(parts, lambda first, then: Sentence("{first} and {then}", first=first, then=then))


def either(parts: Iterable[str]) -> Sentence:
    """One of them: “a or b or c”."""
    return _joined(parts, lambda first, then: Sentence("{first} or {then}", first=first, then=then))


def _joined(parts: Iterable[str], join: Callable[[Sentence, Sentence], Sentence]) -> Sentence:
    return reduce(join, map(sentence, parts)) if (parts := tuple(parts)) else as_is("")


def table_of(texts: Iterable[str]) -> dict[str, Any]:
    """What the sentences among some texts were made of, by their English text: for JSON."""
    return {str(text): text.to_data() for text in texts if isinstance(text, Sentence)}


def by_table(table: object) -> Callable[[str], str]:
    """Make sentences of strings again.

    Args:
        table: what :func:`table_of` gave, from whomever it came. Where it makes another text than the one by
            which it is asked, or none, that stays a plain string: nobody reads in one language what is not
            there in the other.
    """
    known = table if isinstance(table, dict) else {}

    def find(text: str) -> str:
        if text not in known:
            return text
        try:
            said = Sentence.from_data(known[text])
        except ValueError:
            return text
        return said if said == text else text

    return find


def table_text(texts: Iterable[str], most: int) -> str:
    """:func:`table_of` as JSON; "" where there are no sentences, or it has more characters than ``most``."""
    table = table_of(texts)
    text = json.dumps(table, ensure_ascii=False) if table else ""
    return text if len(text) <= most else ""


def by_table_text(text: str) -> Callable[[str], str]:
    """:func:`by_table` of what :func:`table_text` gave, from whomever it came."""
    try:
        return by_table(json.loads(text) if text else None)
    except (ValueError, RecursionError):
        return by_table(None)


def placeholders(template: str) -> Mapping[str, str]:
    """The placeholders of a template: name → how its number is written, "" for anything.

    Raises:
        ValueError: it is no template.
    """
    return {name: form for _, name, form in _pieces(template) if name}


def _remade(template: str, values: Mapping[str, Value]) -> Sentence:
    return Sentence(template, **values)


def _checked(value: object) -> Value:
    """A value from elsewhere."""
    match value:
        case bool():
            pass
        case str():
            return value
        case int() | float() if abs(value) < LARGEST:  # and no NaN
            return value
    raise ValueError("a value is a text or a number that somebody would say")


def _filled(template: str, values: Mapping[str, Value], number: Callable[[float, str], str]) -> str:
    """A template with its values."""
    pieces = _pieces(template)
    if {name for _, name, _ in pieces if name} != values.keys():
        raise ValueError(f"the placeholders of {template!r} are not {', '.join(values) or 'none'}")
    text = []
    for literal, name, form in pieces:
        text.append(literal)
        if name:
            value = values[name]
            if isinstance(value, str):
                if form:
                    raise ValueError(f"{name} is no number")
                text.append(value)
            else:
                text.append(number(value, form))
    return "".join(text)


@lru_cache(maxsize=2048)
def _pieces(template: str) -> tuple[tuple[str, str, str], ...]:
    """Text, and behind it a placeholder's name and form; both "" where none follows."""
    pieces = []
    for literal, name, form, conversion in Formatter().parse(template):
        if name is not None and (conversion or not _NAME.fullmatch(name) or not _FORM.fullmatch(form or "")):
            raise ValueError(f"{{{name}}} is no placeholder of a sentence")
        pieces.append((literal, name or "", form or ""))
    return tuple(pieces)
