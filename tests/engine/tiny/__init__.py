"""Small random weights in the layouts of the real repositories: production code loads them as they are."""

from __future__ import annotations

import torch

import engine.diffusion  # noqa: F401 - puts the libraries in order, before a builder imports them

torch.set_num_threads(1)
