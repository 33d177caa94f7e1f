"""What stands before the things of a scene, and how the camera goes past them."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.recipe import Camera
from engine.families.sketch.cast import NEAR
from engine.families.sketch.draw import seen_at
from engine.families.sketch.language.reading import read
from engine.families.sketch.light import light_of
from engine.families.sketch.pen import Pen
from engine.families.sketch.places import land
from engine.families.sketch.scene import Scene
from engine.families.sketch.stage import Dice, Stage
from engine.families.sketch.verbs import moment

_SIZE, _LENGTH = (240, 160), 4.0
_HIGHEST = 0.82  # heights: what is lower is grass


def covered(prompt, seed, camera):
    """Whether anything in front covers the middle third of a thing, at any of five moments."""
    vision = read(prompt)
    scene = Scene(vision, width=_SIZE[0], height=_SIZE[1], seed=seed, length=_LENGTH)
    for second in np.linspace(0, _LENGTH, 5):
        view, drift = seen_at(float(second), _LENGTH, scene, size=_SIZE, camera=camera, pace=1.0)
        pen = Pen(np.zeros((*_SIZE[::-1], 3), np.uint8))
        stage = Stage(
            pen=pen, view=view, vision=vision, light=light_of(vision, 0.0), dice=Dice(seed), kept=scene.kept
        )
        land(stage, front=True)
        for actor in scene.actors:
            near, now = NEAR[actor.group.zone], moment(actor, float(second), _LENGTH)
            half = actor.group.wide * actor.group.size / 3
            left, right = view.put(
                [now.x + near * drift - half, now.x + near * drift + half], [now.y] * 2, near
            )
            rows = slice(0, int(_HIGHEST * _SIZE[1]))
            if pen.canvas[rows, max(0, int(left[0])) : max(0, int(right[0]))].any():
                return True
    return False


@pytest.mark.parametrize("camera", [Camera.AUTO, Camera.STILL, Camera.PAN_RIGHT])
@pytest.mark.parametrize(
    "prompt", ["a fox in the forest", "a deer running in the forest", "a goat in the mountains"]
)
def test_no_fir_stands_before_a_thing(prompt, camera):
    assert not any(covered(prompt, seed, camera) for seed in range(8))


@pytest.mark.parametrize(
    "prompt", ["le soir un escargot", "a cat", "a dog sitting on a car", "a cat running"]
)
def test_nothing_slides_backwards_through_the_frame(prompt):
    for seed in range(6):
        scene = Scene(read(prompt), width=_SIZE[0], height=_SIZE[1], seed=seed, length=_LENGTH)
        (actor,) = scene.actors
        places = []
        for second in (0.0, _LENGTH):
            view, drift = seen_at(second, _LENGTH, scene, size=_SIZE, camera=Camera.AUTO, pace=1.0)
            x = actor.x + actor.heading * actor.speed * (second - _LENGTH / 2)
            near = NEAR[actor.group.zone]
            places.append(float(view.put(x + near * drift, actor.y, near)[0, 0]))
        assert actor.heading * (places[1] - places[0]) > 0
