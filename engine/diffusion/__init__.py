"""What the families of diffusion models share.

They import it only once something is drawn: torch takes seconds. The libraries are put in order
here, before any module of this package imports them.
"""

from __future__ import annotations

import os
import sys

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")


def _leave_a_broken_torchvision_out() -> None:
    """Let transformers do without a torchvision that is installed but cannot be imported.

    One that was built for another torch raises RuntimeError, and takes every pipeline's import down with it;
    transformers only asks whether the package can be found. None in ``sys.modules`` is Python's own way of
    saying that it cannot; nothing but the extractors of controlnet-aux needs it.
    """
    try:
        import torchvision  # noqa: F401, PLC0415 - to see whether it can
    except (ImportError, RuntimeError):
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        sys.modules["torchvision"] = None  # type: ignore[assignment]


_leave_a_broken_torchvision_out()
