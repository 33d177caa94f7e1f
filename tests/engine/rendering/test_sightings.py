"""What the gate's eyes saw in a take reaches the smoothing."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.families import FAMILIES
from engine.gate import judge
from engine.rendering.both_ends import judge_both_ends
from engine.vision.box import Box
from engine.vision.eyes import Eyes
from engine.vision.faces import Face
from engine.vision.sighting import Sighting, Thing
from engine.weights.store import Store
from tests.engine.rendering.test_render import flickering, good, render

__all__ = ["render"]

BOX = Box(left=10, top=10, width=40, height=40)
FACE = Face(box=BOX, points=np.zeros((5, 2), np.float32), certainty=0.9)


def sees(monkeypatch, number):
    """Have the gate's checks find a face in one frame."""

    def find(clip, eyes, **_):
        eyes._told(clip.frames[number], (FACE,))
        return ()

    monkeypatch.setattr("engine.gate.verdict.find_faults", find)


def frames(count):
    return np.random.default_rng(1).integers(60, 200, (count, 64, 96, 3)).astype(np.uint8)


def test_a_verdict_says_what_the_eyes_saw(monkeypatch, tmp_path):
    sees(monkeypatch, 3)
    verdict = judge(frames(6), None, 8, eyes=Eyes(Store(tmp_path)))
    assert verdict.sightings == (Sighting(thing=Thing.FACE, frame=3, box=BOX),)
    assert judge(frames(6), None, 8).sightings == ()


def test_what_is_seen_at_both_ends_is_told_in_frames_of_the_whole_clip(monkeypatch, tmp_path):
    sees(monkeypatch, 1)
    verdict = judge_both_ends(frames(20), None, None, 8, eyes=Eyes(Store(tmp_path)))
    assert [one.frame for one in verdict.sightings] == [1, 18]


def test_the_kept_takes_sightings_reach_the_smoothing(render, monkeypatch):
    told: list[Any] = []

    def look(given, reference, fps, **more):
        seen = tuple(Sighting(thing=Thing.FACE, frame=n, box=BOX) for n in range(1 + len(told)))
        told.append(seen)
        more.pop("eyes")
        return replace(judge(given, reference, fps, **more), sightings=seen)

    def at_rate(drawn, recipe, flow, *, sightings, **_):
        told.append(sightings)
        return drawn[np.arange(recipe.length) % len(drawn)]

    monkeypatch.setattr("engine.rendering.takes.judge", look)
    monkeypatch.setattr("engine.rendering.smoothing.at_rate", at_rate)
    assert render(flickering, good, max_takes=2).kept == 2
    rejected, kept, smoothed = told
    assert smoothed == kept != rejected


@pytest.mark.parametrize("flat", [True, False])
def test_only_a_flat_familys_takes_are_judged_without_faces(render, monkeypatch, flat):
    told: list[bool] = []

    def look(given, reference, fps, **more):
        told.append(more["flat"])
        more.pop("eyes")
        return judge(given, reference, fps, **more)

    monkeypatch.setattr("engine.rendering.takes.judge", look)
    monkeypatch.setattr("engine.rendering.takes.is_flat", lambda recipe, families: flat)
    render(good)
    assert told == [flat]


def test_of_all_families_only_the_sketch_is_flat():
    assert [name for name, spec in FAMILIES.items() if spec.flat] == ["sketch"]
