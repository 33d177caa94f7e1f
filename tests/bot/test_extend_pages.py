"""docs/extend/add-a-command.md and add-a-button.md, followed to the letter on a copy of the project."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGES = ROOT / "docs" / "extend"
BLOCK = re.compile(r'^```python title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
COPIED = ("bot", "engine", "db", "system", "tests")
PLUGINS = ("-p", "pytest_asyncio.plugin", "-p", "pytest_timeout")


def blocks(page):
    return dict(BLOCK.findall((PAGES / page).read_text("utf-8")))


def follow(page, project):
    """Do what a page says, in a copy: a new file is written, an old one grows at its end."""
    for folder in COPIED:
        shutil.copytree(ROOT / folder, project / folder)  # with its __pycache__: compiling it takes seconds
    shutil.copy(ROOT / "pyproject.toml", project)
    for title, code in blocks(page).items():
        path = project / title
        old = path.read_text("utf-8") + "\n\n" if path.exists() else ""
        path.write_text(old + code, "utf-8")


@pytest.mark.parametrize(
    ("page", "passed"), [("add-a-command.md", "1 passed"), ("add-a-button.md", "2 passed")]
)
def test_the_code_of_a_page_passes_its_own_tests(page, passed, tmp_path):
    follow(page, tmp_path)
    (test,) = [title for title in blocks(page) if title.startswith("tests/")]
    # Without the plugins that it has no use for, which take longer than the tests.
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *PLUGINS, test)
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert passed in done.stdout


@pytest.mark.parametrize("page", ["add-a-command.md", "add-a-button.md"])
def test_the_code_of_a_page_is_clean(page, tmp_path):
    follow(page, tmp_path)
    paths = [title for title in blocks(page) if not title.startswith("tests/")]
    command = (sys.executable, "-m", "ruff", "check", "--no-cache", *paths)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("page", ["add-a-command.md", "add-a-button.md"])
def test_the_text_of_a_page_can_be_translated(page):
    (text,) = [code for title, code in blocks(page).items() if title.startswith("bot/text/")]
    nodes = list(ast.walk(ast.parse(text)))
    assert not [node for node in nodes if isinstance(node, ast.JoinedStr)]
    assert [node for node in nodes if isinstance(node, ast.Name) and node.id in {"say", "say_many"}]


@pytest.mark.parametrize("page", ["add-a-command.md", "add-a-button.md"])
def test_what_a_page_tells_to_extend_is_there(page):
    text = (PAGES / page).read_text("utf-8").partition("## 4.")[2]
    for test, path in re.findall(r"`(test_\w+)` in `([\w/.]+)`", text):
        assert f"def {test}(" in (ROOT / path).read_text("utf-8")
    for name, path in re.findall(r"`([A-Z_]+)` in `([\w/.]+)`", text):
        assert re.search(rf"^{name}\b", (ROOT / path).read_text("utf-8"), re.MULTILINE)
