"""Slow files begin first, so that the workers end at about the same time."""

import re
from pathlib import Path
from types import SimpleNamespace

from tests.conftest import pytest_collection_modifyitems

ROOT = Path(__file__).parent.parent
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def item(path, *marks):
    return SimpleNamespace(path=path, get_closest_marker=lambda name: name in marks or None)


def test_a_file_with_a_slow_test_begins_first_and_stays_whole():
    items = [item("a"), item("b"), item("b", "slow"), item("c"), item("d", "slow")]
    pytest_collection_modifyitems(items)
    assert [one.path for one in items] == ["b", "b", "d", "a", "c"]


def test_xdist_keeps_that_order():
    assert re.findall(r"pytest.* -n .*", MAKEFILE) == [
        "pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder"
    ]


def test_every_test_is_in_one_of_the_two_runs():
    folders = re.findall(r"(?m)^WITH_TORCH = (.*)$", MAKEFILE)[0].split()
    assert all((ROOT / name).exists() for name in folders)
    assert "$(PYTEST) $(WITH_TORCH) " in MAKEFILE
    assert "$(PYTEST) tests $(addprefix --ignore=,$(WITH_TORCH))\n" in MAKEFILE
