"""What an error inside the engine process means."""

from __future__ import annotations

import errno

import pytest

from engine.core.device_faults import hides_out_of_memory, is_device_fault, is_out_of_memory
from engine.process.faults import describe


class OutOfMemoryError(RuntimeError):
    """Named as torch's is."""


class AcceleratorError(RuntimeError):
    """Named as torch's is."""


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("CUDA error: an illegal memory access was encountered"),
        AcceleratorError("CUDA error: out of memory"),
        RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
        RuntimeError("cuBLAS handle is gone: CUBLAS_STATUS_INTERNAL_ERROR"),
    ],
)
def test_a_cuda_error_means_a_fresh_process(error):
    assert is_device_fault(error)
    failed = describe("job-1", error)
    assert failed.leaving
    assert failed.code == "E_DEVICE"


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB; see cuDNN"),
        OSError(errno.ENOMEM, "no memory to start ffmpeg"),
        RuntimeError(
            "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"
        ),
    ],
)
def test_running_out_of_memory_leaves_the_process(error):
    assert is_out_of_memory(error)
    failed = describe("job-1", error)
    assert not failed.leaving
    gpu = isinstance(error, OutOfMemoryError)
    assert (failed.failure, failed.code) == (("engine", "E_MEMORY") if gpu else ("shortage", "memory"))


@pytest.mark.parametrize("error", [ValueError("CUDA error in a name"), OSError(errno.ENOENT, "cudnn")])
def test_other_errors_are_the_jobs_own(error):
    assert not is_device_fault(error)
    assert not is_out_of_memory(error)
    assert describe("job-1", error).code == "E_ENGINE"


def test_a_cuda_error_behind_another_still_poisons():
    error = KeyError("cleaning up")
    error.__context__ = RuntimeError("CUDA error: device-side assert triggered")
    assert describe("job-1", error).leaving


def test_a_cuda_error_over_a_full_disk_is_the_devices_fault():
    error = RuntimeError("CUDA error: device-side assert triggered")
    error.__cause__ = OSError(errno.ENOSPC, "no room left")
    failed = describe("job-1", error)
    assert (failed.failure, failed.code, failed.leaving) == ("engine", "E_DEVICE", True)


def test_a_long_traceback_keeps_its_end():
    failed = describe("job-1", ValueError("x" * 100_000 + "the end"))
    assert len(failed.detail) == 16_000
    assert failed.detail.rstrip().endswith("the end")


def test_an_out_of_memory_is_known_under_the_error_that_a_library_made_of_it():
    short = OutOfMemoryError("CUDA out of memory")
    hidden = OSError("Unable to load weights")
    hidden.__cause__ = short
    assert not is_out_of_memory(hidden)
    assert hides_out_of_memory(hidden)
    assert not hides_out_of_memory(OSError("Unable to load weights"))
