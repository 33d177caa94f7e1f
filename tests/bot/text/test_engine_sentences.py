"""What the engine says to members can be found by whoever extracts it, wherever it is written."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from bot.intake.refusals import FORMATS, NOTES
from engine.core.recipe import Camera, Follow, Motion, Quality
from engine.core.request import Feature, word
from engine.core.sentence import Sentence, placeholders
from engine.effects.shipped import SHIPPED
from engine.families import FAMILIES
from engine.gate import FAULTS
from engine.gate.listening import SOUND_FAULTS
from engine.gate.measures import MEASURES
from engine.gate.troubles import TROUBLES

ROOT = Path(__file__).parents[3]
SOURCES = sorted(path for room in ("bot", "engine") for path in (ROOT / room).rglob("*.py"))

SAID = {"HopelessTake": 0, "Unsupported": 0, "UserError": 1, "Sentence": 0}
"""Classes whose text a member may read, and which of their arguments that is."""

HEARD = {"gave_up", "note"}
"""Functions and methods that are told notes for the receipt."""

LISTS = {"reasons", "notes"}
"""Lists of what a plan says."""

KEYWORDS = {
    **dict.fromkeys(("FamilySpec", "Way", "Rung"), "about"),
    **dict.fromkeys(("measure", "Kind", "Trouble"), "words"),
    "Retake": "changed",
}
"""Classes with a field that members read."""

LOGGED = {"bot/worker/drawing.py", "bot/cli/demo.py"}
"""What is raised here is read in a log or a terminal."""


def calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
                yield node, name


def texts(call: ast.Call, name: str) -> Iterator[ast.expr]:
    """The arguments of a call that members read."""
    if name in SAID:
        yield from call.args[SAID[name] : SAID[name] + 1]
    elif name in HEARD:
        yield from call.args[:1]
    elif name == "append" and isinstance(call.func, ast.Attribute):
        match call.func.value:
            case ast.Name(id=called) | ast.Attribute(attr=called) if called in LISTS:
                yield from call.args
    elif name in KEYWORDS:
        yield from (each.value for each in call.keywords if each.arg == KEYWORDS[name])


def is_literal(text: ast.expr) -> bool:
    return isinstance(text, ast.Constant) and isinstance(text.value, str) and bool(text.value)


def where(path: Path, node: ast.expr) -> str:
    return f"{path.relative_to(ROOT)}:{node.lineno}"


def test_what_the_engine_says_is_a_sentence_with_a_literal_template():
    bare = [
        where(path, text)
        for path in SOURCES
        if str(path.relative_to(ROOT)) not in LOGGED and path.is_relative_to(ROOT / "engine")
        for call, name in calls(path)
        for text in texts(call, name)
        if isinstance(text, ast.JoinedStr) or (is_literal(text) and name not in {"Sentence", "UserError"})
    ]
    assert not bare, "wrap these in Sentence(…), so that they can be translated"


def test_what_the_engine_keeps_in_tables_is_a_sentence():
    ways = {way.about for spec in FAMILIES.values() for ways in spec.ways.values() for way in ways}
    abouts = {spec.about for spec in FAMILIES.values()}
    of_the_gate = {
        one.words for table in (MEASURES, TROUBLES, FAULTS, SOUND_FAULTS) for one in table.values()
    }
    effects = {text for effect in SHIPPED.values() for text in (effect.name, effect.about)}
    choices = {word(choice) for kind in (Camera, Feature, Follow, Motion, Quality) for choice in kind}
    said = ways | abouts | of_the_gate | effects | choices | set(NOTES.values()) | set(FORMATS.values())
    assert {text for text in said - {""} if not isinstance(text, Sentence)} == set()


def test_the_word_for_a_choice_is_its_value_in_english():
    assert all(
        str(word(choice)) == choice.value
        for kind in (Camera, Feature, Follow, Motion, Quality)
        for choice in kind
    )


def test_each_value_of_a_sentence_has_its_place():
    wrong = []
    for path in SOURCES:
        for call, name in calls(path):
            if name not in {"Sentence", "UserError"} or any(each.arg is None for each in call.keywords):
                continue
            for text in texts(call, name):
                given = {each.arg for each in call.keywords}
                if is_literal(text) and placeholders(ast.literal_eval(text)).keys() != given:
                    wrong.append(where(path, text))
    assert not wrong
