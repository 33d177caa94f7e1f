"""Wan 2.2 A14B at work: the first expert draws while there is much noise, then the second takes over.

Both are in main memory, in the 4 bits of their files. One is on the card at a time, and they change places
once in a clip, unless the card holds both.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    FlowMatchEulerDiscreteScheduler,
    WanImageToVideoPipeline,
    WanPipeline,
    WanTransformer3DModel,
)
from PIL import Image

from engine.core.errors import Unsupported
from engine.core.family import Hooks, Inputs
from engine.core.precision import Precision
from engine.core.recipe import Recipe
from engine.core.sentence import Sentence
from engine.core.video_model import Version
from engine.diffusion.goes import Go
from engine.diffusion.precision import insist, load_gguf
from engine.diffusion.wan.family import WanBase
from engine.diffusion.wan.lora import worn
from engine.diffusion.wan.take import Models, Take
from engine.families.wan_a14b import ENTRY, EXPERTS, FOUR_STEPS, I2V

# diffusers is typed only in places.
_WordsPipeline: Any = WanPipeline
_PicturePipeline: Any = WanImageToVideoPipeline
_Euler: Any = FlowMatchEulerDiscreteScheduler

LEVELS, SHIFT = (1.0, 0.75, 0.5, 0.25), 5.0
"""Of noise, before they are shifted, at which the LoRAs were distilled; and by how much."""


class WanA14B(WanBase):
    """Draws with either pair of experts; the recipe's engine says with which."""

    transformer_class = WanTransformer3DModel

    def version_of(self, recipe: Recipe) -> Version:
        """By the engine's name."""
        return EXPERTS[recipe.engine].version

    def vae_entry(self, recipe: Recipe) -> str:
        """An entry that both pairs share."""
        del recipe
        return ENTRY

    def is_usual(self, recipe: Recipe) -> bool:
        """Weights that are unpacked for each step are not compiled."""
        del recipe
        return False

    def encoded(self, recipe: Recipe, inputs: Inputs, go: int) -> int:
        """The whole clip, grey but for its first frame, where there is one."""
        del recipe
        return 0 if inputs.picture is None else go

    def take(
        self,
        recipe: Recipe,
        inputs: Inputs,
        models: Models,
        words: tuple[torch.Tensor, torch.Tensor | None],
        hooks: Hooks,
    ) -> Take:
        """What begins a go comes with the go.

        Raises:
            Unsupported: the pair for pictures has none to begin with.
        """
        if recipe.engine == I2V and inputs.picture is None:
            raise Unsupported(Sentence("This engine needs a picture to start from."))
        folder = self._context.store.path(EXPERTS[recipe.engine].loras)
        version = self.version_of(recipe)
        return _ExpertsTake(version, recipe, models, words, self._context.device, hooks, folder=folder)

    def _models(self, recipe: Recipe, precision: Precision = Precision.GGUF) -> Models:
        """Both experts and the VAE, from the model cache."""
        insist(precision, Precision.BF16, Precision.GGUF)  # a recipe that says nothing means the files' own
        experts = EXPERTS[recipe.engine]
        entry = experts.version.entry
        config = self._context.store.path(ENTRY)
        names, made = [], []
        for file in (experts.high, experts.low):
            names.append(f"{entry} {file}")
            read = partial(
                load_gguf,
                self.transformer_class,
                file=file,
                config=config,
                dtype=self._dtype,
                in_channels=experts.channels,
            )
            made.append(self._cached(names[-1], entry, read, of=str(Path(file).parent)))
        vae_name, vae = self._vae(recipe)
        high, low = made
        return Models(transformer=high, second=low, vae=vae, names=frozenset((*names, vae_name)))


class _ExpertsTake(Take):
    """Each go is drawn from words, or from words and its first frame."""

    def __init__(self, *given: Any, folder: Path) -> None:
        """Get ready.

        Args:
            given: as for :class:`engine.diffusion.wan.take.Take`.
            folder: of the LoRAs.
        """
        super().__init__(*given)
        self._folder = folder

    def pipeline(self, go: Go) -> Any:
        del go
        made = _PicturePipeline if self.recipe.engine == I2V else _WordsPipeline
        return partial(made, boundary_ratio=self._version.boundary)

    def arguments(self, go: Go) -> dict[str, Any]:
        given: dict[str, Any] = {}
        if self.recipe.guidance > 1:
            given["guidance_scale_2"] = float(self.recipe.setting("guidance_low"))
        if go.picture is not None:
            given["image"] = Image.fromarray(go.picture)
        return given

    def scheduler(self, generator: torch.Generator) -> Any:
        if self.recipe.way != FOUR_STEPS:
            return super().scheduler(generator)
        made = _Euler(shift=SHIFT)
        levels = list(LEVELS)
        made.set_timesteps = lambda _steps, device=None: _Euler.set_timesteps(
            made, sigmas=levels, device=device
        )
        return made

    @contextmanager
    def dressed(self, pipe: Any) -> Iterator[None]:
        """With the LoRAs on both experts, in the way that they were distilled for."""
        if self.recipe.way != FOUR_STEPS:
            yield
            return
        experts = EXPERTS[self.recipe.engine]
        with worn(pipe, self._folder, experts.high_lora, experts.low_lora):
            yield
