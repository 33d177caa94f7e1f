"""Stable Video Diffusion, small: 7 MB in all, built in half a second, the same bytes each time."""

from __future__ import annotations

from pathlib import Path

import diffusers
import torch
import transformers
from diffusers import (
    AutoencoderKLTemporalDecoder,
    EulerDiscreteScheduler,
    StableVideoDiffusionPipeline,
    UNetSpatioTemporalConditionModel,
)
from safetensors.torch import save_file
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModelWithProjection

SIDE = 64
"""The least that the family draws: 8×8 latents."""

WIDTH = 32
"""Channels of each block: the model's blocks have 32 groups to normalise, whatever their size."""
EMBEDDED = 32


def unet(frames: int) -> UNetSpatioTemporalConditionModel:
    return UNetSpatioTemporalConditionModel(
        sample_size=SIDE // 8,
        num_frames=frames,
        block_out_channels=(WIDTH, WIDTH),
        num_attention_heads=(2, 2),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"),
        up_block_types=("UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"),
        cross_attention_dim=EMBEDDED,
        addition_time_embed_dim=16,
        projection_class_embeddings_input_dim=3 * 16,  # fps, motion bucket, noise
    )


def pipeline(frames: int) -> StableVideoDiffusionPipeline:
    """A whole pipeline, with the real one's four levels in the VAE: latents are an eighth of a frame."""
    vision = CLIPVisionConfig(
        hidden_size=EMBEDDED,
        intermediate_size=40,
        projection_dim=EMBEDDED,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=224,
        patch_size=56,
    )
    return StableVideoDiffusionPipeline(
        vae=AutoencoderKLTemporalDecoder(
            block_out_channels=(WIDTH,) * 4,
            down_block_types=("DownEncoderBlock2D",) * 4,
            layers_per_block=1,
        ),
        image_encoder=CLIPVisionModelWithProjection(vision),
        unet=unet(frames),
        scheduler=EulerDiscreteScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            prediction_type="v_prediction",
            timestep_type="continuous",
            timestep_spacing="leading",
            use_karras_sigmas=True,
            sigma_min=0.002,
            sigma_max=700.0,
            steps_offset=1,
        ),
        feature_extractor=CLIPImageProcessor(size={"shortest_edge": 224}, crop_size=224),
    )


def build(models: Path) -> None:
    """Write ``svd-xt`` and ``svd`` with fp16 files only, and the one file of ``animatelcm-svd``."""
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.disable_progress_bar()
    for name, frames, seed in (("svd-xt", 25, 1), ("svd", 14, 2)):
        torch.manual_seed(seed)
        pipeline(frames).to(dtype=torch.float16).save_pretrained(
            models / name, safe_serialization=True, variant="fp16"
        )
    torch.manual_seed(3)
    folder = models / "animatelcm-svd"
    folder.mkdir(parents=True)
    weights = {key: value.half().contiguous() for key, value in unet(25).state_dict().items()}
    save_file(weights, folder / "AnimateLCM-SVD-xt-1.1.safetensors")
