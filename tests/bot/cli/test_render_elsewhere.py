"""``framekiln render`` with a ComfyUI server: an owner tries a workflow without Discord."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock

import pytest

from bot.loops.without_discord import HeardEngine
from engine.clips.read_clip import read_clip
from engine.core.errors import Away, RenderFailed
from engine.rendering.limits import RenderLimits
from tests import ROOT
from tests.bot.fixtures import recipe
from tests.fake_comfyui import FakeComfyUI, write_workflow
from tests.fake_comfyui.workflow import ENGINE

FRAMEKILN = Path(sys.executable).with_name("framekiln")


async def test_a_workflow_is_tried_without_discord(tmp_path):
    write_workflow(tmp_path / "workflows")
    clip = tmp_path / "clip.mp4"
    async with FakeComfyUI(seconds=0.1) as comfy:
        environment = {
            **os.environ,
            "FRAMEKILN_DATA_DIR": str(tmp_path / "data"),
            "FRAMEKILN_MODELS_DIR": str(tmp_path / "models"),
            "FRAMEKILN_WORKFLOWS_DIR": str(tmp_path / "workflows"),
            "FRAMEKILN_COMFYUI": comfy.url,
        }

        async def render():
            process = await asyncio.create_subprocess_exec(
                *(FRAMEKILN, "render", ROOT / "examples/lake.png", "--engine", ENGINE, "--seconds", "1"),
                *("-o", clip),
                env=environment,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            told, _ = await process.communicate()
            return process.returncode, told.decode()

        status, told = await render()
        assert status == 0, told
        assert len(read_clip(clip).frames) == 24
        assert len(comfy.submits) == 1


async def test_a_server_that_is_away_ends_the_command_and_is_named(tmp_path):
    """The bot would wait for it."""
    host: Any = SimpleNamespace(render=AsyncMock(side_effect=Away("the ComfyUI server", "refused")))
    engine = HeardEngine(host, attempts=None)
    with pytest.raises(RenderFailed, match="the ComfyUI server cannot be reached: refused"):
        await engine.render(
            recipe(), {}, job="a", limits=RenderLimits(), on_event=print, cancel=asyncio.Event()
        )
    assert str(engine.trouble) == "the ComfyUI server cannot be reached: refused"
