"""How verbs move what they are said of."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.families.sketch.verbs import moment
from tests.engine.families.sketch.scenes import actors


@pytest.mark.parametrize("prompt", ["a pig rolling in the mud", "a cat spinning", "a fish spinning"])
def test_what_turns_stays_where_it_is_and_does_not_turn_into_the_ground(prompt):
    (actor,) = actors(prompt)
    high = actor.group.high * actor.group.size
    for second in np.linspace(0, 4, 17):
        now = moment(actor, float(second), 4.0)
        middle = now.x + high / 2 * math.sin(now.angle), now.y - high / 2 * math.cos(now.angle)
        assert middle[0] == pytest.approx(actor.x, abs=0.1)
        assert 0.15 * actor.group.size < actor.y - middle[1] < 0.9 * actor.group.size
