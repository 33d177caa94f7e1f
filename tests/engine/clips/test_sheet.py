from __future__ import annotations

import numpy as np
import pytest

from engine.clips.encode import encode
from engine.clips.read_clip import read_clip
from engine.clips.sheet import GAP, Mark, contact_sheet
from engine.core.cancel import CancelToken


def shades(count: int) -> np.ndarray:
    levels = np.linspace(40, 240, count).astype(np.uint8)
    return np.broadcast_to(levels[:, None, None, None], (count, 36, 64, 3)).copy()


def test_frames_are_shown_in_their_order_from_the_first_to_the_last():
    sheet = contact_sheet(shades(30), 10, columns=3, rows=1, width=300)
    cell = (300 - 4 * GAP) // 3
    middles = [sheet[GAP + 10, GAP + place * (cell + GAP) + cell // 2, 0] for place in range(3)]
    assert middles[0] == 40
    assert middles[2] == 240
    assert middles[0] < middles[1] < middles[2]


def test_a_clip_shorter_than_the_sheet_shows_each_frame_once():
    one_row = contact_sheet(shades(2), 10, columns=3, rows=2, width=300)
    two_rows = contact_sheet(shades(6), 10, columns=3, rows=2, width=300)
    assert one_row.shape[0] < two_rows.shape[0]


def test_a_clip_is_read_back_as_it_was_written(tmp_path):
    frames = shades(12)
    path = tmp_path / "clip.mp4"
    encode(
        frames,
        fps=12,
        path=path,
        metadata={},
        max_bytes=10**6,
        progress=lambda _: None,
        cancel=CancelToken(),
    )
    back = read_clip(path)
    assert back.fps == 12
    assert back.frames.shape == frames.shape
    assert np.abs(back.frames.astype(int) - frames).max() <= 4


def test_what_is_no_clip_is_refused_by_name(tmp_path):
    path = tmp_path / "notes.mp4"
    path.write_text("not a clip")
    with pytest.raises(ValueError, match=r"notes\.mp4"):
        read_clip(path)


def mark(frame, corners=(10, 6, 40, 30)):
    return Mark(frame=frame, corners=corners, colour=(255, 0, 0))


def red(sheet):
    return np.argwhere((sheet == (255, 0, 0)).all(axis=2))


def test_a_marked_frame_is_shown_with_its_rectangle():
    frames = shades(30)
    sheet = contact_sheet(frames, 10, columns=3, rows=1, width=224, marks=[mark(17)])
    cell = (224 - 4 * GAP) // 3
    assert sheet[GAP + 1, GAP + cell + GAP + 1, 0] == frames[17, 0, 0, 0], "the nearest frame gave way to it"
    found = red(sheet)
    left = 2 * GAP + cell
    assert found[:, 1].min() - left == pytest.approx(10 * cell / 64, abs=2)
    assert found[:, 1].max() - left == pytest.approx(40 * cell / 64, abs=2)


def test_more_marks_than_frames_and_marks_beyond_the_edge_are_no_error():
    wild = [mark(n, (-50, -50, 500, 500)) for n in (*range(9), 99, -3)]
    sheet = contact_sheet(shades(9), 10, columns=2, rows=1, width=200, marks=wild)
    assert len(red(sheet))
