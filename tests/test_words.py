"""One word for one thing: the glossary names today's code, and words that were given up stay away."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.sources import nodes_of, read_ahead

ROOT = Path(__file__).parent.parent
ROOMS = ("bot", "engine", "db", "system")
MODULES = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
GLOSSARY = re.findall(
    r"^\| ([^|]+) \| ([^|]+) \| `(\w+)` \|$", (ROOT / "docs/glossary.md").read_text("utf-8"), re.MULTILINE
)
MOST_WORDS = 28

GIVEN_UP = {
    "wish": "request",
    "wishes": "requests",
    "means": "capabilities",
    "workshop": "engine context",
    "rack": "model cache",
    "studio": "engine loop",
    "desk": "submission",
    "deed": "action",
    "deeds": "actions",
    "card": "case, or GPU",
    "cards": "cases, or GPUs",
    "parcel": "clip post",
    "house": "installation, or local calibration",
}
"""Words that once had a meaning of their own here, and what is said instead."""

IN_PROSE = {**GIVEN_UP, "backend": "family", "backends": "families"}

NAMES_ALLOWED = {
    *("means", "channel_means", "means_drift"),  # averages
    "HOUSE",  # the sketch can draw one
    "_house",
}
PLAIN_ENGLISH = re.compile(
    r"\bmeans (?:that|a|one)\b|\bwhat it means\b"  # the verb
    r"|“a house on a white field"  # a prompt
    r"|\]\([^)]*\)"  # where a link leads
    r"|^```.*?^```|`[^`\n]+`",  # code
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
"""What stands in the documents and is no use of such a word."""

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@cache
def names():
    """Each name that the code gives to a module, class, function, argument or variable → where."""
    read_ahead(MODULES)
    found: dict[str, str] = {}
    for path in MODULES:
        where = str(path.relative_to(ROOT))
        for part in path.relative_to(ROOT).with_suffix("").parts:
            found.setdefault(part, where)
        for node in nodes_of(path):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                found.setdefault(node.name, where)
            elif isinstance(node, ast.arg):
                found.setdefault(node.arg, where)
            elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
                found.setdefault(node.id if isinstance(node, ast.Name) else node.attr, where)
    return found


def words_of(name):
    """``"EngineContext"`` → engine, context."""
    return {part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def test_the_glossary_is_short_and_sorted():
    words = [word for word, _, _ in GLOSSARY]
    rows = (ROOT / "docs/glossary.md").read_text("utf-8").count("\n| ") - 1
    assert len(words) == rows <= MOST_WORDS
    assert words == sorted(words)


@pytest.mark.parametrize(("word", "meaning", "name"), GLOSSARY, ids=[word for word, _, _ in GLOSSARY])
def test_a_word_of_the_glossary_is_one_sentence_and_a_name_in_the_code(word, meaning, name):
    assert name in names()
    assert re.fullmatch(r"[A-Z][^.]*\.", meaning), "one sentence"
    assert not words_of(word) & set(GIVEN_UP)


def test_a_class_of_the_glossary_is_the_only_one_of_its_name():
    classes = Counter(
        node.name for path in MODULES for node in nodes_of(path) if isinstance(node, ast.ClassDef)
    )
    assert {name: classes[name] for _, _, name in GLOSSARY if classes[name] > 1} == {}


def test_no_name_in_the_code_is_a_word_that_was_given_up():
    left = {name: where for name, where in names().items() if words_of(name) & set(GIVEN_UP)}
    assert {name: where for name, where in left.items() if name not in NAMES_ALLOWED} == {}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_document_uses_a_word_that_was_given_up(path):
    text = PLAIN_ENGLISH.sub("", path.read_text("utf-8"))
    found = re.findall(rf"(?<![\w/])({'|'.join(IN_PROSE)})(?![\w/(])", text, re.IGNORECASE)
    assert [f"{word}: say {IN_PROSE[word.lower()]}" for word in found] == []
