from __future__ import annotations

import gc
import subprocess
import warnings

import imageio_ffmpeg
import numpy as np
import pytest

from engine.clips import shrink as module
from engine.clips.encode import ClipTooLarge, EncodeFailed, encode, read_metadata
from engine.clips.shrink import shrink
from engine.core.cancel import CancelToken


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A second of something that is hard to compress, about 300 kB."""
    noise = np.random.default_rng(1).integers(0, 256, (24, 30, 40, 3), dtype=np.uint8)
    frames = noise.repeat(6, axis=1).repeat(6, axis=2)
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    tags = {"title": "a title", "comment": '{"recipe": "ö"}', "description": "by a machine"}
    encode(
        frames,
        fps=24,
        path=path,
        metadata=tags,
        max_bytes=10**7,
        progress=lambda _: None,
        cancel=CancelToken(),
    )
    return path


def facts(path):
    details = next(imageio_ffmpeg.read_frames(str(path)))
    frames, seconds = imageio_ffmpeg.count_frames_and_secs(str(path))
    return details["size"], details["fps"], frames, seconds


@pytest.mark.parametrize("share", [0.8, 0.4, 0.1])
def test_a_smaller_clip_keeps_its_words_its_length_and_its_rate(clip, tmp_path, share):
    limit = int(clip.stat().st_size * share)
    target = tmp_path / "smaller.mp4"
    shrink(clip, target, max_bytes=limit)
    assert limit / 4 < target.stat().st_size <= limit
    assert read_metadata(target) == read_metadata(clip)
    (width, height), *rest = facts(target)
    assert tuple(rest) == facts(clip)[1:]
    assert width * 180 == pytest.approx(height * 240, rel=0.05)
    assert [path.name for path in tmp_path.iterdir()] == ["smaller.mp4"]


def test_no_pipe_is_left_open(tmp_path):
    """With one frame: it is the program that has ended already whose pipes are easily forgotten."""
    path = tmp_path / "short.mp4"
    frame = np.zeros((1, 32, 32, 3), np.uint8)
    tags: dict[str, str] = {}
    encode(
        frame,
        fps=24,
        path=path,
        metadata=tags,
        max_bytes=10**6,
        progress=lambda _: None,
        cancel=CancelToken(),
    )
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        measured = module._measure(path)
        gc.collect()
    assert [str(warning.message) for warning in seen] == []
    assert measured == (32, 32, 24.0, 1 / 24)


def test_it_plays_from_its_first_bytes(clip, tmp_path):
    target = tmp_path / "smaller.mp4"
    shrink(clip, target, max_bytes=clip.stat().st_size // 2)
    content = target.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_a_much_smaller_clip_has_fewer_pixels(clip, tmp_path):
    target = tmp_path / "smaller.mp4"
    shrink(clip, target, max_bytes=6000)
    assert facts(target)[0][0] < facts(clip)[0][0]


def test_what_cannot_fit_leaves_nothing_behind(clip, tmp_path):
    with pytest.raises(ClipTooLarge, match="cannot be made small enough for 500 bytes"):
        shrink(clip, tmp_path / "smaller.mp4", max_bytes=500)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"no clip at all" * 100])
def test_what_is_no_clip_is_refused_as_a_failed_encode(tmp_path, content):
    source = tmp_path / "source.mp4"
    source.write_bytes(content)
    with pytest.raises(EncodeFailed):
        shrink(source, tmp_path / "smaller.mp4", max_bytes=1000)
    assert list(tmp_path.iterdir()) == [source]


def test_an_encode_without_end_is_stopped(clip, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT", 0.001)
    with pytest.raises(EncodeFailed, match="not finished after"):
        shrink(clip, tmp_path / "smaller.mp4", max_bytes=clip.stat().st_size // 2)
    assert not list(tmp_path.iterdir())


def test_an_old_file_stays_until_the_new_one_is_whole(clip, tmp_path):
    target = tmp_path / "smaller.mp4"
    target.write_bytes(b"before")
    with pytest.raises(ClipTooLarge):
        shrink(clip, target, max_bytes=500)
    assert target.read_bytes() == b"before"
    shrink(clip, target, max_bytes=clip.stat().st_size // 2)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(target), "-f", "null", "-"]
    assert not subprocess.run(command, check=True, capture_output=True).stderr
