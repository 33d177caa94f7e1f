"""How verbs move what they are said of."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.families.sketch.drawings import drawing
from engine.families.sketch.gaits import Gait, bent
from engine.families.sketch.language.reading import read
from engine.families.sketch.verbs import moment
from tests.engine.families.sketch.scenes import actors, said


@pytest.mark.parametrize("prompt", ["a pig rolling in the mud", "a cat spinning", "a fish spinning"])
def test_what_turns_stays_where_it_is_and_does_not_turn_into_the_ground(prompt):
    (actor,) = actors(prompt)
    high = actor.group.high * actor.group.size
    for second in np.linspace(0, 4, 17):
        now = moment(actor, float(second), 4.0)
        middle = now.x + high / 2 * math.sin(now.angle), now.y - high / 2 * math.cos(now.angle)
        assert middle[0] == pytest.approx(actor.x, abs=0.1)
        assert 0.15 * actor.group.size < actor.y - middle[1] < 0.9 * actor.group.size


@pytest.mark.parametrize("insect", ["butterfly", "lady-beetle", "fly", "bat"])
def test_only_the_wings_of_what_flies_get_narrower(insect):
    shown = drawing(insect)
    wings, trunk = (
        np.abs(shown.points[:, 0]) > 0.4 * shown.wide,
        np.abs(shown.points[:, 0]) < 0.1 * shown.wide,
    )
    widths = [bent(shown, Gait(beat=float(beat), flap=1.0)) for beat in np.linspace(0, math.pi, 12)]
    closest = np.min([np.abs(points[:, 0]) for points in widths], axis=0)
    still = np.abs(bent(shown, Gait(beat=0.0))[:, 0])
    assert (closest[wings] < 0.8 * still[wings]).all()
    assert closest[trunk] == pytest.approx(still[trunk], rel=0.03, abs=0.002)


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("a vampire drinkin juice in his coffin", "a vampire drinking juice in his coffin"),
        ("a dog runnin' in the snow", "a dog running in the snow"),
        ("two cats dancin", "two cats dancing"),
    ],
)
def test_english_verbs_may_lose_their_g(spoken, written):
    assert said(spoken) == said(written)
    assert not read(spoken).notes


@pytest.mark.parametrize("noun", ["robin", "dolphin", "muffin", "cabin", "coffin", "violin"])
def test_a_noun_in_in_is_no_verb(noun):
    assert len(read(f"a {noun}").subjects) == 1
