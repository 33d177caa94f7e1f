"""The broker's process: it ends with its bot, however that ends, and one that was left is found."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from bot.broker import child, launch
from bot.broker.child import CONFIGURATION, end_orphan
from bot.broker.store import Wanted
from tests import ROOT
from tests.bot.broker.conftest import NOW
from tests.until import PATIENCE, until


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start of the bot ends it")
def test_the_broker_ends_with_the_bot_however_that_ends(store, policy):
    store.make_secrets(NOW)
    store.want(Wanted(on=True, address="127.0.0.1:1"))
    bot = subprocess.Popen(
        [sys.executable, "-c", _BOT, str(store.folder.parent), str(policy.port)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert bot.stdout is not None
    pid = int(bot.stdout.readline())
    bot.kill()
    bot.communicate()
    deadline = time.monotonic() + PATIENCE
    while Path(f"/proc/{pid}").exists() and b"\0" in Path(f"/proc/{pid}/cmdline").read_bytes():
        assert time.monotonic() < deadline
        time.sleep(0.001)


_BOT = """
import asyncio, sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from bot.broker.broker import Broker
from bot.broker.store import BrokerStore
from bot import serving_policies
from tests.policies import DEFAULTS

async def nobody():
    return {}

async def main():
    policy = replace(serving_policies.for_broker(DEFAULTS), host="127.0.0.1", port=int(sys.argv[2]))
    broker = Broker(BrokerStore(Path(sys.argv[1])), policy, keys=nobody)
    await broker.look()
    print(broker.child.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_a_broker_that_an_earlier_bot_left_is_ended_and_another_process_with_its_number_is_not(
    broker, store
):
    folder = store.folder.absolute()
    stranger = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(60)")
    try:
        kept = (folder / child.PID).read_text()
        (folder / child.PID).write_text(str(stranger.pid))
        assert not end_orphan(folder)
        assert stranger.returncode is None
        (folder / child.PID).write_text(kept)
        assert end_orphan(folder)
        await until(lambda: not broker.child.runs)
    finally:
        stranger.kill()
        await stranger.wait()


PARENT = """
import subprocess, sys, time
launch, platform, program = sys.argv[1:]
code = f"import runpy, sys; sys.platform = {platform!r}; runpy.run_path({launch!r}, run_name='__main__')"
import os
child = subprocess.Popen([sys.executable, "-I", "-B", "-c", code, str(os.getpid()), program, "60"])
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")
@pytest.mark.parametrize("platform", ["linux", "darwin"])
async def test_a_killed_bot_leaves_no_broker_behind_on_any_system(platform):
    """Linux' kernel ends it; elsewhere a process does that is left beside it, and that ends, too."""
    bot = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, launch.__file__, platform, "/bin/sleep"), stdout=subprocess.PIPE
    )
    assert bot.stdout is not None
    pid = int(await bot.stdout.readline())
    await until(lambda: Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"/bin/sleep"))
    beside = _children_of(pid)
    assert len(beside) == (platform == "darwin")
    bot.kill()
    await bot.wait()
    for each in (str(pid), *beside):
        await until(partial(_has_ended, each))


def _children_of(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def _has_ended(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.skipif(not Path("/bin/ps").exists(), reason="needs ps")
async def test_a_long_command_line_is_read_whole_by_ps(tmp_path):
    """macOS has no /proc, and its ps cuts lines: a broker that was left would not be known."""
    long = str(tmp_path / ("x" * 150) / CONFIGURATION)
    asked = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "import time; time.sleep(60)", long), env={"COLUMNS": "80"}
    )
    try:
        await until(lambda: long in child._command_by_ps(asked.pid))
        assert child._command_of(asked.pid).strip().endswith(long)
    finally:
        asked.kill()
        await asked.wait()
