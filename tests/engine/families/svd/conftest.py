"""Weights of a small Stable Video Diffusion, and what draws with them."""

from __future__ import annotations

import pytest

from engine.families import load
from engine.runtime.context import EngineContext
from engine.weights.store import Store
from tests.engine.families.svd.bench import draw, small
from tests.engine.tiny import svd as tiny


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    tiny.build(folder)
    return Store(folder)


@pytest.fixture(scope="session")
def context(store):
    return EngineContext(store=store)


@pytest.fixture(scope="session")
def family(context):
    return load("svd", context)


@pytest.fixture
def parts(family):
    """The models that a take uses, loaded."""
    return family._parts(small()).models


@pytest.fixture(scope="session")
def plain(family):
    """What an undisturbed take of ``small()`` looks like."""
    return draw(family)
