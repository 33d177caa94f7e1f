"""Our clips are the stock pipelines' own: a few ways, in few steps; ``python -m benchmarks.parity`` has all.

Wan VACE, Wan 2.2 A14B and LTX-2.3 are held to theirs in tests of their own.
"""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.parity import control, svd, wan
from benchmarks.parity.__main__ import FAMILIES, SAME
from benchmarks.parity.animatediff import cases as animatediff
from benchmarks.parity.case import SEED, compare, decibels, draw
from engine.families import FAMILIES as ENGINES
from engine.families import load
from engine.runtime.context import EngineContext
from engine.weights.store import Store

STEPS = 3
"""In two, AnimateLCM's times are the same whatever number of steps its teacher had."""
CHOSEN = {
    "svd": ("14 frames, best", "turbo, beside its authors' sampler"),
    "animatediff": ("AnimateLCM, 8 steps", "SparseCtrl, a first frame"),
    "animatediff-control": ("edges",),
    "wan": ("words, best",),
    "wan-5b": ("a picture, best", "FastWan, beside its authors' loop"),
}
MADE = {
    "svd": (svd.build, svd.cases),
    "animatediff": (control.build, lambda store: (*animatediff(store), *control.cases(store))),
    "wan": (wan.build, wan.cases),
}


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """Engine and way → the context, and the case."""
    found = {}
    for name, (build, make) in MADE.items():
        folder = tmp_path_factory.mktemp(name)
        build(folder)
        context = EngineContext(store=Store(folder))
        for case in make(context.store):
            found[case.family, case.way] = context, case.shorter(STEPS)
    return found


@pytest.mark.parametrize(("engine", "way"), [(engine, way) for engine in CHOSEN for way in CHOSEN[engine]])
def test_a_clip_is_the_stock_pipelines_own(cases, engine, way):
    context, case = cases[engine, way]
    with control.given_maps():
        assert compare(case, load(engine, context)).worst >= SAME


def test_clips_of_two_seeds_are_not_the_same(cases):
    context, case = cases["animatediff", "AnimateLCM, 8 steps"]
    family = load("animatediff", context)
    assert decibels(draw(case, family).frames, draw(case, family, SEED + 1).frames, top=255.0) < 30


def test_what_is_inexact_says_why_and_may_not_hide_a_fault(cases):
    assert {case.way for _, case in cases.values() if case.inexact} == {
        "XT, balanced",
        "XT, fast",
        "words, balanced",
        "a picture, balanced",
    }
    one = np.zeros((2, 4, 4, 3), np.uint8)
    with pytest.raises(ValueError, match="beside"):
        decibels(one, one[:1], top=255.0)


def test_every_engine_with_weights_is_in_the_table():
    without_a_stock_pipeline = {"camera", "sketch", "upscale"}
    told_with_another = {"wan-5b", "wan-a14b-i2v"}
    assert set(FAMILIES) | told_with_another == set(ENGINES) - without_a_stock_pipeline


def test_distilled_ways_keep_their_steps(cases):
    assert cases["svd", "turbo, beside its authors' sampler"][1].recipe.steps == 4
    assert cases["svd", "XT, best"][1].recipe.steps == STEPS
