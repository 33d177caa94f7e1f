from __future__ import annotations

import dataclasses

from engine.mp4 import TAGS
from engine.provenance import metadata
from engine.recipe import Kind, Recipe

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


def test_the_file_says_that_a_machine_made_it_and_from_what():
    from_picture = metadata(RECIPE)["description"]
    from_words = metadata(dataclasses.replace(RECIPE, kind=Kind.TEXT2VIDEO, engine="sketch"))["description"]
    assert from_picture.startswith("Made by a machine (camera).")
    assert from_picture.endswith("http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic")
    assert from_words.startswith("Made by a machine (sketch).")
    assert from_words.endswith("http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia")
