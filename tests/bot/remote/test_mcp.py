"""The server for MCP, asked by the SDK's own client: as a process over its pipes, and over HTTP."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
import uvicorn
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from bot.remote.mcp_server import Tools, server_of, with_callers_key
from db.api.keys import Scope
from tests import ROOT
from tests.bot.api.serving import drawing, serving
from tests.bot.fixtures import picture
from tests.until import until

FRAMEKILN = str(Path(sys.executable).with_name("framekiln"))
TEXT = {"prompt": "a lighthouse in a storm", "quality": "fast", "length": "short"}


@pytest.fixture
async def api(app, bot):
    async with serving(app) as served:
        yield served


@asynccontextmanager
async def assistant(api, key, *options):
    """An assistant that has started ``framekiln mcp``."""
    environment = {**os.environ, "FRAMEKILN_API_URL": api.at, "FRAMEKILN_API_KEY": key}
    command = StdioServerParameters(command=FRAMEKILN, args=["mcp", *options], env=environment, cwd=ROOT)
    async with Client(command) as client:
        yield client


async def called(client, tool, **arguments):
    """What a tool answers, as JSON, or its error."""
    result = await client.call_tool(tool, arguments)
    text = result.content[0].text
    return text if result.is_error else json.loads(text)


async def test_an_assistant_lists_the_tools_and_makes_a_clip(api, app, channel, ada, fake, tmp_path):
    program = await api.client(channel.guild.id, ada.id)
    (tmp_path / "dog.png").write_bytes(picture())
    async with assistant(api, program.key, "--files", str(tmp_path)) as client, drawing(app):
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {
            *("animate", "text2video", "restyle", "effect"),
            *("job", "clip", "cancel", "engines", "limits"),
        }
        assert tools["animate"].input_schema["required"] == ["image"]
        assert tools["text2video"].input_schema["properties"]["quality"]["anyOf"][0]["enum"] == [
            *("fast", "balanced", "best")
        ]
        engines = await called(client, "engines")
        assert "sketch" in {engine["name"] for engine in engines["engines"]}

        job = await called(client, "animate", image="dog.png", motion="gentle", wait=60)
        assert (job["state"], job["kind"]) == ("succeeded", "animate")
        saved = await called(client, "clip", job=job["id"])
        clip = (await program.ask("GET", f"/v1/jobs/{job['id']}/clip")).body
        assert clip
        assert (tmp_path / f"{job['id']}.mp4").read_bytes() == clip
        assert saved["bytes"] == len(clip)
        resource = await client.read_resource(f"framekiln://clips/{job['id']}")
        assert base64.b64decode(resource.contents[0].blob) == clip
    assert fake.messages(channel) == []


async def test_a_refusal_is_told_in_words_and_the_folder_is_the_only_one(api, channel, ada, tmp_path):
    key = (await api.client(channel.guild.id, ada.id)).key
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.png").write_bytes(picture())
    async with assistant(api, key, "--files", str(tmp_path / "in")) as client:
        for outside in ("../secret.png", str(tmp_path / "secret.png"), "", "\0", "nothing.png"):
            assert "is no file in" in await called(client, "animate", image=outside)
        assert "not valid" in await called(client, "text2video", prompt="a fox", quality="superb")
        assert "no such thing" in await called(client, "job", job="0123456789abcdef")
        assert await called(client, "job", job="../engines") == "That is not the id of a job."
        with pytest.raises(MCPError, match="no tool called"):
            await client.call_tool("erase", {})


async def test_without_waiting_the_job_can_be_looked_at_and_cancelled(api, channel, ada):
    key = (await api.client(channel.guild.id, ada.id)).key
    async with assistant(api, key) as client:
        encoded = base64.b64encode(picture()).decode()
        job = await called(client, "animate", image=f"data:image/png;base64,{encoded}", wait=0)
        assert job["state"] == "queued"
        assert (await called(client, "job", job=job["id"]))["place"] == 1
        assert (await called(client, "cancel", job=job["id"]))["state"] == "cancelled"
        assert (await called(client, "limits"))["files"]["picture"] > 0


@asynccontextmanager
async def served(api):
    """The MCP server over HTTP."""
    application = server_of(Tools(None), with_callers_key(api.at)).streamable_http_app(
        stateless_http=True, json_response=True
    )
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="warning"))
    running = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/mcp"
    finally:
        server.should_exit = True
        await running


@asynccontextmanager
async def caller(address, key):
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with (
        httpx2.AsyncClient(headers=headers) as http,
        Client(streamable_http_client(address, http_client=http)) as client,
    ):
        yield client


async def test_over_http_each_caller_has_a_key_and_sees_the_own_jobs(api, fake, channel, ada):
    guild, grace = channel.guild.id, fake.member("grace")
    keys = [(await api.client(guild, member.id)).key for member in (ada, grace)]
    reader = (await api.client(guild, ada.id, Scope.READ)).key
    async with served(api) as address:
        async with caller(address, keys[0]) as one:
            job = await called(one, "text2video", **TEXT, wait=0)
        async with caller(address, keys[1]) as other:
            assert "no such thing" in await called(other, "job", job=job["id"])
            assert "no such thing" in await called(other, "cancel", job=job["id"])
        async with caller(address, reader) as same:
            assert (await called(same, "job", job=job["id"]))["state"] == "queued"
            assert "does not allow" in await called(same, "cancel", job=job["id"])
        async with caller(address, "") as nobody:
            assert (await called(nobody, "job", job=job["id"])).startswith("Send a key")
        async with caller(address, "fk_wrong") as stranger:
            assert "valid key" in await called(stranger, "job", job=job["id"])
