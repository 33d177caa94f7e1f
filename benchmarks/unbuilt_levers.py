"""Levers that a GPU must speak for before the engine has them: ``benchmarks.gpu`` draws with each alone.

On a CPU they gain nothing: see docs/performance.md. Each changes how torch's layers work in the body of a
``with``, so that the engine has no code for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest import mock

import torch
import torch.nn.functional as nn

from engine.core.device import Device


@contextmanager
def channels_last(_: Device) -> Iterator[None]:
    """Let convolutions over pictures keep the channels of a pixel side by side, as tensor cores want them."""
    plain = torch.nn.Conv2d.forward

    def forward(layer: torch.nn.Conv2d, given: torch.Tensor) -> torch.Tensor:
        if given.ndim == 4:
            given = given.contiguous(memory_format=torch.channels_last)
            if not layer.weight.is_contiguous(memory_format=torch.channels_last):
                layer.weight.data = layer.weight.data.contiguous(memory_format=torch.channels_last)
        return plain(layer, given)

    with mock.patch.object(torch.nn.Conv2d, "forward", forward):
        yield


@contextmanager
def temporal_as_matrices(_: Device) -> Iterator[None]:
    """Work out convolutions over time alone as three products of matrices."""
    plain = torch.nn.Conv3d.forward

    def forward(layer: torch.nn.Conv3d, given: torch.Tensor) -> torch.Tensor:
        if is_temporal(layer) and given.ndim == 5:
            return as_matrices(layer, given)
        return plain(layer, given)

    with mock.patch.object(torch.nn.Conv3d, "forward", forward):
        yield


def is_temporal(layer: torch.nn.Conv3d) -> bool:
    """Whether a layer looks three frames wide and one pixel, and keeps the number of both."""
    return (
        tuple(layer.kernel_size) == (3, 1, 1)
        and tuple(layer.stride) == tuple(layer.dilation) == (1, 1, 1)
        and tuple(layer.padding) == (1, 0, 0)
        and layer.groups == 1
        and layer.padding_mode == "zeros"
    )


def as_matrices(layer: torch.nn.Conv3d, given: torch.Tensor) -> torch.Tensor:
    """What a temporal layer gives.

    Args:
        layer: see :func:`is_temporal`.
        given: ``[B, C, T, H, W]``.

    Returns:
        ``[B, O, T, H, W]``, with the channels of a pixel side by side.
    """
    weights, frames = layer.weight[..., 0, 0], given.shape[2]
    rows = nn.pad(given.permute(0, 2, 3, 4, 1), (0, 0, 0, 0, 0, 0, 1, 1))
    out = nn.linear(rows[:, :frames], weights[..., 0], layer.bias)
    for place in (1, 2):
        out = out + nn.linear(rows[:, place : place + frames], weights[..., place])
    return out.permute(0, 4, 1, 2, 3)


@contextmanager
def half_decode(_: Device) -> Iterator[None]:
    """Let Wan's decoder work in bfloat16 where memory isn't short, too."""
    from engine.diffusion.wan.decode import decode_causal, in_half  # noqa: PLC0415 - only where Wan is drawn

    def decode(vae: Any, *given: Any, **named: Any) -> Any:
        with in_half(vae):
            return decode_causal(vae, *given, **named)

    with mock.patch("engine.diffusion.wan.take.decode_causal", decode):
        yield


UNBUILT: Mapping[str, Mapping[str, Callable[[Device], AbstractContextManager[None]]]] = {
    "svd": {"channels last": channels_last, "temporal as matrices": temporal_as_matrices},
    "animatediff": {"channels last": channels_last},
    "wan": {"decode in bfloat16": half_decode},
    "wan-5b": {"decode in bfloat16": half_decode},
}
"""Engine → what may make it quicker, by name."""
