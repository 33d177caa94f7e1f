"""Wan 2.2 A14B's weights, small and random, as the real files are laid out: GGUF, and LoRAs for 4 steps."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import diffusers
import gguf
import numpy as np
import torch
import transformers
from safetensors.torch import save_file

from engine.families.wan_a14b import ENTRY, EXPERTS
from tests.engine.tiny import wan

BLOCK = 32
"""Numbers that share a scale in Q8_0, the closest of GGUF's kinds that its Python library can write."""

ORIGINAL = {
    "condition_embedder.time_embedder.linear_1": "time_embedding.0",
    "condition_embedder.time_embedder.linear_2": "time_embedding.2",
    "condition_embedder.text_embedder.linear_1": "text_embedding.0",
    "condition_embedder.text_embedder.linear_2": "text_embedding.2",
    "condition_embedder.time_proj": "time_projection.1",
    "attn2": "cross_attn",
    "attn1": "self_attn",
    ".to_out.0.": ".o.",
    ".to_q.": ".q.",
    ".to_k.": ".k.",
    ".to_v.": ".v.",
    "proj_out": "head.head",
    "ffn.net.0.proj": "ffn.0",
    "ffn.net.2": "ffn.2",
    "norm2": "norm_aside",
    "norm3": "norm2",
    "norm_aside": "norm3",
}
"""diffusers' names → its authors', as the files have them."""


def build(folder: Path) -> None:
    """Write a store with both pairs of experts, what they share, and their LoRAs; always the same bytes."""
    torch.manual_seed(13)
    wan.build_text_encoder(folder)
    for name, experts in EXPERTS.items():
        for file in (experts.high, experts.low):
            transformer = _transformer(experts.channels)
            place = folder / experts.version.entry / file
            place.parent.mkdir(parents=True)
            _write_gguf(place, transformer)
        for file in (experts.high_lora, experts.low_lora):
            (folder / experts.loras).mkdir(exist_ok=True)
            save_file(_lora(transformer), folder / experts.loras / file)
        if name == "wan-a14b":
            transformer.save_config(folder / ENTRY / "transformer")
    wan.vae_21().save_pretrained(folder / ENTRY / "vae")


def pipeline(folder: Path, engine: str) -> Any:
    """The stock pipeline, as diffusers' guide to GGUF makes it, from a store that :func:`build` wrote."""
    experts = EXPERTS[engine]
    quantised = diffusers.GGUFQuantizationConfig(compute_dtype=torch.float32)
    high, low = (
        diffusers.WanTransformer3DModel.from_single_file(
            str(folder / experts.version.entry / file),
            config=str(folder / ENTRY),
            subfolder="transformer",
            quantization_config=quantised,
            dtype=torch.float32,
            in_channels=experts.channels,
        )
        for file in (experts.high, experts.low)
    )
    kind = diffusers.WanPipeline if experts.channels == 16 else diffusers.WanImageToVideoPipeline
    pipe = kind(
        tokenizer=transformers.AutoTokenizer.from_pretrained(folder / "wan-umt5" / "tokenizer"),
        text_encoder=transformers.UMT5EncoderModel.from_pretrained(folder / "wan-umt5" / "text_encoder"),
        vae=diffusers.AutoencoderKLWan.from_pretrained(folder / ENTRY / "vae"),
        transformer=high,
        transformer_2=low,
        boundary_ratio=experts.version.boundary,
        scheduler=diffusers.UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=experts.version.shift
        ),
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def _transformer(channels: int) -> diffusers.WanTransformer3DModel:
    return diffusers.WanTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=16,
        in_channels=channels,
        out_channels=16,
        text_dim=wan.TEXT,
        freq_dim=16,
        ffn_dim=64,
        num_layers=2,
        rope_max_seq_len=32,
    )


def _original(name: str) -> str:
    name = functools.reduce(lambda text, pair: text.replace(*pair), ORIGINAL.items(), name)
    if name == "scale_shift_table":
        return "head.modulation"
    return name.replace("scale_shift_table", "modulation")


def _write_gguf(file: Path, transformer: Any) -> None:
    """The layers of the blocks in 8 bits, the rest in 32, as the real files leave what is small as it is."""
    writer = gguf.GGUFWriter(file, arch="wan")
    for name, tensor in transformer.state_dict().items():
        numbers = tensor.float().numpy()
        packs = name.startswith("blocks.") and numbers.ndim == 2 and numbers.shape[-1] % BLOCK == 0
        kind = gguf.GGMLQuantizationType.Q8_0 if packs else gguf.GGMLQuantizationType.F32
        packed = gguf.quants.quantize(numbers, kind) if packs else np.ascontiguousarray(numbers)
        writer.add_tensor(_original(name), packed, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _lora(transformer: Any, rank: int = 2) -> dict[str, torch.Tensor]:
    """For all layers of the blocks, under the names of the original code."""
    made = {}
    for name, layer in transformer.named_modules():
        if isinstance(layer, torch.nn.Linear) and name.startswith("blocks."):
            key = f"diffusion_model.{_original(name + '.').rstrip('.')}"
            made[f"{key}.lora_down.weight"] = torch.randn(rank, layer.in_features) * 0.3
            made[f"{key}.lora_up.weight"] = torch.randn(layer.out_features, rank) * 0.3
    return made
