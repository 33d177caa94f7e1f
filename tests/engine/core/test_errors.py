"""The tree of errors as it is drawn, and their codes."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module
from typing import Any

import pytest

import engine
from engine.core import errors
from engine.core.errors import Code, EngineError
from engine.process.faults import describe
from tests import ROOT

LINE = re.compile(r"^([│ ]*)(?:[├└]── )?(\w+) {2,}(.+?)(?: \((engine[.\w]+)\))?$")


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


def test_every_code_is_used_and_says_what_it_means():
    text = "".join(path.read_text("utf-8") for path in (ROOT / "engine").rglob("*.py"))
    for code in Code:
        assert f"Code.{code.name}" in text, f"nothing raises {code}"
        assert re.fullmatch(r"[^.]+", code.meaning), "one line without a full stop"
        assert code.value == f"E_{code.name}", "the name in the code and the name in a log are one"


def test_a_mistake_of_the_engine_is_not_told_as_an_engine_that_is_not_here():
    assert describe("job", ValueError("a bug")).code == Code.ENGINE


@pytest.mark.parametrize("code", Code)
def test_a_code_is_its_own_text(code):
    """As it is written to the database and read from it."""
    known: Any = Code  # mypy takes what makes a member for what looks one up
    assert known(str(code)) is code
    assert f"{code}" == code.value
