"""Weights of the upscaler's own size that repeat each pixel, with as much random detail as a test likes."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.families.upscale import FILE, SPAN
from engine.families.upscale.network import layer_shapes

MEAN = np.array([0.4488, 0.4371, 0.4040], np.float32)
"""What the real network takes off each colour."""

Layers = dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]


def repeating() -> Layers:
    """A network that shows each pixel as four of the same colour; its blocks find nothing."""
    layers: Layers = {
        name: (np.zeros(shape, np.float32), np.zeros(shape[0], np.float32)) for name, shape in layer_shapes()
    }
    for channel in range(3):
        layers["first"][0][channel, channel, 1, 1] = 1 / 255
        layers["joined"][0][channel, channel, 0, 0] = 1
        for place in range(4):
            layers["large"][0][4 * channel + place, channel, 1, 1] = 1
            layers["large"][1][4 * channel + place] = MEAN[channel]
    return layers


def random(seed: int = 0, *, scale: float = 0.05) -> Layers:
    """A network of random numbers: what it shows resembles nothing."""
    rng = np.random.default_rng(seed)
    return {
        name: (
            rng.normal(0, scale, shape).astype(np.float32),
            rng.normal(0, scale, shape[0]).astype(np.float32),
        )
        for name, shape in layer_shapes()
    }


def file_of(layers: Layers) -> bytes:
    """The numbers as ncnn stores them: 16 bits a weight, padded to four bytes; 32 bits a bias."""
    parts = [MEAN.tobytes()]
    for name, _ in layer_shapes():
        weight, bias = layers[name]
        half = weight.astype("<f2").tobytes()
        parts += [struct.pack("<I", 0x01306B47), half, b"\0" * (-len(half) % 4), bias.astype("<f4").tobytes()]
    return b"".join(parts)


def build(folder: Path) -> None:
    """Put the network that repeats pixels where the upscaler looks for its own."""
    (folder / SPAN).mkdir(parents=True)
    (folder / SPAN / FILE).write_bytes(file_of(repeating()))
