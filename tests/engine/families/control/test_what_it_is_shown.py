"""What of a member's clip reaches the model: frames by their times, cropped, as edges."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.cancel import CancelToken
from engine.core.errors import Cancelled
from engine.core.family import SourceClip
from tests.engine.families.control.bench import bar, shown


def columns_of(frames):
    """Where a bar's edges are: the first and the last column that is not black."""
    lit = frames.any(axis=(1, 3))
    return [(int(row.argmax()), len(row) - int(row[::-1].argmax()) - 1) for row in lit]


def test_frames_are_chosen_by_time_not_by_number():
    fast = bar(*range(1, 25), fps=24)
    every_third = bar(*range(1, 19, 3), fps=8)
    assert np.array_equal(shown(fast), shown(every_third))
    first, *_, last = columns_of(shown(fast))
    assert last[0] - first[0] == pytest.approx(15, abs=1)


def test_a_clip_that_is_too_short_holds_its_last_frame_and_that_is_said():
    said: list[str] = []
    edges = shown(bar(2, 20), frames=6, gave_up=said.append)
    assert all(np.array_equal(edges[1], later) for later in edges[2:])
    assert not np.array_equal(edges[0], edges[1])
    assert said == ["the clip to follow is 0.2 seconds long: its last frame is held after that"]
    said.clear()
    shown(bar(2, 8, 14, 20), frames=4, gave_up=said.append)
    assert said == []


def test_the_clip_is_cropped_to_the_frame_never_stretched():
    wide = SourceClip(frames=np.zeros((2, 32, 96, 3), np.uint8), fps=8)
    wide.frames[:, 8:24, 40:56] = 255  # a square, in the middle
    lit = shown(wide, frames=1)[0].any(axis=2)
    assert abs(int(lit.any(axis=0).sum()) - int(lit.any(axis=1).sum())) <= 1


def test_faint_edges_count_in_a_faint_clip_and_grain_counts_in_none():
    faint = bar(8, 12)
    assert shown(SourceClip(frames=faint.frames // 4 + 40, fps=8)).any()
    grain = np.random.default_rng(1).integers(118, 124, (4, 32, 32, 3), dtype=np.uint8)
    assert not shown(SourceClip(frames=grain, fps=8)).any()


def test_edges_are_black_and_white_in_three_channels():
    edges = shown(bar(4, 8, 12))
    assert edges.shape == (6, 32, 32, 3)
    assert set(np.unique(edges)) == {0, 255}


@pytest.mark.parametrize("at", [0, 3])
def test_reading_the_clip_stops_when_asked_to(at):
    cancel, done = CancelToken(), []

    def progress(share):
        done.append(share)
        if len(done) > at:
            cancel.cancel()

    with pytest.raises(Cancelled):
        shown(bar(1, 2, 3), progress=progress, cancel=cancel)
    assert len(done) == at + 1
