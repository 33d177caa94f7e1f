"""How much of the graphics card's memory there is for something new."""

from __future__ import annotations

import torch


def free_bytes() -> int:
    """Bytes that CUDA has free, with those that torch holds and does not use."""
    unused = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
    return torch.cuda.mem_get_info()[0] + unused
