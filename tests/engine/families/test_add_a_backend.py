"""docs/add-a-backend.md, followed to the letter on a copy of the engine."""

import re
import shutil
import subprocess
import sys

import pytest

from tests import ROOT

BLOCK = re.compile(r'^```python title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)


def blocks():
    return dict(BLOCK.findall((ROOT / "docs" / "add-a-backend.md").read_text("utf-8")))


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A copy of the engine, with the walk's three files in it."""
    house = tmp_path_factory.mktemp("house")
    shutil.copytree(ROOT / "engine", house / "engine", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", house)
    found = blocks()
    listed = found.pop("engine/weights/catalogue.py: entries()")
    catalogue = house / "engine" / "weights" / "catalogue.py"
    with catalogue.open("a", encoding="utf-8") as file:
        file.write("\n\n" + found.pop("engine/weights/catalogue.py"))
    text = catalogue.read_text("utf-8")
    end = text.index("\n\n", text.index("def entries()"))
    catalogue.write_text(text[: end + 1] + listed + text[end + 1 :], "utf-8")
    for title, code in found.items():
        path = house / title
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code, "utf-8")
    return house


def python(house, *arguments):
    return subprocess.run(
        [sys.executable, *arguments], cwd=house, capture_output=True, text=True, timeout=110, check=False
    )


def test_the_walks_own_tests_pass(house):
    done = python(house, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/engine/test_nebula.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_the_family_and_its_weights_are_found_without_importing_torch(house):
    look = (
        "import sys; from engine.families import BACKENDS; from engine.families import CATALOGUE;"
        "assert BACKENDS['nebula'].about and CATALOGUE['nebula'].source.repo;"
        "assert 'torch' not in sys.modules"
    )
    done = python(house, "-c", look)
    assert done.returncode == 0, done.stderr


def test_the_walk_is_one_file_one_entry_and_one_test():
    assert sorted(blocks()) == [
        "engine/backends/nebula.py",
        "engine/weights/catalogue.py",
        "engine/weights/catalogue.py: entries()",
        "tests/engine/test_nebula.py",
    ]
