"""The examples of docs/http-api.md, run as they stand there."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys

import pytest

from bot.api.problems import Kind
from bot.api.route_table import routes
from tests import ROOT
from tests.bot.api.serving import drawing, serving
from tests.bot.fixtures import picture

PAGE = (ROOT / "docs" / "http-api.md").read_text(encoding="utf-8")
PROGRAMS = {"bash": ["bash", "-e"], "python": [sys.executable, "-W", "ignore"], "javascript": ["node"]}
SUFFIXES = {"bash": "sh", "python": "py", "javascript": "mjs"}
NEEDED = {"bash": "curl", "python": sys.executable, "javascript": "node"}


@pytest.mark.parametrize("language", PROGRAMS)
async def test_each_example_makes_a_clip(app, bot, fake, ada, channel, tmp_path, language):
    if shutil.which(NEEDED[language]) is None:
        pytest.skip(f"{NEEDED[language]} is not installed")
    (text,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    script = tmp_path / f"example.{SUFFIXES[language]}"
    script.write_text(text, encoding="utf-8")
    (tmp_path / "lake.png").write_bytes(picture())
    async with serving(app) as api, drawing(app):
        client = await api.client(channel.guild.id, ada.id)
        process = await asyncio.create_subprocess_exec(
            *PROGRAMS[language],
            str(script),
            cwd=tmp_path,
            env={**os.environ, "FRAMEKILN_API_URL": api.at, "FRAMEKILN_API_KEY": client.key},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told = (await process.communicate())[0].decode()
        assert process.returncode == 0, told
        (job,) = (await client.ask("GET", "/v1/jobs")).json["jobs"]
        assert job["state"] == "succeeded"
        clip = (await client.ask("GET", job["links"]["clip"])).body
    assert (tmp_path / "clip.mp4").read_bytes() == clip
    if language == "bash":
        assert [line for line in told.splitlines() if line.startswith("id: ")] == ["id: 1", "id: 2", "id: 3"]


def test_the_page_names_every_problem_and_every_route():
    for kind in Kind:
        assert f"| `{kind.slug}` | {kind.status} | {kind.title} |" in PAGE
    told = PAGE[PAGE.index("## Routes") : PAGE.index("### Asking")]
    from unittest import mock

    for route in routes(mock.Mock(), mock.Mock()):
        (line,) = (line for line in told.splitlines() if f" {route.path}`" in line and route.method in line)
        assert f"`{route.scope}`" in line if route.scope else "| any |" in line
