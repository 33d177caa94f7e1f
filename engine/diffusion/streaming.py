"""Models whose layers come to the graphics card one by one, each just before its turn.

That is diffusers' group offloading at the level of leaves. It takes the place of accelerate's sequential
offloading, which does the same without fetching the next layer while one works.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from diffusers.hooks.group_offloading import apply_group_offloading
from diffusers.hooks.hooks import HookRegistry

from engine.core.device import Device, DeviceKind

_HOOKS = ("group_offloading", "layer_execution_tracker", "lazy_prefetch_group_offloading")
"""Names under which diffusers registers what it does. It has no function that undoes it."""


@contextmanager
def streamed(models: Sequence[Any], device: Device) -> Iterator[None]:
    """Let models work layer by layer, for the body of the ``with``; then they are in main memory, as before.

    Args:
        models: torch modules without other hooks, in main memory or on the device.
        device: where they work.
    """
    on_cuda = device.kind is DeviceKind.CUDA
    every = [module for model in models for module in model.modules()]
    untouched = [module for module in every if "forward" not in vars(module)]
    try:
        for model in models:
            model.to("cpu")
            apply_group_offloading(
                model,
                onload_device=torch.device(device.kind.value),
                offload_type="leaf_level",
                use_stream=on_cuda,
                low_cpu_mem_usage=on_cuda,  # else all weights are pinned at once, which may be all memory
            )
        yield
    finally:
        for model in models:
            registry = HookRegistry.check_if_exists_or_initialize(model)
            for name in _HOOKS:
                registry.remove_hook(name, recurse=True)
            model.to("cpu")
        for module in every:
            vars(module).pop("_diffusers_hook", None)
        for module in untouched:  # else its own method stays as an attribute, and keeps it alive
            vars(module).pop("forward", None)
