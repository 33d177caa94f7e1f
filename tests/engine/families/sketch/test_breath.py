"""The fire of dragons."""

from __future__ import annotations

import pytest

from tests.engine.families.sketch.scenes import actors


@pytest.mark.parametrize(
    "prompt",
    [
        "a dragon breathing fire",
        "a fire breathing dragon",
        "smok zieje ogniem nad zamkiem",
        "ein drache speit feuer über einer burg",
        "un dragón escupe fuego sobre un castillo",
        "火を吹くドラゴン",
        "喷火的龙",
        "a castle with a dragon breathing fire",
    ],
)
def test_a_dragon_has_its_fire_at_its_mouth(prompt):
    found = {actor.group.figure.thing: actor.group for actor in actors(prompt)}
    assert "fire" not in found, "no logs on the ground"
    (flame,) = found["dragon"].props
    assert flame.figure.thing == "flame"
    assert flame.x == pytest.approx(-found["dragon"].figure.wide / 2, abs=0.1)
    assert "castle" not in prompt or "castle" in found


@pytest.mark.parametrize("prompt", ["a dragon sleeping by the fire", "a dragon and a castle and a fire"])
def test_another_fire_stays_on_the_ground(prompt):
    assert "fire" in {actor.group.figure.thing for actor in actors(prompt)}
