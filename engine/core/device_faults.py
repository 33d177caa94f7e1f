"""Whether an error says that memory ran out, or that the GPU can no longer be used by this process.

Errors are known by class name and by their words: most are of torch, which may not be installed.
"""

from __future__ import annotations

import errno

_DEVICE_FAULTS = ("cuda error", "cudnn", "cublas")
_MEMORY_FAULTS = ("DefaultCPUAllocator: can't allocate memory", "(-4:Insufficient memory)")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on whichever device, in whichever library's words."""
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"  # torch's, which is not imported here
        or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
        or any(words in str(error) for words in _MEMORY_FAULTS)
    )


def hides_out_of_memory(error: BaseException | None) -> bool:
    """Whether an error, or one that it was raised over, says that memory ran out.

    diffusers calls a file damaged whatever went wrong while it was read.
    """
    while error is not None:
        if is_out_of_memory(error):
            return True
        error = error.__context__ if error.__cause__ is None else error.__cause__
    return False


def is_device_fault(error: BaseException | None) -> bool:
    """Whether an error, or one that led to it, leaves the GPU's context unusable for this process.

    Any CUDA, cuDNN or cuBLAS error does but the allocator's OutOfMemoryError, which leaves it whole.
    """
    while error is not None:
        if isinstance(error, RuntimeError) and type(error).__name__ != "OutOfMemoryError":
            text = str(error).lower()
            if any(words in text for words in _DEVICE_FAULTS):
                return True
        error = error.__context__ if error.__cause__ is None else error.__cause__
    return False
