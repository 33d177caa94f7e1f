"""A file says that a service made its clip, and which."""

from __future__ import annotations

import pytest

from engine.core.recipe import Kind, Recipe
from engine.provenance.statement import TRAINED_MEDIA, at_service, metadata, source_type


def recipe(engine: str, **changes) -> Recipe:
    values = {"kind": Kind.TEXT2VIDEO, "engine": engine, "seed": 1, "width": 64, "height": 64, "frames": 8}
    return Recipe(**{**values, "native_fps": 8.0, "fps": 8.0, "length": 8, **changes})


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        ("replicate/wan-2.2-i2v-fast", ", at the service Replicate"),
        ("fal/ltx-2", ", at the service fal"),
        ("comfyui/mine", ""),
        ("camera", ""),
        ("replicate", ""),
    ],
)
def test_the_service_is_named(engine, said):
    assert at_service(recipe(engine)) == said
    assert f"({engine}){said}." in metadata(recipe(engine))["description"]


def test_what_a_service_makes_is_of_a_trained_model():
    assert source_type(recipe("fal/ltx-2")) == TRAINED_MEDIA


def test_a_loop_is_made_here():
    assert at_service(recipe("fal/ltx-2", loop=True)) == ""
