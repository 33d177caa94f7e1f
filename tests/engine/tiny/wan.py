"""Snapshots of Wan 2.1, Wan 2.2 TI2V and FastWan, small and random, laid out as the real repositories."""

from __future__ import annotations

import json
from pathlib import Path

import diffusers
import torch
import transformers
from safetensors.torch import load_file, save_file

TEXT = 16


def build(folder: Path) -> None:
    """Write a store with the three entries of the catalogue. About 1 MB; the same bytes each time."""
    torch.manual_seed(11)
    _pipeline(_vae_21(), channels=16, expand=False).save_pretrained(folder / "wan-2.1-1.3b")
    _pipeline(_vae_22(), channels=48, expand=True).save_pretrained(folder / "wan-2.2-ti2v-5b")
    distilled = folder / "fastwan-2.1-1.3b"
    _transformer(16).save_pretrained(distilled / "transformer")
    # Its repository names a pipeline that diffusers lacks, and has weights that only sparse attention reads.
    (distilled / "model_index.json").write_text(json.dumps({"_class_name": "WanDMDPipeline"}))
    weights = distilled / "transformer" / "diffusion_pytorch_model.safetensors"
    gates = {f"blocks.{block}.to_gate_compress.weight": torch.zeros(24, 24) for block in range(2)}
    save_file(load_file(weights) | gates, weights)


def _pipeline(vae: diffusers.AutoencoderKLWan, *, channels: int, expand: bool) -> diffusers.WanPipeline:
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -2.0)]
    pieces += [(chr(code), -3.0) for code in range(33, 127)]
    tokenizer = transformers.T5Tokenizer(vocab=pieces, extra_ids=0, model_max_length=512)
    config = transformers.UMT5Config(
        vocab_size=len(tokenizer), d_model=TEXT, d_kv=8, d_ff=32, num_layers=2, num_heads=2
    )
    return diffusers.WanPipeline(
        tokenizer=tokenizer,
        text_encoder=transformers.UMT5EncoderModel(config).eval(),
        transformer=_transformer(channels),
        vae=vae,
        scheduler=diffusers.UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
        ),
        expand_timesteps=expand,
    )


def _transformer(channels: int) -> diffusers.WanTransformer3DModel:
    return diffusers.WanTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=channels,
        out_channels=channels,
        text_dim=TEXT,
        freq_dim=16,
        ffn_dim=32,
        num_layers=2,
        rope_max_seq_len=32,
    )


def _vae_21() -> diffusers.AutoencoderKLWan:
    return diffusers.AutoencoderKLWan(base_dim=3, z_dim=16, dim_mult=[1] * 4, num_res_blocks=1)


def _vae_22() -> diffusers.AutoencoderKLWan:
    return diffusers.AutoencoderKLWan(
        base_dim=4,
        decoder_base_dim=4,
        z_dim=48,
        dim_mult=[1] * 4,
        num_res_blocks=1,
        is_residual=True,
        patch_size=2,
        in_channels=12,
        out_channels=12,
        scale_factor_spatial=16,
        latents_mean=[0.0] * 48,
        latents_std=[1.0] * 48,
    )
