"""A hub, a folder for models, and an owner who pulls."""

from __future__ import annotations

import pytest

from engine.weights.store import Store
from tests.engine.weights.pull.bench import SVD, Owner, served
from tests.fake_hub import FakeHub


@pytest.fixture
def hub():
    with FakeHub() as fake:
        yield fake


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "models")


@pytest.fixture
def owner(hub, store, tmp_path):
    return Owner(hub, store, tmp_path / "cache")


@pytest.fixture
def svd(hub):
    return served(hub, SVD)
