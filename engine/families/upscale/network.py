"""SPAN: a small network that shows a picture at twice its size.

Sources: Wan et al. 2024, *Swift Parameter-free Attention Network for Efficient Super-Resolution*; the weights
are the authors' (48 channels, twice the size), in ncnn's format with their three-branch convolutions merged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.device import Device, DeviceKind
from engine.core.family import Frames

SCALE = 2

REACH = 20
"""Pixels of the small picture that a pixel of the large one depends on, to each side: one for each of the
3×3 convolutions that follow each other."""

_CHANNELS = 48
_BLOCKS = 6
_LEVELS = 255
_MIDDLE = 0.5
_HALF_FLOATS = 0x01306B47
"""ncnn's sign that the numbers that follow have 16 bits."""

Tensor = Any  # torch is imported when the first network is made, not before


@dataclass(frozen=True, kw_only=True)
class _Layer:
    """A convolution as the file holds it: float32 ``[out, in, side, side]`` and ``[out]``."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]


class Span:
    """The network with its weights. It keeps nothing between calls."""

    def __init__(
        self, mean: NDArray[np.float32], layers: dict[str, _Layer], device: Device | None = None
    ) -> None:
        """Move the weights to where they run; half precision on a CUDA GPU.

        Args:
            mean: colour that is taken off the picture, float32 ``[3]``, 0 … 1.
            layers: by the names of :func:`layer_shapes`.
            device: where to run; None: the CPU.
        """
        import torch  # noqa: PLC0415 - seconds, and not installed everywhere

        kind = (device or Device()).kind
        self._torch = torch
        self._f = torch.nn.functional
        self._device = torch.device(kind.value)
        self._dtype = torch.float16 if kind is DeviceKind.CUDA else torch.float32
        self._mean = torch.from_numpy(mean).to(self._device).view(1, 3, 1, 1)
        self._layers = {
            name: tuple(
                torch.from_numpy(part).to(self._device, self._dtype) for part in (layer.weight, layer.bias)
            )
            for name, layer in layers.items()
        }

    @classmethod
    def load(cls, file: Path, device: Device | None = None) -> Span:
        """Read ``spanx2_ch48.bin``. It holds numbers only.

        Raises:
            ValueError: it is damaged, or holds something else.
        """
        data = file.read_bytes()
        if len(data) != file_size():
            raise ValueError(f"{file} has {len(data)} bytes, and this network has {file_size()}")
        mean = np.frombuffer(data, "<f4", 3).astype(np.float32)
        layers: dict[str, _Layer] = {}
        at = mean.nbytes
        for name, shape in layer_shapes():
            if int.from_bytes(data[at : at + 4], "little") != _HALF_FLOATS:
                raise ValueError(f"{file} is damaged: {name} does not begin where it should")
            count = int(np.prod(shape))
            weight = np.frombuffer(data, "<f2", count, at + 4).astype(np.float32).reshape(shape)
            at += 4 + _padded(2 * count)
            bias = np.frombuffer(data, "<f4", shape[0], at).astype(np.float32)
            at += bias.nbytes
            if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
                raise ValueError(f"{file} is damaged: {name} holds numbers that are none")
            layers[name] = _Layer(weight=weight, bias=bias)
        return cls(mean, layers, device)

    @property
    def size(self) -> int:
        """Bytes of its weights."""
        return sum(int(part.nbytes) for layer in self._layers.values() for part in layer)

    def enlarge(self, frames: Frames) -> Frames:
        """Show frames at twice their size.

        Args:
            frames: uint8 ``[N, H, W, 3]``, RGB.

        Returns:
            uint8 ``[N, 2 H, 2 W, 3]``.
        """
        torch = self._torch
        with torch.inference_mode():
            pictures = torch.from_numpy(np.ascontiguousarray(frames)).to(self._device)
            pictures = pictures.permute(0, 3, 1, 2).float() / _LEVELS
            large = self._run(((pictures - self._mean) * _LEVELS).to(self._dtype)).float()
            levels = (large * _LEVELS).round().clamp(0, _LEVELS).to(torch.uint8)
            return np.asarray(levels.permute(0, 2, 3, 1).contiguous().cpu().numpy(), np.uint8)

    def _run(self, picture: Tensor) -> Tensor:
        first = self._convolve("first", picture)
        early, _ = self._block(0, first)
        found, inner = early, first
        for number in range(1, _BLOCKS):
            found, inner = self._block(number, found)
        seen = self._torch.cat((first, self._convolve("last", found), early, inner), 1)
        return self._f.pixel_shuffle(self._convolve("large", self._convolve("joined", seen)), SCALE)

    def _block(self, number: int, given: Tensor) -> tuple[Tensor, Tensor]:
        """What a block makes of its input, and what its first convolution found."""
        inner = self._f.silu(self._convolve(f"block{number}.0", given))
        found = self._f.silu(self._convolve(f"block{number}.1", inner))
        found = self._convolve(f"block{number}.2", found)
        return (found + given) * (self._torch.sigmoid(found) - _MIDDLE), inner

    def _convolve(self, name: str, field: Tensor) -> Tensor:
        weight, bias = self._layers[name]
        return self._f.conv2d(field, weight, bias, padding=weight.shape[-1] // 2)


def layer_shapes() -> Iterator[tuple[str, tuple[int, int, int, int]]]:
    """The name of each convolution and the shape of its weights, in the order of the file."""
    yield "first", (_CHANNELS, 3, 3, 3)
    for number in range(_BLOCKS):
        for step in range(3):
            yield f"block{number}.{step}", (_CHANNELS, _CHANNELS, 3, 3)
    yield "last", (_CHANNELS, _CHANNELS, 3, 3)
    yield "joined", (_CHANNELS, 4 * _CHANNELS, 1, 1)
    yield "large", (3 * SCALE**2, _CHANNELS, 3, 3)


def file_size() -> int:
    """Bytes of the network's file."""
    return 12 + sum(4 + _padded(2 * int(np.prod(shape))) + 4 * shape[0] for _, shape in layer_shapes())


def _padded(size: int) -> int:
    """Ncnn lets each part begin at a multiple of four bytes."""
    return -(-size // 4) * 4
