"""A loop: it can be played again and again, and nobody sees where it begins."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

from engine.clips.encode import encode
from engine.clips.loop_clip import THERE_AND_BACK, close_loop
from engine.clips.read_clip import read_clip
from engine.core.cancel import CancelToken
from engine.core.errors import Cancelled
from engine.core.recipe import Before, Kind, Recipe, Role
from engine.rendering.render import CLIP_NAME, Renderer, RenderLimits

SIZE = (96, 64)


def seen_at(x, y=0.0):
    """A picture of a soft pattern, seen from a place."""
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]].astype(np.float32)
    light = 128 + 50 * np.sin((columns + x) / 9) + 40 * np.cos((rows + y) / 7)
    return np.stack([light, light * 0.9, light * 0.7], axis=-1).clip(0, 255).astype(np.uint8)


def circling(count, period):
    turn = 2 * np.pi * np.arange(count) / period
    return np.stack([seen_at(8 * np.cos(a), 8 * np.sin(a)) for a in turn])


def away(count):
    """Goes on and grows dark: no two frames match."""
    return np.stack([(seen_at(1.5 * i) * (1 - 0.7 * i / count)).astype(np.uint8) for i in range(count)])


def looped(frames, most=10_000, cancel=None):
    return close_loop(frames, 24.0, most=most, progress=lambda _: None, cancel=cancel or CancelToken())


def seam(frames):
    """The step from the last frame to the first, and the largest of the others; of soft pictures."""
    soft = [cv2.GaussianBlur(frame, (0, 0), 2).astype(np.float32) for frame in frames]
    steps = [float(np.abs(frame - soft[i - 1]).mean()) for i, frame in enumerate(soft)]
    return steps[0], max(steps[1:])


def test_a_motion_that_comes_round_is_cut_where_it_does():
    loop = looped(circling(70, 48))
    assert loop.told == ""
    assert abs(len(loop.frames) - 48) <= 1
    last, most = seam(loop.frames)
    assert last <= 1.2 * most


def test_a_small_gap_is_filled_with_made_frames():
    frames = circling(45, 48)  # four steps are missing
    loop = looped(frames[:45])
    assert loop.told == ""
    last, most = seam(loop.frames)
    assert last <= 1.5 * most
    assert seam(frames)[0] > 2 * seam(frames)[1], "the clip itself jumps"


def test_a_motion_that_never_comes_back_is_played_there_and_back():
    frames = away(48)
    loop = looped(frames)
    assert loop.told == THERE_AND_BACK
    assert len(loop.frames) == 2 * 48 - 2
    assert (loop.frames[:48] == frames).all()
    last, most = seam(loop.frames)
    assert last <= 1.2 * most
    assert seam(frames)[0] > 5 * seam(frames)[1]


def test_a_loop_is_no_longer_than_it_may_be():
    frames = away(48)
    short = looped(frames, most=60)
    assert len(short.frames) <= 60
    assert "only the first 1.3 s of the clip" in short.told, "31 of its 48 frames"
    assert len(looped(frames[:2], most=2).frames) == 2


def test_a_loop_stops_where_somebody_says_so():
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        looped(circling(45, 48), cancel=token)


@pytest.mark.parametrize("frames", [circling(45, 48), away(40)], ids=["filled", "there and back"])
def test_the_file_loops_and_nothing_is_drawn_for_it(tmp_path, frames):
    old = tmp_path / "old.mp4"
    encode(
        frames,
        fps=24.0,
        path=old,
        metadata={},
        max_bytes=10**7,
        progress=lambda _: None,
        cancel=CancelToken(),
    )
    recipe = Recipe(
        kind=Kind.ANIMATE, engine="an engine of yesterday", seed=1, width=96, height=64, frames=len(frames),
        native_fps=24.0, fps=24.0, length=2 * len(frames), inputs={Role.BEFORE: "a" * 64}, loop=True,
        before=Before(width=96, height=64, frames=len(frames), engines=("camera",), real=True),
    )  # fmt: skip

    def render(work):
        work.mkdir()
        return Renderer().render(
            recipe,
            {Role.BEFORE: old},
            work=work,
            limits=RenderLimits(),
            on_event=lambda _: None,
            cancel=CancelToken(),
        )

    receipt = render(tmp_path / "one")
    made = read_clip(tmp_path / "one" / CLIP_NAME).frames
    assert len(made) == receipt.frames
    last, most = seam(made)
    assert last <= 2 * most, "an MP4's first frame is a little finer than its last"
    assert (receipt.takes, receipt.kept, receipt.forced) == ((), 0, False)
    assert "drawing" not in receipt.seconds
    assert render(tmp_path / "two").sha256 == receipt.sha256
    assert Recipe.from_json(dataclasses.replace(recipe).to_json()) == recipe
