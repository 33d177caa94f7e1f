"""What AnimateDiff-Control draws with, small and random: AnimateDiff's own weights, and two ControlNets."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import ControlNetModel

from tests.engine.tiny import animatediff


def build(folder: Path) -> None:
    """Write a store."""
    animatediff.build(folder)
    torch.manual_seed(3)
    control = ControlNetModel.from_unet(animatediff.unet(), conditioning_embedding_out_channels=(8, 8))
    control.save_pretrained(folder / "controlnet-depth")  # as it is made: all that it adds is zero
    animatediff.wake(control).save_pretrained(folder / "controlnet-canny", variant="fp16")
