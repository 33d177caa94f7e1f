"""The bodies that the sketch gives to heads and busts."""

from __future__ import annotations

import numpy as np
import pytest

from engine.families.sketch.figures import Figure
from engine.families.sketch.gaits import Gait
from engine.families.sketch.language.reading import read
from engine.families.sketch.light import light_of
from engine.families.sketch.pen import Pen
from engine.families.sketch.pose import Pose

_BEATS = np.linspace(0, 14, 24)


@pytest.mark.parametrize("who", ["astronaut", "firefighter", "health-worker", "cook", "man", "old-woman"])
def test_nobody_comes_apart_at_the_waist(who):
    light, size = light_of(read("day"), 0.0), 300
    for beat in _BEATS:
        pen = Pen(np.full((size, size, 3), (0, 255, 0), np.uint8))
        pose = Pose(
            x=size / 2, y=0.95 * size, size=0.9 * size, beat=0.0, heading=1, angle=0.0,
            colour=(0, 0, 0), shade=(0, 0, 0), light=(0, 0, 0),
        )  # fmt: skip
        Figure(who).draw(pen, pose, Gait(beat=float(beat)), light, None)
        trunk = pen.canvas[int(0.4 * size) : int(0.76 * size), int(0.42 * size) : int(0.58 * size)]
        bare = (trunk == (0, 255, 0)).all(axis=2)
        assert not bare.any(), f"the ground is seen through the trunk at {beat:.1f}"
