"""AnimateDiff at work on what another clip does: words, and the poses, depth or edges of a member's clip."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

import torch
from diffusers import AnimateDiffControlNetPipeline, ControlNetModel
from PIL import Image

from engine.core.device import Device
from engine.core.errors import Unsupported
from engine.core.family import Hooks, Inputs
from engine.core.recipe import Follow, Recipe
from engine.core.sentence import Sentence
from engine.diffusion.loading import bytes_in, dtype_for, load, size_of
from engine.families.animatediff.draw import AnimateDiff
from engine.families.animatediff.sources import ENCODED, WordsSource
from engine.families.animatediff_control.weights import CONTROLNETS
from engine.following.control_clip import control_clip, way_of
from engine.following.needs import FollowNeeds
from engine.runtime.context import EngineContext

SCALE = 1.0
"""How strongly it is followed where the recipe does not say; the library's own default."""


class Followed(WordsSource):
    """Words, and a clip whose poses, depth or edges the new one has too."""

    pipeline: Any = AnimateDiffControlNetPipeline
    reads_words_by_frame = False

    @property
    def follow(self) -> Follow:
        """What is followed.

        Raises:
            Unsupported: nothing.
        """
        if self.recipe.follow is None:
            raise Unsupported(Sentence("This engine needs to know what to follow in the clip."))
        return self.recipe.follow

    @cached_property
    def way(self) -> FollowNeeds:
        """How it is followed: as the recipe says, or as this machine can where the recipe does not."""
        return way_of(self.follow, self.recipe.settings, self.context.store)

    @cached_property
    def control(self) -> list[Image.Image]:
        """What the ControlNet is shown; made once for a take, however often it is begun anew."""
        recipe, hooks = self.recipe, self.hooks
        if self.inputs.reference is None:
            raise Unsupported(Sentence("There is no clip to follow."))
        return control_clip(
            self.inputs.reference,
            self.way,
            frames=recipe.frames,
            fps=recipe.native_fps,
            width=recipe.width,
            height=recipe.height,
            context=self.context,
            hooks=replace(hooks, progress=lambda share: hooks.progress(share * ENCODED)),
        )

    def models(self) -> dict[str, Any]:
        """The ControlNet."""
        dtype = dtype_for(self.context.device)
        return {"controlnet": load_controlnet(self.context, self.follow, dtype, Device())}

    def arguments(self, pipe: Any, generator: torch.Generator) -> dict[str, Any]:
        """What the clip does, frame by frame."""
        return super().arguments(pipe, generator) | {
            "conditioning_frames": self.control,
            # An int, as JSON may give one back, is refused.
            "controlnet_conditioning_scale": float(self.recipe.settings.get("control", SCALE)),
        }


class AnimateDiffControl(AnimateDiff):
    """Draws what the words say as a clip does it."""

    def source(self, recipe: Recipe, inputs: Inputs, hooks: Hooks) -> WordsSource:
        """The clip to follow, read before anything is put on the device: the extractor is gone by then."""
        followed = Followed(self._context, recipe, inputs, hooks)
        if not (followed.follow in CONTROLNETS and followed.control):
            raise Unsupported(Sentence("There is nothing to follow."))
        return followed


def load_controlnet(context: EngineContext, follow: Follow, dtype: torch.dtype, device: Device) -> Any:
    """The ControlNet for what is followed, from the model cache.

    L. Zhang et al., Adding Conditional Control to Text-to-Image Diffusion Models, arXiv 2302.05543.

    Raises:
        RenderFailed: ``E_WEIGHTS``: it is not installed, or damaged, or not in safetensors.
    """
    entry = CONTROLNETS[follow]
    return context.model_cache.get(
        f"{entry}/{dtype}",
        lambda: load(ControlNetModel, context.store.path(entry), device=device, dtype=dtype),
        size_of,
        park=lambda model: model.to("cpu"),
        coming=bytes_in(context.store.path(entry)),
        files=[context.store.path(entry)],
    )
