"""The Windows half, read and called on another system: what it asks the kernel for, one call after another.

The kernel's answers are made up here, after its documentation. It says nothing of what a real Windows does.
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import os
import signal
import sys
from types import SimpleNamespace

import pytest

from system import kernel32, windows
from tests.until import PATIENCE

ME, HANDLE = 0xFFFF_FFFF_FFFF_FFFF, 0x1_0000_0004
"""Handles are 64 bits wide; this one would not survive being taken for an int."""


class Kernel32:
    """The calls of kernel32.dll that are used, with its answers; ``said`` has each call."""

    def __init__(self):
        self.said = []
        self.refused = set()
        self.bounds = None
        self.active = 0

    def _answer(self, name, *arguments):
        self.said.append((name, *arguments))
        return 0 if name in self.refused else 1

    def CreateJobObjectW(self, security, name):  # noqa: N802
        assert (security, name) == (None, None)
        return HANDLE if self._answer("CreateJobObjectW") else None

    def SetInformationJobObject(self, job, kind, address, size):  # noqa: N802
        assert (kind, size) == (9, ctypes.sizeof(kernel32.Bounds))
        self.bounds = address._obj
        return self._answer("SetInformationJobObject", job)

    def QueryInformationJobObject(self, job, kind, address, size, _):  # noqa: N802
        assert (kind, size) == (1, ctypes.sizeof(kernel32.Accounting))
        address._obj.active_processes = self.active
        return self._answer("QueryInformationJobObject", job)

    def OpenProcess(self, rights, inherit, pid):  # noqa: N802
        return 0x77 if self._answer("OpenProcess", hex(rights), inherit, pid) else None

    def GetCurrentProcess(self):  # noqa: N802
        return ME

    def AssignProcessToJobObject(self, job, process):  # noqa: N802
        return self._answer("AssignProcessToJobObject", job, process)

    def TerminateJobObject(self, job, status):  # noqa: N802
        return self._answer("TerminateJobObject", job, status)

    def SetPriorityClass(self, process, priority):  # noqa: N802
        return self._answer("SetPriorityClass", process, hex(priority))

    def K32GetProcessMemoryInfo(self, process, address, size):  # noqa: N802
        assert size == ctypes.sizeof(kernel32.MemoryCounters) == address._obj.size
        address._obj.working_set, address._obj.peak_working_set = 5 << 30, 6 << 30
        return self._answer("K32GetProcessMemoryInfo", process)

    def CloseHandle(self, handle):  # noqa: N802
        return self._answer("CloseHandle", handle)


class Call:
    """A function as ctypes gives it: arguments are checked, and results cut, by the types that it has."""

    __slots__ = ("_answer", "argtypes", "restype")

    def __init__(self, answer):
        self._answer = answer
        self.restype, self.argtypes = ctypes.c_int, None

    def __call__(self, *arguments):
        assert self.argtypes is not None
        for kind, value in zip(self.argtypes, arguments, strict=True):
            kind.from_param(value)  # raises where ctypes would
        return self.restype(self._answer(*arguments)).value


@pytest.fixture
def kernel(monkeypatch):
    found = Kernel32()
    calls = {name: Call(getattr(found, name)) for name in vars(Kernel32) if not name.startswith("_")}

    def open_library(name, *, use_last_error):
        assert (name, use_last_error) == ("kernel32", True)
        return SimpleNamespace(**calls)

    def error_of(number):
        return PermissionError(errno.EACCES, str(number))

    monkeypatch.setattr(ctypes, "WinDLL", open_library, raising=False)
    monkeypatch.setattr(ctypes, "get_last_error", lambda: 5, raising=False)
    monkeypatch.setattr(ctypes, "WinError", error_of, raising=False)
    monkeypatch.setattr(windows, "_own", [])
    return found


def names(kernel):
    return [each[0] for each in kernel.said]


@pytest.mark.skipif(ctypes.sizeof(ctypes.c_void_p) != 8, reason="the figures are those of 64 bits")
def test_the_structures_have_the_sizes_of_the_documented_ones():
    assert ctypes.sizeof(kernel32.Bounds) == 144
    assert kernel32.Bounds.process_memory.offset == 112
    assert ctypes.sizeof(kernel32.Accounting) == 48
    assert kernel32.Accounting.active_processes.offset == 40
    assert ctypes.sizeof(kernel32.MemoryCounters) == 72
    assert kernel32.MemoryCounters.working_set.offset == 16


def test_a_group_takes_in_the_process_and_ends_with_its_handle(kernel):
    group = windows.Group(1234)
    assert names(kernel) == [
        *("CreateJobObjectW", "SetInformationJobObject"),
        *("OpenProcess", "AssignProcessToJobObject", "CloseHandle"),
    ]
    assert ("OpenProcess", "0x101", False, 1234) in kernel.said
    assert ("AssignProcessToJobObject", HANDLE, 0x77) in kernel.said
    assert kernel.said[-1] == ("CloseHandle", 0x77)
    assert kernel.bounds.basic.flags & 0x2000, "it ends when its handle is closed, so with this program"
    group.kill()
    assert kernel.said[-1] == ("TerminateJobObject", HANDLE, 0xF1)
    group.ask()
    assert names(kernel)[-2:] == ["TerminateJobObject"] * 2
    del group
    assert kernel.said[-1] == ("CloseHandle", HANDLE)


def test_a_group_runs_until_the_last_of_it_has_ended(kernel):
    group = windows.Group(1234)
    for kernel.active in (2, 1):
        assert group.running()
    kernel.active = 0
    assert not group.running()
    kernel.refused = {"QueryInformationJobObject"}
    with pytest.raises(PermissionError):
        group.running()


def test_a_process_that_has_ended_already_makes_no_noise(kernel):
    kernel.refused = {"OpenProcess"}
    windows.Group(1234).kill()
    assert "AssignProcessToJobObject" not in names(kernel)
    kernel.refused = {"AssignProcessToJobObject"}
    windows.Group(1234).kill()
    assert kernel.said.count(("CloseHandle", 0x77)) == 1, "no handle is left open"


@pytest.mark.parametrize("refused", ["CreateJobObjectW", "SetInformationJobObject"])
def test_a_refused_job_object_is_an_error_and_leaves_no_handle(kernel, refused):
    kernel.refused = {refused}
    with pytest.raises(PermissionError):
        windows.Group(1234)
    assert names(kernel).count("CloseHandle") == (refused == "SetInformationJobObject")


def test_a_reader_of_strangers_files_limits_its_time_and_memory_for_as_long_as_it_lives(kernel):
    windows.confine(cpu_seconds=20, memory=3 << 30, open_files=8, file_bytes=0)
    assert kernel.bounds.basic.flags == 0x2 | 0x100 | 0x400
    assert (kernel.bounds.basic.process_time, kernel.bounds.process_memory) == (200_000_000, 3 << 30)
    assert kernel.said[-1] == ("AssignProcessToJobObject", HANDLE, ME)
    assert "CloseHandle" not in names(kernel)


def test_a_reader_that_cannot_be_limited_reads_nothing(kernel):
    kernel.refused = {"AssignProcessToJobObject"}
    with pytest.raises(PermissionError):
        windows.confine(cpu_seconds=20, memory=3 << 30, open_files=8, file_bytes=0)


def test_an_engine_is_limited_only_where_the_owner_wants_it(kernel):
    windows.limit_memory(None)
    assert kernel.said == []
    windows.limit_memory(8 << 30)
    assert (kernel.bounds.basic.flags, kernel.bounds.process_memory) == (0x100, 8 << 30)


def test_drawing_gives_way_by_one_class(kernel):
    windows.give_way(5)
    assert kernel.said == [("SetPriorityClass", ME, "0x4000")]


def test_memory_is_counted_in_64_bits(kernel):
    assert (windows.resident_bytes(), windows.peak_bytes()) == (5 << 30, 6 << 30)


class Msvcrt:
    """``locking``, with one holder of a byte."""

    LK_NBLCK = 2

    def __init__(self, answer=None):
        self.answer = answer
        self.said = []

    def locking(self, descriptor, mode, count):
        self.said.append((mode, os.lseek(descriptor, 0, os.SEEK_CUR), count))
        if self.answer is not None:
            raise OSError(self.answer, "refused")


@pytest.mark.parametrize("held", [errno.EACCES, 36])
def test_a_lock_is_one_byte_behind_the_end(tmp_path, monkeypatch, held):
    with (tmp_path / "lock").open("w") as file:
        crt = Msvcrt()
        monkeypatch.setitem(sys.modules, "msvcrt", crt)
        windows.lock(file.fileno())
        assert crt.said == [(2, 0x7FFF_0000, 1)]
        assert os.lseek(file.fileno(), 0, os.SEEK_CUR) == 0
        monkeypatch.setitem(sys.modules, "msvcrt", Msvcrt(held))
        with pytest.raises(BlockingIOError):
            windows.lock(file.fileno())
        monkeypatch.setitem(sys.modules, "msvcrt", Msvcrt(errno.EIO))
        with pytest.raises(OSError, match="refused") as found:
            windows.lock(file.fileno())
        assert found.value.errno == errno.EIO
    assert (tmp_path / "lock").stat().st_size == 0, "it does not grow by being locked"


def test_a_file_is_flushed_and_a_folder_is_left_alone(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"x")
    opened = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda path, flags: opened.append(flags) or real(path, flags))
    windows.sync(tmp_path)
    assert opened == []
    windows.sync(tmp_path / "file")
    assert opened == [os.O_RDWR]


def test_a_nameless_file_is_asked_for_as_one_that_windows_deletes(tmp_path, monkeypatch):
    asked = []
    real = os.open

    def opened(path, how, mode):
        asked.append((how, mode))
        return real(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)

    monkeypatch.setattr(os, "open", opened)
    with windows.nameless_file(tmp_path) as file:
        file.write(b"a\nb")
        file.seek(0)
        assert file.read() == b"a\nb"
    assert asked == [(os.O_RDWR | os.O_CREAT | os.O_EXCL | 0x8040, 0o600)]


def test_sound_is_handed_over_in_a_file_that_goes_away():
    with windows.file_of_bytes(b"sound") as (name, options):
        assert options == {}
        with open(name, "rb") as file:  # noqa: PTH123 - a name is what ffmpeg gets
            assert file.read() == b"sound"
    assert not os.path.exists(name)  # noqa: PTH110 - same


def test_a_bare_environment_is_enough_to_start_and_holds_no_secret(monkeypatch):
    monkeypatch.setenv("SYSTEMROOT", r"C:\Windows")
    monkeypatch.setenv("DISCORD_TOKEN", "canary")
    assert windows.bare_environment()["SYSTEMROOT"] == r"C:\Windows"
    assert set(windows.bare_environment()) <= {"SYSTEMROOT", "SYSTEMDRIVE", "TEMP", "TMP"}


def test_exit_statuses_are_read_as_windows_gives_them():
    assert windows.crashed(0xC000_0005), "an access violation"
    assert not windows.crashed(2**32 - 1_094_995_529), "ffmpeg: invalid data"
    assert not windows.crashed(1)
    assert windows.ran_out_of_time(1816)
    assert windows.was_ended(0xC000_013A), "Ctrl-C"
    assert not any(map(windows.was_ended, (None, 0, 1, 0xF1)))


def test_a_pipe_without_a_reader_is_an_invalid_argument():
    assert windows.reader_is_gone(OSError(errno.EINVAL, ""))
    assert windows.reader_is_gone(BrokenPipeError())
    assert not windows.reader_is_gone(OSError(errno.ENOSPC, ""))


def test_a_process_that_is_not_there_is_called_so(monkeypatch):
    def kill(pid, number):
        assert number == signal.SIGTERM
        raise OSError(errno.EINVAL, "The parameter is incorrect")

    monkeypatch.setattr(os, "kill", kill)
    with pytest.raises(ProcessLookupError):
        windows.end_process(1234)


async def test_ctrl_c_and_ctrl_break_are_heard_in_the_loop(monkeypatch):
    handlers = {}
    monkeypatch.setattr(signal, "signal", lambda which, handler: handlers.update({which: handler}))
    monkeypatch.setattr(signal, "SIGBREAK", 21, raising=False)
    heard = asyncio.Event()
    windows.on_stop(heard.set)
    assert set(handlers) == {signal.SIGINT, signal.SIGTERM, 21}
    await asyncio.to_thread(handlers[21], 21, None)
    async with asyncio.timeout(PATIENCE):
        await heard.wait()


CHILD = """
import sys
from system import windows
line = windows.open_line(int(sys.argv[2]))
print("printed by a library", flush=True)
while data := line.lines.readline():
    line.send(data.upper())
"""


async def test_the_line_over_standard_input_and_output_carries_messages_and_no_print(monkeypatch):
    """This part needs nothing of Windows but the options of the process."""
    monkeypatch.setattr(windows, "apart", dict)
    root = os.fspath(os.path.dirname(os.path.dirname(windows.__file__)))  # noqa: PTH120
    begun = await windows.begin_line(
        [sys.executable, "-c", CHILD], lambda number: ("--number", str(number)), {"PYTHONPATH": root}, 1 << 20
    )
    async with asyncio.timeout(PATIENCE):
        for message in (b"one\n", b"x" * 300_000 + b"\n"):
            begun.writer.write(message)
            assert await begun.reader.readline() == message.upper()
        begun.writer.close()
        assert await begun.reader.read() == b""
        assert await begun.output.read() == b"printed by a library\n"
        assert await begun.process.wait() == 0
    begun.close_output()


def test_a_redirected_output_takes_every_character(monkeypatch):
    said = []
    stream = SimpleNamespace(reconfigure=lambda **how: said.append(how))
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", None)  # as under pythonw
    windows.print_unicode()
    assert said == [{"encoding": "utf-8", "errors": "backslashreplace"}]
