"""RIFE 4.25: a small network that is given two frames and says where the one halfway comes from.

Sources: Huang et al. 2022, *Real-Time Intermediate Flow Estimation for Video Frame Interpolation*; the
architecture of version 4.25 follows its published weights (Practical-RIFE, ``flownet.pkl``).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.device import Device, DeviceKind
from engine.runtime.context import EngineContext
from engine.smooth.flow import FlowModel, IntermediateFlow

NAME = "rife"
"""Its name in the catalogue."""

FILE = "flownet.pkl"

_BLOCKS = ((192, 16), (128, 8), (96, 4), (64, 2), (32, 1))
"""Channels of each block, and the factor by which its input is smaller than the frames."""

_RESIDUALS = 8
_FEATURES = 4
_HANDED_ON = 8
_OUT = 4 + 1 + _HANDED_ON
_MULTIPLE = 64
_LEAK = 0.2
_HALFWAY = 0.5

_MOST_AT_ONCE = 8
_PIXELS_AT_ONCE = 4_000_000
"""Large frames are processed a few at a time, so that they do not fill the GPU's memory."""

Tensor = Any  # torch is imported when the first network is made, not before


class Rife:
    """The network with its weights. Calls from several threads are safe: nothing is kept between them."""

    def __init__(self, weights: Mapping[str, Tensor], device: Device | None = None) -> None:
        """Move the weights to where they run; half precision on a CUDA GPU.

        Args:
            weights: name → tensor, as ``flownet.pkl`` holds them. Weights that only training used are
            ignored. device: where to run; None: the CPU.

        Raises:
            ValueError: a weight is missing, or has another shape.
        """
        import torch  # noqa: PLC0415 - seconds, and not installed everywhere

        kind = (device or Device()).kind
        self._torch = torch
        self._f = torch.nn.functional
        self._device = torch.device(kind.value)
        self._dtype = torch.float16 if kind is DeviceKind.CUDA else torch.float32
        self._weights: dict[str, Tensor] = {}
        for name, shape in weight_shapes().items():
            found = weights.get(name)
            if found is None or tuple(found.shape) != shape:
                told = "missing" if found is None else f"{list(found.shape)} and not {list(shape)}"
                raise ValueError(f"this is no RIFE 4.25: {name} is {told}")
            self._weights[name] = found.to(self._device, self._dtype)

    @classmethod
    def load(cls, file: Path, device: Device | None = None) -> Rife:
        """Read ``flownet.pkl``; no code in it is run.

        Raises:
            ValueError: it is damaged, or holds something else.
        """
        import torch  # noqa: PLC0415 - seconds, and not installed everywhere

        try:
            stored = torch.load(file, map_location="cpu", weights_only=True)
            weights = {str(name).removeprefix("module."): weight for name, weight in stored.items()}
        except Exception as error:  # a damaged pickle can raise anything
            raise ValueError(f"{file} cannot be read: {error}") from error
        return cls(weights, device)

    @property
    def size(self) -> int:
        """Bytes of its weights."""
        return sum(int(weight.nbytes) for weight in self._weights.values())

    def batch(self, height: int, width: int) -> int:
        """The number of pairs in a batch: one keeps a CPU busy, but not a GPU.

        It depends on the frames' size alone: what else the GPU holds must not change a clip.
        """
        if self._device.type == DeviceKind.CPU:
            return 1
        return max(1, min(_MOST_AT_ONCE, _PIXELS_AT_ONCE // (height * width)))

    def predict(
        self,
        frames: Sequence[NDArray[np.uint8]],
        pairs: Sequence[tuple[int, int]],
        *,
        time: float = _HALFWAY,
    ) -> list[IntermediateFlow]:
        """Where the frames halfway between two others come from, for all pairs at once.

        Each frame is sent to the device once, as bytes, and encoded once, however many pairs it is in.

        Args:
            frames: uint8 ``[H, W, 3]``, of one size.
            pairs: the indices of the earlier and the later frame.
            time: another moment than halfway, 0 … 1.
        """
        height, width = frames[0].shape[:2]
        earlier, later = ([pair[side] for pair in pairs] for side in (0, 1))
        with self._torch.inference_mode():
            pictures = self._pictures(frames)
            features = self._encode(pictures)
            before, after = ((pictures[places], features[places]) for places in (earlier, later))
            flow, mask = self._see(before, after, time)
            shares = self._torch.sigmoid(mask)[:, 0, :height, :width].cpu().numpy()
            ways = flow[:, :, :height, :width].permute(0, 2, 3, 1).cpu().numpy()
        return [
            IntermediateFlow(
                to_a=np.ascontiguousarray(way[..., :2]),
                to_b=np.ascontiguousarray(way[..., 2:]),
                share=np.ascontiguousarray(share),
            )
            for way, share in zip(ways, shares, strict=True)
        ]

    def _pictures(self, frames: Sequence[NDArray[np.uint8]]) -> Tensor:
        height, width = frames[0].shape[:2]
        pictures = self._torch.from_numpy(np.stack(frames)).to(self._device)
        pictures = pictures.permute(0, 3, 1, 2).float() / 255
        return self._f.pad(pictures, (0, -width % _MULTIPLE, 0, -height % _MULTIPLE))

    def _see(
        self, earlier: tuple[Tensor, Tensor], later: tuple[Tensor, Tensor], time: float
    ) -> tuple[Tensor, Tensor]:
        """Flow ``[N, 4, H, W]`` to both frames in pixels; the mask ``[N, 1, H, W]`` before its sigmoid.

        Args:
            earlier: pictures ``[N, 3, H, W]`` and their features ``[N, 4, H, W]``.
            later: the same of the later frames.
            time: 0 … 1.
        """
        torch = self._torch
        (a, a_features), (b, b_features) = earlier, later
        features = [a_features, b_features]
        when = torch.full_like(a[:, :1], time)
        flow = mask = handed_on = None
        for number, (_, scale) in enumerate(_BLOCKS):
            if flow is None:
                seen = torch.cat((a, b, *features, when), 1)
                flow, mask, handed_on = self._block(number, seen, None, scale)
                continue
            warped = [
                self._warp(picture, way)
                for pictures in ((a, b), features)
                for picture, way in zip(pictures, flow.split(2, 1), strict=True)
            ]
            seen = torch.cat((*warped, when, mask, handed_on), 1)
            step, mask, handed_on = self._block(number, seen, flow, scale)
            flow = flow + step
        return flow, mask

    def _encode(self, picture: Tensor) -> Tensor:
        found = picture.to(self._dtype)
        for name, stride in (("cnn0", 2), ("cnn1", 1), ("cnn2", 1)):
            found = self._leak(self._convolve(f"encode.{name}", found, stride))
        return self._widen("encode.cnn3", found).float()

    def _block(self, number: int, seen: Tensor, flow: Tensor, scale: int) -> tuple[Tensor, Tensor, Tensor]:
        block = f"block{number}"
        seen = self._resize(seen, 1 / scale)
        if flow is not None:
            seen = self._torch.cat((seen, self._resize(flow, 1 / scale) / scale), 1)
        found = seen.to(self._dtype)
        for step in (0, 1):
            found = self._leak(self._convolve(f"{block}.conv0.{step}.0", found, 2))
        for step in range(_RESIDUALS):
            name = f"{block}.convblock.{step}"
            change = self._convolve(f"{name}.conv", found, 1) * self._weights[f"{name}.beta"]
            found = self._leak(change + found)
        told = self._f.pixel_shuffle(self._widen(f"{block}.lastconv.0", found), 2).float()
        told = self._resize(told, scale)
        return told[:, :4] * scale, told[:, 4:5], told[:, 5:]

    def _warp(self, picture: Tensor, flow: Tensor) -> Tensor:
        height, width = picture.shape[2:]
        torch = self._torch
        rows = torch.arange(height, device=picture.device, dtype=torch.float32)[:, None]
        columns = torch.arange(width, device=picture.device, dtype=torch.float32)
        x = (columns + flow[:, 0]) * (2 / (width - 1)) - 1
        y = (rows + flow[:, 1]) * (2 / (height - 1)) - 1
        return self._f.grid_sample(
            picture, torch.stack((x, y), -1), mode="bilinear", padding_mode="border", align_corners=True
        )

    def _resize(self, field: Tensor, scale: float) -> Tensor:
        if scale == 1:
            return field
        return self._f.interpolate(field, scale_factor=scale, mode="bilinear", align_corners=False)

    def _leak(self, field: Tensor) -> Tensor:
        return self._f.leaky_relu(field, _LEAK)

    def _convolve(self, name: str, field: Tensor, stride: int) -> Tensor:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return self._f.conv2d(field, weight, bias, stride=stride, padding=1)

    def _widen(self, name: str, field: Tensor) -> Tensor:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return self._f.conv_transpose2d(field, weight, bias, stride=2, padding=1)


def weight_shapes() -> dict[str, tuple[int, ...]]:
    """The shape of each weight that the network needs, by name."""
    shapes: dict[str, tuple[int, ...]] = {}

    def layer(name: str, shape: tuple[int, ...], out: int) -> None:
        shapes[f"{name}.weight"] = shape
        shapes[f"{name}.bias"] = (out,)

    for name, given in (("cnn0", 3), ("cnn1", 16), ("cnn2", 16)):
        layer(f"encode.{name}", (16, given, 3, 3), 16)
    layer("encode.cnn3", (16, _FEATURES, 4, 4), _FEATURES)
    first = 2 * 3 + 2 * _FEATURES + 1
    for number, (channels, _) in enumerate(_BLOCKS):
        block, given = f"block{number}", first if number == 0 else first + 1 + _HANDED_ON + 4
        layer(f"{block}.conv0.0.0", (channels // 2, given, 3, 3), channels // 2)
        layer(f"{block}.conv0.1.0", (channels, channels // 2, 3, 3), channels)
        for step in range(_RESIDUALS):
            layer(f"{block}.convblock.{step}.conv", (channels, channels, 3, 3), channels)
            shapes[f"{block}.convblock.{step}.beta"] = (1, channels, 1, 1)
        layer(f"{block}.lastconv.0", (channels, 4 * _OUT, 4, 4), 4 * _OUT)
    return shapes


def can_run(context: EngineContext) -> bool:
    """Whether the weights and torch are there, and a device on which it is quick enough."""
    may = context.device.is_gpu or context.rife_on_cpu
    file = context.store.path(NAME) / FILE
    return file.is_file() and may and importlib.util.find_spec("torch") is not None


def find_model(context: EngineContext) -> FlowModel | None:
    """The network, if its weights and torch are there and it runs in a time that a member would wait.

    Args:
        context: where the weights are, where models run, and whether the owner accepts it on the CPU; the
            loaded network stays in its model cache.

    Raises:
        ValueError: the file is damaged, or is not this network.
    """
    if not can_run(context):
        return None
    file = context.store.path(NAME) / FILE
    return context.model_cache.get(
        NAME, lambda: Rife.load(file, context.device), lambda rife: rife.size, files=[file]
    )
