from __future__ import annotations

import dataclasses

import pytest

from engine.clips.mp4 import TAGS
from engine.core.recipe import Kind, Recipe
from engine.provenance.statement import metadata

RECIPE = Recipe(
    kind=Kind.ANIMATE, engine="camera", seed=7, width=64, height=48,
    frames=13, native_fps=12.0, fps=24.0, length=24, prompt="ein See\n“quoted” 🎬",
)  # fmt: skip


def test_the_recipe_can_be_read_back_from_the_comment():
    assert Recipe.from_json(metadata(RECIPE)["comment"]) == RECIPE


def test_every_tag_has_a_place_in_the_file():
    tags = metadata(RECIPE)
    assert set(tags) <= set(TAGS)
    assert all(tags.values())


PICTURE = {"picture": "a" * 64}
WORDS: dict[str, str] = {}
LIKE = {"like": "a" * 64}


@pytest.mark.parametrize(
    ("engine", "inputs", "source"),
    [
        ("camera", PICTURE, "compositeSynthetic"),
        ("sketch", WORDS, "algorithmicMedia"),
        ("svd", PICTURE, "compositeWithTrainedAlgorithmicMedia"),
        ("animatediff", WORDS, "trainedAlgorithmicMedia"),
        ("animatediff", LIKE, "trainedAlgorithmicMedia"),
        ("animatediff", {"reference": "a" * 64}, "compositeWithTrainedAlgorithmicMedia"),
    ],
)
def test_the_file_says_that_a_machine_made_it_and_from_what(engine, inputs, source):
    said = metadata(dataclasses.replace(RECIPE, engine=engine, inputs=inputs))["description"]
    assert said.startswith(f"Made by a machine ({engine}).")
    assert said.endswith(f"http://cv.iptc.org/newscodes/digitalsourcetype/{source}")
