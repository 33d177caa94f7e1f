"""``framekiln judge``: the gate's word on clips that are there already."""

from __future__ import annotations

import gc
import json
import weakref
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from bot.cli import judge as module
from bot.cli.main import main
from bot.config.paths import CALIBRATION
from bot.intake_policies import to_hear
from engine.clips.encode import encode
from engine.core.cancel import CancelToken
from engine.core.recipe import Before, Kind, Recipe, SoundSource
from engine.core.sound import RATE, silence
from engine.gate import TROUBLES
from engine.gate import judge as judge_frames
from engine.gate.calibration import shipped
from engine.gate.clip import Clip
from engine.gate.verdict import measured
from engine.provenance.statement import metadata
from engine.smooth import smooth_to_rate
from tests import sounds
from tests.engine.smooth.moving_scenes import pan


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


def sounding(path, sound, *, recipe=None, frames=None):
    """Two seconds of scenery, or other frames, with a sound, and a recipe if it is to be one of ours."""
    encode(
        scene(12) if frames is None else frames,
        fps=6.0 if recipe is None else recipe.fps,
        path=path,
        metadata={} if recipe is None else metadata(recipe),
        max_bytes=9_000_000,
        progress=lambda _: None,
        cancel=CancelToken(),
        sound=sound,
    )
    return path


def drawn_with_sound(**other):
    known = Recipe(
        kind=Kind.TEXT2VIDEO, engine="ltx", seed=1, width=160, height=96, frames=12, native_fps=6.0,
        fps=6.0, length=12, sound=SoundSource.DRAWN,
    )  # fmt: skip
    return replace(known, **other)


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


def scene(count, flicker=0.0):
    """Scenery that passes by; with flicker each frame has a brightness of its own."""
    frames = pan(frames=count, height=96, width=160).astype(np.float32)
    frames *= 1 + flicker * np.random.default_rng(0).standard_normal((count, 1, 1, 1))
    return frames.clip(0, 255).astype(np.uint8)


def finished(path, drawn, *, engine, native_fps, fps):
    """Smooth and encode frames as a render does, with the recipe inside."""
    count, height, width = drawn.shape[:3]
    recipe = Recipe(
        kind=Kind.TEXT2VIDEO, engine=engine, seed=1, width=width, height=height, frames=count,
        native_fps=native_fps, fps=fps, length=1 + int((count - 1) * fps / native_fps + 1e-9),
    )  # fmt: skip
    token = CancelToken()
    if fps != native_fps:
        drawn = smooth_to_rate(drawn, native_fps, fps, progress=lambda _: None, cancel=token)
    encode(
        drawn[: recipe.length],
        fps=fps,
        path=path,
        metadata=metadata(recipe),
        max_bytes=9_000_000,
        progress=lambda _: None,
        cancel=token,
    )
    return path


@pytest.mark.parametrize(
    ("engine", "native_fps", "fps", "rate", "frames"),
    [
        ("svd", 8.0, 24.0, 8.0, 9),
        ("svd", 7.0, 24.0, 7.0, 8),
        ("camera", 24.0, 24.0, 12.0, 5),
        ("gone", 8.0, 24.0, 8.0, 9),
    ],
)
def test_one_of_our_files_is_judged_at_the_rate_that_its_take_was_judged_at(
    tmp_path, engine, native_fps, fps, rate, frames
):
    path = finished(tmp_path / "a.mp4", scene(9), engine=engine, native_fps=native_fps, fps=fps)
    told = json.loads(judge(path, "--json").output)
    assert told["fps"] == pytest.approx(rate)
    assert told["frames"] == frames


def test_the_seam_of_a_loop_is_judged(tmp_path):
    """A file that jumps back to another scene when it is played again has a hard cut there."""
    drawn = pan(frames=16, step=9, height=96, width=160)
    before = Before(width=160, height=96, frames=16, engines=("svd",), real=False)
    loop = Recipe(
        kind=Kind.ANIMATE, engine="svd", seed=1, width=160, height=96, frames=16, native_fps=16.0,
        fps=16.0, length=16, loop=True, before=before,
    )  # fmt: skip
    cuts = []
    for recipe, frames, rate in ((loop, 32, 16.0), (replace(loop, loop=False), 16, 16.0)):
        path = sounding(tmp_path / "a.mp4", None, recipe=recipe, frames=drawn)
        told = json.loads(judge(path, "--json").output)
        assert (told["frames"], told["fps"]) == (frames, rate)
        cuts.append(told["scores"]["scene_cut"])
    assert cuts[0] > cuts[1] + 0.3


@pytest.mark.parametrize("flicker", [0.0, 0.1])
def test_a_finished_file_is_judged_as_its_take_was(tmp_path, flicker):
    drawn = scene(12, flicker)
    take = judge_frames(drawn, None, 8.0)
    path = finished(tmp_path / "a.mp4", drawn, engine="svd", native_fps=8.0, fps=24.0)
    told = json.loads(judge(path, "--json").output)
    assert told["outcome"] == take.outcome.value
    assert told["score"] == pytest.approx(take.score, abs=8)


def test_what_an_encoder_rounds_off_is_no_flicker():
    """H.264 gives predicted frames another mean colour than the others, by a fraction of a level."""
    dark = (scene(12) / 4).astype(np.float32)
    dark += 0.12 * np.random.default_rng(0).standard_normal((12, 1, 1, 1))
    drawn, read = (
        measured(Clip((dark + 0.5).astype(np.uint8), None, 8.0, encoded=told)) for told in (False, True)
    )
    assert read["brightness_flickers"].value < 0.3 * drawn["brightness_flickers"].value
    strong, still_strong = (
        measured(Clip(scene(12, 0.1), None, 8.0, encoded=told))["brightness_flickers"].value
        for told in (False, True)
    )
    assert still_strong == pytest.approx(strong, rel=0.05)


def test_the_owners_calibration_counts_for_files_of_its_engine(tmp_path, monkeypatch):
    strict = replace(shipped(), reject_without_input=dict.fromkeys(TROUBLES, -1.0))
    data = tmp_path / "data"
    data.mkdir()
    monkeypatch.setenv("FRAMEKILN_DATA_DIR", str(data))
    asked = []

    def read(path, calibration):
        asked.append((path, calibration))
        return {"svd": strict}

    monkeypatch.setattr("engine.gate.local_calibration.read_calibrations", read)
    clips = [
        finished(tmp_path / f"{engine}.mp4", scene(9), engine=engine, native_fps=8.0, fps=8.0)
        for engine in ("svd", "animatediff")
    ]
    told = [json.loads(judge(path, "--json").output)["outcome"] for path in clips]
    assert told == ["rejected", "accepted"]
    assert asked[0] == (data / CALIBRATION, shipped())


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
    assert answer.exit_code == 2
    assert "notes.txt" in answer.output


def test_a_clip_that_cannot_be_read_costs_the_others_no_verdict(tmp_path):
    notes = tmp_path / "notes.txt"
    notes.write_text("not a clip")
    good, broken = clip(tmp_path / "good.mp4"), clip(tmp_path / "broken.mp4", flicker=0.5)
    answer = judge(good, notes, broken, "--json")
    assert answer.exit_code == 2
    assert [json.loads(line)["clip"] for line in answer.stdout.splitlines()] == [str(good), str(broken)]
    assert "notes.txt" in answer.stderr


def test_one_clips_frames_are_held_at_a_time(tmp_path, monkeypatch):
    """All were kept until the last was judged: 300 MB for each four seconds of 1080p."""
    held = []
    one_by_one = module.judged_file

    def judged_file(*arguments):
        held.append(sum(one() is not None for one in frames))
        found = one_by_one(*arguments)
        frames.append(weakref.ref(found.frames))
        return found

    frames = []
    monkeypatch.setattr(module, "judged_file", judged_file)
    good = clip(tmp_path / "good.mp4")
    assert judge(good, good, good, good).exit_code == 0
    gc.collect()
    assert held == [0, 1, 1, 1]


def heard(path):
    """What is heard in a file, by its code; the reasons, and whether the file is rejected."""
    answer = judge(path, "--json")
    told = json.loads(answer.output)
    return {name for name in told["scores"] if name.startswith("sound_")}, told["reasons"], answer.exit_code


CLIPPED = np.clip(8 * sounds.music(2), -1, 1)


@pytest.mark.parametrize(
    ("sound", "code", "words"),
    [
        (silence(2 * RATE), "sound_is_missing", "it is silent at 0.0 s"),
        (CLIPPED, "sound_is_clipped", "the sound is distorted at"),
    ],
)
def test_what_is_wrong_with_the_sound_of_one_of_our_files_is_heard(tmp_path, sound, code, words):
    codes, reasons, status = heard(sounding(tmp_path / "a.mp4", sound, recipe=drawn_with_sound()))
    assert code in codes
    assert any(reason.startswith(words) for reason in reasons)
    assert status == 1


def test_a_members_own_sound_is_not_judged(tmp_path):
    recipe = drawn_with_sound(sound=SoundSource.GIVEN)
    assert heard(sounding(tmp_path / "a.mp4", CLIPPED, recipe=recipe))[::2] == (set(), 0)


def test_a_strangers_sound_is_judged_but_silence_is_no_fault(tmp_path):
    assert heard(sounding(tmp_path / "a.mp4", CLIPPED))[0] == {"sound_is_clipped"}
    quiet = sounding(tmp_path / "b.mp4", silence(2 * RATE))
    assert heard(quiet)[0] == set()


def test_a_click_where_a_clip_goes_on_is_heard_there(tmp_path):
    before = Before(width=160, height=96, frames=7, engines=("ltx",), real=False, sound=True)
    sound = sounds.music(2)
    sound[RATE:] += 0.4
    recipe = drawn_with_sound(before=before, length=6, frames=6)
    codes, reasons, _ = heard(sounding(tmp_path / "a.mp4", sound, recipe=recipe))
    assert codes == {"sound_clicks"}
    assert "the sound clicks at 1.0 s" in reasons


def test_a_sound_that_cannot_be_read_is_named_and_the_frames_are_judged(tmp_path, monkeypatch):
    path = sounding(tmp_path / "a.mp4", sounds.sine(2))
    monkeypatch.setattr(
        "bot.cli.owners_files.to_hear", lambda settings: replace(to_hear(settings), max_seconds=0.5)
    )
    answer = judge(path)
    assert ": accepted" in answer.output
    assert "its sound cannot be read and was not judged" in answer.output
