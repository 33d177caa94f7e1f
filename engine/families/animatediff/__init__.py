"""AnimateDiff on checkpoints of Stable Diffusion 1.5, and with ControlNet."""
