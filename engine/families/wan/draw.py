"""Wan at work, from words or from a first frame."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from diffusers import WanImageToVideoPipeline, WanPipeline, WanTransformer3DModel
from PIL import Image

from engine.core.family import Hooks, Inputs
from engine.core.recipe import Recipe
from engine.core.video_model import Version
from engine.diffusion.goes import Go
from engine.diffusion.renoise import RenoisingScheduler
from engine.diffusion.wan.family import WanBase
from engine.diffusion.wan.take import Models, Take
from engine.families import FAMILIES
from engine.families.wan import FAST, FASTWAN, VERSIONS
from engine.planning.usual import is_usual

# diffusers is typed only in places.
_WordsPipeline: Any = WanPipeline
_PicturePipeline: Any = WanImageToVideoPipeline

FASTWAN_TIMES = (1000, 757, 522)
"""At which it was distilled."""

FASTWAN_LEVELS = (1.0, 28 / 37, 12 / 23)
"""Of noise at those times: its authors look them up on the grid of a flow shifted by 8."""


class WanFamily(WanBase):
    """Draws with either version; the recipe's engine says with which."""

    transformer_class = WanTransformer3DModel

    def version_of(self, recipe: Recipe) -> Version:
        """By the engine's name."""
        return VERSIONS[recipe.engine]

    def transformer_entry(self, recipe: Recipe) -> str:
        """The distilled one is an entry of its own."""
        return FASTWAN if recipe.way == FAST.name else super().transformer_entry(recipe)

    def is_usual(self, recipe: Recipe) -> bool:
        """See :func:`engine.planning.usual.is_usual`."""
        return is_usual(recipe, FAMILIES[recipe.engine])

    def encoded(self, recipe: Recipe, inputs: Inputs, go: int) -> int:
        """The first frame, where there is one."""
        del recipe, go
        return int(inputs.picture is not None)

    def take(
        self,
        recipe: Recipe,
        inputs: Inputs,
        models: Models,
        words: tuple[torch.Tensor, torch.Tensor | None],
        hooks: Hooks,
    ) -> Take:
        """What begins a go comes with the go."""
        del inputs
        return _WanTake(self.version_of(recipe), recipe, models, words, self._context.device, hooks)


class _WanTake(Take):
    """Each go is drawn from words, or from words and its first frame."""

    def pipeline(self, go: Go) -> Any:
        made = _WordsPipeline if go.picture is None else _PicturePipeline
        return partial(made, expand_timesteps=self._version.times_each_token)

    def arguments(self, go: Go) -> dict[str, Any]:
        return {} if go.picture is None else {"image": Image.fromarray(go.picture)}

    def scheduler(self, generator: torch.Generator) -> Any:
        if self.recipe.way == FAST.name:
            return RenoisingScheduler(FASTWAN_LEVELS, generator, times=FASTWAN_TIMES)
        return super().scheduler(generator)
