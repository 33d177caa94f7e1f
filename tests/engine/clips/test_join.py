"""A clip that goes on: nothing is to be seen at the seam, and what breaks there is thrown away."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from engine.clips.encode import encode
from engine.clips.join import joined, last_picture, led_in, settled
from engine.clips.read_clip import read_clip
from engine.core.cancel import CancelToken
from engine.core.errors import Unsupported
from engine.core.family import Frames, Picture
from engine.core.family_spec import FamilySpec
from engine.core.receipt import Outcome
from engine.core.recipe import Before, Camera, Kind, Quality, Recipe, Role
from engine.families import FAMILIES
from engine.rendering.render import CLIP_NAME, Renderer, RenderLimits

OLD = Before(width=128, height=96, frames=25, engines=("camera",), real=True)
ON = Recipe(
    kind=Kind.ANIMATE, engine="camera", seed=3, width=128, height=96, frames=13, native_fps=12.0,
    fps=24.0, length=24, camera=Camera.PAN_LEFT, quality=Quality.FAST, before=OLD,
    inputs={Role.BEFORE: "a" * 64},
)  # fmt: skip


def scene(count=25, size=(128, 96), start=0):
    """A pattern with some grain that wanders to the left, one pixel a frame."""
    rows, columns = np.mgrid[: size[1], : size[0] + 100]
    grain = cv2.GaussianBlur(np.random.default_rng(7).normal(0, 40, rows.shape), (0, 0), 1.2)
    wide = 128 + 40 * np.sin(columns / 9.0) + 30 * np.cos(rows / 7.0) + grain
    wide = np.stack([wide, wide * 0.9, wide * 0.7], axis=-1).clip(0, 255).astype(np.uint8)
    return np.stack([wide[:, start + i : start + i + size[0]] for i in range(count)])


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "old.mp4"
    encode(
        scene(),
        fps=24.0,
        path=path,
        metadata={},
        max_bytes=10**7,
        progress=lambda _: None,
        cancel=CancelToken(),
    )
    return path


@pytest.fixture
def render(tmp_path, old):
    def make(recipe=ON, work="work", **limits):
        folder = tmp_path / work
        folder.mkdir(exist_ok=True)
        receipt = Renderer().render(
            recipe,
            {Role.BEFORE: old},
            work=folder,
            limits=RenderLimits(**limits),
            on_event=lambda _: None,
            cancel=CancelToken(),
        )
        return receipt, folder / CLIP_NAME

    return make


class GoesOn:
    """Draws the next frames of :func:`scene`, or what a test put in their place."""

    made: Callable[[Recipe], Frames]
    picture: Picture

    def __init__(self, _context):
        pass

    def draw(self, recipe, inputs, *, seed, hooks):
        GoesOn.picture = inputs.picture
        return GoesOn.made(recipe)


@pytest.fixture
def scripted(monkeypatch):
    def of(made, **changes):
        monkeypatch.setattr(GoesOn, "made", staticmethod(made), raising=False)
        return dataclasses.replace(ON, engine="scripted", **changes)

    spec = FamilySpec(
        name="scripted", target=f"{__name__}:GoesOn", kinds=frozenset(Kind), needs_picture=False,
        max_native_fps=12, about="draws what a test wrote down", fitted=True,
    )  # fmt: skip
    monkeypatch.setitem(FAMILIES, "scripted", spec)
    return of


def onward(recipe):
    """The same wandering, from the frame after the old clip's last, two pixels a drawn frame."""
    return scene(2 * recipe.frames, (recipe.width, recipe.height), start=24)[::2]


def steps(frames):
    return np.abs(np.diff(frames.astype(np.float32), axis=0)).mean(axis=(1, 2, 3))


def test_the_longer_clip_is_the_old_one_and_what_follows_it(render, old):
    receipt, clip = render()
    made, before = read_clip(clip), read_clip(old)
    assert len(made.frames) == receipt.frames == 25 + ON.length - 1
    assert (made.fps, made.frames.shape[1:]) == (before.fps, before.frames.shape[1:])
    assert np.abs(made.frames[:25].astype(int) - before.frames).mean() < 2, "decoded, and encoded again"


@pytest.mark.parametrize("camera", [Camera.PAN_LEFT, Camera.PULL_OUT, Camera.ORBIT, Camera.PUSH_IN])
def test_no_camera_jumps_where_it_goes_on(render, camera):
    _, clip = render(dataclasses.replace(ON, camera=camera))
    change = steps(read_clip(clip).frames)
    assert change[24] < 1.5 * change[:24].max(), "the step across the seam is one of the clip's own"


def test_the_same_recipe_and_the_same_clip_give_the_same_bytes(render):
    assert render(work="one")[0].sha256 == render(work="two")[0].sha256


def test_a_part_that_is_drawn_at_another_size_is_shown_at_the_old_one(render, scripted):
    receipt, clip = render(scripted(onward, width=64, height=64))
    assert GoesOn.picture.shape == (64, 64, 3)
    assert (receipt.width, receipt.height) == (128, 96)
    assert read_clip(clip).frames.shape[1:] == (96, 128, 3)


def test_a_part_that_has_nothing_to_do_with_the_clip_before_is_discarded(render, scripted):
    def elsewhere(recipe):
        return 255 - np.flip(onward(recipe), axis=1)[..., ::-1]

    receipt, _ = render(scripted(elsewhere), max_takes=1)
    assert receipt.takes[0].outcome is Outcome.REJECTED
    told = " ".join(receipt.takes[0].reasons)
    assert "at 1.0 s" in told or "at 1.1 s" in told, f"the seam's second in the finished clip: {told}"
    assert render(scripted(onward), max_takes=1)[0].takes[0].outcome is not Outcome.REJECTED


def test_a_clip_of_another_rate_is_not_gone_on_from(render):
    with pytest.raises(Unsupported, match="frame rate"):
        render(dataclasses.replace(ON, fps=30.0, native_fps=10.0))


def test_without_the_clip_before_nothing_is_drawn(tmp_path):
    with pytest.raises(Unsupported, match="missing"):
        Renderer().render(
            ON, {}, work=tmp_path, limits=RenderLimits(), on_event=lambda _: None, cancel=CancelToken()
        )


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_a_step_in_light_at_the_seam_is_spread_over_the_frames_after_it(kind):
    picture = scene(1)[0]
    part = np.repeat(picture[None], 13, axis=0).astype(np.float32)
    part[..., 0] += 24
    drawn = part.astype(np.uint8) if kind is np.uint8 else part / np.float32(255)
    made = settled(drawn, picture, 12.0).astype(np.float32) * (1 if kind is np.uint8 else 255)
    assert made.shape == part.shape
    assert np.abs(made[0] - picture).max() < 0.01
    assert steps(made).max() < 3, "no step is a tenth of 24 levels in a channel"
    assert np.abs(made[-1] - part[-1]).max() < 0.01


def test_detail_is_not_smeared_into_the_part():
    picture = scene(1)[0]
    rng = np.random.default_rng(1)
    part = np.stack([rng.integers(100, 140, picture.shape, dtype=np.uint8)] * 5)
    first = settled(part, picture, 12.0)[1]
    grain = np.std(first.astype(int) - part[1])
    assert grain < np.std(picture.astype(int)), "only what is soft is taken over"


def test_the_gate_sees_the_last_second_before_the_seam_at_the_parts_own_rate():
    before, part = scene(49), scene(7, start=48)
    seen, begins = led_in(before, 24.0, part, 12.0)
    assert seen.shape[0] == 12 + 7
    assert begins == pytest.approx(1.0)
    assert (seen[:12] == before[24:48:2]).all()
    assert (seen[12:] == part).all()


def test_a_very_short_clip_leads_in_with_what_it_has():
    seen, begins = led_in(scene(3), 24.0, scene(5, start=2), 12.0)
    assert len(seen) == 6
    assert begins == pytest.approx(0.0)


def test_numbers_that_ran_away_are_still_seen_by_the_gate():
    part = (scene(5) / 255).astype(np.float32)
    part[3] = np.nan
    assert np.isnan(led_in(scene(25), 24.0, settled(part, scene(1)[0], 12.0), 12.0)[0]).any()


def test_the_shared_frame_is_there_once():
    before, part = scene(10), scene(4, start=9)
    assert (joined(before, part) == scene(13)).all()
    assert (last_picture(before, 128, 96) == before[-1]).all()
