"""A clip that another machine draws, through the whole bot: a real broker, a real worker, kills of both."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests import ROOT
from tests.end_to_end.whole_bot import (
    CLIP_SECONDS,
    ENV,
    QUICK,
    UNHURRIED,
    a_bot,
    a_discord,
    clips,
    codecs_of,
    one_clip,
    picture,
    says,
)
from tests.fake_discord import Permission
from tests.fake_discord.faults import Upload

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="ends workers by their process groups")

COMMAND = (sys.executable, "-c", "from bot.cli.main import main; main()")
NOTHING_HERE = {"FRAMEKILN_DEVICES": "none", "FRAMEKILN_BROKER_HOST": "127.0.0.1"}
LEASE = {"FRAMEKILN_WORKER_LEASE_SECONDS": "4", "FRAMEKILN_WORKER_BEAT_SECONDS": "0.5"}


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def framekiln(data: Path, port: int, *args: str) -> str:
    """Run a command as an owner does, and answer with what it says."""
    done = subprocess.run(
        [*COMMAND, *args],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **ENV, "FRAMEKILN_DATA_DIR": str(data), **broker_at(port)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def broker_at(port: int) -> dict[str, str]:
    return {**NOTHING_HERE, **LEASE, "FRAMEKILN_BROKER_PORT": str(port)}


def invite(data: Path, port: int, name: str, trust: str = "own") -> str:
    told = framekiln(data, port, "workers", "invite", name, "--trust", trust)
    found = re.search(r"fkw1\.\S+", told)
    assert found, told
    return found[0]


class WorkerProcess:
    """`framekiln worker run`, on what stands for another machine."""

    def __init__(self, folder: Path, line: str) -> None:
        self.log = folder / "worker.log"
        folder.mkdir()
        self._env = {
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "FRAMEKILN_WORKER_DIR": str(folder / "worker"),
            "FRAMEKILN_DATA_DIR": str(folder / "data"),
            "FRAMEKILN_FETCH_EYES": "0",
        }
        self._env.pop("DISCORD_TOKEN", None)
        command = [*COMMAND, "worker", "join", line, "--no-test"]
        subprocess.run(command, check=True, capture_output=True, cwd=ROOT, env=self._env)
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(*COMMAND, "worker", "run"),
                cwd=ROOT,
                env=self._env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def kill9(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()
            self._process = None

    @property
    def output(self) -> str:
        return self.log.read_text() if self.log.exists() else ""


@contextlib.asynccontextmanager
async def a_worker(folder: Path, line: str) -> AsyncIterator[WorkerProcess]:
    worker = WorkerProcess(folder, line)
    await worker.start()
    try:
        yield worker
    finally:
        await worker.kill9()


@pytest.fixture
async def discord():
    async with a_discord() as fake:
        yield fake


AT_WORK = "🎨"
"""In the status from the claim on; a quick worker may be done before it tells how far it is."""


async def ask(discord, channel, member, **options):
    """A picture that is large enough for its clip to take some seconds on any machine."""
    large = Upload("cat.png", picture((1280, 800)))
    return await discord.slash(member, channel, "animate", image=large, **options)


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_a_clip_is_drawn_there_through_all_that_happens(discord, tmp_path):
    """One life after the other: a clip, a kill of the bot and its broker while one is drawn, a cancel."""
    data, port = tmp_path / "data", free_port()
    data.mkdir()
    framekiln(data, port, "workers", "on", "--address", f"127.0.0.1:{port}")
    line = invite(data, port, "attic")
    async with (
        a_worker(tmp_path / "there", line) as worker,
        a_bot(discord, data, broker_at(port)) as bot,
    ):
        await discord.wait_for(lambda: "worker attic is here" in bot.output, 60)
        channel = discord.channel()
        await ask(discord, channel, discord.member("ada"), **UNHURRIED)
        await discord.wait_for(lambda: says(discord, channel, AT_WORK), CLIP_SECONDS)
        await bot.kill9()
        await bot.start()
        await bot.wait_ready()
        await one_clip(discord, channel)
        assert "goes on with job" in bot.output
        await asyncio.sleep(2)
        assert len(clips(discord, channel)) == 1
        assert "1 are drawn by workers" in bot.output

        stopped, ben = discord.channel(name="stopped"), discord.member("ben")
        await ask(discord, stopped, ben, **UNHURRIED)
        await discord.wait_for(lambda: says(discord, stopped, AT_WORK), CLIP_SECONDS)
        await discord.click(ben, discord.messages(stopped)[-1], "Cancel")
        await discord.wait_for(lambda: says(discord, stopped, "ancelled"), CLIP_SECONDS)

        await worker.kill9()
        late = discord.channel(name="late")
        await ask(discord, late, discord.member("cat"), **QUICK)
        await worker.start()
        await one_clip(discord, late)
        framekiln(data, port, "workers", "remove", "attic")
        await discord.wait_for(lambda: "has removed this machine" in worker.output)
        assert "cannot be reached" not in worker.output.split("Connected")[-1]
    assert clips(discord, stopped) == []


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_a_friends_machine_draws_once_a_moderator_agrees_and_moderators_see_where(discord, tmp_path):
    data, port = tmp_path / "data", free_port()
    data.mkdir()
    framekiln(data, port, "workers", "on", "--address", f"127.0.0.1:{port}")
    line = invite(data, port, "bens", "friend")
    async with a_worker(tmp_path / "there", line), a_bot(discord, data, broker_at(port)) as bot:
        await discord.wait_for(lambda: "worker bens is here" in bot.output, 60)
        channel, mod = discord.channel(), discord.member("mod", permissions=Permission.MANAGE_GUILD)
        await ask(discord, channel, discord.member("ada"), **UNHURRIED)
        await asyncio.sleep(3)
        assert "goes to worker" not in bot.output
        agreed = await discord.slash(mod, channel, "queue remote", machines="friends")
        assert "Done" in (await agreed.shown()).content
        await discord.wait_for(lambda: says(discord, channel, AT_WORK), CLIP_SECONDS)
        shown = await (await discord.slash(mod, channel, "queue show")).shown()
        assert "bens" in shown.content
        clip = await one_clip(discord, channel)
    made = tmp_path / "clip.mp4"
    made.write_bytes(clip.attachments[0].data)
    assert codecs_of(made) == {"h264"}
