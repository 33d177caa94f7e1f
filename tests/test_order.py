"""Slow files begin first, so that the workers end at about the same time."""

import re
from pathlib import Path
from types import SimpleNamespace

from tests.conftest import pytest_collection_modifyitems

MAKEFILE = Path(__file__).parent.parent / "Makefile"


def item(path, *marks):
    return SimpleNamespace(path=path, get_closest_marker=lambda name: name in marks or None)


def test_a_file_with_a_slow_test_begins_first_and_stays_whole():
    items = [item("a"), item("b"), item("b", "slow"), item("c"), item("d", "slow")]
    pytest_collection_modifyitems(items)
    assert [one.path for one in items] == ["b", "b", "d", "a", "c"]


def test_xdist_keeps_that_order():
    commands = re.findall(r"pytest.*-n \$\(WORKERS\).*", MAKEFILE.read_text("utf-8"))
    assert len(commands) == 2
    assert all("--dist loadfile --no-loadscope-reorder" in command for command in commands)
