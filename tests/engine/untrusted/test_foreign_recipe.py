"""A recipe out of a stranger's file: what is ours comes back whole, and nothing hostile gets through."""

from __future__ import annotations

import dataclasses
import json
from contextlib import suppress
from typing import Any

import pytest

from bot.clips.variation import request_of
from engine.clips.encode import encode
from engine.core.cancel import CancelToken
from engine.core.recipe import Before, Camera, Follow, Kind, Motion, Quality, Recipe, Role, Style
from engine.provenance.identity import make_identity
from engine.provenance.seal import Sealer
from engine.provenance.statement import metadata
from engine.untrusted.clip_headers import ClipLimits, ClipRefusal, ClipRefused
from engine.untrusted.foreign_recipe import NotARecipe, read_foreign
from engine.untrusted.read_recipe import recipe_in
from tests.bot.fixtures import recipe as house_recipe

FULL = Recipe(
    kind=Kind.RESTYLE, engine="animatediff", seed=2**32 - 1, width=512, height=288, frames=17,
    native_fps=8.0, fps=24.0, length=48, prompt="a \u201ccat\u201d 🎬", inputs={Role.REFERENCE: "a" * 64},
    motion=Motion.WILD, camera=Camera.ORBIT, quality=Quality.BEST, way="lcm", model="mine",
    words="a cat, photo", negative="rain", steps=8, guidance=1.5, strength=0.6, follow=Follow.EDGES,
    styles=(Style(name="ink", weight=0.7),),
    settings={"decode_chunk": 8}, reasons=("because",),
)  # fmt: skip


@pytest.fixture
def clip_with(tmp_path):
    """The bytes of a small clip whose comment is this text."""

    def make(comment):
        import numpy as np

        path = tmp_path / "clip.mp4"
        frames = np.zeros((3, 64, 64, 3), np.uint8)
        tags = {"title": "Made with Framekiln", "comment": comment}
        encode(
            frames,
            fps=24,
            path=path,
            metadata=tags,
            max_bytes=10**6,
            progress=lambda _: None,
            cancel=CancelToken(),
        )
        return path.read_bytes()

    return make


@pytest.mark.parametrize(
    "recipe", [FULL, house_recipe(), house_recipe(prompt=""), house_recipe(words="a red boat")]
)
def test_our_own_recipe_is_the_wish_that_it_was(recipe):
    told = read_foreign(recipe.to_json())
    assert told.request() == request_of(recipe)
    assert told.digests == recipe.inputs


def test_a_recipe_of_the_first_version_still_tells_its_picture():
    data = json.loads(FULL.to_json()) | {"version": 1, "input_sha256": "b" * 64}
    del data["inputs"]
    assert read_foreign(json.dumps(data)).digests == {Role.PICTURE: "b" * 64}


def test_what_came_before_is_not_believed():
    before = Before(width=4, height=4, frames=10**9, engines=("svd",), real=False)
    told = read_foreign(dataclasses.replace(FULL, before=before, loop=True).to_json())
    assert told.loop
    assert told.before is not None
    assert not told.before.model_dump()


HOSTILE: dict[str, list[Any]] = {
    "seed": [-1, 2**32, 1.5, "5", None, True, 10**400],
    "width": [0, -64, 10**9, 512.5, "512"],
    "height": [1, 2**63],
    "fps": [0, -24, 1e9, "24", None],
    "length": [0, -1, 10**12],
    "engine": [None, 7, "x" * 201, ["svd"], {}],
    "model": ["../" * 100, 5],
    "prompt": ["x" * 2001, 5, None],
    "kind": ["animate2", None, 1],
    "camera": ["up the wall"],
    "inputs": [
        {"picture": "../../etc/passwd"},
        {"picture": "A" * 64},
        {"picture": "a" * 65},
        {"any": "a" * 64},
        [],
        "a",
    ],
    "styles": [[{"name": "ink", "weight": 1e308}], [{"name": "ink"}] * 6, "ink", [["ink", 1]]],
    "strength": [2, -0.1],
    "version": [0, 99, "3", None],
    "loop": ["yes", 1],
}


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in HOSTILE.items() for value in values]
)
def test_a_value_out_of_its_bounds_makes_no_recipe(field, value):
    with pytest.raises(NotARecipe):
        read_foreign(json.dumps(json.loads(FULL.to_json()) | {field: value}))


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", '"recipe"', "[" * 20_000, '{"a":' * 9_000, "NaN", FULL.to_json()[:-2], "\u0000"],
)
def test_what_is_no_recipe_is_none(text):
    with pytest.raises(NotARecipe):
        read_foreign(text)


def test_infinities_are_no_numbers():
    with pytest.raises(NotARecipe):
        read_foreign(FULL.to_json().replace('"fps": 24.0', '"fps": Infinity'))


def test_the_recipe_is_read_out_of_the_clip_that_carries_it(clip_with):
    data = clip_with(metadata(FULL)["comment"])
    assert read_foreign(recipe_in(data, ClipLimits())).request() == request_of(FULL)


def test_a_clip_as_it_is_posted_still_tells_its_recipe(clip_with):
    posted = Sealer(make_identity()).seal(clip_with(FULL.to_json()), FULL)
    assert posted.unsigned == ""
    assert read_foreign(recipe_in(posted.mp4, ClipLimits())).request() == request_of(FULL)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda data: b"", ClipRefusal.EMPTY),
        (lambda data: b"GIF89a" + bytes(50), None),
        (lambda data: b"\x89PNG\r\n" + bytes(50), ClipRefusal.FORMAT),
        (lambda data: data[:-100], ClipRefusal.TRUNCATED),
        (lambda data: data + b"\0" * (25 * 2**20), ClipRefusal.BYTES),
        (
            lambda data: data.replace(b"Framekiln", b"Somebodys").replace(b'"kind"', b'"kin_"'),
            ClipRefusal.RECIPE,
        ),
        (lambda data: data.replace(b"ilst", b"tsli"), ClipRefusal.RECIPE),
    ],
)
def test_any_other_file_is_refused_with_its_cause(clip_with, change, code):
    with pytest.raises(ClipRefused) as refused:
        recipe_in(change(clip_with(FULL.to_json())), ClipLimits())
    assert code is None or refused.value.code is code


def test_a_damaged_index_is_refused_and_nothing_worse(clip_with):
    whole = clip_with(FULL.to_json())
    for at in range(0, 120, 3):
        data = bytearray(whole)
        place = data.index(b"udta") - 4 + at
        data[place : place + 4] = b"\xff\xff\xff\xf0"
        with suppress(ClipRefused):  # else it was a place that means nothing
            assert read_foreign(recipe_in(bytes(data), ClipLimits())).request() == request_of(FULL)


def test_a_huge_comment_is_not_read(clip_with):
    with pytest.raises(ClipRefused) as refused:
        recipe_in(clip_with(json.dumps({"prompt": "x" * 60_000})), ClipLimits())
    assert refused.value.code is ClipRefusal.RECIPE
