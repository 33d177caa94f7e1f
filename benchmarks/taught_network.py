"""The small networks that are taught here and come with the engine: convolutions, then two dense layers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from engine.vision.onnx_file import network, node

_DROPPED = 0.25
_DENSE = 64


Plan = Sequence[tuple[int, int]]
"""Channels and stride of each convolution. One that has as many channels as before, and a stride of 1, lies
beside a shortcut."""


class Taught(nn.Module):  # type: ignore[misc]
    """Convolutions, and two dense layers.

    Attributes:
        shape: planes, rows and columns of what it is shown.
        pooled: the dense layers see the mean and the largest value of each channel, wherever it is; else all
            of it.
    """

    def __init__(
        self, shape: tuple[int, int, int], answers: int, plan: Plan, *, pooled: bool = False
    ) -> None:
        """Make one that has learnt nothing.

        Args:
            shape: planes, rows and columns of what it will be shown.
            answers: how many.
            plan: its convolutions.
            pooled: see above.
        """
        super().__init__()
        self.shape, self.pooled = shape, pooled
        inputs = [shape[0], *(channels for channels, _ in plan)]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, channels, 3, stride, 1)
            for before, (channels, stride) in zip(inputs, plan, strict=False)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(channels) for channels, _ in plan)
        self.shortcuts = [
            one.in_channels == one.out_channels and one.stride == (1, 1) for one in self.convolutions
        ]
        rows, columns = shape[1:]
        for _, stride in plan:
            rows, columns = -(-rows // stride), -(-columns // stride)
        seen = inputs[-1] * (2 if pooled else rows * columns)
        self.dense, self.answers = nn.Linear(seen, _DENSE), nn.Linear(_DENSE, answers)
        self.drop = nn.Dropout(_DROPPED)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits of each answer: ``[N, answers]`` for ``[N, *shape]``."""
        for convolution, norm, shortcut in zip(self.convolutions, self.norms, self.shortcuts, strict=True):
            made = torch.relu(norm(convolution(x)))
            x = x + made if shortcut else made
        seen = torch.cat([x.mean(dim=(2, 3)), x.amax(dim=(2, 3))], dim=1) if self.pooled else x.flatten(1)
        return self.answers(self.drop(torch.relu(self.dense(self.drop(seen)))))


def as_onnx(model: Taught) -> bytes:
    """A network as a file, its norms drawn into its convolutions, its numbers in half precision."""
    nodes, constants, at = [], dict[str, NDArray[np.generic]](), "shown"
    for n, (convolution, norm) in enumerate(zip(model.convolutions, model.norms, strict=True)):
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        constants[f"w{n}"] = _half(convolution.weight * scale[:, None, None, None])
        constants[f"b{n}"] = _half((convolution.bias - norm.running_mean) * scale + norm.bias)
        shape = {"kernel_shape": convolution.kernel_size, "strides": convolution.stride, "pads": (1,) * 4}
        nodes.append(node("Conv", [at, f"w{n}", f"b{n}"], [f"c{n}"], **shape))
        nodes.append(node("Relu", [f"c{n}"], [f"r{n}"]))
        if model.shortcuts[n]:
            nodes.append(node("Add", [at, f"r{n}"], [f"a{n}"]))
        at = f"a{n}" if model.shortcuts[n] else f"r{n}"
    if model.pooled:
        nodes.append(node("GlobalAveragePool", [at], ["mean"]))
        nodes.append(node("GlobalMaxPool", [at], ["most"]))
        nodes.append(node("Concat", ["mean", "most"], ["both"], axis=1))
        at = "both"
    nodes.append(node("Flatten", [at], ["flat"], axis=1))
    for layer, source, made in ((model.dense, "flat", "dense"), (model.answers, "hidden", "odds")):
        constants |= {f"{made} w": _half(layer.weight), f"{made} b": _half(layer.bias)}
        nodes.append(node("Gemm", [source, f"{made} w", f"{made} b"], [made], transB=1))
        if made == "dense":
            nodes.append(node("Relu", ["dense"], ["hidden"]))
    outputs = model.answers.out_features
    return network(nodes, constants, {"shown": (1, *model.shape)}, {"odds": (1, outputs)})


def _half(values: torch.Tensor) -> NDArray[np.generic]:
    return np.asarray(values.detach().numpy(), np.float16)
