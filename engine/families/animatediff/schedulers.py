"""The sampler of each way of drawing with AnimateDiff: weights and sampler belong together.

AnimateDiff was trained with a linear noise schedule, SD 1.5 with another: its own gives grey mud here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from diffusers import DDIMScheduler, EulerDiscreteScheduler, LCMScheduler

from engine.core.errors import Unsupported
from engine.core.sentence import Sentence

_DDIM: Any = DDIMScheduler
_LCM: Any = LCMScheduler
_EULER: Any = EulerDiscreteScheduler

ORIGINAL_STEPS = 100
"""Of the teacher, from which AnimateLCM's authors take theirs; the library's own number is 50."""


class ClearLCM(_LCM):  # type: ignore[misc] # diffusers is not typed
    """The library's, which also tells what it takes the clip for: the noise that it adds hides that.

    Attributes:
        clean: what the last step took the clip for.
    """

    clean: torch.Tensor | None = None

    def step(
        self,
        model_output: torch.Tensor,
        timestep: Any,
        sample: torch.Tensor,
        generator: torch.Generator | None = None,
        *,
        return_dict: bool = True,
    ) -> Any:
        """See the library's.

        Pipelines pass their generator only to a step that names it. Without it, the noise that is added
        between the steps would come from the device's own.
        """
        stepped = super().step(model_output, timestep, sample, generator=generator, return_dict=True)
        self.clean = stepped.denoised
        return stepped if return_dict else (stepped.prev_sample, stepped.denoised)


_CLEAR_LCM: Any = ClearLCM


def _full(config: Any) -> Any:
    return _DDIM.from_config(
        config, beta_schedule="linear", timestep_spacing="linspace", steps_offset=1, clip_sample=False
    )


def _lcm(config: Any) -> Any:
    return _CLEAR_LCM.from_config(config, beta_schedule="linear", original_inference_steps=ORIGINAL_STEPS)


def _lightning(config: Any) -> Any:
    return _EULER.from_config(config, beta_schedule="linear", timestep_spacing="trailing")


_SCHEDULERS: Mapping[str, Callable[[Any], Any]] = {"full": _full, "lcm": _lcm, "lightning": _lightning}


def scheduler_for(way: str, config: Any) -> Any:
    """Make the scheduler of a way of drawing, a new one: it holds the state of the steps.

    Args:
        way: the name of a :class:`engine.core.family_spec.Way` of AnimateDiff.
        config: of the checkpoint's own scheduler.

    Raises:
        Unsupported: there is no such way.
    """
    make = _SCHEDULERS.get(way)
    if make is None:
        raise Unsupported(Sentence("AnimateDiff has no preset called {preset}.", preset=repr(way)))
    return make(config)
