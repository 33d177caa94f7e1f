from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.vision.network import Network, Unreadable
from engine.vision.tflite_file import BadFile, Operation, read_graph
from engine.vision.tflite_to_onnx import as_onnx
from tests.engine.vision.tflite_bytes import File

ROWS, COLUMNS = 13, 10
SAME, VALID = ("b", 0), ("b", 1)
RELU, RELU6 = ("b", 1), ("b", 3)


def random(*shape, seed=3, kind=np.float32):
    return np.random.default_rng(seed).normal(0, 1, shape).astype(kind)


def conv_options(padding, stride, follows=("b", 0)):
    return {0: padding, 1: ("i", stride), 2: ("i", stride), 3: follows}


def convolved():
    """A strided convolution of halved numbers, a deep one, and their sum with what a pool leaves."""
    file = File()
    given = file.tensor("in", (1, ROWS, COLUMNS, 3))
    halved = file.constant(random(8, 3, 3, 3, kind=np.float16))
    weights = file.step(Operation.DEQUANTIZE, [halved], file.tensor("weights", (8, 3, 3, 3)))
    bias = file.constant(random(8))
    first = file.step(
        Operation.CONV,
        [given, weights, bias],
        file.tensor("first", (1, 7, 5, 8)),
        conv_options(SAME, 2, RELU6),
    )
    deep = file.step(
        Operation.DEPTHWISE_CONV,
        [first, file.constant(random(1, 5, 5, 8)), bias],
        file.tensor("deep", (1, 7, 5, 8)),
        {0: SAME, 1: ("i", 1), 2: ("i", 1), 3: ("i", 1), 4: RELU},
    )
    made = file.step(Operation.ADD, [first, deep], file.tensor("out", (1, 7, 5, 8)), {0: RELU})
    return file.written([given], [made])


def sides_and_ends():
    """What is done to the sides of a picture, then to its channels."""
    file = File()
    given = file.tensor("in", (1, ROWS, COLUMNS, 3))
    rims = file.constant(np.array([[0, 0], [1, 2], [2, 1], [0, 1]], np.int32))
    padded = file.step(Operation.PAD, [given, rims], file.tensor("padded", (1, ROWS + 3, COLUMNS + 3, 4)))
    slope = file.constant(np.abs(random(1, 1, 4)))
    bent = file.step(Operation.PRELU, [padded, slope], file.tensor("bent", (1, ROWS + 3, COLUMNS + 3, 4)))
    pooled = file.step(
        Operation.MAX_POOL,
        [bent],
        file.tensor("pooled", (1, 8, 6, 4)),
        {0: VALID, 1: ("i", 2), 2: ("i", 2), 3: ("i", 2), 4: ("i", 2)},
    )
    wide = file.step(
        Operation.RESIZE_BILINEAR,
        [pooled, file.constant(np.array([16, 12], np.int32))],
        file.tensor("wide", (1, 16, 12, 4)),
        {3: ("B", 1)},
    )
    meant = file.step(
        Operation.MEAN,
        [wide, file.constant(np.array([1, 2], np.int32))],
        file.tensor("mean", (1, 4)),
        {},
    )
    row = file.step(
        Operation.FULLY_CONNECTED,
        [meant, file.constant(random(5, 4)), file.constant(random(5))],
        file.tensor("row", (1, 5)),
        {},
    )
    sure = file.step(Operation.LOGISTIC, [row], file.tensor("sure", (1, 5)))
    return file.written([given], [sure])


def rows_of_channels():
    """Two pictures as rows of their channels, one after the other."""
    file = File()
    given = file.tensor("in", (1, ROWS, COLUMNS, 3))
    pooled = file.step(
        Operation.MAX_POOL,
        [given],
        file.tensor("pooled", (1, 7, 5, 3)),
        {0: SAME, 1: ("i", 2), 2: ("i", 2), 3: ("i", 2), 4: ("i", 2)},
    )
    rows = [
        file.step(
            Operation.RESHAPE,
            [one, file.constant(np.array([1, count, 3], np.int32))],
            file.tensor(f"rows {count}", (1, count, 3)),
        )
        for one, count in ((given, ROWS * COLUMNS), (pooled, 35))
    ]
    made = file.step(
        Operation.CONCATENATION, rows, file.tensor("out", (1, ROWS * COLUMNS + 35, 3)), {0: ("i", 1)}
    )
    return file.written([given], [made])


@pytest.mark.parametrize(
    ("made", "output"), [(convolved, "out"), (sides_and_ends, "sure"), (rows_of_channels, "out")]
)
def test_a_network_gives_what_opencvs_own_reader_gives(tmp_path, made, output):
    path = tmp_path / "small.tflite"
    path.write_bytes(made())
    pixels = random(ROWS, COLUMNS, 3, seed=5)
    (found,) = Network(path, (output,)).run(pixels)
    other = cv2.dnn.readNetFromTFLite(str(path), cv2.dnn.ENGINE_CLASSIC)
    other.setInput(pixels.transpose(2, 0, 1)[None])
    expected = other.forward(output)
    assert found.shape == expected.shape
    assert np.allclose(found, expected, atol=1e-5)
    assert found.std() > 0.01


def test_it_runs_on_the_quicker_engine(monkeypatch, tmp_path):
    monkeypatch.setattr(cv2.dnn, "readNetFromTFLite", None)
    path = tmp_path / "small.tflite"
    path.write_bytes(convolved())
    assert Network(path, ("out",)).run(random(ROWS, COLUMNS, 3))[0].shape == (1, 8, 7, 5)


def test_what_only_another_output_needs_is_left_out():
    assert len(as_onnx(convolved(), ["first"])) < len(as_onnx(convolved(), ["out"])) - 4 * 5 * 5 * 8


def test_a_network_with_an_unknown_operation_is_run_by_the_older_engine(tmp_path):
    file = File()
    given = file.tensor("in", (1, ROWS, COLUMNS, 3))
    hard_swish = 117
    path = tmp_path / "small.tflite"
    path.write_bytes(
        file.written([given], [file.step(hard_swish, [given], file.tensor("out", (1, ROWS, COLUMNS, 3)))])
    )
    with pytest.raises(BadFile):
        as_onnx(path.read_bytes(), ["out"])
    pixels = random(ROWS, COLUMNS, 3)
    (found,) = Network(path, ("out",)).run(pixels)
    assert np.allclose(found[0].transpose(1, 2, 0), pixels * np.clip(pixels + 3, 0, 6) / 6, atol=1e-5)


@pytest.mark.parametrize("cut", [0, 3, 8, 40, 200, -700, -40])
def test_a_file_that_ends_early_is_said_to_be_bad(tmp_path, cut):
    path = tmp_path / "small.tflite"
    path.write_bytes(convolved()[:cut])
    with pytest.raises(Unreadable):
        Network(path, ("out",)).run(random(ROWS, COLUMNS, 3))


def test_bytes_that_were_changed_never_raise_anything_else():
    data, rng = convolved(), np.random.default_rng(7)
    for _ in range(300):
        changed = bytearray(data)
        for at in rng.integers(0, len(data), 4):
            changed[at] = rng.integers(0, 256)
        try:
            as_onnx(bytes(changed), ["out"])
        except BadFile:
            continue


def test_halved_numbers_are_read_as_they_are():
    (halved, *_) = (one.values for one in read_graph(convolved()).tensors if one.values is not None)
    assert halved.dtype == np.float16
    assert np.array_equal(halved, random(8, 3, 3, 3, kind=np.float16))
