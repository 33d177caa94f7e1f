"""AnimateDiff at work on what another clip does: words, and the poses, depth or edges of a member's clip."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

import torch
from diffusers import AnimateDiffControlNetPipeline
from PIL import Image

from engine.core.device import Device
from engine.core.errors import Unsupported
from engine.core.family import Hooks, Inputs
from engine.core.recipe import Follow, Recipe
from engine.diffusion.loading import dtype_for
from engine.families.animatediff.draw import AnimateDiff
from engine.families.animatediff.sources import ENCODED, WordsSource
from engine.families.animatediff_control.follow import conditioning_frames, load_controlnet, way_in
from engine.families.animatediff_control.follow_needs import EXTRACTOR, FollowNeeds, way_named

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
            raise Unsupported("This engine needs to know what to follow in the clip.")
        return self.recipe.follow

    @cached_property
    def way(self) -> FollowNeeds:
        """How it is followed: as the recipe says, or as this machine can where the recipe does not."""
        named = way_named(self.follow, str(self.recipe.settings.get(EXTRACTOR, "")))
        return named or way_in(self.follow, self.context.store)

    @cached_property
    def control(self) -> list[Image.Image]:
        """What the ControlNet is shown; made once for a take, however often it is begun anew."""
        recipe, hooks = self.recipe, self.hooks
        if self.inputs.reference is None:
            raise Unsupported("There is no clip to follow.")
        return conditioning_frames(
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
        return {"controlnet": load_controlnet(self.context, self.way, dtype, Device())}

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
        if not followed.control:
            raise Unsupported("There is nothing to follow.")
        return followed
