"""The broker as a child of the bot: started, told to read its configuration again, and ended with it."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import system
from bot.broker import launch
from bot.broker.errors import BrokerUnusable

log = logging.getLogger(__name__)

CONFIGURATION = "broker.conf"
LOG = "broker.log"
PID = "broker.pid"
LAST_WORDS = "broker.stderr"

READY = "Server is ready"
RELOADED = "Reloaded server configuration"
NOT_RELOADED = "Failed to reload server configuration"
FATAL = "[FTL]"

START_SECONDS = 20.0
RELOAD_SECONDS = 10.0
STOP_SECONDS = 3.0
LOOK_EVERY = 0.005
"""Seconds between two looks at its log: it has no other way to say what became of a signal."""
LOOK_SECONDS = 5.0
"""Most seconds for asking the system what a process is."""


class ReloadRefused(Exception):
    """The broker keeps its old configuration; the text is the broker's."""


class BrokerChild:
    """One run of the broker.

    Attributes:
        folder: with its configuration, its log and its process id.
    """

    def __init__(self, binary: Path, folder: Path) -> None:
        """Make one; :meth:`start` starts it.

        Args:
            binary: the program.
            folder: an absolute path; the configuration in it names the log and the process id there.
        """
        self.folder = folder
        self._binary = binary
        self._process: asyncio.subprocess.Process | None = None

    @property
    def runs(self) -> bool:
        """Whether it is there."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """Its process id, while it is there."""
        return self._process.pid if self._process is not None and self.runs else None

    async def start(self) -> None:
        """Start it, and wait until it takes connections. One that an earlier bot left is ended first.

        Raises:
            BrokerUnusable: it did not start; the text holds its own words.
            OSError: the folder cannot be written.
        """
        await asyncio.to_thread(end_orphan, self.folder)
        seen = _Log(self.folder / LOG)
        with (self.folder / LAST_WORDS).open("wb") as words:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-B", launch.__file__, str(os.getpid()), str(self._binary)),
                *("-c", str(self.folder / CONFIGURATION)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=words,
                env={},
                cwd=self.folder,
                **system.apart(),  # Ctrl-C is for the bot, which ends it when its workers have heard
            )
        try:
            async with asyncio.timeout(START_SECONDS):
                while READY not in seen.more() and self.runs:  # noqa: ASYNC110 - the log is all there is
                    await asyncio.sleep(LOOK_EVERY)
        except TimeoutError:
            await self.stop()
            raise BrokerUnusable(f"the broker took longer than {START_SECONDS:g} s to start") from None
        except asyncio.CancelledError:
            await self.stop()
            raise
        if not self.runs:
            raise BrokerUnusable(f"the broker did not start: {self._why(seen)}")

    async def reload(self) -> None:
        """Have it read its configuration again. Connections of users that are still in it stay as they are.

        Raises:
            ReloadRefused: it goes on with the old one.
        """
        if self._process is None or not self.runs:
            raise ReloadRefused("the broker has ended")
        seen = _Log(self.folder / LOG)
        system.ask_to_reread(self._process.pid)
        try:
            async with asyncio.timeout(RELOAD_SECONDS):
                while RELOADED not in seen.more():
                    if NOT_RELOADED in seen.text or not self.runs:
                        raise ReloadRefused(self._why(seen, NOT_RELOADED))
                    await asyncio.sleep(LOOK_EVERY)
        except TimeoutError:
            raise ReloadRefused("the broker did not answer the signal") from None

    async def stop(self) -> None:
        """End it, and wait for its end."""
        process = self._process
        if process is None:
            return
        for ask in (process.terminate, process.kill):
            if process.returncode is not None:
                break
            with suppress(ProcessLookupError):
                ask()
            with suppress(TimeoutError):
                async with asyncio.timeout(STOP_SECONDS):
                    await asyncio.shield(process.wait())

    def last_words(self) -> str:
        """The end of what it wrote to standard error; "" most often."""
        try:
            return (self.folder / LAST_WORDS).read_text("utf-8", "replace").strip()[-500:]
        except OSError:
            return ""

    def _why(self, seen: _Log, mark: str = FATAL) -> str:
        """Its own words for a failure."""
        seen.more()
        line = next((line for line in reversed(seen.text.splitlines()) if mark in line), "")
        return line.partition(mark)[2].strip(" :") or self.last_words() or "it ended without a word"


class _Log:
    """What is written to a log from now on, also when it is begun anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = self._size()
        self.text = ""

    def more(self) -> str:
        """All that was written since."""
        size = self._size()
        if size != self._offset:
            if size < self._offset:
                self._offset = 0
            with suppress(FileNotFoundError), self._path.open("rb") as file:
                file.seek(self._offset)
                new = file.read()
                self._offset += len(new)
                self.text += new.decode("utf-8", "replace")
        return self.text

    def _size(self) -> int:
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0


def end_orphan(folder: Path) -> bool:
    """End a broker that a killed bot has left, where the kernel did not do it; whether there was one."""
    try:
        pid = int((folder / PID).read_text("ascii"))
    except (OSError, ValueError):
        return False
    ours = str(folder / CONFIGURATION)
    if pid <= 1 or ours not in _command_of(pid):  # the number is another process's by now
        (folder / PID).unlink(missing_ok=True)
        return False
    with suppress(ProcessLookupError):
        system.end_process(pid)
    log.warning("a broker of an earlier run was ended")
    (folder / PID).unlink(missing_ok=True)
    return True


def _command_of(pid: int) -> str:
    """A process's command line; "" where there is none."""
    if sys.platform != "linux":
        return _command_by_ps(pid)
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


def _command_by_ps(pid: int) -> str:
    """The same, where there is no ``/proc``."""
    try:
        asked = subprocess.run(
            ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)],  # else macOS cuts it at 80 characters
            capture_output=True,
            text=True,
            check=False,
            timeout=LOOK_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return asked.stdout
