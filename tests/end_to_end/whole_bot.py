"""What tests of the whole program share: a picture to ask with, and ways to look for what came of it."""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import imageio_ffmpeg
from PIL import Image, ImageDraw

from tests.fake_discord import Message
from tests.fake_discord.faults import Upload
from tests.fake_discord.process import BotProcess
from tests.fake_discord.server import FakeDiscord

CLIP_SECONDS = 60.0
"""A short clip takes a few seconds; a busy machine gets this long."""

ENV = {
    "FRAMEKILN_STATUS_INTERVAL": "1",
    "FRAMEKILN_PER_MEMBER_WAITING": "20",
    "FRAMEKILN_PER_MEMBER_AT_ONCE": "1000",
    "FRAMEKILN_PER_GUILD_AT_ONCE": "1000",
    "FRAMEKILN_PER_MEMBER_HOUR": "100",
    "FRAMEKILN_RESERVE_BYTES": "4096",
}
QUICK = {"quality": "fast", "length": "short"}
UNHURRIED = {"quality": "best", "length": "normal"}
"""A clip whose making lasts some seconds, so that something can happen meanwhile."""


@asynccontextmanager
async def a_discord() -> AsyncIterator[FakeDiscord]:
    """A fake Discord with a server in it, of which the bot must have broken no rule at the end."""
    async with FakeDiscord() as fake:
        fake.guild()
        yield fake
        assert fake.violations == []


@asynccontextmanager
async def a_bot(
    discord: FakeDiscord, data: Path, env: Mapping[str, str] | None = None
) -> AsyncIterator[BotProcess]:
    """The bot as a process of its own, ready, with its commands known to Discord."""
    async with BotProcess(discord, data, env={**ENV, **(env or {})}) as process:
        await process.wait_ready()
        await commands_known(discord)
        yield process


def picture(size=(320, 200), form="PNG") -> bytes:
    image = Image.new("RGB", size, (90, 140, 200))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, size[1] * 2 // 3, *size), fill=(60, 110, 60))
    draw.ellipse((40, 60, 150, 180), fill=(200, 80, 60))
    for x in range(0, size[0], 16):
        draw.line((x, 0, x // 2, size[1]), fill=(120, 160, 90), width=2)
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


def cat(**claims) -> Upload:
    return Upload("cat.png", picture(), **claims)


async def commands_known(discord) -> None:
    await discord.wait_for(lambda: "animate" in command_names(discord))


def command_names(discord) -> set[str]:
    return {command["name"] for known in discord.world.commands.values() for command in known}


def clips(discord, channel) -> list[Message]:
    return [message for message in discord.messages(channel) if message.attachments]


async def one_clip(discord, channel, count=1):
    await discord.wait_for(lambda: len(clips(discord, channel)) >= count, CLIP_SECONDS)
    return clips(discord, channel)[-1]


def says(discord, channel, words: str) -> bool:
    return any(words in message.content for message in discord.messages(channel))


def codecs_of(clip: Path) -> set[str]:
    """What the tracks of a file are, by ffmpeg's names."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(clip)]
    told = subprocess.run(command, check=False, capture_output=True).stderr.decode()
    return set(re.findall(r"(?:Video|Audio): (\w+)", told))
