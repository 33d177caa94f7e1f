"""A snapshot of LTX-2.3's distilled pipeline, small and random, laid out as the real one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers.pipelines.ltx2 import LTX2TextConnectors, LTX2VocoderWithBWE

TEXT, LAYERS = 32, 2
WIDE, NARROW = 16, 8
"""Widths of the words for the picture and for the sound."""

MEL = 8


def build(folder: Path) -> None:
    """Write a store with both entries of the catalogue. About 2 MB; the same bytes each time."""
    torch.manual_seed(5)
    reading, drawing = folder / "ltx-2.3-words", folder / "ltx-2.3-distilled"
    encoder, tokenizer = _gemma()
    encoder.save_pretrained(reading / "text_encoder")
    tokenizer.save_pretrained(reading / "tokenizer")
    # The repository has these, too; what they say is in tokenizer.json.
    (reading / "tokenizer" / "special_tokens_map.json").write_text("{}")
    (reading / "tokenizer" / "tokenizer.model").write_bytes(b"not read")
    _connectors().save_pretrained(reading / "connectors")
    _transformer().save_pretrained(drawing / "transformer")
    vae().save_pretrained(drawing / "vae")
    _audio_vae().save_pretrained(drawing / "audio_vae")
    _vocoder().save_pretrained(drawing / "vocoder")


def pipeline(folder: Path, *, from_picture: bool = False) -> Any:
    """The stock pipeline, in float32, from a store that :func:`build` wrote."""
    reading, drawing = folder / "ltx-2.3-words", folder / "ltx-2.3-distilled"
    kind: Any = diffusers.LTX2ImageToVideoPipeline if from_picture else diffusers.LTX2Pipeline
    pipe = kind(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        vae=diffusers.AutoencoderKLLTX2Video.from_pretrained(drawing / "vae"),
        audio_vae=diffusers.AutoencoderKLLTX2Audio.from_pretrained(drawing / "audio_vae"),
        text_encoder=transformers.Gemma3ForConditionalGeneration.from_pretrained(reading / "text_encoder"),
        tokenizer=transformers.AutoTokenizer.from_pretrained(reading / "tokenizer"),
        connectors=LTX2TextConnectors.from_pretrained(reading / "connectors"),
        transformer=diffusers.LTX2VideoTransformer3DModel.from_pretrained(drawing / "transformer"),
        vocoder=LTX2VocoderWithBWE.from_pretrained(drawing / "vocoder"),
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def _gemma() -> tuple[Any, Any]:
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -2.0)]
    pieces += [(chr(code), -3.0) for code in range(33, 127)]
    tokenizer = transformers.T5Tokenizer(vocab=pieces, extra_ids=0, model_max_length=1024)
    config = transformers.Gemma3Config(
        text_config={
            "vocab_size": len(tokenizer), "hidden_size": TEXT, "intermediate_size": 32,
            "num_hidden_layers": LAYERS, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 16,
            "sliding_window": 64, "max_position_embeddings": 1024,
        },
        vision_config={
            "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 1,
            "image_size": 28, "patch_size": 14,
        },
        mm_tokens_per_image=1,
    )  # fmt: skip
    return transformers.Gemma3ForConditionalGeneration(config).eval(), tokenizer


def _connectors() -> LTX2TextConnectors:
    return LTX2TextConnectors(
        caption_channels=TEXT, text_proj_in_factor=LAYERS + 1,
        video_connector_num_attention_heads=2, video_connector_attention_head_dim=WIDE // 2,
        video_connector_num_layers=1, video_connector_num_learnable_registers=8, video_gated_attn=True,
        audio_connector_num_attention_heads=2, audio_connector_attention_head_dim=NARROW // 2,
        audio_connector_num_layers=1, audio_connector_num_learnable_registers=8, audio_gated_attn=True,
        connector_rope_base_seq_len=32, rope_double_precision=True, rope_type="split",
        per_modality_projections=True, video_hidden_dim=WIDE, audio_hidden_dim=NARROW, proj_bias=True,
    )  # fmt: skip


def _transformer() -> diffusers.LTX2VideoTransformer3DModel:
    return diffusers.LTX2VideoTransformer3DModel(
        in_channels=4, out_channels=4, num_attention_heads=2, attention_head_dim=WIDE // 2,
        cross_attention_dim=WIDE, gated_attn=True, cross_attn_mod=True,
        audio_in_channels=4, audio_out_channels=4, audio_num_attention_heads=2,
        audio_attention_head_dim=NARROW // 2, audio_cross_attention_dim=NARROW,
        audio_gated_attn=True, audio_cross_attn_mod=True,
        num_layers=2, caption_channels=TEXT, rope_type="split", use_prompt_embeddings=False,
        perturbed_attn=True,
    )  # fmt: skip


def vae() -> diffusers.AutoencoderKLLTX2Video:
    """What draws the picture's latents."""
    return diffusers.AutoencoderKLLTX2Video(
        latent_channels=4, block_out_channels=(8, 16, 32, 64), decoder_block_out_channels=(8, 16, 32),
        layers_per_block=(1, 1, 1, 1, 1), decoder_layers_per_block=(1, 1, 1, 1),
        timestep_conditioning=False, spatial_compression_ratio=32, temporal_compression_ratio=8,
    )  # fmt: skip


def _audio_vae() -> diffusers.AutoencoderKLLTX2Audio:
    return diffusers.AutoencoderKLLTX2Audio(
        base_channels=4, output_channels=2, ch_mult=(1, 1, 1), num_res_blocks=1, attn_resolutions=None,
        in_channels=2, resolution=32, latent_channels=2, norm_type="pixel", causality_axis="height",
        dropout=0.0, mid_block_add_attention=False, sample_rate=16000, mel_hop_length=160, is_causal=True,
        mel_bins=MEL,
    )  # fmt: skip


def _vocoder() -> LTX2VocoderWithBWE:
    return LTX2VocoderWithBWE(
        in_channels=2 * MEL, hidden_channels=64, resnet_kernel_sizes=[3], resnet_dilations=[[1, 3, 5]],
        bwe_in_channels=2 * MEL, bwe_hidden_channels=32, bwe_resnet_kernel_sizes=[3],
        bwe_resnet_dilations=[[1, 3, 5]], num_mel_channels=MEL,
    )  # fmt: skip
