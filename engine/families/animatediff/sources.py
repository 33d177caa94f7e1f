"""What a clip of AnimateDiff is made from: words alone, a picture, another clip, or what another clip does.

Each kind has a pipeline of its own in diffusers, with arguments of its own.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers import (
    AnimateDiffPipeline,
    AnimateDiffSparseControlNetPipeline,
    AnimateDiffVideoToVideoPipeline,
    SparseControlNetModel,
)
from PIL import Image

from engine.core.device import Device
from engine.core.errors import Unsupported
from engine.core.family import Hooks, Inputs
from engine.core.recipe import Kind, Recipe
from engine.core.sentence import Sentence
from engine.diffusion.by_time import frames_by_time
from engine.diffusion.loading import dtype_for, load, size_of
from engine.families.animatediff.img2img import noised
from engine.families.animatediff.tune import SPARSE
from engine.runtime.context import EngineContext
from engine.vision.crop import cover

ENCODED = 0.05
"""The share of a take that is done when a source is encoded."""


class WordsSource:
    """Words alone."""

    pipeline: Any = AnimateDiffPipeline
    reads_words_by_frame = True

    def __init__(self, context: EngineContext, recipe: Recipe, inputs: Inputs, hooks: Hooks) -> None:
        """Get ready; nothing is loaded yet."""
        self.context = context
        self.recipe = recipe
        self.inputs = inputs
        self.hooks = hooks

    @property
    def steps(self) -> int:
        """Denoising steps that will be taken."""
        return self.recipe.steps

    def models(self) -> dict[str, Any]:
        """What the pipeline needs beside the shared models, by its names; from the model cache.

        Raises:
            RenderFailed: ``E_WEIGHTS``.
        """
        return {}

    def arguments(self, pipe: Any, generator: torch.Generator) -> dict[str, Any]:
        """What its call is given beside what all are given.

        Args:
            pipe: the pipeline, where it will run.
            generator: the take's, on the CPU.
        """
        _ = pipe, generator
        return {"num_frames": self.recipe.frames}


class FirstFrame(WordsSource):
    """Words, and a picture that the clip begins with (SparseCtrl, arXiv 2311.16933)."""

    pipeline: Any = AnimateDiffSparseControlNetPipeline
    reads_words_by_frame = False

    def models(self) -> dict[str, Any]:
        """The SparseCtrl that is shown pictures."""
        context = self.context
        sparse = context.model_cache.get(
            SPARSE,
            lambda: load(
                SparseControlNetModel,
                context.store.path(SPARSE),
                device=Device(),
                dtype=dtype_for(context.device),
            ),
            size_of,
            park=lambda model: model.to("cpu"),
            files=[context.store.path(SPARSE)],
        )
        return {"controlnet": sparse}

    def arguments(self, pipe: Any, generator: torch.Generator) -> dict[str, Any]:
        """The picture, for frame 0."""
        if self.inputs.picture is None:
            raise Unsupported(Sentence("There is no picture to start from."))
        picture = cover(self.inputs.picture, self.recipe.width, self.recipe.height)
        return super().arguments(pipe, generator) | {
            "conditioning_frames": [Image.fromarray(picture)],
            "controlnet_frame_indices": [0],
        }


class Redrawn(WordsSource):
    """A clip that is drawn anew."""

    pipeline: Any = AnimateDiffVideoToVideoPipeline

    @property
    def steps(self) -> int:
        """As the pipeline itself rounds them."""
        return max(1, int(self.recipe.steps * self.recipe.strength))

    def arguments(self, pipe: Any, generator: torch.Generator) -> dict[str, Any]:
        """The clip's latents, with noise."""
        if self.inputs.reference is None:
            raise Unsupported(Sentence("There is no clip to restyle."))
        recipe = self.recipe
        if int(recipe.steps * recipe.strength) < 1:
            raise Unsupported(
                Sentence("With a strength of {strength:g}, nothing would change.", strength=recipe.strength)
            )
        frames = frames_by_time(
            self.inputs.reference, recipe.frames, recipe.native_fps, (recipe.width, recipe.height)
        )
        latents = noised(
            pipe,
            frames,
            steps=recipe.steps,
            strength=recipe.strength,
            generator=generator,
            hooks=self.hooks,
            end=ENCODED,
        )
        return {"latents": latents, "strength": recipe.strength}


def source_of(context: EngineContext, recipe: Recipe, inputs: Inputs, hooks: Hooks) -> WordsSource:
    """Which of them a recipe asks for."""
    kind = WordsSource
    if recipe.kind is Kind.RESTYLE:
        kind = Redrawn
    elif recipe.follow is not None:
        raise Unsupported(Sentence("This engine can't follow a clip. Choose animatediff-control."))
    elif inputs.picture is not None:
        kind = FirstFrame
    return kind(context, recipe, inputs, hooks)
