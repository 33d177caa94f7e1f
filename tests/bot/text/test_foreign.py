"""A stranger's words in every text that the bot writes, in every line of the terminal, and in the log."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import json
import logging
import pkgutil
import re
import typing
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum

import pytest
from click.testing import CliRunner

import bot.text
from bot.cli.doctor import report
from bot.cli.finding import Finding
from bot.cli.main import main
from bot.clips.recipe_text import recipe_text
from bot.ops.logs import _Redacting, _RedactingJson
from bot.text.foreign import disarm, quote, refusal
from db.jobs.allowances import Allowance
from engine.core.errors import UserError
from engine.core.foreign_text import visible
from engine.core.receipt import Outcome, Receipt, TakeRecord
from engine.core.recipe import Helped, Recipe, Style
from tests.bot.fixtures import receipt, recipe

EVIL = (
    "evil](https://evil.example/x) [evil](<https://evil.example>)\n# evil\u202e\u2066 `@everyone` <@1> "
    "\x1b[31m\x9b1m ||evil||"
)
STEERS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]")
LIVE = re.compile(r"(?<!\\)\[[^\]\n]*\]\(|https?://evil|@everyone|<@1>|^#|(?<!\\)\|\|", re.MULTILINE)
"""Markup that Discord would draw: masked links, addresses, pings, headings, spoilers."""

OURS = {
    *("code", "error_id", "stage", "which", "what", "about", "name", "counts", "lines", "held", "trouble"),
    *("action", "kind", "id", "error_text", "head", "hash", "title", "titles", "secret", "doing", "engines"),
    *("shown", "ready", "defaults", "asked", "permissions", "when", "reported"),
}
"""Parameters and fields whose values are made by us, or went through a function that is tried here too."""


def value_of(kind, name):  # noqa: C901, PLR0911 - one case for each sort of type
    """A value of a type, as hostile as can be."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind is str:
        return "ours" if name in OURS else EVIL
    if kind in (int, float, bool):
        return kind(3)
    if origin is Mapping or origin is dict:
        return {}
    if origin in (Sequence, list, tuple, frozenset):
        one = value_of(inner[0], name)
        return origin([one]) if origin in (tuple, list, frozenset) else [one]
    if inner and type(None) in inner:
        return value_of(next(each for each in inner if each is not type(None)), name)
    if kind in MADE:
        return MADE[kind]()
    if inspect.isclass(kind) and issubclass(kind, Enum):
        return next(iter(kind))
    if kind is Exception or (inspect.isclass(kind) and issubclass(kind, UserError)):
        return UserError("E", "there is no {name} here", name=EVIL)
    if inspect.isclass(kind) and dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(
            **{field.name: value_of(hints[field.name], field.name) for field in dataclasses.fields(kind)}
        )
    if hasattr(kind, "__supertype__"):
        return "0123456789abcdef"
    raise AssertionError(f"say how a {kind} looks that a stranger has made")


def said_by(text):
    """What a function that writes a text says, given such values."""
    hints = typing.get_type_hints(text)
    return text(
        **{
            name: value_of(hints[name], name)
            for name, parameter in inspect.signature(text).parameters.items()
            if parameter.kind is not inspect.Parameter.VAR_KEYWORD
        }
    )


def hostile_recipe() -> Recipe:
    return dataclasses.replace(
        recipe(prompt=EVIL), engine=EVIL, way=EVIL, model=EVIL, words=EVIL, negative=EVIL, reasons=(EVIL,),
        styles=(Style(name=EVIL),), settings={EVIL: EVIL}, steps=3, helped=Helped(model=EVIL, own=EVIL),
    )  # fmt: skip


def hostile_receipt() -> Receipt:
    bad = TakeRecord(number=1, seed=1, outcome=Outcome.REJECTED, score=1.0, reasons=(EVIL,))
    made = receipt("a" * 64, 1)
    return dataclasses.replace(made, takes=(bad, *made.takes), kept=2, ladder=(EVIL,))


MADE = {
    Recipe: hostile_recipe,
    Receipt: hostile_receipt,
    Allowance: lambda: Allowance(waiting=1, hour=1, day=1.0),
    datetime: lambda: datetime(2027, 1, 15, tzinfo=UTC),
}


THE_MACHINERY = {f"bot.text.{name}" for name in ("catalogues", "languages", "wording")}
"""What every text is made with; it has no texts of its own."""


def texts():
    """Every function that writes a text, found by where it is."""
    for module in pkgutil.walk_packages(bot.text.__path__, "bot.text."):
        if any(module.name.startswith(name) for name in THE_MACHINERY):
            continue
        found = importlib.import_module(module.name)
        for name, made in vars(found).items():
            if inspect.isfunction(made) and made.__module__ == module.name and not name.startswith("_"):
                yield pytest.param(made, id=f"{module.name.removeprefix('bot.text.')}.{name}")


def drawn(text: str) -> str:
    """What of a text is not inside code, where Discord draws no markup."""
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


NOT_SAID = {"clean_prompt", "fit", "list_page", "my_jobs", "choose", "flagged_words", "line_of"}
"""They make no text of ours: a prompt on its way in, four that put finished lines together, a reason that is
kept, and quoted where it is said, and a line that another one here makes of a job's row."""

NOT_DRAWN = {"job_choice", "entry_choice", "page_title", "by", "drawn_by", "alternative", "alt"}
"""Discord draws no markup in the names of a list, on buttons and in what tells of a picture; the gallery
draws none."""


@pytest.mark.parametrize("text", list(texts()))
def test_no_text_draws_what_a_stranger_wrote(text):
    if text.__name__ in NOT_SAID:
        return
    said = said_by(text)
    if isinstance(said, str):
        assert not STEERS.search(said), ascii(said)
        assert text.__name__ in NOT_DRAWN or not LIVE.search(drawn(said)), drawn(said)


def test_a_recipe_is_shown_without_drawing_what_stands_in_it():
    said = recipe_text(hostile_recipe(), hostile_receipt()).text
    assert not STEERS.search(said), ascii(said)
    assert not LIVE.search(drawn(said)), drawn(said)


@pytest.mark.parametrize("ours", ["an error that is told", "a job that the engine refused"])
def test_a_refusal_names_what_was_written_in_code_or_disarmed(ours):
    error = UserError("E_STYLE", "There is no style {style} here.", style=EVIL)
    said = refusal(error) if ours.startswith("an error") else disarm(str(error))
    assert "There is no style" in said
    assert not STEERS.search(said)
    assert not LIVE.search(drawn(said)), drawn(said)


def test_what_is_hidden_in_a_name_is_shown():
    assert quote("a\u202eb\x1b[1m") == "`a\\u202eb\\x1b[1m`"
    assert visible("a\nb\u2028\ud800", lines=True) == "a\nb\\u2028\\ud800"
    assert disarm("*a* [b](c)") == r"\*a\* \[b\](c)"
    assert quote("") == "``"


def test_the_terminal_is_steered_by_nothing_that_a_file_says(tmp_path, monkeypatch):
    from engine.provenance import seal

    found = seal.Provenance(
        recipe=hostile_recipe(),
        source_type=EVIL,
        signature=seal.Signature.VALID,
        problems=(EVIL,),
        signer=EVIL,
    )
    monkeypatch.setattr(seal, "inspect_clip", lambda path: found)
    clip = tmp_path / "clip\x1b[31m.mp4"
    clip.touch()
    for options in ((), ("--json",)):
        said = CliRunner().invoke(main, ["inspect", str(clip), *options]).output
        assert "evil" in said
        assert not STEERS.search(said), ascii(said)

    def broken(path):
        raise ValueError(EVIL)

    monkeypatch.setattr(seal, "inspect_clip", broken)
    assert not STEERS.search(CliRunner().invoke(main, ["inspect", str(clip)]).output)
    assert not STEERS.search(report([Finding(name=EVIL, ok=False, text=EVIL, mend=EVIL)]))
    judged = CliRunner().invoke(main, ["judge", str(clip)]).output
    assert "clip" in judged
    assert not STEERS.search(judged), ascii(judged)


def test_the_list_of_models_shows_names_of_files_as_they_are_written(tmp_path, monkeypatch):
    folder = tmp_path / "styles"
    folder.mkdir()
    (folder / "ink\x1b[31m.safetensors").write_bytes(b"x")
    monkeypatch.setenv("FRAMEKILN_MODELS_DIR", str(tmp_path))
    said = CliRunner().invoke(main, ["models", "list"]).output
    assert r"ink\x1b[31m" in said
    assert not STEERS.search(said), ascii(said)


@pytest.mark.parametrize("formatter", [_Redacting, _RedactingJson])
def test_no_text_steers_the_log_or_passes_for_a_line_of_it(formatter):
    record = logging.LogRecord("bot", logging.WARNING, __file__, 1, "it said %s", (EVIL,), None)
    said = formatter([]).format(record)
    assert "evil" in said
    assert not STEERS.search(said), ascii(said)
    if formatter is _RedactingJson:
        assert not STEERS.search(json.loads(said)["message"])
    else:
        assert all(line.startswith("    ") for line in said.splitlines()[1:])


def test_a_joiner_is_shown_as_its_escape_but_between_emoji():
    family = "👨\u200d👩\u200d👧 🏳\ufe0f\u200d🌈"
    assert visible(family) == family
    assert visible("a\u200db \u200d👩 👩\u200d") == "a\\u200db \\u200d👩 👩\\u200d"
