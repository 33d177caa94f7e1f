"""A clip that a service draws, through the whole bot: agreed to, paid for once, told of and signed."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import imageio_ffmpeg
import pytest

from bot.config.paths import DATABASE
from tests.end_to_end.whole_bot import CLIP_SECONDS, a_bot, a_discord, one_clip
from tests.fake_discord.people import Permission
from tests.fake_services.server import FakeServices

TABLE = """
[[engine]]
name = "fal/test"
model = "fal-ai/test"
title = "Test"
kinds = ["text2video"]
fps = 8
seconds = [2]
per = "clip"
fields = { prompt = "prompt" }
sizes = [{ width = 320, height = 192, price = 0.25 }]
"""


@pytest.fixture
async def services(tmp_path):
    made = FakeServices()
    made.clip = await asyncio.to_thread(_film, tmp_path / "clip.mp4")
    await made.start()
    yield made
    await made.stop()


def _film(path: Path) -> bytes:
    source = ("-f", "lavfi", "-i", "testsrc2=size=320x192:rate=8:duration=2", "-pix_fmt", "yuv420p")
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *source, path], check=True)
    return path.read_bytes()


@pytest.fixture
async def discord():
    async with a_discord() as fake:
        yield fake


@pytest.fixture
async def bot(discord, services, tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "test.toml").write_text(TABLE)
    own = {
        "FRAMEKILN_FAL_KEY": "a-key",
        "FRAMEKILN_FAL_URL": services.url,
        "FRAMEKILN_HOSTED_BUDGET": "0.4",
        "FRAMEKILN_HOSTED_TAKES": "1",
        "FRAMEKILN_HOSTED_PRIVATE": "true",
        "FRAMEKILN_HOSTED_ENGINES_DIR": str(tmp_path / "tables"),
    }
    async with a_bot(discord, tmp_path / "data", own) as process:
        yield process


async def said(discord, member, channel, name: str, **options: str) -> str:
    """Give a command, and return the first answer to it."""
    given = await discord.slash(member, channel, name, **options)
    return (await given.shown(CLIP_SECONDS)).content


async def refused(discord, member, channel, asked: dict[str, str]) -> str:
    """Ask for a clip, and return why it is not made."""
    given = await discord.slash(member, channel, "text2video", **asked)
    await discord.wait_for(lambda: any(each.ephemeral for each in given.messages), CLIP_SECONDS)
    return next(each.content for each in given.messages if each.ephemeral)


@pytest.mark.slow
async def test_a_clip_of_a_service_is_agreed_to_and_paid_once(discord, services, bot, tmp_path):
    channel, ada = discord.channel(), discord.member("ada")
    mod = discord.member("mod", permissions=Permission.MANAGE_GUILD)
    asked = {"prompt": "a lake", "engine": "fal/test", "length": "short"}
    assert "hasn't allowed" in await refused(discord, ada, channel, asked)
    assert "can now choose" in await said(discord, mod, channel, "queue services", allow="on")
    told = await refused(discord, ada, channel, asked)
    assert "made at fal: your picture and words leave this machine; about $0.25" in told
    assert services.calls["submit"] == 0
    assert "sent there" in await said(discord, ada, channel, "mydata services", send="allow")
    services.hold = True
    await discord.slash(ada, channel, "text2video", **asked)
    await discord.wait_for(lambda: services.calls["look"] >= 1, CLIP_SECONDS)
    await bot.kill9()
    services.hold = False
    await bot.start()
    await bot.wait_ready()
    clip = await one_clip(discord, channel)
    assert "made at fal for $0.25" in clip.content
    assert services.calls["submit"] == 1
    with closing(sqlite3.connect(tmp_path / "data" / DATABASE)) as database:
        rows = database.execute("SELECT state, cost, sent FROM purchase").fetchall()
    assert rows == [("succeeded", 250_000, "prompt")]
