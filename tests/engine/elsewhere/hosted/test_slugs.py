"""The table of hosted engines, an owner's files, and prices."""

from __future__ import annotations

import dataclasses

import pytest

from bot.text.messages import engine_choice
from engine.core.errors import Unsupported
from engine.core.recipe import Kind, Quality, Recipe
from engine.core.request import Feature
from engine.elsewhere.hosted.families import (
    SERVICES_VARIABLE,
    TABLES_VARIABLE,
    family_of,
    hosted_families,
)
from engine.elsewhere.hosted.fields import body_of, shape_of
from engine.elsewhere.hosted.money import micros, shown
from engine.elsewhere.hosted.slugs import SHIPPED, BadTable, Slot, Slug, price_of, read_file, read_table

ONE = """
[[engine]]
name = "replicate/mine"
model = "me/mine"
title = "Mine"
kinds = ["animate"]
fps = 16
seconds = [5]
per = "clip"
fields = { picture = "image" }
sizes = [{ width = 832, height = 480, price = 0.05 }]
"""


def recipe_for(engine: str, **changes) -> Recipe:
    values = {
        "kind": Kind.ANIMATE,
        "engine": engine,
        "seed": 2**32 - 1,
        "width": 1248,
        "height": 704,
        "frames": 120,
        "native_fps": 24.0,
        "fps": 24.0,
        "length": 120,
        "prompt": "a lake",
    }
    return Recipe(**{**values, **changes})


def priced(slug: Slug) -> Slug:
    """The same engine, as if its owner had said what it costs."""
    data = slug.model_dump()
    for size in data["sizes"]:
        size["price"] = size["price"] or "0.1"
    return Slug.model_validate(data)


def test_the_shipped_table_is_whole():
    table = read_table()
    assert table.wrong == ()
    assert {"replicate/wan-2.2-i2v-fast", "fal/ltx-2"} <= set(table.slugs)
    for slug in table.slugs.values():
        family = family_of(priced(slug))
        assert family.by_name, "what costs money is never chosen by itself"
        assert family.made_at == slug.provider
        assert family.count(1) == slug.frames_in(slug.seconds[0])
        assert family.count(family.longest) == family.longest
        assert slug.checked


def test_an_engine_is_offered_once_its_price_is_known(tmp_path):
    environment = {SERVICES_VARIABLE: "replicate,fal", TABLES_VARIABLE: str(tmp_path)}
    assert "replicate/wan-2.2-i2v-fast" not in hosted_families(environment)[0]
    (tmp_path / "prices.toml").write_text(
        '[prices."replicate/wan-2.2-i2v-fast"]\nbalanced = 0.05\nbest = 0.11\n'
    )
    found, wrong = hosted_families(environment)
    assert wrong == ()
    line = engine_choice("replicate/wan-2.2-i2v-fast", found["replicate/wan-2.2-i2v-fast"].about)[:100]
    assert "at Replicate, leaves this machine, $0.05 to $0.11 a take" in line, "Discord cuts a line there"


def test_only_services_with_an_account_are_offered():
    assert hosted_families({}) == ({}, ())
    found, _ = hosted_families({SERVICES_VARIABLE: "fal"})
    assert {name.partition("/")[0] for name in found} == {"fal"}


def test_an_owner_can_add_and_replace_engines(tmp_path):
    (tmp_path / "mine.toml").write_text(ONE + ONE.replace("replicate/mine", "fal/ltx-2"))
    table = read_table(tmp_path)
    assert table.slugs["replicate/mine"].priced
    assert table.slugs["fal/ltx-2"].title == "Mine"


WRONG = {
    "no TOML": "[[engine",
    "another table": "[engines]\n",
    "a misspelt field": ONE.replace("title", "titel"),
    "a name without a service": ONE.replace("replicate/mine", "mine"),
    "a name of another service": ONE.replace("replicate/mine", "comfyui/mine"),
    "a model that leaves its place": ONE.replace("me/mine", "/etc/passwd"),
    "no field for the picture": ONE.replace('picture = "image"', 'prompt = "prompt"'),
    "an unknown slot": ONE.replace("picture =", "pictures ="),
    "lengths out of order": ONE.replace("[5]", "[5, 3]"),
    "no length": ONE.replace("[5]", "[]"),
    "a free clip": ONE.replace("0.05", "0"),
    "a price below nothing": ONE.replace("0.05", "-1"),
    "a price that is no number": ONE.replace("0.05", '"cheap"'),
    "work that has no time": ONE.replace('"clip"', '"second of work"'),
    "two sizes of a quality": ONE.replace("}]", "}, { width = 64, height = 64, price = 1 }]"),
    "an engine twice": ONE + ONE,
    "a field that is fixed too": ONE + "fixed = { image = 1 }\n",
    "upscaling": ONE.replace('"animate"', '"upscale"'),
    "prices of nothing": "[prices.x]\nbest = 1\n",
    "prices of another quality": ONE + '[prices."replicate/mine"]\nbest = 1\n',
    "a price of nothing": ONE + '[prices."replicate/mine"]\nbalanced = 0\n',
    "not Unicode": "\udcff",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_left_out_and_named(tmp_path, text):
    (tmp_path / "mine.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    table = read_table(tmp_path)
    assert len(table.wrong) == 1
    assert table.wrong[0].startswith("mine.toml")
    assert "\n" not in table.wrong[0].rstrip()
    assert set(table.slugs) == set(read_file(SHIPPED, {}))
    with pytest.raises(BadTable):
        read_file(tmp_path / "mine.toml", {})


def test_a_price_is_for_the_length_that_is_drawn():
    table = read_table().slugs
    recipe = recipe_for("fal/ltx-2", native_fps=25.0, frames=100)  # 4 s, and 6 are the shortest
    assert price_of(table["fal/ltx-2"], recipe).most == micros("0.36")
    with pytest.raises(Unsupported):
        price_of(table["replicate/seedance-1-pro"], recipe_for("replicate/seedance-1-pro"))


def test_prices_are_exact_and_never_too_low():
    assert micros("0.1") + micros("0.2") == micros("0.3")
    assert micros("0.0000001") == 1
    assert [shown(micros(text)) for text in ("0.36", "0.0125", "12", "0.000001")] == [
        "$0.36",
        "$0.0125",
        "$12.00",
        "$0.000001",
    ]


def test_fields_are_filled_by_their_names():
    slug = read_table().slugs["replicate/seedance-1-lite"]
    body = body_of(slug, recipe_for(slug.name), 2**32 - 1, {Slot.PICTURE: "data:x"})
    assert body == {
        "image": "data:x",
        "prompt": "a lake",
        "seed": 2**31 - 1,
        "duration": 5,
        "resolution": "720p",
        "aspect_ratio": "16:9",
        "fps": 24,
    }
    ltx = read_table().slugs["fal/ltx-2"]
    assert body_of(ltx, recipe_for(ltx.name, native_fps=25.0), 1, {})["duration"] == "6"


@pytest.mark.parametrize(
    ("width", "height", "name"),
    [(1920, 1080, "16:9"), (1000, 1000, "1:1"), (704, 1248, "9:16"), (800, 600, "4:3")],
)
def test_a_shape_has_the_nearest_name(width, height, name):
    assert shape_of(recipe_for("x", width=width, height=height)) == name


def test_a_quality_without_a_size_takes_the_one_below():
    slug = read_table().slugs["replicate/seedance-1-pro"]
    names = {quality: slug.size_for(quality).name for quality in Quality}
    assert names == {Quality.FAST: "480p", Quality.BALANCED: "1080p", Quality.BEST: "1080p"}


def test_a_family_offers_what_its_model_takes():
    table = read_table().slugs
    assert family_of(priced(table["replicate/seedance-1-lite"])).features == {
        Feature.PROMPT,
        Feature.FIRST_FRAME,
        Feature.END,
    }
    assert Feature.SOUND in family_of(table["fal/ltx-2"]).features
    assert dataclasses.asdict(family_of(table["fal/ltx-2"]))["needs_picture"]
