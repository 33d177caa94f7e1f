"""A sentence is said in the language that is spoken, whole, with its numbers as that language writes them."""

from __future__ import annotations

import ast
import asyncio
import re
import subprocess
import sys

import discord
import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from bot.config.choices import Language
from bot.discord_io.messenger import Messenger
from bot.text import messages
from bot.text.catalogues import catalogue
from bot.text.languages import LANGUAGES, language_of
from bot.text.wording import Text, decimal, number, say, say_as, say_many, speaking, spoken, translated
from engine.core.sentence import Sentence
from tests import ROOT
from tests.bot.german import german


@pytest.fixture
def words(tmp_path):
    with german(
        tmp_path,
        {
            "I keep {n} clips.": "Ich behalte {n} Clips.",
            "Ask with /jobs now.": "Frag jetzt mit /jobs.",
            "A kept sentence.": "Ein aufgehobener Satz.",
            "{n} s long": "{n} s lang",
        },
    ):
        yield


def test_without_anything_said_english_is_spoken(words):
    assert spoken() == "en"
    assert say("I keep {n} clips.", n=2) == "I keep 2 clips."


def test_a_sentence_is_said_in_the_language_that_is_spoken_until_the_end_of_the_block(words):
    with speaking("de"):
        assert say("I keep {n} clips.", n=2) == "Ich behalte 2 Clips."
        with speaking("en-GB"):
            assert say("I keep {n} clips.", n=2) == "I keep 2 clips."
        assert spoken() == "de"
    assert spoken() == "en"


def test_what_is_not_translated_stays_english(words):
    with speaking("de"):
        assert say("Nobody translated this.") == "Nobody translated this."
        assert say_many("{n} thing", "{n} things", 2) == "2 things"
        assert say_as("button", "Nowhere") == "Nowhere"
    with speaking("fr"):  # of which there is no file here
        assert say("I keep {n} clips.", n=2) == "I keep 2 clips."


def test_a_kept_sentence_is_its_english_and_speaks_when_it_becomes_a_string(words):
    kept = Text("A kept sentence.")
    with speaking("de"):
        assert kept == "A kept sentence."
        assert {str(kept), f"{kept}", say(kept), translated(kept)} == {"Ein aufgehobener Satz."}


def test_a_sentence_of_the_engine_is_said_anew_with_the_numbers_of_the_language(words):
    with speaking("de"):
        assert translated(Sentence("{n} s long", n=2.5)) == "2,5 s lang"


def test_a_number_chooses_among_the_forms_of_the_language(tmp_path, monkeypatch):
    known = Catalog(locale="ru", charset="utf-8")
    known.add(("{n} vote", "{n} votes"), ("{n} голос", "{n} голоса", "{n} голосов"))
    with (tmp_path / "ru.po").open("wb") as file:
        write_po(file, known)
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    catalogue.catalogue.cache_clear()
    with speaking("ru"):
        said = [say_many("{n} vote", "{n} votes", n) for n in (1, 2, 5, 21)]
    catalogue.catalogue.cache_clear()
    assert said == ["1 голос", "2 голоса", "5 голосов", "21 голос"]
    assert [say_many("{n} vote", "{n} votes", n) for n in (1, 2)] == ["1 vote", "2 votes"]


def test_a_decimal_sign_is_the_languages_own():
    assert (decimal(1.25, 2), number(2.5), number(4.0)) == ("1.25", "2.5", "4")
    with speaking("de"):
        assert (decimal(1.25, 2), number(2.5), number(4.0)) == ("1,25", "2,5", "4")
    with speaking("ja"):
        assert decimal(1.25, 2) == "1.25"


def test_a_language_is_spoken_by_one_task_and_not_by_those_beside_it(words):
    async def ask(locale):
        with speaking(locale):
            await asyncio.sleep(0)
            return say("I keep {n} clips.", n=1)

    async def all_at_once():
        return await asyncio.gather(ask("de"), ask("en-US"), ask("de"))

    assert asyncio.run(all_at_once()) == ["Ich behalte 1 Clips.", "I keep 1 clips.", "Ich behalte 1 Clips."]


def test_every_locale_of_discord_asks_for_a_language_that_is_spoken():
    found = {str(locale): language_of(locale) for locale in discord.Locale}
    assert set(found.values()) == set(LANGUAGES)
    assert (found["en-GB"], found["es-419"], found["zh-TW"], found["pt-BR"]) == ("en", "es", "zh-CN", "pt-BR")
    assert found["hu"] == "en"
    assert language_of(None) == language_of("xx") == "en"


def test_the_owners_choice_counts_more_than_a_locale():
    assert language_of("fr", Language.GERMAN) == "de"


def test_a_server_that_is_not_known_is_spoken_to_in_english_or_as_the_owner_chose():
    assert Messenger().language_in(1) == "en"
    assert Messenger(language=Language.JAPANESE).language_in(1) == "ja"


def test_a_length_of_time_is_said_in_the_language():
    with speaking("de"):
        assert messages.seconds(6000) == "1,7 h"
        assert messages.span(40, 60) == "40 bis 60 s"


def test_a_bot_that_speaks_english_reads_no_catalogue():
    code = "import sys; from bot.text.messages import DELETED; str(DELETED); sys.exit('babel' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


SPEAKS = {"say", "_say", "send_message", "edit_message", "edit_original_response", "turn_away", "send"}
PROSE = re.compile(r"[A-Za-z]\w* \w+")


def test_what_is_said_to_members_outside_of_the_texts_is_no_bare_literal():
    """It would be said in English to everybody."""
    bare = []
    for path in sorted((ROOT / "bot").rglob("*.py")):
        room = path.relative_to(ROOT / "bot").parts[0]
        if room in {"broker", "cli", "worker", "remote", "text"}:  # the owner's, and the texts themselves
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in SPEAKS:
                # The first argument of the one `say` is the interaction; of the other it is the sentence.
                plain = node.args[1:] if ast.unparse(node.func) == "say" else node.args
                told = [*plain, *(each.value for each in node.keywords if each.arg == "content")]
                bare += [f"{path.name}:{each.lineno}" for each in told if _is_prose(each)]
    assert bare == []


def _is_prose(node):
    words = [
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]
    return isinstance(node, ast.Constant | ast.JoinedStr) and bool(PROSE.search(" ".join(words)))
