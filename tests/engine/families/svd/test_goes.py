"""Clips that are drawn in several goes."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.family import Frames
from engine.diffusion.goes import goes

from diffusers import StableVideoDiffusionPipeline  # isort: skip
from tests.engine.families.svd.bench import draw, small


@pytest.mark.parametrize(
    ("frames", "most", "each"),
    [
        (2, 25, (2,)),
        (25, 25, (25,)),
        (26, 25, (14, 13)),
        (49, 25, (25, 25)),
        (50, 25, (18, 17, 17)),
        (3, 2, (2, 2)),
    ],
)
def test_a_long_clip_is_drawn_in_goes_of_about_equal_length(frames, most, each):
    assert goes(frames, most) == each
    assert sum(each) - (len(each) - 1) == frames


def test_each_go_begins_with_the_last_frame_of_the_one_before(family, monkeypatch):
    seen = []
    told: list[float] = []
    encode = StableVideoDiffusionPipeline._encode_image

    def spy(pipe, image, *args):
        seen.append(np.asarray(image))
        return encode(pipe, image, *args)

    monkeypatch.setattr(StableVideoDiffusionPipeline, "_encode_image", spy)
    recipe = small(frames=8, settings={"go": 4})
    clip = draw(family, recipe, progress=told.append)
    assert clip.shape == (8, 64, 64, 3)
    assert len(seen) == 3
    # Goes of 4, 3 and 3 frames, the doubled ones dropped: 0–3, 4–5, 6–7.
    assert np.array_equal(seen[1], clip[3])
    assert np.array_equal(seen[2], clip[5])
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)


def test_the_goes_of_a_clip_have_seeds_of_their_own(family):
    """With one seed for all, each go would repeat the noise of the first."""
    recipe = small(frames=5, settings={"go": 3})
    clip = draw(family, recipe)
    alone = draw(family, small(frames=3), picture=clip[2])
    assert not np.array_equal(clip[3:], alone[1:])
    assert np.array_equal(clip[:3], draw(family, small(frames=3)))


def test_only_the_first_go_shows_a_draft(family):
    shown: list[Frames] = []
    draw(family, small(frames=7, steps=3, settings={"go": 4}), draft=shown.append)
    assert [frames.shape for frames in shown] == [(4, 128, 128, 3)]
