"""Compiling a model for the few shapes that most of its clips have.

torch compiles for each shape anew, for minutes, and what it compiles differs from the model in the last bits.
So whether a clip is drawn compiled must follow from its recipe alone, or it would have other bytes next time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from torch._dynamo.exc import TorchDynamoException  # torch has no public name for it

from engine.core.device import DeviceKind
from engine.core.sentence import Sentence
from engine.runtime.context import EngineContext

SHAPES_KEPT = 64
"""More than a family has usual ones. Beyond it torch would go back to the model as it is, and say nothing."""

BROKEN = Sentence("drawn without compiling: torch could not compile the model")

_told: ContextVar[Callable[[str], None] | None] = ContextVar("told", default=None)
"""Who hears that a model could not be compiled; None: the shape is not usual, and nothing is compiled."""


class _Compiled:
    """Calls a model compiled where the shape is usual; else, and once compiling failed, as it is."""

    def __init__(self, model: Any) -> None:
        self._as_it_is: Any = model._call_impl  # noqa: SLF001 - what torch's own Module.compile compiles
        self._compiled: Any = torch.compile(self._as_it_is, dynamic=False)
        self._broken = False

    def __call__(self, *given: Any, **named: Any) -> Any:
        told = _told.get()
        if told is None:
            return self._as_it_is(*given, **named)
        if not self._broken:
            try:
                return self._compiled(*given, **named)
            except TorchDynamoException:
                self._broken = True
        # Out here the error is gone, and with it the frames that hold what was traced.
        told(BROKEN)
        return self._as_it_is(*given, **named)


def compiled_for(model: Any, context: EngineContext) -> Any:
    """A model that compiles itself for each usual shape it is given, where the owner wants that.

    Elsewhere it is as it was. A model that torch cannot compile is tried once while it is loaded.
    """
    compiles = context.compile_models and context.device.kind is DeviceKind.CUDA
    if compiles and not isinstance(model._compiled_call_impl, _Compiled):  # noqa: SLF001
        torch._dynamo.config.recompile_limit = SHAPES_KEPT  # noqa: SLF001 - torch documents it by this name
        model._compiled_call_impl = _Compiled(model)  # noqa: SLF001 - where Module.compile puts it
    return model


@contextmanager
def compiling(*, usual: bool, gave_up: Callable[[str], None]) -> Iterator[None]:
    """Let models of :func:`compiled_for` compile themselves in the body of the ``with``, where it pays.

    Args:
        usual: whether the shape comes up often.
        gave_up: told where a model was used as it is, because torch could not compile it.
    """
    before = _told.set(gave_up if usual else None)
    try:
        yield
    finally:
        _told.reset(before)
