from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from engine.clips.encode import ClipTooLarge, Encoded, EncodeFailed, encode, frame_rate, read_metadata
from engine.clips.mp4 import top_boxes
from engine.core.cancel import CancelToken
from engine.core.errors import Cancelled

MIB = 2**20
OPEN_FILES = Path("/proc/self/fd")


def moving(count=12, width=64, height=48):
    """A soft gradient that wanders to the left."""
    rows, columns = np.mgrid[:height, : width + count]
    wide = np.stack([columns * 2 % 256, rows * 3 % 256, (columns + rows) % 256], axis=-1).astype(np.uint8)
    return np.stack([wide[:, i : i + width] for i in range(count)])


def noise(count, width, height):
    return np.random.default_rng(1).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def make(path, frames=None, *, fps=24, metadata=None, max_bytes=MIB, progress=None, cancel=None) -> Encoded:
    return encode(
        moving() if frames is None else frames,
        fps=fps,
        path=path,
        metadata=metadata or {},
        max_bytes=max_bytes,
        progress=progress or (lambda _: None),
        cancel=cancel or CancelToken(),
    )


def decoded(clip: Encoded):
    """Every frame as RGB, by the colours that the file's own tags name."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(clip.path),
               "-vf", "scale=flags=accurate_rnd+full_chroma_int", "-pix_fmt", "rgb24",
               "-f", "rawvideo", "-"]  # fmt: skip
    raw = subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, clip.height, clip.width, 3)


def described(path: Path) -> str:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(path)]
    return subprocess.run(command, check=False, capture_output=True, stdin=subprocess.DEVNULL).stderr.decode()


def test_every_frame_comes_back_nearly_as_it_was(tmp_path):
    frames = moving()
    clip = make(tmp_path / "clip.mp4", frames)
    back = decoded(clip)
    assert (clip.frames, clip.width, clip.height, clip.ladder) == (12, 64, 48, ())
    assert back.shape == frames.shape
    assert np.abs(back.astype(int) - frames).mean() < 6


@pytest.mark.parametrize(
    "colour",
    [(255, 255, 255), (0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128), (200, 120, 40)],
)
def test_pure_colours_survive_the_conversion(tmp_path, colour):
    back = decoded(make(tmp_path / "clip.mp4", np.full((4, 32, 32, 3), colour, np.uint8)))
    assert np.abs(back.astype(int) - colour).max() <= 4


def test_the_file_says_which_colours_it_holds(tmp_path):
    assert "yuv420p(tv, bt709, progressive)" in described(make(tmp_path / "clip.mp4").path)


def test_the_index_comes_before_the_pictures(tmp_path):
    names = [box.name for box in top_boxes(make(tmp_path / "clip.mp4").path)]
    assert names.index(b"moov") < names.index(b"mdat")


def test_an_odd_size_loses_one_row_and_one_column(tmp_path):
    clip = make(tmp_path / "clip.mp4", moving(width=65, height=49))
    assert (clip.width, clip.height) == (64, 48)
    assert np.abs(decoded(clip).astype(int) - moving(width=65, height=49)[:, :48, :64]).mean() < 6


def test_equal_frames_give_equal_bytes(tmp_path):
    frames = noise(30, 160, 96)
    first = make(tmp_path / "a.mp4", frames, metadata={"comment": "one"})
    second = make(tmp_path / "b.mp4", frames, metadata={"comment": "one"})
    assert first.sha256 == second.sha256
    assert first.path.read_bytes() == second.path.read_bytes()


@pytest.mark.parametrize(
    "text",
    [
        '{"prompt": "a \\"cat\\"; it\'s = #1 \\\\ 100%"}',
        "line\nbreak\r\nand a [STREAM]\n;comment\n#hash\nkey=value",
        "ends in a backslash\\",
        "猫 🐈‍⬛ שלום \u202e \u2028 \x01 \x7f",
        "-y pipe:0 $(id) `id` ' \" && exit",
        "x" * 20_000,
    ],
)
def test_the_recipe_comes_back_letter_for_letter(tmp_path, text):
    words = {"comment": text, "title": f"{text[:40]}=", "description": f";{text[-40:]}"}
    assert read_metadata(make(tmp_path / "clip.mp4", moving(2), metadata=words).path) == words


def test_half_a_character_becomes_its_escape(tmp_path):
    clip = make(tmp_path / "clip.mp4", moving(2), metadata={"comment": '"\ud83d"'})
    assert read_metadata(clip.path) == {"comment": '"\\ud83d"'}


def test_a_file_without_words_has_no_metadata(tmp_path):
    assert read_metadata(make(tmp_path / "clip.mp4", moving(2)).path) == {}


@pytest.mark.parametrize("cut", [3, 40, 600])
def test_a_file_cut_short_is_no_mp4(tmp_path, cut):
    whole = make(tmp_path / "clip.mp4", moving(2), metadata={"comment": "x"}).path.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[:cut])
    with pytest.raises(ValueError, match="MP4"):
        read_metadata(tmp_path / "cut.mp4")


def test_a_tag_that_an_mp4_cannot_hold_is_refused(tmp_path):
    with pytest.raises(ValueError, match="mood"):
        make(tmp_path / "clip.mp4", metadata={"mood": "fine"})


@pytest.mark.parametrize(
    ("fps", "rate"),
    [
        (24, Fraction(24)),
        (60, Fraction(60)),
        (12.5, Fraction(25, 2)),
        (23.976, Fraction(24000, 1001)),
        (29.97, Fraction(30000, 1001)),
        (24000 / 1001, Fraction(24000, 1001)),
        (20 / 3, Fraction(20, 3)),
    ],
)
def test_a_number_stands_for_an_exact_rate(fps, rate):
    assert frame_rate(fps) == rate


@pytest.mark.parametrize("fps", [0, -1, 241, float("nan"), float("inf")])
def test_a_senseless_rate_is_refused(fps):
    with pytest.raises(ValueError, match="frame rate"):
        frame_rate(fps)


@pytest.mark.parametrize(
    ("fps", "said"), [(23.976, "23.98 fps"), (25, "25 fps"), (60, "60 fps"), (12.5, "12.50 fps")]
)
def test_the_file_plays_at_the_rate_asked_for(tmp_path, fps, said):
    clip = make(tmp_path / "clip.mp4", moving(7), fps=fps)
    assert said in described(clip.path)
    assert len(decoded(clip)) == 7


def test_a_clip_just_too_large_is_only_compressed_more(tmp_path):
    frames = noise(12, 96, 64)
    free = make(tmp_path / "free.mp4", frames)
    clip = make(tmp_path / "clip.mp4", frames, max_bytes=free.size * 2 // 3)
    assert clip.path.stat().st_size == clip.size <= free.size * 2 // 3
    assert (clip.width, clip.height) == (96, 64)
    assert clip.ladder == (f"stronger compression, to fit {free.size * 2 / 3 / 1024:.3g} KiB",)


def test_pure_noise_fits_at_the_price_of_a_smaller_picture(tmp_path):
    clip = make(tmp_path / "clip.mp4", noise(48, 320, 240), max_bytes=40_000)
    assert clip.size <= 40_000
    assert clip.width < 320
    assert "smaller picture" in clip.ladder[0]
    assert len(decoded(clip)) == 48


def test_an_absurd_limit_is_an_error_that_leaves_nothing(tmp_path):
    with pytest.raises(ClipTooLarge, match="1 KiB"):
        make(tmp_path / "clip.mp4", noise(12, 64, 64), max_bytes=1024)
    assert list(tmp_path.iterdir()) == []


def test_progress_is_told_once_an_encoded_second(tmp_path):
    told: list[float] = []
    make(tmp_path / "clip.mp4", moving(48), fps=12, progress=told.append)
    assert told == [0, 0.25, 0.5, 0.75, 1]


@pytest.mark.parametrize("at", [0, 0.5, 0.75])  # before the first frame, midway, and when all are sent
def test_a_cancelled_encode_leaves_no_file_and_no_process(tmp_path, at, monkeypatch):
    started = []
    popen = subprocess.Popen

    def recorded(*args, **more):
        started.append(popen(*args, **more))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", recorded)
    cancel = CancelToken()
    with pytest.raises(Cancelled):
        make(
            tmp_path / "clip.mp4",
            moving(48),
            fps=12,
            progress=lambda done: cancel.cancel() if done >= at else None,
            cancel=cancel,
        )
    assert list(tmp_path.iterdir()) == []
    assert [process.returncode for process in started] != [None]


def test_a_clip_that_was_there_outlives_a_failed_encode(tmp_path):
    path = make(tmp_path / "clip.mp4").path
    before = path.read_bytes()
    with pytest.raises(ClipTooLarge):
        make(path, max_bytes=100)
    assert path.read_bytes() == before


def fake_ffmpeg(monkeypatch, tmp_path, script):
    program = tmp_path / "ffmpeg"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", lambda: str(program))


def test_ffmpeg_that_dies_is_reported_with_its_last_words(tmp_path, monkeypatch):
    fake_ffmpeg(monkeypatch, tmp_path, "head -c 1000 >/dev/null; echo 'no space left' >&2; exit 7")
    (tmp_path / "out").mkdir()
    with pytest.raises(EncodeFailed, match="status 7: no space left") as caught:
        make(tmp_path / "out" / "clip.mp4", noise(20, 320, 240))
    assert caught.value.returncode == 7
    assert list((tmp_path / "out").iterdir()) == []


def test_ffmpeg_that_stops_reading_without_an_error_has_failed(tmp_path, monkeypatch):
    fake_ffmpeg(monkeypatch, tmp_path, "exit 0")
    with pytest.raises(EncodeFailed, match="it said nothing"):
        make(tmp_path / "clip.mp4", noise(20, 320, 240))


def test_a_talkative_ffmpeg_does_not_block_the_pipe(tmp_path, monkeypatch):
    real = imageio_ffmpeg.get_ffmpeg_exe()
    fake_ffmpeg(monkeypatch, tmp_path, f'head -c 300000 /dev/zero | tr "\\0" "\\n" >&2; exec {real} "$@"')
    assert make(tmp_path / "clip.mp4", noise(20, 160, 120)).frames == 20


@pytest.mark.skipif(not OPEN_FILES.exists(), reason="only Linux lists a process's open files")
def test_an_encode_leaves_no_file_open(tmp_path):
    before = len(list(OPEN_FILES.iterdir()))
    make(tmp_path / "clip.mp4", moving(2))
    assert len(list(OPEN_FILES.iterdir())) == before


@pytest.mark.parametrize(
    "frames",
    [
        np.zeros((2, 8, 8), np.uint8),
        np.zeros((2, 8, 8, 3), np.float32),
        np.zeros((0, 8, 8, 3), np.uint8),
        np.zeros((2, 1, 8, 3), np.uint8),
    ],
)
def test_what_is_no_clip_is_refused(tmp_path, frames):
    with pytest.raises(ValueError, match=r"frames must|nothing to encode"):
        make(tmp_path / "clip.mp4", frames)


@pytest.mark.parametrize("side", [2, 4, 10, 18])
def test_tiny_pictures_can_be_encoded(tmp_path, side):
    clip = make(tmp_path / "clip.mp4", moving(3, side, side))
    assert decoded(clip).shape == (3, side, side, 3)
