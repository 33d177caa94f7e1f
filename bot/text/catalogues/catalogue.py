"""The translations of one language: read from its PO file when the language is first spoken."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.text.languages import ENGLISH

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog, Message

FOLDER = Path(__file__).parent

COMMAND = "command"
"""The context of the names of commands."""

_MENTION = re.compile(r"(?<![\w/.:])/[a-z0-9]+(?:[ ][a-z-]+(?![\w:-]))*")


class Catalogue:
    """What the sentences of the bot are in a language. A sentence that is missing stays English."""

    def __init__(self, code: str) -> None:
        from babel.messages.mofile import write_mo  # noqa: PLC0415 - a bot that speaks English needs no Babel
        from babel.messages.pofile import read_po  # noqa: PLC0415 - as above
        from babel.support import Translations  # noqa: PLC0415 - as above

        with (FOLDER / f"{code}.po").open("rb") as file:
            known = read_po(file, locale=code.replace("-", "_"))
        _name_commands(known)
        compiled = BytesIO()
        write_mo(compiled, known)
        compiled.seek(0)
        self._found = Translations(compiled)

    def one(self, sentence: str, context: str | None = None) -> str:
        """A sentence; ``context`` tells apart what is one word in English."""
        if not sentence:
            return sentence  # gettext has the file's header there
        found = self._found
        return str(found.gettext(sentence) if context is None else found.pgettext(context, sentence))

    def many(self, one: str, many: str, count: int) -> str:
        """A sentence about so many of something."""
        return str(self._found.ngettext(one, many, count))


@cache
def catalogue(code: str) -> Catalogue | None:
    """The translations of a language, read once; None for English, and where there are none yet."""
    if code == ENGLISH or not (FOLDER / f"{code}.po").is_file():
        return None
    return Catalogue(code)


def mentions(sentence: str, is_command: Callable[[str], bool]) -> list[str]:
    """The commands that a sentence names, such as “/queue resume”.

    Args:
        sentence: as it is in English.
        is_command: whether a word is the name of a command.
    """
    found = []
    for match in _MENTION.finditer(sentence):
        words = match[0][1:].split()
        known = next((place for place, word in enumerate(words) if not is_command(word)), len(words))
        if known:
            found.append("/" + " ".join(words[:known]))
    return found


def _name_commands(known: Catalog) -> None:
    """Write each command that a sentence names as Discord names it in this language.

    Translators leave the English names in their sentences, so that the two can't differ.
    """
    names = {str(each.id): str(each.string or each.id) for each in known if each.context == COMMAND}
    for message in known:
        if message.id and message.context != COMMAND:
            _name_in(message, names)


def _name_in(message: Message, names: dict[str, str]) -> None:
    ids: Any = message.id if isinstance(message.id, tuple | list) else (message.id,)
    found = sorted({each for text in ids for each in mentions(text, names.__contains__)}, key=len)
    for mention in reversed(found):
        local = "/" + " ".join(names[word] for word in mention[1:].split())
        # Only letters that a name in English could go on with: Korean particles stand right behind a word.
        whole = re.compile(re.escape(mention) + "(?![a-z0-9_-])")
        if isinstance(message.string, tuple | list):
            message.string = tuple(whole.sub(local, text) for text in message.string)
        else:
            message.string = whole.sub(local, message.string or "")
