"""Headers of the files that people keep in one folder, without the weights."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

WORDS_IN = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
PICTURE_IN = "model.diffusion_model.input_blocks.0.0.weight"

SD15 = {PICTURE_IN: (1, 4, 1, 1), WORDS_IN: (1, 768)}
SD2 = {PICTURE_IN: (1, 4, 1, 1), WORDS_IN: (1, 1024)}
SDXL = {PICTURE_IN: (1, 4, 1, 1), "conditioner.embedders.0.transformer.x.weight": (1, 768)}
INPAINTING = {PICTURE_IN: (1, 9, 1, 1), WORDS_IN: (1, 768)}
VAE = {"encoder.conv_in.weight": (1, 3, 3, 3)}

KOHYA = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight"
LORA_SD15 = {KOHYA: (1, 768)}
LORA_SDXL = {KOHYA: (1, 2048)}
LORA_SDXL_TEXT = {"lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight": (1, 1280)}
LORA_FLUX = {"lora_transformer_single_transformer_blocks_0_attn_to_q.lora_down.weight": (1, 3072)}
WEIGHTS = "model.safetensors"
LORA_WAN = {"diffusion_model.blocks.0.self_attn.q.lora_A.weight": (1, 1536)}


def write(path: Path, tensors: Mapping[str, Sequence[int]]) -> Path:
    """Write a .safetensors file of half-precision zeros."""
    header, end = {}, 0
    for name, shape in tensors.items():
        size = 2
        for side in shape:
            size *= side
        header[name] = {"dtype": "F16", "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    head = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(head)) + head + bytes(end))
    return path


def pipeline(folder: Path, **unet: int) -> Path:
    """Write a folder in diffusers' layout, as small as can be."""
    index: dict[str, object] = {"_class_name": "StableDiffusionPipeline", "safety_checker": [None, None]}
    configs = {"unet": {"in_channels": 4, "cross_attention_dim": 768, **unet}, "vae": {}, "text_encoder": {}}
    for part in (*configs, "scheduler", "tokenizer"):
        index[part] = ["library", "Class"]
        (folder / part).mkdir(parents=True, exist_ok=True)
    for part, config in configs.items():
        (folder / part / "config.json").write_text(json.dumps(config))
        write(folder / part / WEIGHTS, {"x": (2,)})
    (folder / "scheduler" / "scheduler_config.json").write_text("{}")
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        (folder / "tokenizer" / name).write_text("{}")
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder
