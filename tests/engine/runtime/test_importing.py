"""No garbage is looked for during imports, and afterwards it is."""

from __future__ import annotations

import gc

import pytest

from engine.runtime.importing import uncollected


@pytest.mark.parametrize("collects", [True, False])
def test_the_collector_rests_during_imports_and_is_as_it_was_afterwards(collects):
    was = gc.isenabled()
    (gc.enable if collects else gc.disable)()
    known = gc.get_freeze_count()
    try:
        with uncollected():
            assert not gc.isenabled()
            made: list[list[int]] = [[] for _ in range(1000)]
        assert gc.isenabled() is collects
        assert gc.get_freeze_count() > known + len(made), "what was imported is not looked at again"
    finally:
        gc.unfreeze()
        (gc.enable if was else gc.disable)()
