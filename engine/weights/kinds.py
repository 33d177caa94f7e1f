"""What kind of model a file or a folder holds, by its header: other programs keep all kinds in one folder.

Only what is certainly for another kind of model is told apart; what cannot be told is tried. Keys and widths
are those of the original repositories (CompVis' Stable Diffusion 1.x, Stability's 2.x and SDXL) and of
kohya's and diffusers' LoRAs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.core.sentence import Sentence
from engine.weights.headers import DAMAGED, judged
from engine.weights.placed_by_hand import INDEX, are_whole, parts_of

__all__ = ["DAMAGED", "INPAINTING", "NO_CHECKPOINT", "NO_STYLE", "checkpoint_misfit", "style_misfit"]

NO_CHECKPOINT = Sentence("it is not a checkpoint of the Stable Diffusion 1.5 kind")
INPAINTING = Sentence("it is for inpainting, which no engine here does")
NO_STYLE = Sentence("it is not a LoRA of the Stable Diffusion 1.5 kind")

_WORDS_IN = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
_PICTURE_IN = "model.diffusion_model.input_blocks.0.0.weight"
_OTHER_WIDTHS = frozenset({1024, 1280, 2048, 4096})
"""Widths of the words in Stable Diffusion 2, its unCLIP, SDXL, and T5; 1.5 has 768."""
_LATENT_CHANNELS = 4
_OTHER_LORAS = (
    *("lora_te2_", "text_encoder_2.", "transformer.", "lora_transformer_", "diffusion_model."),
    *("double_blocks.", "single_blocks.", "blocks.", "lora_unet_double_blocks", "lora_unet_single_blocks"),
)

_DRAWN_WITHOUT = frozenset({"safety_checker", "feature_extractor", "image_encoder"})
"""Parts of a checkpoint's folder that no engine here loads."""

_DOWN = ("lora_down.weight", "lora.down.weight", "lora_A.weight", "lora_A.default.weight")
"""The half of a LoRA that is as wide as what it reads."""


def checkpoint_misfit(path: Path) -> str:
    """Why a checkpoint, a single file or a folder in diffusers' layout, cannot be used; "" where it can."""
    return _checkpoint_folder_misfit(path) if path.is_dir() else judged(path, _checkpoint_misfit)


def style_misfit(path: Path) -> str:
    """Why a LoRA's file cannot be used; "" where it can, as far as its header tells."""
    return judged(path, _style_misfit)


def _checkpoint_misfit(tensors: Mapping[str, Any]) -> str:
    words, picture = tensors.get(_WORDS_IN), tensors.get(_PICTURE_IN)
    if words is None or picture is None or words["shape"][-1] in _OTHER_WIDTHS:
        return NO_CHECKPOINT
    return INPAINTING if picture["shape"][1] != _LATENT_CHANNELS else ""


def _checkpoint_folder_misfit(folder: Path) -> str:
    try:
        index = json.loads((folder / INDEX).read_text("utf-8"))
        unet = json.loads((folder / "unet" / "config.json").read_text("utf-8"))
        if index.get("text_encoder_2") or unet.get("cross_attention_dim") in _OTHER_WIDTHS:
            return NO_CHECKPOINT
        if unet.get("in_channels", _LATENT_CHANNELS) != _LATENT_CHANNELS:
            return INPAINTING
        parts = {folder / part for part in parts_of(index) - _DRAWN_WITHOUT}
        return "" if are_whole(parts) else DAMAGED
    except FileNotFoundError:
        return NO_CHECKPOINT
    except (OSError, ValueError, AttributeError, TypeError):
        return DAMAGED


def _style_misfit(tensors: Mapping[str, Any]) -> str:
    if any(name.startswith(_OTHER_LORAS) for name in tensors):
        return NO_STYLE
    for name, tensor in tensors.items():
        reads_words = "attn2" in name and ("to_k" in name or "to_v" in name)
        if reads_words and name.endswith(_DOWN) and tensor["shape"][-1] in _OTHER_WIDTHS:
            return NO_STYLE
    return ""
