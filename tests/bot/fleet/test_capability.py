"""What a clip takes, and which machine has it."""

from __future__ import annotations

import dataclasses

import pytest

from bot.fleet.capability import Ability, Machine, ability_of, can, read, those_that_fit
from engine.core.family_spec import FamilySpec, Way
from engine.core.precision import PRECISION, Precision
from engine.core.recipe import Follow, Kind, Quality, Recipe, Style
from engine.weights.own_files import OwnKind

CARD = 24_000_000_000
FULL = Ability(
    engine="wan",
    weights=("wan",),
    one_of=(("pose", "hands"), ("pose-2",)),
    files=("f" * 64,),
    package="torchao",
    memory=CARD,
)
BIG = Machine(
    engines=frozenset({"wan", "camera"}),
    weights=frozenset({"wan", "pose-2"}),
    files=frozenset({"f" * 64}),
    packages=frozenset({"torchao"}),
    memory=CARD,
)


def without(**changes):
    return dataclasses.replace(BIG, **changes)


@pytest.mark.parametrize(
    ("machine", "ability", "fits"),
    [
        (BIG, FULL, True),
        (without(weights=frozenset({"wan", "pose", "hands"})), FULL, True),
        (without(engines=frozenset({"camera"})), FULL, False),
        (without(weights=frozenset({"pose-2"})), FULL, False),
        (without(weights=frozenset({"wan", "pose"})), FULL, False),
        (without(files=frozenset()), FULL, False),
        (without(packages=frozenset()), FULL, False),
        (without(memory=CARD - 1), FULL, False),
        (Machine(), Ability(engine=""), True),
        (Machine(), Ability(engine="camera"), False),
        (Machine(engines=frozenset({"camera"})), Ability(engine="camera"), True),
    ],
)
def test_a_machine_draws_what_it_has_all_of(machine, ability, fits):
    assert can(machine, ability) is fits


def test_an_ability_comes_through_a_row_and_a_malformed_one_stops_nothing():
    assert read(FULL.to_json()) == FULL
    bad = ["", "null", "[]", '{"engine": "camera"}', "{", '{"engine": 1, "weights": 5}']
    assert [read(text) for text in bad] == [None] * len(bad)
    assert those_that_fit(BIG, [*bad, FULL.to_json()]) == [FULL.to_json()]


def recipe(**changes):
    given = {
        "kind": Kind.TEXT2VIDEO,
        "engine": "made-up",
        "seed": 1,
        "width": 64,
        "height": 64,
        "frames": 8,
        "native_fps": 8.0,
        "fps": 24.0,
        "length": 24,
    }
    return Recipe(**{**given, **changes})


FAMILY = FamilySpec(
    name="made-up",
    target="nowhere:Nobody",
    kinds=frozenset({Kind.TEXT2VIDEO}),
    needs_picture=False,
    max_native_fps=8,
    about="made up",
    weights=("base",),
    ways={
        Quality.FAST: (Way(name="quick", about="", steps=4, guidance=1.0, weights=("lora",), memory=CARD),)
    },
    follows={Follow.POSE: (("pose", "hands"), ("pose-2",))},
)


def needed(made, digest_of=lambda _kind, _name: None, family=FAMILY):
    return ability_of(made, {family.name: family}, digest_of=digest_of)


def test_what_a_recipe_takes_is_what_its_family_its_way_and_its_files_take():
    assert needed(recipe()) == Ability(engine="made-up", weights=("base",))
    assert needed(recipe(way="quick", settings={PRECISION: str(Precision.INT8)})) == Ability(
        engine="made-up", weights=("base", "lora"), package="torchao", memory=CARD
    )
    assert needed(recipe(follow=Follow.POSE)) == Ability(
        engine="made-up", weights=("base",), one_of=(("hands", "pose"), ("pose-2",))
    )


def test_a_file_of_the_owners_is_known_by_its_digest_and_never_by_its_name():
    styled = recipe(styles=(Style(name="mine"),), model="own")
    assert needed(styled) is None
    digests = {(OwnKind.STYLE, "mine"): "b" * 64, (OwnKind.CHECKPOINT, "own"): "a" * 64}
    assert needed(styled, lambda kind, name: digests.get((kind, name))) == Ability(
        engine="made-up", weights=("base",), files=("a" * 64, "b" * 64)
    )


def test_what_servers_and_services_draw_is_no_workers():
    assert needed(recipe(engine="unknown")) is None
    assert needed(recipe(), family=dataclasses.replace(FAMILY, made_at="comfyui")) is None


def test_any_machine_closes_a_loop():
    assert needed(recipe(engine="unknown", loop=True)) == Ability(engine="")
