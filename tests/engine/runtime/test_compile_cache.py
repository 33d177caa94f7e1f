"""What torch compiled is kept, up to a limit."""

from __future__ import annotations

import pytest

from engine.process import worker
from engine.runtime.context import CACHE_VARIABLE, COMPILED_BYTES_VARIABLE


@pytest.mark.parametrize(("most", "stays"), [("100", True), ("99", False), ("0", False), ("", True)])
def test_a_start_of_the_engine_empties_a_folder_that_has_outgrown_its_limit(
    tmp_path, monkeypatch, most, stays
):
    folder = tmp_path / "compiled"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "kernel.py").write_bytes(bytes(60))
    (folder / "index").write_bytes(bytes(40))
    monkeypatch.setenv(CACHE_VARIABLE, str(folder))
    monkeypatch.setenv(COMPILED_BYTES_VARIABLE, most)
    worker.make_renderer()
    assert folder.exists() == stays


def test_a_folder_that_is_not_there_yet_is_no_trouble(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "compiled"))
    monkeypatch.setenv(COMPILED_BYTES_VARIABLE, "0")
    assert worker.make_renderer().device
