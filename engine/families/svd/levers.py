"""What makes Stable Video Diffusion's UNet work less."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine.core.recipe import Recipe
from engine.diffusion.deep_cache import DeepCache
from engine.diffusion.guidance_interval import GuidanceInterval, guided_steps
from engine.diffusion.single_key_attention import attend_to_one_key

_ATTRIBUTE = "framekiln_levers"


class Levers:
    """Attached to a UNet once, when it is loaded.

    Cross-attention to one key changes nothing but rounding, and is always on; the others follow the recipe.
    """

    def __init__(self, unet: Any) -> None:
        """Attach them; see :func:`attached`."""
        attend_to_one_key(unet)
        self._deep = DeepCache(unet)
        self._guidance = GuidanceInterval(unet)

    @contextmanager
    def over(self, recipe: Recipe, *, whole: bool) -> Iterator[None]:
        """Follow a recipe while one go of it is denoised.

        Args:
            recipe: what is drawn.
            whole: layers come to the GPU one after the other, in an order that was noted: none may be
                skipped.
        """
        guided = guided_share(recipe) if recipe.guidance > 1 else 1.0
        with self._guidance.over(recipe.steps, guided), self._deep.over(1 if whole else deep_every(recipe)):
            yield

    def step_done(self) -> None:
        """Tell them that a denoising step is over."""
        self._guidance.step_done()
        self._deep.step_done()


def attached(unet: Any) -> Any:
    """The UNet, with levers."""
    setattr(unet, _ATTRIBUTE, Levers(unet))
    return unet


def levers_of(unet: Any) -> Levers:
    """The levers of a UNet that was :func:`attached`."""
    levers: Levers = getattr(unet, _ATTRIBUTE)
    return levers


def guided_share(recipe: Recipe) -> float:
    """The share of the steps with guidance; recipes of before have it on all."""
    return float(recipe.settings.get("guided", 1.0))


def deep_every(recipe: Recipe) -> int:
    """From step to step at which the deep layers work."""
    return max(1, round(float(recipe.settings.get("deep_every", 1))))


def passes(recipe: Recipe) -> int:
    """Of the UNet over a clip: two on a guided step, one on any other."""
    return recipe.steps + (guided_steps(recipe.steps, guided_share(recipe)) if recipe.guidance > 1 else 0)
