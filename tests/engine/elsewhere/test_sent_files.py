"""What a server is sent has the pixels and samples of a member's file, and none of its words."""

from __future__ import annotations

import subprocess
from fractions import Fraction

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from engine.clips.ffmpeg import H264, write_h264
from engine.core.cancel import CancelToken
from engine.core.errors import RenderFailed
from engine.core.recipe import Role
from engine.elsewhere.sent_files import sent_file

SECRET = "where-ann-lives"
TONE = ("-f", "lavfi", "-i", "sine=duration=1")
TAGS = tuple(
    part
    for where in ("-metadata", "-metadata:s:v", "-metadata:s:a")
    for tag in ("title", "comment", "handler_name", "description", "language")
    for part in (where, f"{tag}={SECRET}")
)


def ffmpeg(*arguments) -> bytes:
    program = imageio_ffmpeg.get_ffmpeg_exe()
    return subprocess.run([program, "-v", "error", *arguments], check=True, stdout=subprocess.PIPE).stdout


def own_clip(path):
    """A clip as this program makes it: its recipe is in a tag."""
    frames = np.random.default_rng(1).integers(0, 255, (8, 64, 64, 3), np.uint8)
    write_h264(
        frames,
        form=H264(width=64, height=64, crf=20),
        rate=Fraction(8),
        path=path,
        metadata={"comment": SECRET},
        progress=lambda _: None,
        cancel=CancelToken(),
    )


def tagged_clip(path):
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x64:rate=8:duration=1", *TONE, *TAGS, path)


def tagged_picture(path):
    info = PngInfo()
    info.add_text("Comment", SECRET)
    Image.new("RGB", (64, 64), "red").save(path, pnginfo=info)


def tagged_sound(path):
    ffmpeg(*TONE, *TAGS, path)


MAKE = {Role.SOUND: tagged_sound, Role.BEFORE: own_clip, Role.REFERENCE: tagged_clip}
SUFFIXES = {Role.SOUND: "wav", Role.BEFORE: "mp4", Role.REFERENCE: "mp4"}


@pytest.mark.parametrize("role", Role)
async def test_nothing_is_sent_but_pixels_and_samples(role, tmp_path):
    path, work = tmp_path / f"a.{SUFFIXES.get(role, 'png')}", tmp_path / "work"
    work.mkdir()
    MAKE.get(role, tagged_picture)(path)
    assert SECRET.encode() in path.read_bytes(), "else this proves nothing"
    sent = await sent_file(role, path, work)
    assert SECRET.encode() not in sent.data
    assert SECRET not in sent.name
    assert (await sent_file(role, path, work)) == sent, "a take that is asked for again finds its file there"
    left = work / sent.name
    left.write_bytes(sent.data)
    decoded = ("-map", "0", "-f", "framemd5", "-")
    assert ffmpeg("-i", left, *decoded) == ffmpeg("-i", path, *decoded), "frames and samples are as they were"


@pytest.mark.parametrize("role", [Role.BEFORE, Role.REFERENCE, Role.SOUND])
async def test_what_is_no_clip_and_no_sound_is_not_sent(role, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"no clip")
    with pytest.raises(RenderFailed):
        await sent_file(role, path, tmp_path)
