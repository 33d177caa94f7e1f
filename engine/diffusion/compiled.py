"""Compiling a model for the few shapes that most of its clips have.

torch compiles for each shape anew, for minutes, and what it compiles differs from the model in the last bits.
So whether a clip is drawn compiled must follow from its recipe alone, or it would have other bytes next time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from engine.core.device import DeviceKind
from engine.runtime.context import EngineContext

SHAPES_KEPT = 64
"""More than a family has usual ones. Beyond it torch would go back to the model as it is, and say nothing."""


def compiled_for(model: Any, context: EngineContext) -> Any:
    """A model that compiles itself for each shape it is given, where the owner wants that; else as it was."""
    if context.compile_models and context.device.kind is DeviceKind.CUDA:
        torch._dynamo.config.recompile_limit = SHAPES_KEPT  # noqa: SLF001 - torch documents it by this name
        model.compile(dynamic=False)
    return model


@contextmanager
def compiling(*, usual: bool) -> Iterator[None]:
    """Let models that compile themselves do so for the body of the ``with`` only where the shape is usual."""
    with torch.compiler.set_stance("default" if usual else "force_eager"):
        yield
