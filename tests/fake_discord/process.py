"""The real bot as a process of its own, which a test can kill."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests import ROOT
from tests.fake_discord.server import FakeDiscord
from tests.until import PATIENCE

STARTS = 120.0
"""Seconds. It ends a start that hangs; a program that nobody ran before is read from the disk first."""


class BotProcess:
    """`python -m bot ARGS`, pointed at a FakeDiscord. It can be started again after its death.

    Args:
        discord: Where it connects.
        data_dir: Its FRAMEKILN_DATA_DIR; its output goes to a log file beside it.
        env: Set over this process's own environment.
        args: The program's arguments; `python -m bot` without any is `framekiln run`.
        module: What is run in place of `bot`.
    """

    def __init__(
        self,
        discord: FakeDiscord,
        data_dir: Path,
        *,
        env: Mapping[str, str] | None = None,
        token: str | None = None,
        args: Sequence[str] = (),
        module: str = "bot",
    ) -> None:
        self._discord = discord
        self._args = [*args]
        self._module = module
        self._env = {
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "FRAMEKILN_FETCH_EYES": "0",  # no test goes to the network; a test that has an index says so
            "FRAMEKILN_FIRST_TIMES": "0",  # nor draws beside what it looks at; a test that times says so
            "DISCORD_TOKEN": token or discord.token,
            "FRAMEKILN_DATA_DIR": str(data_dir),
            **(env or {}),
        }
        self.log = data_dir.parent / f"{data_dir.name}.log"
        self._process: asyncio.subprocess.Process | None = None
        self._sessions_before = 0

    @property
    def output(self) -> str:
        """All that it wrote, over all its lives."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    @property
    def pid(self) -> int:
        return self._running().pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative for a signal."""
        return self._running().returncode

    async def start(self) -> None:
        """Start it; it leads a process group, so that nothing of it outlives the test."""
        self._sessions_before = self._discord.gateway.identifies
        where = ["--api", self._discord.api, "--gateway", self._discord.gateway_url]
        where += ["--parent", str(os.getpid())]
        command = [sys.executable, "-m", "tests.run_bot", *where, "--module", self._module]
        with self.log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                "--",
                *self._args,
                cwd=ROOT,
                env=self._env,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )

    async def wait_ready(self, timeout: float = STARTS) -> None:  # noqa: ASYNC109 - a test's bound
        """Wait for its gateway session.

        Raises:
            RuntimeError: It ended instead; the text holds its last output.
        """

        def ready_or_dead() -> bool:
            gateway = self._discord.gateway
            ready = gateway.identifies > self._sessions_before and gateway.connected
            return ready or self.returncode is not None

        await self._discord.wait_for(ready_or_dead, timeout)
        if self.returncode is not None:
            raise RuntimeError(f"the bot ended with {self.returncode}:\n{self.output[-4000:]}")

    async def kill9(self) -> None:
        """SIGKILL to the bot alone, as the kernel or an owner would; then wait for its end."""
        self._signal(signal.SIGKILL)
        await self.wait()

    def terminate(self) -> None:
        """SIGTERM; `wait` tells when it is gone."""
        self._signal(signal.SIGTERM)

    async def wait(self, timeout: float = PATIENCE) -> int:  # noqa: ASYNC109 - a test's bound
        """Its exit status; TimeoutError where it lives on."""
        async with asyncio.timeout(timeout):
            return await self._running().wait()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self.returncode is None:
            self._running().send_signal(number)

    def _running(self) -> asyncio.subprocess.Process:
        assert self._process is not None, "start() first"
        return self._process
