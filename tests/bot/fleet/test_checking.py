"""Clips of strangers' machines: each way in which one can be bad, and what is left of a good one.

The clips are real: the camera draws one, and ffmpeg makes bad ones of it.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from dataclasses import replace
from types import SimpleNamespace

import cv2
import imageio_ffmpeg
import numpy as np
import pytest

from bot import elsewhere_policies, intake_policies
from bot.fleet.checking import Checking
from bot.fleet.results import Unfit
from bot.intake.clip_intake import ClipIntake
from bot.intake.decoder import Decoder
from bot.intake.sound_intake import SoundIntake
from db.files import Blobs
from db.fleet.workers import Trust, Worker
from engine.clips.encode import encode, read_metadata
from engine.clips.read_clip import read_clip
from engine.core.cancel import CancelToken
from engine.core.receipt import Outcome, Receipt, TakeRecord
from engine.core.recipe import Kind, Recipe, Role
from engine.core.request import Request, Subject
from engine.planning.plan import plan
from engine.provenance.statement import metadata
from engine.rendering.limits import CLIP_NAME, RenderLimits
from engine.rendering.render import Renderer
from engine.vision.nudity import ENTRY, FILE
from engine.weights.store import Store
from tests import ROOT
from tests.engine.tiny.onnx import redness
from tests.policies import DEFAULTS
from tests.present import present

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
RED = (220, 30, 30)
SECRET = "the stranger was here"
FIRST = TakeRecord(number=1, seed=1, outcome=Outcome.ACCEPTED, score=1.0)


class Honest:
    """A clip that a worker drew, and all that belongs to it."""

    def __init__(self, folder, *, prompt="", seed=7, fps=24.0):
        self.blobs = Blobs(folder / "blobs")
        _, packed = cv2.imencode(
            ".png", cv2.resize(present(cv2.imread(str(ROOT / "examples/lake.png"))), (256, 144))
        )
        self.digest = self.blobs.put(packed.tobytes())
        request = Request(
            kind=Kind.ANIMATE,
            engine="camera",
            seconds=1.0,
            size=(256, 144),
            seed=seed,
            prompt=prompt,
            fps=fps,
        )
        self.recipe = plan(request, Subject(sha256=self.digest, width=256, height=144))
        work = folder / f"work{seed}"
        work.mkdir()
        self.receipt = Renderer().render(
            self.recipe,
            {Role.PICTURE: self.blobs.path(self.digest)},
            work=work,
            limits=RenderLimits(),
            on_event=lambda event: None,
            cancel=CancelToken(),
        )
        self.clip = work / CLIP_NAME
        self.frames = read_clip(self.clip).frames


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    return Honest(tmp_path_factory.mktemp("honest"))


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """Of another job, of the same size, rate and length."""
    return Honest(tmp_path_factory.mktemp("other"), seed=8)


class Ordered(SimpleNamespace):
    """What of a job is looked at here."""


def job_of(recipe):
    return Ordered(id="j", recipe=recipe.to_json())


def worker(clips=1000):
    return Worker(
        id="a11ce000",
        key="U",
        name="alice",
        trust=Trust.FRIEND,
        invited_at=0.0,
        removed_at=None,
        why="",
        seen_at=None,
        caps="",
        clips=clips,
        faults=0,
    )


@pytest.fixture
async def checking(honest, tmp_path):
    store = Store(tmp_path / "models")
    store.path(ENTRY).mkdir(parents=True)
    (store.path(ENTRY) / FILE).write_bytes(redness())
    async with (
        ClipIntake(intake_policies.for_checked_clips(DEFAULTS)) as clips,
        SoundIntake(intake_policies.to_hear(DEFAULTS)) as sounds,
    ):
        yield Checking(
            elsewhere_policies.for_checks(DEFAULTS),
            clips=clips,
            sounds=sounds,
            pictures=Decoder(intake_policies.for_intake(DEFAULTS), wall_seconds=20, at_once=1),
            blobs=honest.blobs,
            store=store,
            calibration=tmp_path / "gate.json",
            work=tmp_path / "work",
            chance=lambda: 1.0,
        )


@pytest.fixture
def handed(tmp_path):
    """Where a stranger's file lies when it is checked."""
    return tmp_path / "handed.mp4"


def made_of(honest, handed, frames, *, fps=None, tags=None):
    """A file of a stranger's own, which says what the honest one says."""
    encode(
        np.ascontiguousarray(frames),
        fps=fps or honest.recipe.fps,
        path=handed,
        metadata=metadata(honest.recipe) if tags is None else tags,
        max_bytes=50_000_000,
        progress=lambda _: None,
        cancel=CancelToken(),
    )


async def check(checking, honest, handed, *, clips=1000, **changes):
    return await checking.clip(
        handed, replace(honest.receipt, **changes), job_of(honest.recipe), worker(clips)
    )


async def test_a_good_clip_comes_out_anew_with_our_tags_and_a_true_receipt(checking, honest, handed):
    shutil.copy(honest.clip, handed)
    told = {
        "engine": "something else",
        "ladder": (SECRET,),
        "nudity": 0.0,
        "peak_memory": 1,
        "takes": (
            TakeRecord(
                number=1,
                seed=99,
                outcome=Outcome.ACCEPTED,
                score=1e9,
                reasons=(SECRET,),
                causes=(SECRET,),
                changed=SECRET,
                readings={"sharpness": 1e9},
                seconds=0.5,
            ),
        ),
        "seconds": {"drawing": 0.5, SECRET: 1.0},
    }
    clip, receipt = await check(checking, honest, handed, **told)
    assert clip.read_bytes() != honest.clip.read_bytes()
    assert (receipt.size, receipt.frames, receipt.fps) == (clip.stat().st_size, 24, 24.0)
    assert (receipt.engine, receipt.ladder, receipt.peak_memory) == ("camera", (), None)
    (take,) = receipt.takes
    assert (take.seed, take.score, take.readings) == (honest.recipe.take_seed(1), 100.0, {})
    assert SECRET not in receipt.to_json()
    assert receipt.seconds == {"drawing": 0.5}
    assert Recipe.from_json(read_metadata(clip)["comment"]) == honest.recipe
    difference = read_clip(clip).frames.astype(int) - honest.frames.astype(int)
    assert np.abs(difference).mean() < 2.5  # levels of 255: one encoding more


@pytest.mark.parametrize("fps", [23.976, 29.97, 59.94, 29.9])
async def test_a_good_clip_is_good_at_every_rate(checking, tmp_path, handed, fps):
    drawn = Honest(tmp_path, fps=fps)
    shutil.copy(drawn.clip, handed)
    _, receipt = await check(checking, drawn, handed)
    assert (receipt.frames, receipt.fps) == (drawn.recipe.length, fps)


async def test_words_and_metadata_of_the_stranger_are_gone(checking, honest, handed):
    """Tags, a second stream with a file in it, chapters, and bytes behind the end."""
    attached = handed.with_suffix(".txt")
    attached.write_text(SECRET)
    subtitles = handed.with_suffix(".srt")
    subtitles.write_text(f"1\n00:00:00,000 --> 00:00:01,000\n{SECRET}\n")
    comment = read_metadata(honest.clip)["comment"]
    command = [FFMPEG, "-loglevel", "error", "-i", honest.clip, "-i", subtitles, "-map", "0:v", "-map", "1"]
    command += ["-c:v", "copy", "-c:s", "mov_text", "-metadata", f"artist={SECRET}"]
    command += ["-metadata", f"title={SECRET}", "-metadata", f"comment={comment}", "-y", handed]
    await asyncio.to_thread(subprocess.run, command, check=True)
    with handed.open("ab") as file:
        file.write(b"\0\0\0\x30free" + SECRET.encode().ljust(40, b"\0"))
    assert handed.read_bytes().count(SECRET.encode()) >= 3
    clip, _ = await check(checking, honest, handed)
    assert SECRET.encode() not in clip.read_bytes()


def wrong_size(honest, handed):
    made_of(honest, handed, honest.frames[:, :96, :200])


def turned_on_its_side(honest, handed):
    made_of(honest, handed, honest.frames.transpose(0, 2, 1, 3))


def too_many_frames(honest, handed):
    made_of(honest, handed, np.concatenate([honest.frames, honest.frames[-1:]]))


def too_few_frames(honest, handed):
    made_of(honest, handed, honest.frames[:-1])


def wrong_rate(honest, handed):
    made_of(honest, handed, honest.frames, fps=25.0)


def half_a_file(honest, handed):
    whole = honest.clip.read_bytes()
    handed.write_bytes(whole[: len(whole) // 2])


def nothing(honest, handed):
    handed.write_bytes(b"")


def noise(honest, handed):
    handed.write_bytes(np.random.default_rng(1).bytes(50_000))


def a_picture(honest, handed):
    shutil.copy(ROOT / "examples/lake.png", handed)


def a_playlist(honest, handed):
    handed.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")


def without_a_word_on_its_origin(honest, handed):
    made_of(honest, handed, honest.frames, tags={})


def too_large(honest, handed):
    handed.write_bytes(honest.clip.read_bytes().ljust(DEFAULTS.max_clip_bytes + 1, b"\0"))


def black(handed, *, size, seconds):
    source = f"color=black:size={size}:rate=60:duration={seconds}"
    command = [FFMPEG, "-loglevel", "error", "-f", "lavfi", "-i", source, "-preset", "ultrafast", handed]
    subprocess.run(command, check=True)
    assert handed.stat().st_size < 200_000


def a_bomb_of_large_frames(honest, handed):
    black(handed, size="3840x2160", seconds=0.2)


def a_bomb_of_many_frames(honest, handed):
    black(handed, size="256x144", seconds=60)


def of_children():
    """Seconds of the processor that child processes took: a busy machine takes no more of them."""
    spent = os.times()
    return spent.children_user + spent.children_system


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (wrong_size, "and 256×144 was ordered"),
        (turned_on_its_side, "and 256×144 was ordered"),
        (too_many_frames, "it has 25 frames"),
        (too_few_frames, "it has 23 frames"),
        (wrong_rate, "25 frames a second"),
        (half_a_file, "no readable clip"),
        (nothing, "no readable clip"),
        (noise, "no readable clip"),
        (a_picture, "no readable clip"),
        (a_playlist, "no readable clip"),
        (without_a_word_on_its_origin, "does not say"),
        (too_large, "no readable clip"),
        (a_bomb_of_large_frames, "no readable clip"),
        (a_bomb_of_many_frames, "no readable clip"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_a_clip_that_is_not_what_was_ordered_is_unfit(checking, honest, handed, spoil, words):
    await asyncio.to_thread(spoil, honest, handed)
    before = of_children()
    with pytest.raises(Unfit, match=words):
        await check(checking, honest, handed)
    assert of_children() - before < 20
    assert not list((handed.parent / "work").glob("*"))


async def test_a_clip_of_another_job_is_unfit(checking, honest, other, handed):
    shutil.copy(other.clip, handed)
    with pytest.raises(Unfit, match="for another job"):
        await check(checking, honest, handed)


async def test_one_clip_for_two_jobs_is_unfit_whatever_it_says_of_itself(checking, honest, other, handed):
    made_of(honest, handed, honest.frames)
    _, receipt = await check(checking, honest, handed)
    assert present(receipt.nudity) < 0.2
    (pixels,) = checking._pixels
    checking._check_repeated(pixels, honest.recipe)  # the same job again: an answer was lost
    made_of(other, handed, honest.frames)
    with pytest.raises(Unfit, match="same pixels"):
        await check(checking, other, handed)


async def test_nudity_is_scored_by_the_bot_whatever_the_worker_says(checking, honest, handed):
    frames = honest.frames.copy()
    frames[-1] = RED
    made_of(honest, handed, frames)
    _, receipt = await check(checking, honest, handed, nudity=0.0)
    assert present(receipt.nudity) > 0.99


def cut_in_the_middle(honest):
    frames = honest.frames.copy()
    frames[12:] = 255 - frames[12:]
    return frames


async def test_flashes_that_hide_between_the_frames_that_are_judged_are_found(checking, honest, handed):
    frames = honest.frames.copy()
    frames[::2] = 255
    frames[1::2] = 0
    made_of(honest, handed, frames)
    with pytest.raises(Unfit, match=r"it flashes \d+ times within a second"):
        await check(checking, honest, handed)


async def test_the_first_clips_of_a_worker_are_judged_again_and_the_later_ones_by_chance(
    checking, honest, handed
):
    made_of(honest, handed, cut_in_the_middle(honest))
    with pytest.raises(Unfit, match="the gate rejects it"):
        await check(checking, honest, handed, clips=19)
    share = DEFAULTS.worker_judged_share
    assert not checking._is_judged(worker(20))
    checking._chance = lambda: share - 0.001
    assert checking._is_judged(worker(20))


async def test_what_is_judged_again_has_our_verdict_in_its_receipt(checking, honest, handed):
    shutil.copy(honest.clip, handed)
    take = replace(honest.receipt.takes[0], score=3.0, reasons=(SECRET,))
    _, receipt = await check(checking, honest, handed, clips=0, takes=(take,))
    assert receipt.takes[0].score > 50
    made_of(honest, handed, cut_in_the_middle(honest))
    # The worker said itself that every take was rejected and the best of them kept.
    tried = tuple(replace(FIRST, number=number, outcome=Outcome.REJECTED) for number in (1, 2, 3))
    _, receipt = await check(checking, honest, handed, clips=0, forced=True, takes=tried)
    assert receipt.takes[0].outcome is Outcome.REJECTED
    assert receipt.takes[0].reasons


@pytest.mark.parametrize("takes", [(FIRST,), (replace(FIRST, outcome=Outcome.REJECTED),)])
async def test_a_worker_that_gives_up_too_early_cannot_pass_the_gate_by(checking, honest, handed, takes):
    made_of(honest, handed, honest.frames)
    with pytest.raises(Unfit, match=r"good take|after 1 takes"):
        await check(checking, honest, handed, forced=True, takes=takes)


@pytest.mark.parametrize(
    "changes",
    [
        {"takes": tuple(replace(FIRST, number=number) for number in range(1, 50))},
        {"takes": (replace(FIRST, number=2),)},
        {"kept": 2},
        {"kept": -1},
        {"takes": (replace(FIRST, score="high"),)},  # type: ignore[arg-type]
    ],
)
async def test_takes_that_cannot_have_been_make_a_clip_unfit(checking, honest, handed, changes):
    shutil.copy(honest.clip, handed)
    with pytest.raises(Unfit, match="receipt"):
        await check(checking, honest, handed, **changes)


async def test_a_fault_of_ours_is_none_of_the_workers(checking, honest, handed, monkeypatch):
    shutil.copy(honest.clip, handed)
    monkeypatch.setattr("bot.fleet.checking._PROGRAM", "import sys; sys.exit(3)")
    with pytest.raises(OSError, match="status 3"):
        await check(checking, honest, handed)


async def test_a_first_look_is_made_anew_without_tags(checking, honest, handed):
    made_of(honest, handed, honest.frames[:8, ::2, ::2], fps=12, tags={"title": SECRET})
    shown = await checking.draft(handed.read_bytes(), job_of(honest.recipe))
    assert SECRET.encode() not in shown
    handed.write_bytes(shown)
    assert read_clip(handed).frames.shape == (8, 72, 128, 3)


async def test_a_first_look_that_nobody_should_see_unasked_is_not_shown(checking, honest, handed):
    made_of(honest, handed, np.full((8, 72, 128, 3), RED, np.uint8))
    with pytest.raises(Unfit, match="nudity"):
        await checking.draft(handed.read_bytes(), job_of(honest.recipe))
    made_of(honest, handed, np.zeros((8, 128, 72, 3), np.uint8))
    with pytest.raises(Unfit, match="a first look of 72×128"):
        await checking.draft(handed.read_bytes(), job_of(honest.recipe))
    with pytest.raises(Unfit, match="no readable clip"):
        await checking.draft(b"<html>", job_of(honest.recipe))


def jpeg(picture, comment=b""):
    packed = cv2.imencode(".jpg", picture[..., ::-1])[1].tobytes()
    return packed[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + packed[2:]


async def test_the_picture_of_a_discarded_take_is_made_anew(checking, honest):
    picture = np.ascontiguousarray(honest.frames[0])
    made = await checking.sheet(jpeg(picture, SECRET.encode()))
    assert SECRET.encode() not in made
    assert present(cv2.imdecode(np.frombuffer(made, np.uint8), cv2.IMREAD_COLOR)).shape == picture.shape
    with pytest.raises(Unfit, match="nudity"):
        await checking.sheet(jpeg(np.full_like(picture, RED)))
    with pytest.raises(Unfit, match="cannot be read"):
        await checking.sheet(b"GIF89a")


def test_a_receipt_in_json_is_read_as_strictly_as_any(honest):
    with pytest.raises(ValueError, match="not a receipt"):
        Receipt.from_json(json.dumps({"takes": 3}))
