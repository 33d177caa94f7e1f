"""The API of the real program as a process: a key from the command line, and a clip."""

from __future__ import annotations

import asyncio
import os
import sys

import aiohttp
import pytest

from engine.provenance.seal import Signature, inspect_clip
from tests import ROOT
from tests.bot.api.serving import Client
from tests.end_to_end.whole_bot import a_bot, a_discord, picture
from tests.until import PATIENCE

pytestmark = pytest.mark.slow

MAIN = "from bot.cli.main import main; main()"


async def key_for(data, guild: int, member: int) -> str:
    """What ``framekiln keys add`` shows, beside the running bot."""
    command = [sys.executable, "-c", MAIN, "keys", "add", str(guild), str(member)]
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env={**os.environ, "FRAMEKILN_DATA_DIR": str(data)},
        stdout=asyncio.subprocess.PIPE,
    )
    return (await process.communicate())[0].decode().strip()


async def asked(client: Client):
    """Ask for a clip; as long as the bot is not connected to Discord, it says so."""
    async with asyncio.timeout(PATIENCE):
        while True:
            form = aiohttp.FormData(default_to_multipart=True)
            form.add_field("request", '{"kind": "animate", "quality": "fast", "length": "short"}')
            form.add_field("image", picture(), filename="cat.png")
            answer = await client.ask("POST", "/v1/jobs", data=form)
            if answer.status == 202:
                return answer.json
            assert answer.json["type"] == "urn:framekiln:problem:away", answer.json
            await asyncio.sleep(0.2)


async def test_a_picture_by_the_api_becomes_a_sealed_clip(tmp_path, unused_tcp_port):
    data = tmp_path / "data"
    at = f"http://127.0.0.1:{unused_tcp_port}"
    async with a_discord() as discord, aiohttp.ClientSession() as http:
        channel, ada = discord.channel(), discord.member("ada")
        async with a_bot(discord, data, {"FRAMEKILN_API_PORT": str(unused_tcp_port)}):
            client = Client(http, at, await key_for(data, channel.guild.id, ada.id))
            job = await asked(client)
            stream = await client.ask("GET", job["links"]["events"], headers={"Last-Event-ID": "1"})
            assert "event: job.started" in stream.body.decode()
            assert "event: job.succeeded" in stream.body.decode()
            clip = await client.ask("GET", job["links"]["clip"])
        assert discord.messages(channel) == []
    (tmp_path / "clip.mp4").write_bytes(clip.body)
    assert inspect_clip(tmp_path / "clip.mp4").signature is Signature.VALID
