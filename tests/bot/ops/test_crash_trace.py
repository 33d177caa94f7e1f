"""A bot that crashes in native code leaves a trace; one that is stopped or killed leaves none."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys

import pytest

from bot.ops.crash_trace import traced

LIFE = """
import asyncio, os, sys
from pathlib import Path
from bot.ops.crash_trace import traced
async def live():
    async with traced(Path(sys.argv[1])) as crashed:
        print(crashed)
        os.kill(os.getpid(), int(sys.argv[2])) if sys.argv[2] != "0" else None
asyncio.run(live())
"""


@pytest.mark.parametrize(
    ("number", "crashed"),
    [(signal.SIGSEGV, True), (signal.SIGABRT, True), (signal.SIGKILL, False), (0, False)],
)
def test_only_a_crash_is_told_from_a_kill(tmp_path, number, crashed, caplog):
    first = subprocess.run(
        [sys.executable, "-c", LIFE, tmp_path, str(int(number))], capture_output=True, check=False, text=True
    )
    assert first.returncode == -number
    assert asyncio.run(has_crashed(tmp_path)) is crashed
    assert ("Fatal Python error" in caplog.text) is crashed
    assert not asyncio.run(has_crashed(tmp_path)), "it is told once"


async def has_crashed(folder):
    async with traced(folder) as found:
        return found
