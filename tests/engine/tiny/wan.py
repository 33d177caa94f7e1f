"""Snapshots of Wan 2.1, Wan 2.2 TI2V, FastWan 2.2 and UMT5, small and random, laid out as the real ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers

from benchmarks.full_size import WAN_22_VAE

TEXT = 16


def build(folder: Path) -> None:
    """Write a store with the four entries of the catalogue. About 1 MB; the same bytes each time."""
    torch.manual_seed(11)
    build_text_encoder(folder)
    for entry, channels, vae in (
        ("wan-2.1-1.3b", 16, vae_21()),
        ("wan-2.2-ti2v-5b", 48, vae_22()),
    ):
        _transformer(channels).save_pretrained(folder / entry / "transformer")
        vae.save_pretrained(folder / entry / "vae")
    _transformer(48).save_pretrained(folder / "fastwan-2.2-ti2v-5b" / "transformer")


def build_text_encoder(folder: Path) -> None:
    """Write the entry that all versions share."""
    encoder, tokenizer = _umt5()
    encoder.save_pretrained(folder / "wan-umt5" / "text_encoder")
    tokenizer.save_pretrained(folder / "wan-umt5" / "tokenizer")
    # The repository has these, too; what they say is in tokenizer.json.
    (folder / "wan-umt5" / "tokenizer" / "special_tokens_map.json").write_text("{}")
    (folder / "wan-umt5" / "tokenizer" / "spiece.model").write_bytes(b"not read")


def _umt5() -> tuple[Any, Any]:
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -2.0)]
    pieces += [(chr(code), -3.0) for code in range(33, 127)]
    tokenizer = transformers.T5Tokenizer(vocab=pieces, extra_ids=0, model_max_length=512)
    config = transformers.UMT5Config(
        vocab_size=len(tokenizer), d_model=TEXT, d_kv=8, d_ff=32, num_layers=2, num_heads=2
    )
    return transformers.UMT5EncoderModel(config).eval(), tokenizer


def pipeline(folder: Path) -> diffusers.WanPipeline:
    """The stock pipeline of Wan 2.1, in float32, from a store that :func:`build` wrote."""
    entry = folder / "wan-2.1-1.3b"
    return diffusers.WanPipeline(
        tokenizer=transformers.AutoTokenizer.from_pretrained(folder / "wan-umt5" / "tokenizer"),
        text_encoder=transformers.UMT5EncoderModel.from_pretrained(folder / "wan-umt5" / "text_encoder"),
        transformer=diffusers.WanTransformer3DModel.from_pretrained(entry / "transformer"),
        vae=diffusers.AutoencoderKLWan.from_pretrained(entry / "vae"),
        scheduler=diffusers.UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
        ),
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


def vae_21() -> diffusers.AutoencoderKLWan:
    """Wan 2.1's, which VACE shares."""
    return diffusers.AutoencoderKLWan(base_dim=3, z_dim=16, dim_mult=[1] * 4, num_res_blocks=1)


def vae_22() -> diffusers.AutoencoderKLWan:
    """Wan 2.2's, with 48 channels of latents."""
    widths = {"base_dim": 4, "decoder_base_dim": 4, "dim_mult": [1] * 4, "num_res_blocks": 1}
    return diffusers.AutoencoderKLWan(**widths, **WAN_22_VAE)
