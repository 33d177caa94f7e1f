"""What follows a rejected take."""

from __future__ import annotations

import dataclasses

import pytest

from engine.core.receipt import Outcome, TakeRecord
from engine.core.recipe import Kind, Motion, Recipe
from engine.core.retake import MOST_STEPS, Budget, Retake, less_motion, more_steps, next_take

RECIPE = Recipe(
    kind=Kind.ANIMATE, engine="camera", seed=1, width=64, height=64,
    frames=9, native_fps=12.0, fps=24.0, length=16, motion=Motion.WILD,
)  # fmt: skip
PLENTY = Budget(takes=5, seconds=1000)


def take(number, *causes, outcome=Outcome.REJECTED, seconds=1.0):
    return TakeRecord(number=number, seed=number, outcome=outcome, score=10, seconds=seconds, causes=causes)


def after(*records, budget=PLENTY, calm=less_motion):
    return next_take(RECIPE, records, budget=budget, calm=calm)


@pytest.mark.parametrize("outcome", [Outcome.ACCEPTED, Outcome.WARNED])
def test_nothing_follows_a_take_that_was_let_through(outcome):
    assert after(take(1, "flicker"), take(2, outcome=outcome)) is None


def test_the_first_rejection_changes_the_seed_alone():
    assert after(take(1, "flicker", "cut")) == Retake(recipe=RECIPE)


def test_another_cause_changes_the_seed_alone():
    assert after(take(1, "flicker"), take(2, "cut")) == Retake(recipe=RECIPE)


def test_the_same_cause_twice_changes_what_causes_it_and_says_so():
    retake = after(take(1, "flicker", "cut"), take(2, "noise", "cut"))
    assert retake.recipe == dataclasses.replace(RECIPE, motion=Motion.NORMAL)
    assert retake.changed == "normal motion instead of wild"


def test_a_cause_that_came_back_counts_though_another_lay_between():
    assert after(take(1, "cut"), take(2, "noise"), take(3, "cut")).recipe.motion is Motion.NORMAL


def test_where_there_is_nothing_left_to_change_the_seed_does():
    gentle = dataclasses.replace(RECIPE, motion=Motion.GENTLE)
    records = [take(1, "cut"), take(2, "cut")]
    assert next_take(gentle, records, budget=PLENTY, calm=less_motion) == Retake(recipe=gentle)


def test_a_cause_that_is_no_luck_changes_something_the_first_time():
    def again(recipe, *causes, calm=less_motion):
        return next_take(recipe, [take(1, *causes)], budget=PLENTY, calm=calm, no_luck={"face_bends"})

    assert again(RECIPE, "flicker", "face_bends").recipe.motion is Motion.NORMAL
    assert again(RECIPE, "flicker") == Retake(recipe=RECIPE)
    drawn = dataclasses.replace(RECIPE, motion=Motion.GENTLE, steps=20)
    retake = again(drawn, "face_bends")
    assert retake.recipe == dataclasses.replace(drawn, steps=30)
    assert retake.changed == "30 steps instead of 20"
    assert again(drawn, "face_bends", calm=lambda _: Retake(recipe=RECIPE)) == Retake(recipe=RECIPE)


@pytest.mark.parametrize("steps", [0, 4, 8, MOST_STEPS])
def test_a_model_for_few_steps_keeps_them_and_many_become_no_more(steps):
    assert more_steps(dataclasses.replace(RECIPE, steps=steps)) is None


def test_the_takes_are_limited():
    assert after(take(1, "a"), take(2, "b"), budget=Budget(takes=2, seconds=1000)) is None
    assert after(take(1, "a"), budget=Budget(takes=2, seconds=1000)) is not None


def test_the_wasted_seconds_are_limited():
    assert after(take(1, "a", seconds=20), budget=Budget(takes=9, seconds=20)) is None
    assert after(take(1, "a", seconds=19), budget=Budget(takes=9, seconds=20)) is not None
