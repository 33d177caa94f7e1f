"""Writes a TFLite network as ONNX, so that OpenCV's newer engine runs it.

That engine needs less than half of the time for most of them, but gives only one output of a TFLite file
(docs/dependencies.md). The numbers stay the same. TFLite has the channels last, ONNX before the rows.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.vision.onnx_file import Attribute, network, node
from engine.vision.tflite_file import BadFile, Graph, Operation, Step, read_graph

_PICTURE = 4
"""Sides of a tensor that has rows, columns and channels."""
_VALID = 1
"""TFLite's number for a convolution that stays inside the picture."""
_RELU, _RELU6 = 1, 3
"""TFLite's numbers for what may follow at once."""


def as_onnx(data: bytes, outputs: Sequence[str]) -> bytes:
    """Write a network anew.

    Args:
        data: a TFLite file.
        outputs: names of the outputs that are wanted. What only others need is left out.

    Returns:
        An ONNX file with one input, float32 ``[1, channels, rows, columns]``.

    Raises:
        BadFile: it is no such file, has none of these outputs, or does something that is not known here.
    """
    graph = read_graph(data)
    if not outputs:
        raise BadFile("no output is wanted")
    try:
        return _Writer(graph, outputs).written()
    except (IndexError, KeyError, ValueError, struct.error) as error:
        raise BadFile("its steps do not fit together") from error


class _Writer:
    def __init__(self, graph: Graph, outputs: Sequence[str]) -> None:
        named = {tensor.name: number for number, tensor in enumerate(graph.tensors)}
        self._graph = graph
        self._wanted = [named[name] for name in outputs]
        self._nodes: list[bytes] = []
        self._constants: dict[str, NDArray[np.generic]] = {}
        self._values = {
            number: tensor.values for number, tensor in enumerate(graph.tensors) if tensor.values is not None
        }
        self._ways: dict[Operation, Callable[[Step], None]] = {
            Operation.ADD: self._add,
            Operation.CONCATENATION: self._concatenation,
            Operation.CONV: self._conv,
            Operation.DEPTHWISE_CONV: self._conv,
            Operation.DEQUANTIZE: self._dequantize,
            Operation.FULLY_CONNECTED: self._fully_connected,
            Operation.LOGISTIC: lambda step: self._node("Sigmoid", step, [self._name(step.inputs[0])]),
            Operation.MAX_POOL: self._max_pool,
            Operation.RESHAPE: self._reshape,
            Operation.RESIZE_BILINEAR: self._resize,
            Operation.PAD: self._pad,
            Operation.MEAN: self._mean,
            Operation.PRELU: self._prelu,
        }

    def written(self) -> bytes:
        for step in self._needed():
            self._ways[step.operation](step)
        (given,) = self._graph.inputs
        return network(
            self._nodes,
            self._constants,
            {self._name(given): self._shape(given)},
            {self._name(number): self._shape(number) for number in self._wanted},
        )

    def _needed(self) -> list[Step]:
        """The steps on the way to the wanted outputs, in order."""
        needed, steps = set(self._wanted), []
        for step in reversed(self._graph.steps):
            if needed.intersection(step.outputs):
                needed.update(step.inputs)
                steps.append(step)
        return steps[::-1]

    def _name(self, number: int) -> str:
        return self._graph.tensors[number].name

    def _shape(self, number: int) -> tuple[int, ...]:
        """As ONNX has it."""
        shape = self._graph.tensors[number].shape
        return (shape[0], shape[3], *shape[1:3]) if len(shape) == _PICTURE else shape

    def _node(
        self, operation: str, step: Step, inputs: Sequence[str], follows: int = 0, **attributes: Attribute
    ) -> None:
        """Add a node that makes a step's result, and what follows at once."""
        name = self._name(step.outputs[0])
        if follows not in (0, _RELU, _RELU6):
            raise BadFile(f"{operation} is followed by something unknown")
        made = f"{name}, before" if follows else name
        self._nodes.append(node(operation, inputs, [made], **attributes))
        if follows == _RELU:
            self._nodes.append(node("Relu", [made], [name]))
        elif follows:
            ends = (self._constant(f"{name}, {end}", np.float32(end)) for end in (0, 6))
            self._nodes.append(node("Clip", [made, *ends], [name]))

    def _constant(self, name: str, values: NDArray[np.generic] | np.generic) -> str:
        self._constants[name] = np.asarray(values)
        return name

    def _dequantize(self, step: Step) -> None:
        # ONNX may hold the halved numbers themselves.
        self._values[step.outputs[0]] = self._values[step.inputs[0]]

    def _conv(self, step: Step) -> None:
        deep = step.operation is Operation.DEPTHWISE_CONV
        given, *weights = step.inputs
        # Channels made, rows, columns, channels read; or 1, rows, columns, channels.
        kernel = self._values[weights[0]].transpose((3, 0, 1, 2) if deep else (0, 3, 1, 2))
        names = [self._constant(self._name(weights[0]), kernel)]
        names += [self._constant(self._name(one), self._values[one]) for one in weights[1:]]
        options = step.options
        if any(options.number(field, "i", 1) != 1 for field in ((6, 5) if deep else (5, 4))):
            raise BadFile("a convolution leaves pixels out")
        self._node(
            "Conv",
            step,
            [self._name(given), *names],
            options.number(4 if deep else 3, "b"),
            kernel_shape=kernel.shape[2:],
            strides=(options.number(2, "i"), options.number(1, "i")),
            group=self._shape(given)[1] if deep else 1,
            pads=self._pads(step, kernel.shape[2:]),
        )

    def _max_pool(self, step: Step) -> None:
        options = step.options
        kernel = (options.number(4, "i"), options.number(3, "i"))
        self._node(
            "MaxPool",
            step,
            [self._name(step.inputs[0])],
            options.number(5, "b"),
            kernel_shape=kernel,
            strides=(options.number(2, "i"), options.number(1, "i")),
            pads=self._pads(step, kernel),
        )

    def _pads(self, step: Step, kernel: Sequence[int]) -> tuple[int, ...]:
        """Rows and columns of nothing around a picture: above, left, below, right."""
        options, given, made = step.options, self._shape(step.inputs[0]), self._shape(step.outputs[0])
        if options.number(0, "b") == _VALID:
            return 0, 0, 0, 0
        strides = options.number(2, "i"), options.number(1, "i")
        missing = [
            max(0, (after - 1) * stride + side - before)
            for before, after, stride, side in zip(given[2:], made[2:], strides, kernel, strict=True)
        ]
        above, left = (one // 2 for one in missing)
        return above, left, missing[0] - above, missing[1] - left

    def _add(self, step: Step) -> None:
        if self._values.keys() & step.inputs:
            raise BadFile("a constant is added")
        self._node("Add", step, [self._name(one) for one in step.inputs], step.options.number(0, "b"))

    def _concatenation(self, step: Step) -> None:
        axis = step.options.number(0, "i")
        if len(self._shape(step.outputs[0])) == _PICTURE:
            axis = (0, 2, 3, 1)[axis]
        names = [self._name(one) for one in step.inputs]
        self._node("Concat", step, names, step.options.number(1, "b"), axis=axis)

    def _fully_connected(self, step: Step) -> None:
        given, weights, bias = step.inputs
        name = self._flat(given)
        constants = [self._constant(self._name(one), self._values[one]) for one in (weights, bias)]
        self._node("Gemm", step, [name, *constants], step.options.number(0, "b"), transB=1)

    def _flat(self, number: int) -> str:
        """The name of a picture of one pixel as a row of channels."""
        name, shape = self._name(number), self._shape(number)
        if len(shape) != _PICTURE:
            return name
        if shape[2:] != (1, 1):
            raise BadFile("all pixels of a picture are weighed")
        self._nodes.append(node("Flatten", [name], [f"{name}, flat"], axis=1))
        return f"{name}, flat"

    def _reshape(self, step: Step) -> None:
        given, made = step.inputs[0], step.outputs[0]
        name, shape = self._name(given), self._shape(made)
        if len(shape) == _PICTURE:
            raise BadFile("something is reshaped to a picture")
        if len(self._shape(given)) == _PICTURE:
            self._nodes.append(node("Transpose", [name], [f"{name}, last"], perm=(0, 2, 3, 1)))
            name = f"{name}, last"
        sides = self._constant(f"{self._name(made)}, sides", np.asarray(shape, np.int64))
        self._node("Reshape", step, [name, sides])

    def _resize(self, step: Step) -> None:
        aligned, halves = (step.options.number(field, "b") for field in (2, 3))
        mode = "align_corners" if aligned else "half_pixel" if halves else "asymmetric"
        sides = np.asarray(self._shape(step.outputs[0]), np.int64)
        size = self._constant(f"{self._name(step.outputs[0])}, size", sides)
        names = [self._name(step.inputs[0]), "", "", size]
        self._node("Resize", step, names, mode="linear", coordinate_transformation_mode=mode)

    def _pad(self, step: Step) -> None:
        given, rims = step.inputs
        before, after = self._values[rims][[0, 3, 1, 2]].T
        sides = self._constant(f"{self._name(step.outputs[0])}, rims", np.concatenate([before, after]))
        self._node("Pad", step, [self._name(given), sides])

    def _mean(self, step: Step) -> None:
        given, axes = step.inputs
        if sorted(self._values[axes].ravel().tolist()) != [1, 2]:
            raise BadFile("a mean is not that of a picture")
        name = self._name(step.outputs[0])
        if len(self._shape(step.outputs[0])) == _PICTURE:
            self._node("GlobalAveragePool", step, [self._name(given)])
            return
        self._nodes.append(node("GlobalAveragePool", [self._name(given)], [f"{name}, whole"]))
        self._node("Flatten", step, [f"{name}, whole"], axis=1)

    def _prelu(self, step: Step) -> None:
        given, slope = step.inputs
        slopes = self._values[slope].reshape(-1, 1, 1)
        self._node("PRelu", step, [self._name(given), self._constant(self._name(slope), slopes)])
