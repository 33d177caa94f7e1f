"""Both halves are one interface, and the half of this system does what it says."""

from __future__ import annotations

import asyncio
import inspect
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import system
from system import posix, windows
from tests.until import PATIENCE

ROOT = Path(__file__).parents[2]


def face(half, name):
    """The signature of a function, or those of a class's public methods."""
    thing = getattr(half, name)
    if inspect.isclass(thing):
        methods = {"__init__", *(each for each in vars(thing) if not each.startswith("_"))}
        return {each: inspect.signature(getattr(thing, each)) for each in methods}
    assert inspect.iscoroutinefunction(thing) == (name == "begin_line")
    return inspect.signature(thing)


@pytest.mark.parametrize("name", system.__all__)
def test_both_halves_have_it_with_the_same_signature(name):
    assert face(posix, name) == face(windows, name)


@pytest.mark.parametrize("half", [posix, windows])
def test_a_half_has_nothing_public_that_the_other_lacks(half):
    own = {
        name
        for name, thing in vars(half).items()
        if not name.startswith("_") and getattr(thing, "__module__", None) == half.__name__
    }
    assert own == set(system.__all__)


def test_this_systems_half_is_chosen():
    assert system.lock.__module__ == ("system.windows" if sys.platform == "win32" else "system.posix")


def test_a_reader_of_strangers_files_starts_without_asyncio():
    """It would take longer than reading most pictures."""
    code = (
        "import sys; sys.path.append(sys.argv[1]); import system;"
        "print(sorted({'asyncio', 'socket', 'tempfile', 'subprocess', 'random'} & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-I", "-c", code, str(ROOT)], capture_output=True, text=True, check=True
    )
    assert said.stdout == "[]\n"


def test_a_file_is_locked_for_one_and_free_when_it_is_closed(tmp_path):
    path = tmp_path / "lock"
    with path.open("w") as first, path.open("w") as second:
        system.lock(first.fileno())
        with pytest.raises(BlockingIOError):
            system.lock(second.fileno())
        first.close()
        system.lock(second.fileno())


def test_a_nameless_file_lies_in_its_folder_and_is_gone_when_it_is_closed(tmp_path):
    with system.nameless_file(tmp_path) as file:
        assert isinstance(file, io.BufferedRandom), "discord.py takes anything else for a path"
        file.write(b"x")
        file.seek(0)
        assert file.read() == b"x"
    assert list(tmp_path.iterdir()) == []


def test_files_and_folders_are_flushed(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    system.sync(tmp_path / "file")
    system.sync(tmp_path)
    with pytest.raises(FileNotFoundError):
        system.sync(tmp_path / "none")


CHILD = """
import subprocess, sys, system
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
line = system.open_line(int(sys.argv[sys.argv.index("--number") + 1]))
print("printed", flush=True)
line.send(line.lines.readline().upper() + str(grandchild.pid).encode() + b"\\n")
line.lines.readline()
"""


async def test_a_process_is_spoken_to_over_its_line_and_ended_with_what_it_started():
    begun = await system.begin_line(
        [sys.executable, "-c", CHILD],
        lambda number: ("--number", str(number)),
        {"PYTHONPATH": str(ROOT)},
        1 << 16,
    )
    group = system.Group(begun.process.pid)
    async with asyncio.timeout(PATIENCE):
        begun.writer.write(b"hello\n")
        assert await begun.reader.readline() == b"HELLO\n"
        grandchild = int(await begun.reader.readline())
        assert (await begun.output.readline()).split() == [b"printed"]
        assert is_there(grandchild)
        assert group.running()
        group.kill()
        group.kill()
        await begun.process.wait()
        while group.running():  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.01)
        assert not is_there(grandchild)
    begun.writer.close()
    begun.close_output()


def is_there(pid):
    if sys.platform == "win32":
        ask = (Path(os.environ["SYSTEMROOT"]) / "System32" / "tasklist.exe", "/fi", f"pid eq {pid}")
        listed = subprocess.run(ask, capture_output=True, text=True, check=True)
        return str(pid) in listed.stdout
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:  # nobody may be left here who waits for it
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text("ascii")
    except FileNotFoundError:
        return False


def test_a_program_hears_that_it_shall_stop():
    code = """
import asyncio, os, signal, system
async def main():
    stop = asyncio.Event()
    system.on_stop(stop.set)
    os.kill(os.getpid(), signal.SIGINT) if os.name == "posix" else signal.raise_signal(signal.SIGINT)
    await stop.wait()
    print("stopped in order")
asyncio.run(main())
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = [sys.executable, "-c", code]
    said = subprocess.run(run, capture_output=True, text=True, check=True, env=environment, timeout=20)
    assert said.stdout.split("\n")[0] == "stopped in order"


def test_a_confined_process_is_ended_for_its_time_and_refused_memory():
    code = """
import json, system
system.confine(cpu_seconds=1, memory=1 << 30, open_files=32, file_bytes=0)
try:
    bytearray(2 << 30)
except MemoryError:
    print(json.dumps({"refused": True, "peak": system.peak_bytes()}), flush=True)
while True: pass
"""
    environment = {**system.bare_environment(), "PYTHONPATH": str(ROOT)}
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, env=environment)
    assert system.ran_out_of_time(ended.returncode), ended
    if sys.platform != "darwin":  # which limits no address space
        assert json.loads(ended.stdout)["peak"] > 1 << 20


def test_a_crash_is_told_from_an_error_and_an_end_from_outside():
    code = "import sys, faulthandler; faulthandler.disable(); import ctypes; ctypes.string_at(1)"
    crashed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode
    failed = subprocess.run([sys.executable, "-c", "raise SystemExit(3)"], check=False).returncode
    assert (system.crashed(crashed), system.crashed(failed)) == (True, False)
    assert not system.was_ended(crashed)
    assert not system.was_ended(None)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells no end from outside")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, "SIGKILL"])
def test_an_end_from_outside_is_seen(number):
    code = (
        "import signal, time; signal.signal(signal.SIGINT, signal.SIG_DFL); print(flush=True); time.sleep(60)"
    )
    run = [sys.executable, "-c", code]
    process = subprocess.Popen(run, stdout=subprocess.PIPE, **system.apart())
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(getattr(signal, number) if isinstance(number, str) else number)
    process.stdout.close()
    status = process.wait()
    assert system.was_ended(status)
    assert system.killed_outright(status) == (number == "SIGKILL")
