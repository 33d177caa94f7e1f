"""Slow files begin first, so that the workers end at about the same time."""

import re
from itertools import chain
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
        'pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(if $(PAGES),-m "")'
    ]


def test_every_test_is_in_one_of_the_five_runs():
    """Four have some folders, each without what others have, and the last has all the rest."""
    names = ("WITH_TORCH", "OF_THE_ENGINE", "OF_THE_BOT", "OF_THE_DOORS")
    folders = [re.findall(rf"(?m)^{name} = (.*)$", MAKEFILE)[0].split() for name in names]
    assert all((ROOT / name).exists() for name in chain(*folders))
    assert "$(PYTEST) $(WITH_TORCH))\n" in MAKEFILE
    assert "$(PYTEST) $(OF_THE_ENGINE) $(call without,$(WITH_TORCH)))\n" in MAKEFILE
    assert "$(PYTEST) $(OF_THE_BOT) $(call without,$(WITH_TORCH) $(OF_THE_DOORS)))\n" in MAKEFILE
    assert "$(PYTEST) $(OF_THE_DOORS) $(call without,$(WITH_TORCH)))\n" in MAKEFILE
    assert not any(name.startswith("tests/engine") for name in folders[3]), "its run has these already"
    rest = "$(PYTEST) tests $(call without,$(WITH_TORCH) $(OF_THE_ENGINE) $(OF_THE_BOT) $(OF_THE_DOORS))\n"
    assert rest in MAKEFILE
    runs = "torch-tests engine-tests bot-tests door-tests other-tests"
    assert re.findall(r"(?m)^tests: (.*)$", MAKEFILE) == [runs]
    assert "without = $(addprefix --ignore=,$(1))\n" in MAKEFILE


def test_only_the_first_run_imports_torch_to_read_its_tests():
    folders = re.findall(r"(?m)^WITH_TORCH = (.*)$", MAKEFILE)[0].split()
    imports = re.compile(r"(?m)^(import torch\b|from (torch|engine\.diffusion|tests\.engine\.tiny)\b)")
    named = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "tests").rglob("test_*.py")
        if imports.search(path.read_text("utf-8"))
    }
    assert [name for name in named if not any(name.startswith(folder) for folder in folders)] == []
    assert len(named) > 20
