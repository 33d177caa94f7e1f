"""What of the bot's environment the engine process may see: enough to draw, and no secret.

A name passes if it is known to matter to a library, and does not look like a secret's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAMES = frozenset(
    {"PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TZ", "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "VIRTUAL_ENV"}
)
_PREFIXES = (
    *("LC_", "PYTHON", "DYLD_", "XDG_", "FRAMEKILN_", "OMP_", "MKL_", "OPENBLAS_", "OPENCV_", "IMAGEIO_"),
    *("CUDA_", "CUBLAS_", "CUDNN_", "NVIDIA_", "HIP_", "HSA_", "ROCR_", "ROCM_", "TORCH", "PYTORCH_"),
    *("HF_", "HUGGINGFACE_", "TRANSFORMERS_", "DIFFUSERS_", "TRITON_"),
)
QUIET = {"TRANSFORMERS_VERBOSITY": "error", "DIFFUSERS_VERBOSITY": "error"}
"""Their warnings quote prompts ("part of your input was truncated: …"), and would end in the log."""

_SECRET = re.compile(r"TOKEN|SECRET|KEY|PASS|PWD|CREDENTIAL|AUTH|COOKIE|WEBHOOK|DSN", re.IGNORECASE)


def scrubbed(environment: Mapping[str, str]) -> dict[str, str]:
    """Keep the variables that the engine's libraries read, without any token, key or password."""
    return QUIET | {
        name: value
        for name, value in environment.items()
        if (name in _NAMES or name.startswith(_PREFIXES)) and not _SECRET.search(name)
    }
