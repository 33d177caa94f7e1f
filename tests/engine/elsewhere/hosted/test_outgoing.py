"""What leaves this machine holds pixels and samples, and nothing else."""

from __future__ import annotations

import subprocess

import cv2
import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from engine.core.recipe import Kind, Recipe, Role
from engine.elsewhere.hosted.outgoing import in_words, outgoing
from engine.elsewhere.hosted.slugs import Slot
from tests.present import present

SECRET = "where-ann-lives"


@pytest.fixture
def files(tmp_path):
    info = PngInfo()
    info.add_text("Comment", SECRET)
    exif = Image.Exif()
    exif[0x010E] = SECRET
    rng = np.random.default_rng(1)
    Image.fromarray(rng.integers(0, 255, (90, 160, 3), np.uint8)).save(
        tmp_path / "picture.png", pnginfo=info, exif=exif
    )
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    clip, sound = tmp_path / "clip.mp4", tmp_path / "sound.wav"
    tags = ("-metadata", f"comment={SECRET}", "-metadata", f"title={SECRET}")
    source = ("-f", "lavfi", "-i", "testsrc=size=64x64:rate=8:duration=1")
    tone = ("-f", "lavfi", "-i", "sine=duration=1")
    subprocess.run([ffmpeg, "-v", "error", *source, *tone, *tags, clip], check=True)
    subprocess.run([ffmpeg, "-v", "error", *tone, *tags, sound], check=True)
    for path in (tmp_path / "picture.png", clip, sound):
        assert SECRET.encode() in path.read_bytes(), "else this proves nothing"
    return {Role.PICTURE: tmp_path / "picture.png", Role.REFERENCE: clip, Role.SOUND: sound}


def recipe(**changes) -> Recipe:
    values = {
        "kind": Kind.ANIMATE,
        "engine": "fal/test",
        "seed": 1,
        "width": 96,
        "height": 96,
        "frames": 8,
        "native_fps": 8.0,
        "fps": 8.0,
        "length": 8,
    }
    return Recipe(**{**values, **changes})


async def test_nothing_is_sent_but_pixels_and_samples(files, tmp_path):
    made = await outgoing(recipe(), files, tmp_path)
    assert set(made) == {Slot.PICTURE, Slot.CLIP, Slot.SOUND_IN}
    for file in made.values():
        assert SECRET.encode() not in file.data
        assert SECRET not in file.name
    assert in_words(made, words=True) == "picture, clip, sound, prompt"


async def test_a_picture_is_sent_at_the_size_of_the_frame_as_it_was_cropped(files, tmp_path):
    whole = await outgoing(recipe(), {Role.PICTURE: files[Role.PICTURE]}, tmp_path)
    left = await outgoing(
        recipe(crops={Role.PICTURE: (0.0, 0.5)}), {Role.PICTURE: files[Role.PICTURE]}, tmp_path
    )
    for made in (whole, left):
        picture = cv2.imdecode(np.frombuffer(made[Slot.PICTURE].data, np.uint8), cv2.IMREAD_COLOR)
        assert present(picture).shape == (96, 96, 3)
    assert whole[Slot.PICTURE].data != left[Slot.PICTURE].data


async def test_a_clip_that_is_continued_sends_its_last_frame_only(files, tmp_path):
    made = await outgoing(recipe(), {Role.BEFORE: files[Role.REFERENCE]}, tmp_path)
    assert set(made) == {Slot.PICTURE}


async def test_a_large_picture_is_sent_as_a_jpeg(files, tmp_path):
    made = await outgoing(recipe(width=1280, height=1280), {Role.PICTURE: files[Role.PICTURE]}, tmp_path)
    assert made[Slot.PICTURE].kind in {"image/png", "image/jpeg"}
    rng = np.random.default_rng(1)
    noise = tmp_path / "noise.png"
    cv2.imwrite(str(noise), rng.integers(0, 255, (1280, 1280, 3), np.uint8))
    made = await outgoing(recipe(width=1280, height=1280), {Role.PICTURE: noise}, tmp_path)
    assert made[Slot.PICTURE].kind == "image/jpeg"
