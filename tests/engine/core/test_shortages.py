"""What counts as a shortage, which passes, and what does not."""

from __future__ import annotations

import errno
import os
import resource
import signal

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from db.errors import CannotWrite
from engine.clips.ffmpeg import EncodeFailed
from engine.core.errors import UserError
from engine.core.shortages import BY_ERRNO, RanShort, Shortage, in_words_of_the_system, shortage_of
from engine.process.faults import describe


class OutOfMemoryError(RuntimeError):
    """Named as torch's is."""


def hidden(error: Exception, *, plainly: bool) -> Exception:
    """An error that a library made of another."""
    made = ValueError("the file is damaged")
    made.__context__ = error
    if plainly:
        made.__cause__ = error
    return made


@pytest.mark.parametrize("code", BY_ERRNO)
def test_the_systems_words_for_a_shortage_are_known_however_they_come(code):
    error = OSError(code, os.strerror(code))
    said = BY_ERRNO[code]
    assert shortage_of(error) is said
    assert shortage_of(hidden(error, plainly=True)) is said
    assert shortage_of(hidden(error, plainly=False)) is said
    assert shortage_of(CannotWrite("the disk", code)) is said
    assert shortage_of(RuntimeError(f"could not map the file: x (os error {code})")) is said
    assert shortage_of(ImportError(f"libx.so: cannot open shared object file: {os.strerror(code)}")) is said
    failed = describe("job-1", error)
    assert (failed.failure, failed.code) == ("shortage", said)
    if code != errno.EAGAIN:
        last_words = f"[out#0/mp4 @ 0x1] Error writing trailer: {os.strerror(code)}"
        assert shortage_of(EncodeFailed(1, last_words)) is said


def test_memory_and_threads_that_are_used_up_are_shortages_too():
    assert shortage_of(MemoryError()) is Shortage.MEMORY
    assert shortage_of(RuntimeError("can't start new thread")) is Shortage.PROCESSES
    assert shortage_of(RanShort(Shortage.HANDLES)) is Shortage.HANDLES
    assert shortage_of(EncodeFailed(-signal.SIGKILL, "")) is Shortage.MEMORY


@pytest.mark.parametrize(
    "error",
    [
        None,
        ValueError("No space left on device"),
        UserError("E_X", "too many open files (os error 24)"),
        FileNotFoundError(errno.ENOENT, "gone"),
        BrokenPipeError(errno.EPIPE, "gone"),
        ConnectionResetError(errno.ECONNRESET, "reset"),
        RuntimeError("a bug"),
        OutOfMemoryError("CUDA out of memory"),
        hidden(OutOfMemoryError("CUDA out of memory"), plainly=True),
        EncodeFailed(1, "Invalid data found when processing input"),
        EncodeFailed(0, "No space left on device"),
        EncodeFailed(-signal.SIGSEGV, ""),
    ],
    ids=repr,
)
def test_what_does_not_pass_by_itself_is_no_shortage(error):
    assert shortage_of(error) is None


def test_the_last_of_several_words_of_a_program_counts():
    text = f"{os.strerror(errno.ENOENT)}\n{os.strerror(errno.EIO)}\n{os.strerror(errno.ENOSPC)}\n"
    assert in_words_of_the_system(text) == errno.ENOSPC


def test_a_file_that_safetensors_cannot_open_is_not_taken_for_a_missing_one(tmp_path):
    weights = tmp_path / "model.safetensors"
    save_file({"x": np.zeros(1)}, weights)
    limit, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, most))  # no number above standard error is free
    try:
        with pytest.raises(FileNotFoundError) as caught:
            safe_open(weights, "np")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, most))
    assert shortage_of(caught.value) is Shortage.HANDLES
    weights.unlink()
    assert shortage_of(caught.value) is None, "it is missing"


def test_handles_that_leaked_are_given_back_by_the_end_of_the_process():
    assert describe("job-1", OSError(errno.EMFILE, "too many")).leaving
    assert not describe("job-1", OSError(errno.ENOSPC, "full")).leaving
