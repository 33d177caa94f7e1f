"""Classifier-free guidance on the first part of the steps only.

Guidance decides what there is in the picture, and that is settled early. Later steps work on detail. There
the pass without the condition is left out, which is half of the work.
Source: Kynkäänniemi et al. 2024, "Applying Guidance in a Limited Interval Improves Sample and Distribution
Quality in Diffusion Models".
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


def guided_steps(steps: int, share: float) -> int:
    """How many of the steps are guided."""
    return min(steps, math.ceil(steps * share))


class GuidanceInterval:
    """Leaves the unconditional half of a batch out where a step is not guided.

    The pipeline goes on handing over both halves, and gets the conditional one twice: what guidance makes of
    two equal predictions is that prediction.
    """

    def __init__(self, model: Any) -> None:
        """Attach to a model, for as long as it lives; it changes nothing until :meth:`over`.

        Args:
            model: called with tensors whose first half, along the first axis, is unconditional.
        """
        self._halved = False
        self._done = 0
        self._guided = 0
        model.register_forward_pre_hook(self._before, with_kwargs=True)
        model.register_forward_hook(self._after)

    @contextmanager
    def over(self, steps: int, share: float) -> Iterator[None]:
        """Guide only the first ``share`` (0 … 1) of the steps made in the body of the ``with``."""
        self._done, self._guided = 0, guided_steps(steps, share)
        self._halved = self._guided == 0
        try:
            yield
        finally:
            self._halved = False

    def step_done(self) -> None:
        """Tell it that a step is over."""
        self._done += 1
        self._halved = self._done >= self._guided

    def _before(
        self, _model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        if not self._halved:
            return None
        return tuple(_conditional(value) for value in args), {
            name: _conditional(value) for name, value in kwargs.items()
        }

    def _after(self, _model: Any, _args: tuple[Any, ...], output: Any) -> Any:
        if not self._halved:
            return None
        if not isinstance(output, tuple):
            raise TypeError("a model is asked for a tuple here: return_dict=False")
        return tuple(torch.cat((value, value)) for value in output)


def _conditional(value: Any) -> Any:
    """The second half of a batch; a timestep, which has no batch, as it is."""
    if isinstance(value, torch.Tensor) and value.ndim > 0:
        return value.chunk(2)[1]
    return value
