"""The picture, the conditions and the guidance of one go."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.core.errors import RenderFailed, Unsupported
from engine.diffusion.ladder import Start
from engine.families.svd.ladder import STREAMED

from diffusers import StableVideoDiffusionPipeline  # isort: skip
from tests.engine.families.svd.bench import draw, small


def test_the_picture_is_cropped_never_stretched(family, monkeypatch):
    wide = np.zeros((64, 192, 3), np.uint8)
    wide[:, :64] = (255, 0, 0)
    wide[:, 64:128] = (0, 255, 0)
    wide[:, 128:] = (0, 0, 255)
    seen = []
    monkeypatch.setattr(
        StableVideoDiffusionPipeline,
        "_encode_image",
        lambda pipe, image, *_: seen.append(image) or pytest.fail("far enough"),
    )
    with pytest.raises(pytest.fail.Exception):
        draw(family, picture=wide)
    assert (seen[0].mode, seen[0].size) == ("RGB", (64, 64))
    assert seen[0].getcolors() == [(64 * 64, (0, 255, 0))]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"width": 72}, "multiples of 64"),
        ({"frames": 1}, "at least two"),
        ({"model": "svd-2"}, "not installed"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(family, changes, said):
    with pytest.raises((Unsupported, RenderFailed), match=said):
        draw(family, small(**changes))


def test_without_a_picture_there_is_nothing_to_draw(family):
    with pytest.raises(Unsupported, match="needs a picture"):
        draw(family, picture=None)


@pytest.mark.parametrize(
    ("settings", "conditions"),
    [
        ({}, (7.0, 127.0, 0.02)),
        ({"fps": 0, "motion_bucket": 0, "noise_aug": -1.0}, (0.0, 1.0, 0.0)),
        ({"fps": 99, "motion_bucket": 100_000, "noise_aug": 3.0}, (29.0, 255.0, 0.1)),
    ],
)
def test_the_conditions_are_held_within_what_the_model_was_trained_on(
    family, parts, monkeypatch, settings, conditions
):
    """The pipeline checks nothing, and tells the model of one frame a second less."""
    seen = []
    forward = parts["unet"].forward

    def spy(*args, added_time_ids, **kwargs):
        seen.append(tuple(round(float(value), 4) for value in added_time_ids[0]))
        return forward(*args, added_time_ids=added_time_ids, **kwargs)

    monkeypatch.setattr(parts["unet"], "forward", spy)
    draw(family, small(settings=settings, steps=1))
    assert seen == [conditions]


def test_the_motion_bucket_and_the_seed_change_the_clip(family, plain):
    assert not np.array_equal(plain, draw(family, small(settings={"motion_bucket": 250})))
    assert not np.array_equal(plain, draw(family, seed=2))


@pytest.mark.parametrize(("guidance", "batch"), [(3.0, 2), (1.0, 1)])
def test_without_guidance_the_model_works_half_as_much(family, parts, monkeypatch, guidance, batch):
    seen = []
    forward = parts["unet"].forward
    monkeypatch.setattr(
        parts["unet"], "forward", lambda *args, **kw: seen.append(len(args[0])) or forward(*args, **kw)
    )
    draw(family, small(guidance=guidance, steps=1))
    assert seen == [batch]


def test_the_recipe_says_which_steps_are_guided_and_on_which_the_deep_layers_work(family, parts, monkeypatch):
    """Guidance shows in the batch of the first layer, a step that skips in the silence of the middle."""
    first, middle = parts["unet"].conv_in, parts["unet"].mid_block.resnets[0]
    seen: dict[torch.nn.Module, list[int]] = {first: [], middle: []}
    for layer, calls in seen.items():
        forward = layer.forward
        monkeypatch.setattr(
            layer,
            "forward",
            lambda *args, to=forward, calls=calls, **kw: calls.append(len(args[0])) or to(*args, **kw),
        )
    draw(family, small(guidance=3.0, steps=4, frames=4, settings={"guided": 0.5, "deep_every": 2}))
    assert seen[first] == [8, 8, 4, 4]
    assert seen[middle] == [8, 4]
    for calls in seen.values():
        calls.clear()
    draw(family, small(guidance=3.0, steps=4, frames=4, settings={"guided": 1, "deep_every": 1}))
    assert seen[first] == seen[middle] == [8, 8, 8, 8]


def test_streamed_layers_are_never_skipped(family, parts, monkeypatch):
    worked = []
    middle = parts["unet"].mid_block.resnets[0]
    forward = middle.forward
    monkeypatch.setattr(middle, "forward", lambda *args, **kw: worked.append(1) or forward(*args, **kw))
    monkeypatch.setattr(family, "_start", lambda *_: Start(rungs=frozenset({STREAMED.name})))
    draw(family, small(steps=4, settings={"deep_every": 2}))
    assert len(worked) == 4
