"""The large models at full size, from their public configurations, on the meta device: shapes, no weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import engine.diffusion  # noqa: F401 - puts the libraries in order before they are imported

import diffusers  # isort: skip
import gguf
import torch
import transformers
from diffusers.quantizers.gguf.utils import GGUFLinear, GGUFParameter

WAN_22_VAE: dict[str, Any] = {
    "z_dim": 48,
    "is_residual": True,
    "patch_size": 2,
    "in_channels": 12,
    "out_channels": 12,
    "scale_factor_spatial": 16,
    "latents_mean": [0.0] * 48,
    "latents_std": [1.0] * 48,
}
"""What tells Wan 2.2's VAE from 2.1's, at any width."""

WAN_22_WIDTHS: dict[str, Any] = {
    "base_dim": 160,
    "decoder_base_dim": 256,
    "dim_mult": [1, 2, 4, 4],
    "num_res_blocks": 2,
}
"""Its widths at full size."""


def on_meta(make: Callable[[], Any], dtype: torch.dtype) -> Any:
    """A model without weights."""
    with torch.device("meta"):
        model = make()
    return model.to("meta").to(dtype).eval()


def weights_of(model: Any) -> int:
    """Bytes of a model's parameters and buffers."""
    return sum(tensor.numel() * tensor.element_size() for tensor in (*model.parameters(), *model.buffers()))


def svd_unet() -> Any:
    """Stable Video Diffusion's UNet."""
    return on_meta(lambda: diffusers.UNetSpatioTemporalConditionModel(sample_size=96), torch.float16)


def svd_vae() -> Any:
    """Its decoder, which looks across frames."""
    return on_meta(
        lambda: diffusers.AutoencoderKLTemporalDecoder(
            block_out_channels=(128, 256, 512, 512),
            down_block_types=("DownEncoderBlock2D",) * 4,
            layers_per_block=2,
            sample_size=768,
        ),
        torch.float16,
    )


def motion_unet() -> Any:
    """AnimateDiff's UNet with a motion adapter."""
    return on_meta(
        lambda: diffusers.UNetMotionModel(
            sample_size=64,
            cross_attention_dim=768,
            num_attention_heads=8,
            motion_num_attention_heads=8,
            use_motion_mid_block=True,
            block_out_channels=(320, 640, 1280, 1280),
        ),
        torch.float16,
    )


def sd_vae() -> Any:
    """Stable Diffusion 1.5's VAE."""
    return on_meta(
        lambda: diffusers.AutoencoderKL(
            block_out_channels=(128, 256, 512, 512),
            down_block_types=["DownEncoderBlock2D"] * 4,
            up_block_types=["UpDecoderBlock2D"] * 4,
            latent_channels=4,
            layers_per_block=2,
            sample_size=512,
        ),
        torch.float16,
    )


def wan_transformer(name: str, *, blocks: int = 30) -> Any:
    """Wan's transformer: ``wan`` is 2.1 with 1.3 billion parameters, ``wan-5b`` is 2.2 with 5."""
    heads, channels, wide = {"wan": (12, 16, 8960), "wan-5b": (24, 48, 14336)}[name]
    return on_meta(
        lambda: diffusers.WanTransformer3DModel(
            num_attention_heads=heads,
            attention_head_dim=128,
            in_channels=channels,
            out_channels=channels,
            text_dim=4096,
            freq_dim=256,
            ffn_dim=wide,
            num_layers=blocks,
        ),
        torch.bfloat16,
    )


def wan_vae(name: str) -> Any:
    """Wan's VAE, in float32 as it decodes."""
    if name == "wan":
        return on_meta(diffusers.AutoencoderKLWan, torch.float32)
    return on_meta(
        lambda: diffusers.AutoencoderKLWan(**WAN_22_WIDTHS, **WAN_22_VAE),
        torch.float32,
    )


def gguf_expert(*, blocks: int = 40, channels: int = 16) -> Any:
    """One of Wan 2.2 A14B's experts, the layers of its blocks in 4 bits (GGUF's Q4_K)."""
    expert = on_meta(
        lambda: diffusers.WanTransformer3DModel(in_channels=channels, num_layers=blocks), torch.bfloat16
    )
    kind = gguf.GGMLQuantizationType.Q4_K
    numbers, size = gguf.GGML_QUANT_SIZES[kind]
    for block in expert.blocks:
        for name, layer in list(block.named_modules()):
            if type(layer) is not torch.nn.Linear:
                continue
            with torch.device("meta"):
                packed = GGUFLinear(
                    layer.in_features, layer.out_features, compute_dtype=torch.bfloat16, bias=True
                )
                rows = torch.empty(layer.out_features, layer.in_features // numbers * size, dtype=torch.uint8)
            packed.bias, packed.weight = layer.bias, GGUFParameter(rows, quant_type=kind)
            block.set_submodule(name, packed)
    return expert


def vace_transformer(*, blocks: int = 30) -> Any:
    """Wan VACE's transformer with 1.3 billion parameters, and a control block beside every second of them."""
    return on_meta(
        lambda: diffusers.WanVACETransformer3DModel(
            num_attention_heads=12,
            attention_head_dim=128,
            in_channels=16,
            out_channels=16,
            text_dim=4096,
            freq_dim=256,
            ffn_dim=8960,
            num_layers=blocks,
            vace_layers=list(range(0, blocks, 2)),
            vace_in_channels=96,
        ),
        torch.bfloat16,
    )


def umt5() -> Any:
    """Wan's text encoder."""
    config = transformers.UMT5Config(
        vocab_size=256384,
        d_model=4096,
        d_kv=64,
        d_ff=10240,
        num_layers=24,
        num_heads=64,
        is_encoder_decoder=False,
        feed_forward_proj="gated-gelu",
    )
    return on_meta(lambda: transformers.UMT5EncoderModel(config), torch.bfloat16)


def ltx_transformer(*, blocks: int = 48) -> Any:
    """LTX-2.3's transformer, for picture and sound."""
    return on_meta(
        lambda: diffusers.LTX2VideoTransformer3DModel(
            gated_attn=True,
            cross_attn_mod=True,
            audio_gated_attn=True,
            audio_cross_attn_mod=True,
            rope_type="split",
            use_prompt_embeddings=False,
            perturbed_attn=True,
            num_layers=blocks,
        ),
        torch.bfloat16,
    )


def ltx_vae() -> Any:
    """LTX-2.3's decoder of the picture."""
    return on_meta(
        lambda: diffusers.AutoencoderKLLTX2Video(
            block_out_channels=(256, 512, 1024, 1024),
            decoder_block_out_channels=(256, 512, 512, 1024),
            layers_per_block=(4, 6, 4, 2, 2),
            decoder_layers_per_block=(4, 6, 4, 2, 2),
            decoder_spatio_temporal_scaling=(True,) * 4,
            decoder_inject_noise=(False,) * 5,
            upsample_type=("spatiotemporal", "spatiotemporal", "temporal", "spatial"),
            upsample_factor=(2, 2, 1, 2),
            upsample_residual=(False,) * 4,
            decoder_causal=False,
            decoder_spatial_padding_mode="zeros",
            spatial_compression_ratio=32,
            temporal_compression_ratio=8,
        ),
        torch.bfloat16,
    )
