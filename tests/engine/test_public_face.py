"""What ``import engine`` offers: its documented names, its example, and no cost."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import textwrap

import pytest

import engine
from tests import ROOT

SOURCE = ast.parse((ROOT / "engine" / "__init__.py").read_text("utf-8"))


def test_the_public_names_are_the_documented_ones():
    listed = engine.__doc__.partition("The public names")[2]
    names = re.findall(r"``(\w+)``", listed)
    assert sorted(names) == sorted(engine.__all__)


def test_what_mypy_reads_is_what_is_imported():
    typed = next(node for node in SOURCE.body if isinstance(node, ast.If))
    imports = [node for node in typed.body if isinstance(node, ast.ImportFrom)]
    assert len(imports) == len(typed.body)
    assert {(alias.name, node.module) for node in imports for alias in node.names} == set(
        engine._MODULES.items()
    )
    assert sorted(engine._MODULES) == sorted(engine.__all__) == sorted(set(engine.__all__) & set(dir(engine)))


@pytest.mark.parametrize("name", engine.__all__)
def test_every_public_name_is_there_and_says_what_it_is(name):
    found = getattr(engine, name)
    assert found is getattr(engine, name)
    assert isinstance(found, dict) or getattr(found, "__doc__", None)


def test_another_name_is_refused_as_by_any_module():
    with pytest.raises(AttributeError, match="module 'engine' has no attribute 'nothing'"):
        _ = engine.nothing


def test_importing_the_engine_imports_nothing_else():
    look = "import engine, sys; print([name for name in sys.modules if name.startswith('engine.')])"
    assert python("-c", look) == "[]\n"


def test_the_example_in_the_docstring_runs_as_it_is_written(tmp_path):
    code = textwrap.dedent(engine.__doc__.split("::\n\n")[1].partition("\n\nWith weights")[0])
    assert "engine.Renderer()" in code
    assert python("-c", code, cwd=tmp_path) == "boat/clip.mp4 768 432 24\n"
    assert (tmp_path / "boat" / "clip.mp4").read_bytes()[4:8] == b"ftyp"


def test_the_example_with_weights_runs_as_it_is_written(tmp_path):
    first, second = engine.__doc__.split("::\n\n")[1:3]
    ask = textwrap.dedent(first.partition("    recipe =")[0])
    code = ask + textwrap.dedent(second.partition("\n\nThe public")[0]) + "\nprint(recipe.engine)"
    assert python("-c", code, cwd=tmp_path) == "sketch\n"


def python(*arguments, cwd=ROOT):
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
