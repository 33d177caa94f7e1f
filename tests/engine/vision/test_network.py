from __future__ import annotations

import numpy as np
import pytest

from engine.vision.network import Network, Unreadable, fitted, sigmoid
from tests.engine.vision.onnx_bytes import relu


def test_a_network_is_given_channels_first_and_returns_its_output(tmp_path):
    path = tmp_path / "tiny.onnx"
    path.write_bytes(relu((1, 3, 4, 6)))
    pixels = np.random.default_rng(1).normal(size=(4, 6, 3)).astype(np.float32)
    (found,) = Network(path).run(pixels)
    assert np.allclose(found[0].transpose(1, 2, 0), np.maximum(pixels, 0))


@pytest.mark.parametrize("name", ["x.onnx", "x.tflite"])
@pytest.mark.parametrize("content", [b"", b"this is no network", b"\0" * 4000])
def test_a_file_that_is_no_network_is_said_to_be_unreadable(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=name):
        Network(path, ("out",)).run(np.zeros((4, 4, 3), np.float32))


def test_an_output_that_is_not_there_is_said(tmp_path):
    path = tmp_path / "tiny.onnx"
    path.write_bytes(relu((1, 3, 4, 6)))
    with pytest.raises(Unreadable, match="not the network"):
        Network(path, ("other",)).run(np.zeros((4, 6, 3), np.float32))


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1000, 500), (640, 320)), ((100, 90), (96, 96)), ((3, 2000), (32, 640)), ((1, 1), (32, 32))],
)
def test_a_picture_is_scaled_down_to_multiples_and_never_enlarged_beyond_one(size, expected):
    width, height = size
    shown = fitted(np.zeros((height, width, 3), np.uint8), 640, 32)
    assert (shown.shape[1], shown.shape[0]) == expected


def test_a_logit_of_any_size_becomes_a_share():
    assert sigmoid(np.array([-1e9, 0, 1e9], np.float32)) == pytest.approx([0, 0.5, 1])
