"""A clip from another machine is made anew: every frame and its sound, and nothing that was said in it."""

from __future__ import annotations

import numpy as np
import pytest

from bot import intake_policies
from bot.config.settings import Settings
from bot.intake.clip_intake import ClipIntake
from bot.intake.decoder import Decoder
from bot.intake.foreign_takes import ForeignTakes
from bot.intake.sound_intake import SoundIntake
from engine.clips.encode import encode, read_metadata
from engine.clips.read_clip import read_clip
from engine.core.cancel import CancelToken
from engine.core.errors import HopelessTake
from tests.end_to_end import whole_bot
from tests.fake_comfyui.clips import preview_of

WORKFLOW = '{"prompt": {"1": "a member\'s words"}}'


@pytest.fixture
def takes():
    settings = Settings.model_construct(comfyui_clip_bytes=2_000_000)
    return ForeignTakes(
        clips=ClipIntake(intake_policies.from_elsewhere(settings)),
        sounds=SoundIntake(intake_policies.to_hear(settings)),
        pictures=Decoder(intake_policies.for_intake(settings), wall_seconds=20, at_once=1),
    )


def clip(path, *, sound):
    frames = np.random.default_rng(1).integers(0, 60, (8, 64, 96, 3)).astype(np.uint8)
    frames += np.arange(8, dtype=np.uint8)[:, None, None, None] * 20
    heard = 0.2 * np.sin(np.arange(48_000)[:, None] / 20).repeat(2, 1).astype(np.float32)
    encode(
        frames,
        fps=8,
        path=path,
        metadata={"comment": WORKFLOW},
        max_bytes=10**6,
        progress=lambda _: None,
        cancel=CancelToken(),
        sound=heard if sound else None,
    )


@pytest.mark.parametrize("sound", [True, False])
async def test_all_frames_and_the_sound_come_over_and_the_workflow_does_not(takes, tmp_path, sound):
    came = tmp_path / "came1.mp4"
    clip(came, sound=sound)
    assert read_metadata(came)["comment"] == WORKFLOW
    before = read_clip(came).frames
    made = await takes.clip(came, tmp_path)
    after = read_clip(made.clip)
    assert after.frames.shape == before.shape
    assert abs(after.frames.astype(int) - before).mean() < 2
    assert b"words" not in made.clip.read_bytes()
    assert (made.sound is not None) is sound
    assert not came.exists()


@pytest.mark.parametrize("data", [b"", b"no clip at all" * 99, b"\0" * 3_000_000])
async def test_what_is_no_clip_is_a_take_without_hope(takes, tmp_path, data):
    came = tmp_path / "came1.mp4"
    came.write_bytes(data)
    with pytest.raises(HopelessTake):
        await takes.clip(came, tmp_path)


async def test_a_preview_is_decoded_and_what_is_none_is_a_value_error(takes):
    picture = await takes.picture(preview_of(_png(), 1.0))
    assert picture.shape == (96, 160, 3)
    with pytest.raises(ValueError, match="no readable picture"):
        await takes.picture(b"\xff\xd8\xff\xe0 and then nothing")


def _png():

    return whole_bot.picture()
