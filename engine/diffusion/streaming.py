"""Models whose layers or blocks come to the graphics card one by one, each just before its turn.

That is diffusers' group offloading. It takes the place of accelerate's sequential offloading, which does the
same without fetching the next layer while one works.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from diffusers.hooks.group_offloading import apply_group_offloading
from diffusers.hooks.hooks import HookRegistry

from engine.core.device import Device, DeviceKind
from engine.diffusion.loading import size_of
from engine.runtime.main_memory import free_main_memory

_HOOKS = ("group_offloading", "layer_execution_tracker", "lazy_prefetch_group_offloading")
"""Names under which diffusers registers what it does. It has no function that undoes it."""


def pins(models: Sequence[Any], free: int | None) -> bool:
    """Whether there is room to pin a second copy of all weights: that makes each transfer faster.

    Args:
        models: what is streamed.
        free: bytes of main memory; None: not known.
    """
    return free is not None and 2 * sum(size_of(model) for model in models) < free


@contextmanager
def streamed(
    models: Sequence[Any], device: Device, *, blocks_of: Sequence[str] | None = ()
) -> Iterator[None]:
    """Let models work bit by bit, for the body of the ``with``; then they are in main memory, as before.

    Args:
        models: torch modules without other hooks, in main memory or on the device.
        device: where they work.
        blocks_of: names of the models' children whose blocks come one by one, each as a whole: fewer
            transfers. None: the model's own blocks do. Empty: every single layer comes by itself.
    """
    in_blocks = blocks_of is None or len(blocks_of) > 0
    on_cuda = device.kind is DeviceKind.CUDA
    every = [module for model in models for module in model.modules()]
    untouched = [module for module in every if "forward" not in vars(module)]
    try:
        for model in models:
            model.to("cpu")
            apply_group_offloading(
                model,
                onload_device=torch.device(device.kind.value),
                offload_type="block_level" if in_blocks else "leaf_level",
                num_blocks_per_group=1 if in_blocks else None,
                block_modules=list(blocks_of or ())
                or None,  # by itself it finds the blocks of its children only
                use_stream=on_cuda,
                low_cpu_mem_usage=on_cuda and not pins(models, free_main_memory()),
            )
        yield
    finally:
        for model in models:
            registry = HookRegistry.check_if_exists_or_initialize(model)
            for name in _HOOKS:
                registry.remove_hook(name, recurse=True)
            model.to("cpu")
        for module in every:
            left = vars(module).get("_diffusers_hook")
            if left is not None and not left.hooks:  # weights that are kept in fp8 have a hook of their own
                del vars(module)["_diffusers_hook"]
        for module in untouched:  # else its own method stays as an attribute, and keeps it alive
            vars(module).pop("forward", None)
