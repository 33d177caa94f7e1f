"""The tree of errors as it is drawn, and their codes."""

from __future__ import annotations

import ast
import pkgutil
import re
from importlib import import_module
from typing import Any

import pytest

import engine
from engine.core import errors
from engine.core.errors import Code, EngineError
from engine.process.faults import describe
from engine.untrusted.clip_headers import ClipRefusal
from engine.untrusted.headers import Refusal
from tests import ROOT
from tests.sources import tree_of

LINE = re.compile(r"^([│ ]*)(?:[├└]── )?(\w+) {2,}(.+?)(?: \((engine[.\w]+)\))?$")
OWN_ENUMS = {
    "engine/core/errors.py",
    "engine/untrusted/headers.py",
    "engine/untrusted/clip_headers.py",
    "engine/untrusted/sound_headers.py",
}


def drawn():
    """Name → (parent, module), as the docstring of engine.core.errors draws them."""
    found, above = {}, {}
    for line in errors.__doc__.splitlines():
        match = LINE.match(line)
        if match is None:
            continue
        depth = (len(match[1]) // 4) + ("──" in line)
        above[depth] = match[2]
        found[match[2]] = (above.get(depth - 1), match[4] or errors.__name__)
    return found


def below(root, parent=None):
    """Name → (parent, module), as Python knows them."""
    found = {root.__name__: (parent, root.__module__)}
    for child in root.__subclasses__():
        if child.__module__.split(".")[0] == "engine":
            found |= below(child, root.__name__)
    return found


def test_the_tree_is_drawn_as_it_is():
    for module in pkgutil.walk_packages(engine.__path__, "engine."):
        import_module(module.name)
    assert drawn() == below(EngineError)


def literals():
    for path in sorted((ROOT / "engine").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Constant) and re.fullmatch(r"E_[A-Z_]+", str(node.value)):
                yield name, node.value


def test_every_code_of_the_engine_is_one_of_the_enum():
    assert [found for found in literals() if found[0] not in OWN_ENUMS] == []


def test_every_code_is_used_and_says_what_it_means():
    text = "".join(path.read_text("utf-8") for path in (ROOT / "engine").rglob("*.py"))
    for code in Code:
        assert f"Code.{code.name}" in text, f"nothing raises {code}"
        assert re.fullmatch(r"[^.]+", code.meaning), "one line without a full stop"
        assert code.value == f"E_{code.name}", "the name in the code and the name in a log are one"


def test_no_code_has_two_meanings():
    """What a picture or a clip is refused for has names of its own; those that both have mean the same."""
    shared = {str(code) for code in Code} & {str(code) for code in (*Refusal, *ClipRefusal)}
    assert shared == {"E_MEMORY", "E_FPS"}, "not enough memory; frames per second out of range"
    meanings = [code.meaning for code in Code]
    assert len(meanings) == len(set(meanings))


def test_a_mistake_of_the_engine_is_not_told_as_an_engine_that_is_not_here():
    assert describe("job", ValueError("a bug")).code == Code.ENGINE


@pytest.mark.parametrize("code", Code)
def test_a_code_is_its_own_text(code):
    """As it is written to the database and read from it."""
    known: Any = Code  # mypy takes what makes a member for what looks one up
    assert known(str(code)) is code
    assert f"{code}" == code.value
