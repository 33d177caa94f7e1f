"""The template has every text, and every catalogue a translation of each that fits its place."""

from __future__ import annotations

import re
from collections import Counter
from string import Formatter

import discord
import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from discord import app_commands

from bot.commands import setup_all
from bot.text.catalogues.catalogue import COMMAND, FOLDER, _name_commands, catalogue, mentions
from bot.text.catalogues.command_translator import DESCRIPTION, CommandTranslator
from bot.text.languages import LANGUAGES
from bot.text.wording import BUTTON, CHOICE, FORM, MENU, OPTION
from docs import catalogues
from tests.bot.fixtures import mocked_app
from tests.present import present

THERE_ARE = sorted(path.stem for path in FOLDER.glob("*.po"))
NAMES = {COMMAND, OPTION}
ROOM = {COMMAND: 32, OPTION: 32, MENU: 32, DESCRIPTION: 100, CHOICE: 100, BUTTON: 80, FORM: 45}
"""Characters that Discord has room for, by context."""

MESSAGE = 2000
NAME = re.compile(r"[-_'\w]{1,32}")
MARKS = re.compile(r"\*\*|-#|`|<t:|\n")
MOST_OF_A_COMMAND = 8000


def read(code):
    with (FOLDER / f"{code}.po").open("rb") as file:
        return read_po(file, locale=code.replace("-", "_"))


@pytest.fixture(scope="module", params=THERE_ARE)
def language(request):
    return request.param


@pytest.fixture(scope="module")
def known(language):
    return read(language)


def forms(value):
    return list(value) if isinstance(value, tuple | list) else [value]


def placeholders(text):
    """Its places, with how a number in them is written."""
    return {f"{name}:{form}" for _, name, form, _ in Formatter().parse(text) if name is not None}


def keys(catalog):
    return {(each.context, *forms(each.id)) for each in catalog if each.id}


def test_the_template_has_what_is_said_now():
    """If this fails, `make catalogues` reads the texts anew."""
    assert catalogues.TEMPLATE.read_bytes() == catalogues.written(catalogues.extracted())


def test_of_one_thing_nothing_is_said_in_the_plural():
    one = [each.id[0] for each in catalogues.extracted() if isinstance(each.id, tuple)]
    assert len(one) > 20
    assert [text for text in one if re.search(r"\{(n|days)\} \w+s\b", text)] == []


def test_every_catalogue_is_of_a_language_that_the_bot_speaks():
    assert set(THERE_ARE) <= set(LANGUAGES)


def test_a_catalogue_has_every_text_and_no_other(known):
    with catalogues.TEMPLATE.open("rb") as file:
        assert keys(known) == keys(read_po(file))


def test_nothing_is_left_untranslated(known):
    assert [each.id for each in known if each.id and not catalogues.is_translated(each)] == []


def test_a_translation_has_the_places_and_marks_of_its_sentence(known):
    wrong = []
    for each in known:
        if each.id and catalogues.is_translated(each):
            meant = [placeholders(text) for text in forms(each.id)]
            for text in forms(each.string):
                same = placeholders(text) in meant or (
                    len(forms(each.id)) > 1 and placeholders(text) == meant[-1]
                )
                marks = Counter(MARKS.findall(text)) == Counter(MARKS.findall(forms(each.id)[-1]))
                if not same or not marks:
                    wrong.append((each.id, text))
    assert wrong == []


def test_a_translation_fits_its_place(known):
    wrong = [
        (each.context, text)
        for each in known
        if each.id
        for text in forms(each.string)
        if len(text) > ROOM.get(each.context, MESSAGE) or text != text.strip()
    ]
    assert wrong == []


def test_the_name_of_a_command_or_an_option_is_one_that_discord_takes(known):
    for each in known:
        if each.context in NAMES:
            assert NAME.fullmatch(each.string), each.string
            assert each.string == each.string.lower()


def test_every_command_that_a_sentence_names_exists(known):
    """So that it can be written as it is named in the language; see `mentions`."""
    names = {each.id for each in known if each.context == COMMAND}
    paths = {f"/{path}" for path in _paths()}
    for each in known:
        if each.id and each.context != COMMAND:
            for text in forms(each.id):
                assert set(mentions(text, names.__contains__)) <= paths, text
                assert all(
                    mention in forms(each.string)[-1] for mention in mentions(text, names.__contains__)
                )


def test_a_command_is_named_in_a_sentence_as_discord_names_it(language, known):
    spoken = present(catalogue(language))
    names = {each.id for each in known if each.context == COMMAND}
    for each in known:
        if each.id and each.context != COMMAND and isinstance(each.id, str):
            for mention in mentions(each.id, names.__contains__):
                local = "/" + " ".join(spoken.one(word, COMMAND) for word in mention[1:].split())
                assert local in spoken.one(each.id, each.context)


def test_a_command_is_found_with_a_particle_right_behind_it():
    korean = Catalog(locale="ko")
    korean.add("jobs", "작업", context=COMMAND)
    korean.add("See /jobs, or /jobs-x.", "/jobs에서 보세요, 또는 /jobs-x.")
    _name_commands(korean)
    assert korean["See /jobs, or /jobs-x."].string == "/작업에서 보세요, 또는 /jobs-x."


async def test_translated_commands_keep_discords_limits(language):
    """Of a command's names, descriptions and values, the longest of each count, 8,000 characters together."""
    tree = _tree()
    translator = CommandTranslator()
    for command in tree.get_commands():
        told = await command.get_translated_payload(tree, translator)
        assert _counted(told) <= MOST_OF_A_COMMAND
        for options in _lists(told):
            for locale in discord.Locale:
                names = [
                    each.get("name_localizations", {}).get(str(locale), each["name"]) for each in options
                ]
                assert len(names) == len(set(names)), names


def test_no_person_is_said_to_have_reviewed_what_a_machine_made(known):
    """A comment is taken away by whoever reviews; it is never misspelt."""
    for each in known:
        assert set(each.user_comments) <= {catalogues.MACHINE_MADE}, each.user_comments


def _tree():
    app = mocked_app()
    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    setup_all(tree, app)
    return tree


def _paths():
    for command in _tree().walk_commands():
        yield command.qualified_name


def _lists(value):
    """The options of a command and of all below it, and the commands of a group."""
    options = value.get("options", [])
    yield options
    for option in options:
        yield from _lists(option)


def _named(option, locale):
    return (option.get("name_localizations") or {}).get(locale, option["name"])


def _counted(value):
    """Characters as Discord counts them: of each name and description the longest of all languages."""
    own = sum(
        max(len(text) for text in (value.get(key, ""), *(value.get(f"{key}_localizations") or {}).values()))
        for key in ("name", "description")
    )
    own += len(str(value.get("value", "")))
    return own + sum(_counted(each) for key in ("options", "choices") for each in value.get(key, []))
