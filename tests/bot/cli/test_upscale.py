"""``framekiln upscale``, with a network that repeats each pixel."""

from __future__ import annotations

import os
import subprocess

import imageio_ffmpeg
import numpy as np
import pytest
from click.testing import CliRunner

from bot.cli.main import main
from engine.clips.read_clip import read_clip
from engine.core.sound_form import RATE
from tests.engine.tiny import upscale


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    for name in os.environ:
        if name.startswith(("FRAMEKILN_", "DISCORD_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    upscale.build(tmp_path / "models")
    monkeypatch.setenv("FRAMEKILN_MODELS_DIR", str(tmp_path / "models"))


def test_the_sound_is_as_long_as_the_frames(tmp_path):
    film, large = tmp_path / "film.mp4", tmp_path / "large.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error"]
    command += ["-f", "lavfi", "-i", "testsrc=s=64x64:r=1:d=13"]
    command += ["-f", "lavfi", "-i", "aevalsrc='0.5*sin(880*t)*between(t,11,12)':s=48000:d=13"]
    subprocess.run([*command, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", film], check=True)
    run = CliRunner().invoke(main, ["upscale", str(film), "-o", str(large)])
    assert run.exit_code == 0, run.output
    made = read_clip(large)
    assert made.frames.shape == (13, 128, 128, 3)
    assert made.sound is not None
    heard = np.flatnonzero(np.abs(made.sound).max(1) > 0.1)[[0, -1]] / RATE
    assert heard == pytest.approx([11, 12], abs=0.05)
    assert "silence follows" not in run.output
