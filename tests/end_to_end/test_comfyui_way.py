"""A clip that a ComfyUI server draws, through the whole bot: short versions of what the benchmarks try.

``make comfy-faults`` tries all that can go wrong, ``make comfy-kills`` kills bot and server again and again.
"""

from __future__ import annotations

import asyncio

import pytest

from benchmarks.comfy_faults import SETTINGS, ask, clips_in, is_over, said
from bot.loops.status import DRAFT_NAME
from tests.end_to_end.whole_bot import CLIP_SECONDS, a_bot, a_discord, says
from tests.fake_comfyui import FakeComfyUI, Fault, write_workflow
from tests.fake_comfyui.server import SECRET_PATH


@pytest.fixture
async def comfy():
    async with FakeComfyUI(seconds=12) as fake:
        yield fake


@pytest.fixture
async def discord():
    async with a_discord() as fake:
        yield fake


@pytest.fixture
async def bot(discord, comfy, tmp_path):
    write_workflow(tmp_path / "workflows")
    own = {"FRAMEKILN_COMFYUI": comfy.url, "FRAMEKILN_WORKFLOWS_DIR": str(tmp_path / "workflows")}
    async with a_bot(discord, tmp_path / "data", {**SETTINGS, **own}) as process:
        yield process


@pytest.mark.slow
async def test_a_clip_is_drawn_there_through_all_that_happens(discord, comfy, bot):
    """One life after the other: a preview, a kill of both, a refusal, a cancel."""
    channel = discord.channel()
    await ask(discord, channel)
    await discord.wait_for(
        lambda: any(each.filename == DRAFT_NAME for each in _files(discord, channel)), CLIP_SECONDS
    )
    await bot.kill9()
    comfy.forget()
    comfy.seconds = 0.3
    await bot.start()
    await bot.wait_ready()
    await discord.wait_for(lambda: clips_in(discord, channel), CLIP_SECONDS)
    assert len(set(comfy.submits)) == 1
    assert len(comfy.submits) == 2

    comfy.order(Fault.NODE_ERROR)
    refused = discord.channel(name="refused")
    await ask(discord, refused)
    await discord.wait_for(lambda: is_over(discord, refused), CLIP_SECONDS)
    assert "refused the clip, or broke off" in said(discord, refused)
    assert SECRET_PATH not in said(discord, refused)
    assert SECRET_PATH in bot.output

    comfy.seconds = 30
    stopped = discord.channel(name="stopped")
    ada = discord.member("ada")
    await ask(discord, stopped, ada)
    await discord.wait_for(lambda: len(comfy.drawn) == 4, CLIP_SECONDS)
    theirs = comfy.foreign()
    comfy.seconds = 0.3
    await discord.wait_for(lambda: discord.messages(stopped)[-1].components, CLIP_SECONDS)
    await discord.click(ada, discord.messages(stopped)[-1], "Cancel")
    await discord.wait_for(lambda: says(discord, stopped, "ancelled"), CLIP_SECONDS)
    await discord.wait_for(lambda: theirs.succeeded, CLIP_SECONDS)
    await asyncio.sleep(0.5)
    assert None not in comfy.interrupts
    assert [len(clips_in(discord, place)) for place in (channel, refused, stopped)] == [1, 0, 0]


def _files(discord, channel):
    return [file for message in discord.messages(channel) for file in message.attachments]
