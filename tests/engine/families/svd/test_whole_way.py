"""From a wish to a finished clip."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from engine.clips.encode import encode
from engine.core.cancel import CancelToken
from engine.core.errors import Cancelled, RenderFailed
from engine.core.events import Draft, Event, Progress
from engine.core.receipt import Outcome
from engine.core.recipe import Before, Role, Stage
from engine.families.svd.ladder import RUNGS
from engine.rendering.render import Renderer, RenderLimits
from tests.engine.families.svd.bench import ALL, PICTURE, SMALL, failing, planned, small


@pytest.fixture
def render(context, tmp_path):
    renderer = Renderer(context)
    path = tmp_path / "picture.png"
    cv2.imwrite(str(path), cv2.cvtColor(PICTURE, cv2.COLOR_RGB2BGR))

    def run(recipe, on_event=lambda _: None, cancel=None, files=None):
        limits = RenderLimits(max_takes=1)
        receipt = renderer.render(
            recipe,
            files or {Role.PICTURE: path},
            work=tmp_path,
            limits=limits,
            on_event=on_event,
            cancel=cancel or CancelToken(),
        )
        assert hashlib.sha256((tmp_path / "clip.mp4").read_bytes()).hexdigest() == receipt.sha256
        return receipt

    return run


@pytest.mark.parametrize("weights", [ALL, {"svd-xt"}, {"svd"}], ids=["turbo", "svd-xt", "svd"])
def test_a_wish_becomes_a_clip_the_same_bytes_each_time(render, weights):
    recipe = planned(frozenset(weights), **{**SMALL, "fps": 16})
    recipe = dataclasses.replace(recipe, steps=min(4, recipe.steps))
    first, second = render(recipe), render(recipe)
    assert recipe.factor == 2
    assert (first.engine, first.frames, first.fps) == ("svd", 8, 16)
    assert (first.sha256, first.ladder) == (second.sha256, ())


def test_it_goes_on_with_a_clip_at_that_clips_own_size(render, tmp_path):
    frames = np.random.default_rng(5).integers(0, 256, (6, 72, 96, 3), dtype=np.uint8)
    old = tmp_path / "old.mp4"
    quiet: dict[str, Any] = {"progress": lambda _: None, "cancel": CancelToken()}
    encode(frames, fps=8, path=old, metadata={}, max_bytes=10**6, **quiet)
    recipe = dataclasses.replace(
        planned(frozenset({"svd"}), **SMALL),
        steps=2,
        inputs={Role.BEFORE: "a" * 64},
        before=Before(width=96, height=72, frames=6, engines=("svd",), real=True),
    )
    first, second = (render(recipe, files={Role.BEFORE: old}) for _ in range(2))
    assert (first.frames, first.width, first.height) == (6 + recipe.length - 1, 96, 72)
    assert first.sha256 == second.sha256


def test_the_draft_is_shown_once_before_the_clip_is_drawn(render):
    events: list[Event] = []
    render(planned(**SMALL), on_event=events.append)
    drafts = [number for number, event in enumerate(events) if isinstance(event, Draft)]
    assert len(drafts) == 1
    before = [event for event in events[: drafts[0]] if isinstance(event, Progress)]
    assert before[-1].stage is Stage.DRAWING
    assert before[-1].fraction < 0.6


@pytest.mark.parametrize(
    "stop_at", [0.0, 0.3, 0.9], ids=["before the first step", "in a step", "in decoding"]
)
def test_a_cancelled_job_leaves_the_next_ones_bytes_as_they_were(render, stop_at):
    recipe = planned(**SMALL)
    alone = render(recipe).sha256
    token, told = CancelToken(), []

    def listen(event):
        if isinstance(event, Progress) and event.stage is Stage.DRAWING:
            told.append(event.fraction)
            if event.fraction >= stop_at:
                token.cancel()

    with pytest.raises(Cancelled):
        render(recipe, on_event=listen, cancel=token)
    assert sum(fraction >= stop_at for fraction in told) == 1, "it went on for more than a step"
    assert render(recipe).sha256 == alone


def test_other_jobs_between_leave_the_bytes_as_they_were(render):
    alone = render(small()).sha256
    assert render(planned(**SMALL)).sha256 != alone
    assert render(small(model="svd")).sha256 != alone
    assert render(small()).sha256 == alone


def test_broken_numbers_are_a_rejected_take_with_its_reason(render, parts, monkeypatch):
    monkeypatch.setattr(
        parts["unet"], "forward", lambda latents, *_, **__: (torch.full_like(latents[:, :, :4], torch.nan),)
    )
    with pytest.raises(RenderFailed, match="invalid numbers"):
        render(small())


def test_what_was_given_up_for_memory_is_on_the_receipt(render, parts, monkeypatch):
    monkeypatch.setattr(parts["unet"], "forward", failing(parts["unet"].forward, 1))
    assert render(small()).ladder == (RUNGS[0].about,)


def test_a_take_is_judged_by_the_gate(render):
    receipt = render(small())
    assert receipt.takes[0].outcome in set(Outcome)
    assert receipt.takes[0].score >= 0
