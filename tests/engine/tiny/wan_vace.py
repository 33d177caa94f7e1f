"""Wan VACE's weights, small and random, laid out as the real ones; the stock pipeline writes them."""

from __future__ import annotations

from pathlib import Path

import diffusers
import torch
import transformers

from tests.engine.tiny import wan

ENTRY = "wan-vace-1.3b"
SHARP = 8.0


def build(folder: Path) -> None:
    """Write a store with VACE and the text encoder that it shares. The same bytes each time."""
    torch.manual_seed(12)
    wan.build_text_encoder(folder)
    made = diffusers.WanVACEPipeline(
        tokenizer=None,
        text_encoder=None,
        vae=_vae(),
        scheduler=scheduler(),
        transformer=_transformer(),
    )
    made.save_pretrained(folder / ENTRY)


def pipeline(folder: Path) -> diffusers.WanVACEPipeline:
    """The stock pipeline, in float32, from a store that :func:`build` wrote."""
    text = folder / "wan-umt5"
    pipe = diffusers.WanVACEPipeline.from_pretrained(
        folder / ENTRY,
        tokenizer=transformers.AutoTokenizer.from_pretrained(text / "tokenizer"),
        text_encoder=transformers.UMT5EncoderModel.from_pretrained(text / "text_encoder"),
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def scheduler() -> diffusers.UniPCMultistepScheduler:
    """As its authors sample clips of 480 lines."""
    return diffusers.UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
    )


def _vae() -> diffusers.AutoencoderKLWan:
    """Whose latents differ as much as trained ones do: what clips are drawn by must count."""
    made = wan.vae_21()
    with torch.no_grad():
        across_time = [part for name, part in made.encoder.named_modules() if name.endswith("time_conv")]
        for layer in (made.encoder.conv_in, made.encoder.conv_out, made.quant_conv, *across_time):
            layer.weight.mul_(SHARP)
    return made


def _transformer() -> diffusers.WanVACETransformer3DModel:
    made = diffusers.WanVACETransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=16,
        out_channels=16,
        text_dim=wan.TEXT,
        freq_dim=16,
        ffn_dim=32,
        num_layers=3,
        rope_max_seq_len=32,
        vace_layers=[0, 2],
        vace_in_channels=96,
    )
    with torch.no_grad():
        for weights in made.parameters():
            if not weights.any():  # biases: with none, what it is shown would hardly count
                weights.normal_(std=0.2)
    return made
