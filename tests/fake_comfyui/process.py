"""A fake ComfyUI as a process of its own, which a test can kill."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Self

from tests import ROOT
from tests.until import PATIENCE


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class ComfyProcess:
    """It stays at one port over all its lives, and loses what it holds in memory with each.

    Attributes:
        journal: a line for each submit that any life took: the life's number and the job's id.
    """

    def __init__(self, folder: Path, *, seconds: float = 1.0, port: int | None = None) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.journal = folder / "submits.txt"
        self._files = folder / "files"
        self._seconds = seconds
        self._process: asyncio.subprocess.Process | None = None
        self.lives = 0

    def submits(self) -> list[tuple[int, str]]:
        if not self.journal.exists():
            return []
        return [(int(life), prompt) for life, prompt in map(str.split, self.journal.read_text().splitlines())]

    async def start(self) -> None:
        self.lives += 1
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.fake_comfyui", "--port", str(self.port)),
            *("--journal", str(self.journal), "--life", str(self.lives), "--seconds", str(self._seconds)),
            *("--files", str(self._files), "--parent", str(os.getpid())),
            cwd=ROOT,
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        async with asyncio.timeout(PATIENCE):
            while not self._answers():
                assert self._process.returncode is None, "the fake ended"
                await asyncio.sleep(0.05)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.2):
            return True
        return False

    async def kill9(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill9()
