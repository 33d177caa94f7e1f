from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    """No setting of the machine that runs the tests, and no file of its working folder."""
    for name in os.environ:
        if name.startswith(("FRAMEKILN_", "DISCORD_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
