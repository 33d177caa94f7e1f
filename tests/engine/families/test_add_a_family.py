"""docs/extend/add-a-family.md, followed to the letter on a copy of the engine and its tests."""

import re
import shutil
import subprocess
import sys

import pytest

from tests import ROOT

BLOCK = re.compile(r'^```python title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
COPIED = ("engine", "tests")
NEBULA = "tests/engine/families/test_nebula.py"
FAMILIES = "tests/test_families.py"
CATALOGUE = "tests/engine/weights/test_catalogue.py"


def blocks():
    return dict(BLOCK.findall((ROOT / "docs" / "extend" / "add-a-family.md").read_text("utf-8")))


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A copy of the engine and the tests, with the walk's files in it."""
    house = tmp_path_factory.mktemp("house")
    for folder in COPIED:
        shutil.copytree(ROOT / folder, house / folder)  # with its __pycache__: compiling it takes seconds
    shutil.copy(ROOT / "pyproject.toml", house)
    for title, code in blocks().items():
        path = house / title
        assert not path.exists(), "a walk that changes a file is not one folder"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code, "utf-8")
    return house


def python(house, *arguments):
    return subprocess.run(
        [sys.executable, *arguments], cwd=house, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def passed(house):
    """The file of each test that passes there: the walk's own tests, and those that concern every family.

    One run for all: most of its time goes to importing torch.
    """
    words = "nebula or folder or listing or catalogue"
    options = ("-v", "-p", "no:cacheprovider", "-k", words)
    done = python(house, "-m", "pytest", *options, NEBULA, FAMILIES, CATALOGUE)
    assert done.returncode == 0, done.stdout + done.stderr
    return re.findall(r"^(\S+?)::.* PASSED", done.stdout, re.MULTILINE)


def test_the_walks_own_tests_pass(passed):
    assert passed.count(NEBULA) == 3


def test_the_new_family_keeps_what_every_family_keeps(passed):
    """And the catalogue's own tests find nothing to complain of."""
    assert passed.count(FAMILIES) >= 5
    assert passed.count(CATALOGUE) >= 10


def test_the_family_and_its_weights_are_found_without_importing_torch(house):
    look = (
        "import sys; from engine.families import CATALOGUE, FAMILIES;"
        "assert FAMILIES['nebula'].about and CATALOGUE['nebula'].source.repo;"
        "assert 'torch' not in sys.modules"
    )
    done = python(house, "-c", look)
    assert done.returncode == 0, done.stderr


def test_without_tiny_weights_the_house_says_what_is_missing(house):
    tiny = house / "tests" / "engine" / "tiny" / "nebula.py"
    aside = tiny.rename(tiny.with_suffix(".aside"))
    try:
        done = python(house, "-m", "pytest", "-q", "tests/test_families.py", "-k", "tiny_ones")
    finally:
        aside.rename(tiny)
    assert "write tests/engine/tiny/nebula.py with a build(folder)" in done.stdout


def test_the_walk_is_one_folder_and_its_tests():
    assert sorted(blocks()) == [
        "engine/families/nebula/__init__.py",
        "engine/families/nebula/draw.py",
        "tests/engine/families/test_nebula.py",
        "tests/engine/tiny/nebula.py",
    ]
