"""What makes Wan's transformer work less: guidance on part of the steps, and blocks on every n-th."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from diffusers import TaylorSeerCacheConfig

from engine.core.recipe import Recipe
from engine.diffusion.guidance_interval import guided_steps

WHOLE_FIRST = 3
"""Steps at the beginning on which the blocks always work: there the clip takes shape."""

UNGUIDED = 1.0
"""The scale at which the pipelines leave the pass without the condition out."""


@contextmanager
def cached(transformer: Any, every: int) -> Iterator[None]:
    """Let a transformer's blocks work on every n-th step; between, their output is continued in a line.

    Source: Liu et al. 2025, "From Reusing to Forecasting: Accelerating Diffusion Models with TaylorSeers", in
    the light form that keeps the last layer's output alone.

    Args:
        transformer: of diffusers.
        every: from step to step; 1: on all, and nothing is changed.
    """
    if every <= 1:
        yield
        return
    transformer.enable_cache(
        TaylorSeerCacheConfig(cache_interval=every, disable_cache_before_step=WHOLE_FIRST, use_lite_mode=True)
    )
    try:
        yield
    finally:
        transformer.disable_cache()


def guided(recipe: Recipe) -> int:
    """How many steps are guided; recipes of before guide all of them."""
    return guided_steps(recipe.steps, float(recipe.settings.get("guided", 1.0)))


def cached_every(recipe: Recipe) -> int:
    """From step to step at which the blocks work."""
    return max(1, round(float(recipe.settings.get("cached_every", 1))))


def end_guidance(pipe: Any) -> None:
    """From the next step on, leave the pass without the condition out."""
    pipe._guidance_scale = UNGUIDED  # noqa: SLF001 - as diffusers' guide to dynamic guidance does
