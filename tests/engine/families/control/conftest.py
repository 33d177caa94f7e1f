"""Weights of a small animatediff-control, what draws with them, and extractors that are there."""

from __future__ import annotations

import pytest

import engine.diffusion  # noqa: F401 - puts the libraries in order before any of them is imported
from engine.core.recipe import Follow
from engine.families import load
from engine.following import extractors
from engine.runtime.context import EngineContext
from engine.weights.store import Store
from tests.engine.tiny import animatediff_control, svd, wan


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    for family in (animatediff_control, svd, wan):
        family.build(folder)
    return Store(folder)


@pytest.fixture(scope="session")
def family(store):
    return load("animatediff-control", EngineContext(store=store))


@pytest.fixture(scope="session")
def aux(torchvision):
    """controlnet-aux, as the product imports it."""
    return extractors.controlnet_aux(Follow.POSE)
