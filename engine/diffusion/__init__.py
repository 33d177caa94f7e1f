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


def _settle_arithmetic() -> None:
    """What the libraries leave to a program to decide.

    TensorFloat-32 is on: Wan's VAE works in float32, and its numbers become bytes. TF32 keeps as many digits
    as half precision, at several times the speed.

    cuDNN's benchmark is off: it takes the algorithm that was fastest this time. That may round differently
    from last time's, and the same recipe must give the same bytes.
    """
    import torch  # noqa: PLC0415 - after torchvision, which may be broken

    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = False


_settle_arithmetic()
