"""LTX-2.3 beside its stock pipelines: picture and sound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from diffusers.pipelines.ltx2.utils import DISTILLED_SIGMA_VALUES
from PIL import Image

from benchmarks.parity.case import PICTURE, Case, Drawn, as_bytes, asked, generator, planned
from engine.core.family import Inputs
from engine.core.recipe import Kind, Recipe
from engine.families.ltx import FPS
from engine.vision.crop import cover
from engine.weights.store import Store
from tests.engine.tiny import ltx as tiny

SIZE = (64, 64, 17)
UNGUIDED = {
    "guidance_scale": 1.0,
    "stg_scale": 0.0,
    "modality_scale": 1.0,
    "guidance_rescale": 0.0,
    "audio_guidance_scale": 1.0,
    "audio_stg_scale": 0.0,
    "audio_modality_scale": 1.0,
    "audio_guidance_rescale": 0.0,
    "spatio_temporal_guidance_blocks": None,
}


def build(folder: Path) -> None:
    """Write its weights, small and random."""
    tiny.build(folder)


def cases(store: Store) -> tuple[Case, ...]:
    """From words, and from words and a picture; both with sound."""

    def stock(recipe: Recipe, **first: Any) -> Drawn:
        made = tiny.pipeline(store.folder, from_picture=bool(first))(
            prompt=recipe.words,
            width=recipe.width,
            height=recipe.height,
            num_frames=recipe.frames,
            frame_rate=float(FPS),
            num_inference_steps=recipe.steps,
            sigmas=DISTILLED_SIGMA_VALUES,
            output_type="np",
            generator=generator(),
            **UNGUIDED,
            **first,
        )
        sound = np.asarray(made.audio[0].float().numpy().T, np.float32)
        return Drawn(frames=as_bytes(made.frames[0]).frames, sound=sound)

    def from_picture(recipe: Recipe) -> Drawn:
        first = Image.fromarray(cover(PICTURE, recipe.width, recipe.height))
        return stock(recipe, image=first, image_crf=0)

    begins = Inputs(picture=PICTURE)
    animated = asked("ltx", kind=Kind.ANIMATE)
    return (
        Case(family="ltx", way="words", recipe=planned(store, asked("ltx"), size=SIZE), stock=stock),
        Case(
            family="ltx",
            way="a picture",
            recipe=planned(store, animated, size=SIZE, inputs=begins),
            inputs=begins,
            stock=from_picture,
        ),
    )
