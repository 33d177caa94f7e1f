"""Multistep consistency sampling, as the AnimateLCM weights for SVD were distilled for.

Source: Wang et al. 2024, *AnimateLCM*; Song et al. 2023, *Consistency Models*, algorithm 1; Karras et al.
2022 for the levels of noise. diffusers has one of that name, but with other noise between the steps, and the
pipeline would have it drawn from no known seed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

LEVELS = 40
"""How many levels of noise the weights were distilled on; a clip takes evenly spaced ones of them."""
HIGHEST, LOWEST, RHO = 700.0, 0.002, 7.0


@dataclass(frozen=True, kw_only=True)
class Stepped:
    """What a step gives: ``prev_sample``, as diffusers calls it."""

    prev_sample: torch.Tensor


class ConsistencyScheduler:
    """Jumps to the expected clip, adds less noise than there was, and jumps again.

    It draws noise at each step but the last, and pipelines do not pass their generator on: so it is made for
    one clip, with the clip's.

    Attributes:
        clean: what the last step took the clip for.
    """

    order = 1
    init_noise_sigma = (HIGHEST**2 + 1) ** 0.5

    def __init__(self, generator: torch.Generator) -> None:
        """Make one for one clip.

        Args:
            generator: on the CPU, whatever the device: the same noise on every machine.
        """
        self._generator = generator
        self._index = 0
        self._levels: list[float] = []
        self.timesteps = torch.empty(0)
        self.clean: torch.Tensor | None = None

    def set_timesteps(self, steps: int, device: torch.device | str | None = None) -> None:
        """Choose the levels of noise: from the highest, evenly spaced among those of the distillation."""
        if not 1 <= steps <= LEVELS:
            raise ValueError(f"{steps} steps; there are {LEVELS} levels of noise")
        first, last = HIGHEST ** (1 / RHO), LOWEST ** (1 / RHO)
        stride = LEVELS // steps
        self._levels = [(first + k * stride / (LEVELS - 1) * (last - first)) ** RHO for k in range(steps)]
        self._index = 0
        self.timesteps = 0.25 * torch.tensor(self._levels, dtype=torch.float32, device=device).log()

    def scale_model_input(self, sample: torch.Tensor, _timestep: torch.Tensor) -> torch.Tensor:
        """Bring noisy latents to unit variance."""
        level = self._levels[self._index]
        return sample / math.sqrt(level**2 + 1)

    def step(self, model_output: torch.Tensor, _timestep: torch.Tensor, sample: torch.Tensor) -> Stepped:
        """Jump to the clip, and back to the next level of noise.

        Args:
            model_output: the predicted velocity, of the shape of ``sample``.
            sample: the noisy latents.
        """
        level = self._levels[self._index]
        variance = level**2 + 1
        clean = sample.float() / variance - model_output.float() * (level / variance**0.5)
        self.clean = clean
        self._index += 1
        if self._index < len(self._levels):
            noise = torch.randn(sample.shape, generator=self._generator, dtype=torch.float32)
            noisy = clean + self._levels[self._index] * noise.to(sample.device)
            return Stepped(prev_sample=noisy.to(sample.dtype))
        return Stepped(prev_sample=clean.to(sample.dtype))
