"""``framekiln judge``: the gate's word on clips that are there already."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from bot.cli.main import main
from engine.clips.encode import encode
from engine.core.cancel import CancelToken


def clip(path, *, fps=8.0, flicker=0.0):
    """A soft pattern that wanders; with flicker every other frame is darker."""
    rows, columns = np.mgrid[:96, : 128 + 24]
    whole = 120 + 50 * np.sin(rows / 9) + 50 * np.cos(columns / 11)
    frames = np.stack([np.repeat(whole[:, n : n + 128, None], 3, axis=2) for n in range(24)])
    frames[::2] *= 1 - flicker
    encode(
        frames.clip(0, 255).astype(np.uint8),
        fps=fps,
        path=path,
        metadata={},
        max_bytes=9_000_000,
        progress=lambda _: None,
        cancel=CancelToken(),
    )
    return path


def judge(*words):
    return CliRunner().invoke(main, ["judge", *map(str, words)])


def test_a_good_clip_and_a_broken_one_are_told_apart(tmp_path):
    good, broken = clip(tmp_path / "good.mp4"), clip(tmp_path / "broken.mp4", flicker=0.5)
    assert judge(good).exit_code == 0
    answer = judge(good, broken)
    assert answer.exit_code == 1
    assert f"{good}: accepted" in answer.output
    assert f"{broken}: rejected" in answer.output
    assert "  · " in answer.output.split(str(broken))[1]


def test_json_has_a_line_for_each_clip_with_every_score(tmp_path):
    lines = judge(
        clip(tmp_path / "a.mp4"), clip(tmp_path / "b.mp4", flicker=0.5), "--json"
    ).output.splitlines()
    told = [json.loads(line) for line in lines]
    assert [one["outcome"] for one in told] == ["accepted", "rejected"]
    assert told[0]["scores"].keys() == told[1]["scores"].keys()
    assert told[1]["score"] < told[0]["score"]


@pytest.mark.parametrize(("fps", "judged"), [(8.0, 24), (24.0, 12), (60.0, 5)])
def test_a_strangers_clip_is_thinned_to_the_rate_that_models_draw_at(tmp_path, fps, judged):
    assert json.loads(judge(clip(tmp_path / "a.mp4", fps=fps), "--json").output)["frames"] == judged


def test_the_sheet_marks_what_was_found(tmp_path):
    good, broken = clip(tmp_path / "good.mp4"), clip(tmp_path / "broken.mp4", flicker=0.5)
    for one in (good, broken):
        judge(one, "--sheet", one.with_suffix(".png"))
    plain, marked = (np.asarray(Image.open(one.with_suffix(".png"))).astype(int) for one in (good, broken))
    red = [((sheet[..., 0] > 200) & (sheet[..., 1] < 110)).sum() for sheet in (plain, marked)]
    assert plain.shape[1] == marked.shape[1] == 1200
    assert red[0] == 0
    assert red[1] > 200


def test_the_picture_it_came_from_tells_more(tmp_path):
    one = clip(tmp_path / "a.mp4")
    Image.fromarray(np.full((96, 128, 3), (250, 30, 30), np.uint8)).save(tmp_path / "other.png")
    alone = json.loads(judge(one, "--json").output)
    beside = json.loads(judge(one, "--reference", tmp_path / "other.png", "--json").output)
    assert beside["scores"] != alone["scores"]


@pytest.mark.parametrize("role", ["clip", "reference"])
def test_what_cannot_be_read_is_named(tmp_path, role):
    notes = tmp_path / "notes.txt"
    notes.write_text("not a clip")
    words = (notes,) if role == "clip" else (clip(tmp_path / "a.mp4"), "--reference", notes)
    answer = judge(*words)
    assert answer.exit_code == 1
    assert "notes.txt" in answer.output
