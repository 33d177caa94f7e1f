"""Which of torch's kernels for attention is tried first, by the card.

torch asks one after the other whether it can do a call, and takes the first that can. All of them compute
the same but for rounding. Only the order is chosen here, so what none of the fast ones can do is still done.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from engine.core.device import DeviceKind
from engine.runtime.context import Attention, EngineContext

HOPPER, CONSUMER_BLACKWELL, AMPERE = (9, 0), (12, 0), (8, 0)
"""Compute capabilities from which on."""

_KERNELS = {
    Attention.CUDNN: SDPBackend.CUDNN_ATTENTION,
    Attention.FLASH: SDPBackend.FLASH_ATTENTION,
    Attention.EFFICIENT: SDPBackend.EFFICIENT_ATTENTION,
    Attention.MATH: SDPBackend.MATH,
}


def order_for(capability: tuple[int, int], wanted: Attention = Attention.AUTO) -> tuple[Attention, ...]:
    """All kernels, in the order in which they are tried.

    - Hopper and the data centre's Blackwell: cuDNN's was written for their tensor memory and asynchronous
      copies; torch's own flash kernel is that of Ampere.
    - Ampere, Ada and consumer Blackwell: flash. cuDNN's is no quicker there, and plans each new shape anew.
    - Turing and older: flash does not run there; the memory-efficient one does.

    ``math`` writes all scores to memory, and is everywhere the last.

    Args:
        capability: of the card, as :func:`torch.cuda.get_device_capability` tells it.
        wanted: the owner's choice goes before all others.
    """
    if HOPPER <= capability < CONSUMER_BLACKWELL:
        order = [Attention.CUDNN, Attention.FLASH, Attention.EFFICIENT]
    elif capability >= AMPERE:
        order = [Attention.FLASH, Attention.CUDNN, Attention.EFFICIENT]
    else:
        order = [Attention.EFFICIENT, Attention.FLASH, Attention.CUDNN]
    order.append(Attention.MATH)
    if wanted is not Attention.AUTO:
        order.remove(wanted)
        order.insert(0, wanted)
    return tuple(order)


@contextmanager
def attending(context: EngineContext) -> Iterator[None]:
    """Let attention be computed by the kernel that suits the card, in the body of the ``with``.

    Anywhere but on CUDA there is nothing to choose.
    """
    if context.device.kind is not DeviceKind.CUDA:
        yield
        return
    order = order_for(torch.cuda.get_device_capability(), context.attention)
    with sdpa_kernel([_KERNELS[name] for name in order], set_priority=True):
        yield
