"""Read every text that is translated, and bring the catalogues up to date: ``make catalogues``.

    python -m docs.catalogues

Sentences are found in the sources. The words of commands, buttons and forms are read off the objects
themselves, of a bot that has every command.
"""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import discord
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po
from discord import app_commands

from bot.buttons import rows
from bot.commands import setup_all
from bot.text.catalogues.catalogue import FOLDER
from bot.text.catalogues.command_translator import context_of
from bot.text.languages import ENGLISH, LANGUAGES
from bot.text.tree_texts import KINDS
from bot.text.wording import BUTTON, CHOICE, FORM, KIND
from engine.core.recipe import Quality
from tests.bot.fixtures import mocked_app

ROOT = Path(__file__).parent.parent
TEMPLATE = FOLDER / "messages.pot"
READ = ("bot", "engine")
CHANGING = (b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Generated-By')
"""Lines of a header that differ each time."""

ISSUES = "https://github.com/framekiln/framekiln/issues"
"""Where a wrong translation is told of."""

MACHINE_MADE = "machine-made, not reviewed"
"""The comment of a translation that no person has looked at."""

HEADER = """\
# Framekiln's texts.
# Copyright (C) The Framekiln authors
# This file is distributed under the licence of Framekiln, Apache-2.0.
"""


Words = tuple[str | None, str | tuple[str, str]]
"""A context, and a sentence, or both forms of one that counts."""


def of_source(code: str) -> Iterator[Words]:
    """The sentences that stand in a source."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            told = [each.value for each in node.args if isinstance(each, ast.Constant)]
            words = [each for each in told if isinstance(each, str)]
            match node.func.id, words:
                case (("say" | "Text" | "Sentence"), [sentence]):
                    yield None, sentence
                case (("Text" | "Sentence"), [sentence, context]):
                    yield context, sentence
                case "say_as", [context, sentence]:
                    yield context, sentence
                case "UserError", [*_, sentence] if " " in sentence:
                    yield None, sentence
                case "say_many", [one, many]:
                    yield None, (one, many)


class _Collected(app_commands.Translator):
    """Notes what a tree of commands would have translated."""

    def __init__(self) -> None:
        self.words: dict[Words, None] = {}

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContext,  # type: ignore[type-arg]
    ) -> None:
        """Note it."""
        del locale
        self.words[context_of(context), string.message] = None


def of_commands() -> Iterator[Words]:
    """The words of every command that there is, with their contexts."""
    app = mocked_app()
    tree: app_commands.CommandTree[discord.Client] = app_commands.CommandTree(
        discord.Client(intents=discord.Intents.none())
    )
    setup_all(tree, app)
    collected = _Collected()

    async def collect() -> None:
        for command in tree.get_commands():
            await command.get_translated_payload(tree, collected)

    asyncio.run(collect())
    yield from collected.words


def of_objects() -> Iterator[Words]:
    """The words of commands, buttons, forms and lists, with their contexts."""
    yield from of_commands()
    for kind in rows.buttons():
        if kind.look.label:
            yield BUTTON, str(kind.look.label)
    for form in rows.forms():
        yield FORM, form.title
        yield FORM, form.label
    for quality in Quality:
        yield CHOICE, quality.value
    for made in KINDS:
        yield KIND, made


def extracted() -> Catalog:
    """Everything that is translated, without translations."""
    found = Catalog(project="Framekiln", header_comment=HEADER.rstrip(), charset="utf-8")
    for room in READ:
        for path in sorted((ROOT / room).rglob("*.py")):
            if path.is_relative_to(ROOT / "bot/cli"):
                continue  # the owner's, in English
            place = str(path.relative_to(ROOT))
            for context, sentence in of_source(path.read_text("utf-8")):
                found.add(sentence, locations=[(place, 0)], context=context)
    for context, words in of_objects():
        found.add(words, context=context)
    return found


def written(catalog: Catalog) -> bytes:
    """A catalogue as it stands in its file."""
    file = BytesIO()
    write_po(
        file,
        catalog,
        width=110,
        include_lineno=False,
        omit_header=False,
        sort_output=True,
        ignore_obsolete=True,
    )
    lines = [line for line in file.getvalue().splitlines(keepends=True) if not line.startswith(CHANGING)]
    return b"".join(lines)


def updated(code: str, template: Catalog) -> Catalog:
    """The catalogue of a language, with every message of the template and no other."""
    path = FOLDER / f"{code}.po"
    locale = code.replace("-", "_")
    if not path.is_file():
        known = Catalog(locale=locale, project="Framekiln", charset="utf-8")
    else:
        with path.open("rb") as file:
            known = read_po(file, locale=locale)
    known.header_comment = HEADER.rstrip()
    known.update(template, no_fuzzy_matching=True)
    known.fuzzy = False
    known.version, known.msgid_bugs_address = "1", ISSUES
    known.last_translator, known.language_team = "", ""
    return known


def main() -> None:
    """Write the template and every catalogue."""
    template = extracted()
    TEMPLATE.write_bytes(written(template))
    for code in LANGUAGES:
        if code != ENGLISH:
            known = updated(code, template)
            missing = [each for each in known if each.id and not is_translated(each)]
            if len(missing) < len(known):
                (FOLDER / f"{code}.po").write_bytes(written(known))
            print(f"{code}: {len(known) - len(missing)} of {len(known)}")


def is_translated(message: Message) -> bool:
    """Whether each form of a message has a translation."""
    forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return all(forms)


if __name__ == "__main__":
    main()
