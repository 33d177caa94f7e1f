"""Wan VACE at work: one pipeline for everything that a clip may be drawn by."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import torch
from diffusers import WanVACEPipeline, WanVACETransformer3DModel

from engine.core.errors import Unsupported
from engine.core.family import Frames, Hooks, Inputs, SourceClip
from engine.core.recipe import Follow, Kind, Recipe
from engine.core.sentence import Sentence
from engine.core.video_model import LATENT_FRAMES, Version, count
from engine.diffusion.by_time import frames_by_time
from engine.diffusion.goes import Go
from engine.diffusion.wan.family import WanBase
from engine.diffusion.wan.take import Models, Take
from engine.families import FAMILIES
from engine.families.wan_vace import GREY, OWN, VACE
from engine.families.wan_vace.conditions import conditions, on_paper, without_colours
from engine.following.control_clip import control_clip, way_of
from engine.planning.usual import is_usual
from engine.vision.crop import cover

_Pipeline: Any = WanVACEPipeline  # diffusers is typed only in places


class WanVace(WanBase):
    """Draws from words, by pictures and clips."""

    transformer_class = WanVACETransformer3DModel

    def version_of(self, recipe: Recipe) -> Version:
        """There is one."""
        del recipe
        return VACE

    def encoded(self, recipe: Recipe, inputs: Inputs, go: int) -> int:
        """The whole clip, whatever it is drawn by, and the picture whose look is taken."""
        del recipe
        return go + (0 if inputs.like is None else LATENT_FRAMES)

    def is_usual(self, recipe: Recipe) -> bool:
        """See :func:`engine.planning.usual.is_usual`."""
        return is_usual(recipe, FAMILIES[recipe.engine])

    def draw(self, recipe: Recipe, inputs: Inputs, *, seed: int, hooks: Hooks) -> Frames:
        """See :class:`engine.core.family.Family`."""
        # Before anything is on the card: what finds poses and depth is gone by then.
        shown = self._shown(recipe, inputs, hooks)
        return super().draw(recipe, dataclasses.replace(inputs, reference=shown), seed=seed, hooks=hooks)

    def take(
        self,
        recipe: Recipe,
        inputs: Inputs,
        models: Models,
        words: tuple[torch.Tensor, torch.Tensor | None],
        hooks: Hooks,
    ) -> Take:
        """``inputs.reference`` holds what the model is shown of the clip."""
        return VaceTake(VACE, recipe, models, words, self._context.device, hooks, inputs=inputs)

    def _shown(self, recipe: Recipe, inputs: Inputs, hooks: Hooks) -> SourceClip | None:
        """What the model is shown of a member's clip; None where there is none.

        Raises:
            Unsupported: the clip that was to be followed or drawn anew is not there.
        """
        restyled = recipe.kind is Kind.RESTYLE
        if not restyled and recipe.follow is None:
            return None
        if inputs.reference is None:
            raise Unsupported(
                Sentence("There is no clip to restyle.")
                if restyled
                else Sentence("There is no clip to follow.")
            )
        hooks.cancel.check()
        size = VACE.grid(recipe.width, recipe.height)
        keeps = str(recipe.settings.get("keeps", GREY)) if restyled else str(recipe.follow)
        if keeps not in {GREY, *OWN}:
            raise Unsupported(Sentence("This engine doesn't know what to keep of the clip."))
        if keeps == GREY:
            frames = without_colours(frames_by_time(inputs.reference, recipe.frames, recipe.native_fps, size))
        else:
            found = control_clip(
                inputs.reference,
                way_of(Follow(keeps), recipe.settings, self._context.store),
                frames=recipe.frames,
                fps=recipe.native_fps,
                width=size[0],
                height=size[1],
                context=self._context,
                hooks=dataclasses.replace(hooks, progress=lambda _: hooks.progress(0.0)),
            )
            frames = np.stack([np.asarray(picture, np.uint8) for picture in found])
        return SourceClip(frames=frames, fps=recipe.native_fps)


class VaceTake(Take):
    """A take, drawn by whatever there is."""

    def __init__(self, *given: Any, inputs: Inputs) -> None:
        """Get ready.

        Args:
            given: as for :class:`engine.diffusion.wan.take.Take`.
            inputs: the member's pictures, and what the model is shown of their clip.
        """
        super().__init__(*given)
        self._inputs = inputs
        self.before = 0 if inputs.like is None else 1

    def pipeline(self, go: Go) -> Any:
        """The same for everything."""
        del go
        return _Pipeline

    def arguments(self, go: Go) -> dict[str, Any]:
        """What stays, what is drawn by what, and whose look is taken."""
        inputs, total = self._inputs, self.recipe.frames
        size = self._version.grid(self.recipe.width, self.recipe.height)
        # Each go after the first begins with the last frame of the one before.
        begins = 0 if go.begin == 0 else round(go.begin * total) - 1
        frames = count(go.frames)
        kept = {} if go.picture is None else {0: go.picture}
        if inputs.end is not None and begins + go.frames == total:
            # What is drawn beyond the clip, to make whole groups of four, is cut off.
            kept |= dict.fromkeys(range(go.frames - 1, frames), cover(inputs.end, *size))
        control = None if inputs.reference is None else inputs.reference.frames[begins:]
        given = conditions(size, frames, control=control, kept=kept)
        if inputs.like is not None:
            given["reference_images"] = [on_paper(inputs.like, size)]
        return given
