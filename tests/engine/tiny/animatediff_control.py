"""What AnimateDiff-Control draws with, small and random: AnimateDiff's own weights, and two ControlNets."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import DepthAnythingConfig, DepthAnythingForDepthEstimation, Dinov2Config

from tests.engine.tiny import animatediff


def build(folder: Path) -> None:
    """Write a store."""
    animatediff.build(folder)
    torch.manual_seed(3)
    control = animatediff.control()
    control.save_pretrained(folder / "controlnet-depth")
    animatediff.wake(control).save_pretrained(folder / "controlnet-canny", variant="fp16")


def depth_anything() -> DepthAnythingForDepthEstimation:
    """Depth Anything, four layers deep."""
    backbone = Dinov2Config(
        hidden_size=16,
        num_hidden_layers=4,
        num_attention_heads=2,
        image_size=28,
        patch_size=14,
        out_features=["stage1", "stage2", "stage3", "stage4"],
        reshape_hidden_states=False,
    )
    config = DepthAnythingConfig(
        backbone_config=backbone,
        reassemble_hidden_size=16,
        patch_size=14,
        neck_hidden_sizes=[4, 4, 8, 8],
        fusion_hidden_size=8,
        head_hidden_size=4,
    )
    model = DepthAnythingForDepthEstimation(config)
    # Its own start is so near to nothing that all depths round to one, or are cut off below zero.
    for weights in model.parameters():
        if weights.dim() > 1:
            torch.nn.init.normal_(weights, std=0.3)
    torch.nn.init.ones_(model.head.conv3.bias)
    return model
