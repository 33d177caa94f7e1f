"""Sampling for models distilled by distribution matching (DMD): guess the clip, add noise anew, guess again.

Source: Yin et al. 2024, *Improved Distribution Matching Distillation*; FastVideo's FastWan weights. The few
noise levels were fixed when a model was distilled; nothing else may be asked of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

TIMESTEPS = 1000


class RenoisingScheduler:
    """Flow matching at fixed noise levels, with noise of its own.

    Pipelines hand no generator to a scheduler's step, and the global one would make a clip depend on what was
    drawn before it: so it is made for one clip.

    Attributes:
        clean: what the last step took the clip for.
    """

    order = 1

    def __init__(
        self, levels: Sequence[float], generator: torch.Generator, *, times: Sequence[float] = ()
    ) -> None:
        """Make one for one clip.

        Args:
            levels: shares of noise, 1 … 0, falling; the model looks once at each.
            generator: on the CPU, whatever the device: the same noise on every machine.
            times: what the model is told at each level; none: a thousand times the level.
        """
        self.sigmas = torch.tensor([*levels, 0.0], dtype=torch.float32)
        self.timesteps = torch.tensor(times, dtype=torch.float32) if times else self.sigmas[:-1] * TIMESTEPS
        self.clean: torch.Tensor | None = None
        self._generator = generator
        self._index = 0

    def set_timesteps(self, steps: int, device: torch.device | str | None = None) -> None:
        """Go back to the first level.

        Raises:
            ValueError: there are fewer levels than that.
        """
        if steps != len(self.timesteps):
            raise ValueError(f"{steps} steps; the model was distilled for {len(self.timesteps)}")
        self.timesteps = self.timesteps.to(device)
        self.set_begin_index(0)

    def set_begin_index(self, index: int) -> None:
        """Begin with a level, by its number."""
        self._index = index

    def step(
        self,
        model_output: torch.Tensor,
        _timestep: torch.Tensor,
        sample: torch.Tensor,
        *,
        return_dict: bool = False,
    ) -> tuple[torch.Tensor]:
        """Guess the clip, and go to the next level.

        Args:
            model_output: the predicted velocity from the clip to the noise, of the shape of ``sample``.
            sample: the noisy latents.
            return_dict: there is none; for the pipelines, which say so.
        """
        del return_dict
        level, following = (float(self.sigmas[index]) for index in (self._index, self._index + 1))
        self.clean = sample.float() - level * model_output.float()
        self._index += 1
        if following == 0:
            return (self.clean.to(sample.dtype),)
        noise = torch.randn(sample.shape, generator=self._generator, dtype=torch.float32).to(sample.device)
        return (((1 - following) * self.clean + following * noise).to(sample.dtype),)
