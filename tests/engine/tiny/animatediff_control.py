"""What AnimateDiff-Control draws with, small and random: AnimateDiff's own weights, and two ControlNets."""

from __future__ import annotations

from pathlib import Path

import torch

from tests.engine.tiny import animatediff


def build(folder: Path) -> None:
    """Write a store."""
    animatediff.build(folder)
    torch.manual_seed(3)
    control = animatediff.control()
    control.save_pretrained(folder / "controlnet-depth")
    animatediff.wake(control).save_pretrained(folder / "controlnet-canny", variant="fp16")
