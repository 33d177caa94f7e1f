"""A large GPU as if it were a smaller one: torch may take no more, and the driver tells of no more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from engine.core.device import Device, DeviceKind
from engine.planning.recommended import sold_as
from engine.runtime.model_cache import collect


@contextmanager
def capped(gigabytes: int | None, device: Device) -> Iterator[None]:
    """Leave a GPU so much memory for the body of the ``with``.

    Args:
        gigabytes: as it would be sold; None: all that it has.
        device: where models run; only CUDA can be capped, another is left as it is.

    Raises:
        ValueError: it has less than that.
    """
    if gigabytes is None or device.kind is not DeviceKind.CUDA:
        yield
        return
    limit = sold_as(gigabytes).memory
    if limit > device.memory:
        raise ValueError(f"the GPU has less than {gigabytes} GB")
    really = torch.cuda.mem_get_info

    def told(*_: object) -> tuple[int, int]:
        return max(0, min(really()[0], limit - torch.cuda.memory_reserved())), limit

    collect()
    torch.cuda.set_per_process_memory_fraction(limit / device.memory)
    torch.cuda.mem_get_info = told
    try:
        yield
    finally:
        torch.cuda.mem_get_info = really
        torch.cuda.set_per_process_memory_fraction(1.0)
        collect()
