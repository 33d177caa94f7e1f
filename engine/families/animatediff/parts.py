"""What the pipelines of AnimateDiff share on one checkpoint: loaded once, put together anew for each take."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from engine.core.errors import Code, RenderFailed
from engine.core.recipe import Recipe
from engine.core.sentence import Sentence
from engine.diffusion.compiled import compiled_for
from engine.diffusion.loading import bytes_in, dtype_for, size_of
from engine.families.animatediff.checkpoints import load_animatediff
from engine.families.animatediff.loras import Lora, fuse
from engine.families.animatediff.schedulers import scheduler_for
from engine.families.animatediff.tune import LCM
from engine.runtime.context import EngineContext
from engine.weights.model_spec import ModelSpec

MOTION = "motion"
"""The recipe's setting that names the motion adapter."""

LCM_WAY = "lcm"
LCM_LORA, LCM_WEIGHT = "AnimateLCM_sd15_t2v_lora.safetensors", 0.8
"""AnimateLCM is an adapter and a LoRA; the weight is the one of its authors."""

_SHARED = ("vae", "text_encoder", "tokenizer", "unet", "motion_adapter")


class Parts:
    """The models of one checkpoint with one motion adapter."""

    def __init__(self, whole: Any) -> None:
        """Take a pipeline apart."""
        if whole.motion_adapter is None:
            raise RenderFailed(Code.WEIGHTS, Sentence("AnimateDiff needs a motion adapter."))
        self._models = {name: whole.components[name] for name in _SHARED}
        self._scheduler = whole.scheduler.config
        self.vae: Any = whole.vae
        self.unet: Any = whole.unet
        self.tokenizer: Any = whole.tokenizer

    @property
    def longest(self) -> int:
        """Frames that the motion adapter can hold at once: what the loaded one says, not the library's 32."""
        longest: int = self._models["motion_adapter"].config.motion_max_seq_length
        return longest

    @property
    def dtype(self) -> torch.dtype:
        """What it computes in."""
        dtype: torch.dtype = self.unet.dtype
        return dtype

    @property
    def size(self) -> int:
        """Bytes of all models."""
        return sum(size_of(model) for model in self._models.values() if isinstance(model, torch.nn.Module))

    def park(self) -> None:
        """Move all models into main memory."""
        for model in self._models.values():
            if isinstance(model, torch.nn.Module):
                model.to("cpu")

    def pipeline(self, pipeline_class: Any, way: str, **more: Any) -> Any:
        """Put a pipeline together: the shared models, and a scheduler of its own.

        Not with ``from_pipe``: it hands the scheduler on, with the state of its steps, and casts to float32.

        Args:
            pipeline_class: one of AnimateDiff's.
            way: of drawing: which scheduler.
            more: what this class needs beside the shared models, like ``controlnet``.
        """
        pipe = pipeline_class(**self._models, scheduler=scheduler_for(way, self._scheduler), **more)
        pipe.set_progress_bar_config(disable=True)
        return pipe


def parts_of(context: EngineContext, recipe: Recipe, base: Sequence[ModelSpec]) -> Parts:
    """The parts that a recipe is drawn with, from the model cache.

    Raises:
        RenderFailed: ``E_WEIGHTS``.
    """
    files = _files(context, recipe)
    return context.model_cache.get(
        name_of(recipe),
        lambda: _load(context, recipe, base),
        lambda parts: parts.size,
        park=Parts.park,
        coming=sum(path.stat().st_size if path.is_file() else bytes_in(path) for path in files),
        files=files,
    )


def _files(context: EngineContext, recipe: Recipe) -> tuple[Path, ...]:
    """What is read: the checkpoint's file or folder, and the motion adapter's folder."""
    store = context.store
    own = recipe.model in store.checkpoints()
    checkpoint = store.checkpoint(recipe.model) if own else store.path(recipe.model)
    motion = str(recipe.settings.get(MOTION, ""))
    return (checkpoint, *([store.path(motion)] if motion else []))


def name_of(recipe: Recipe) -> str:
    """All that decides which parts a recipe needs."""
    motion = str(recipe.settings.get(MOTION, ""))
    steps = f"/{recipe.steps}" if recipe.way == "lightning" else ""
    fused = f"/{LCM_WAY}" if recipe.way == LCM_WAY else ""
    return f"animatediff/{recipe.model}/{motion}{steps}{fused}"


def _load(context: EngineContext, recipe: Recipe, base: Sequence[ModelSpec]) -> Parts:
    motion = str(recipe.settings.get(MOTION, ""))
    if not motion:
        raise RenderFailed(
            Code.WEIGHTS, Sentence("This recipe names no motion adapter, and AnimateDiff needs one.")
        )
    whole = load_animatediff(
        context.store,
        checkpoint=recipe.model,
        base=base,
        motion=motion,
        steps=recipe.steps,
        dtype=dtype_for(context.device),
    )
    if recipe.way == LCM_WAY:
        fuse(whole, Lora(name=LCM, file=context.store.path(LCM) / LCM_LORA, weight=LCM_WEIGHT))
    compiled_for(whole.unet, context)
    return Parts(whole)
