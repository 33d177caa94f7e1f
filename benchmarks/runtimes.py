"""How quickly each network of the eyes runs in OpenCV, LiteRT and ONNX Runtime, on one thread.

    pip install ai-edge-litert onnxruntime     # neither is a dependency, and neither is needed
    python -m benchmarks.runtimes --models models

OpenCV has two engines, of which only the older one runs TFLite files as they are; the product writes them as
ONNX for the newer one. "–": the runtime is not installed, or cannot read the file, or not at this size. The
runtimes take turns, so that a busy machine slows all of them down alike. Each time is the best of several.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engine.vision import bodies, cutout, face_mesh, faces, hands, text_reader, text_regions
from engine.vision.network import Network
from engine.vision.optical_flow import Floats
from engine.weights.store import Store

TIMES = 7
SHOWN: tuple[tuple[str, str, tuple[int, int], tuple[str, ...]], ...] = (
    (cutout.ENTRY, cutout.FILE, (320, 320), ()),
    (faces.ENTRY, faces.FILE, (480, 640), ()),
    (face_mesh.ENTRY, face_mesh.FILE, (192, 192), face_mesh.OUTPUTS),
    (bodies.ENTRY, bodies.FILE, (256, 256), bodies.OUTPUTS),
    (hands.PALM_ENTRY, hands.PALM_FILE, (192, 192), hands.PALM_OUTPUTS),
    (hands.ENTRY, hands.FILE, (224, 224), hands.OUTPUTS),
    (text_regions.ENTRY, text_regions.FILE, (480, 640), ()),
    (text_reader.ENTRY, text_reader.FILE, (48, 320), ()),
)
"""Entry, file, the rows and columns of the picture that it is shown, and the outputs that are wanted."""

Call = Callable[[Floats], object]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, default=Path("models"))
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    names = ("as here", "older engine", "LiteRT", "ONNX Runtime")
    print(f"{'milliseconds':<14}" + "".join(f"{name:>14}" for name in names))
    for entry, file, (rows, columns), outputs in SHOWN:
        path = Store(options.models).path(entry) / file
        pixels = np.random.default_rng(1).random((1, 3, rows, columns), np.float32)
        makers: tuple[Callable[[Path, tuple[int, int]], Call | None], ...] = (
            partial(in_opencv, outputs),
            partial(in_older_engine, outputs),
            in_litert,
            in_onnxruntime,
        )
        calls = {name: make(path, (rows, columns)) for name, make in zip(names, makers, strict=True)}
        times = compare({name: call for name, call in calls.items() if call is not None}, pixels)
        shown = (f"{times[name] * 1e3:.1f}" if name in times else "–" for name in names)
        print(f"{entry:<14}" + "".join(f"{text:>14}" for text in shown))


def compare(calls: dict[str, Call], pixels: Floats) -> dict[str, float]:
    """The quickest call of each, in seconds of processor time."""
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(TIMES):
        for name, call in calls.items():
            began = time.process_time()
            call(pixels)
            best[name] = min(best[name], time.process_time() - began)
    return best


def in_opencv(outputs: Sequence[str], path: Path, _size: tuple[int, int]) -> Call:
    """OpenCV as the product uses it."""
    network = Network(path, outputs)
    return lambda pixels: network.run(pixels[0].transpose(1, 2, 0))


def in_older_engine(outputs: Sequence[str], path: Path, _size: tuple[int, int]) -> Call | None:
    """OpenCV's older engine, for TFLite."""
    if path.suffix != ".tflite":
        return None
    net = cv2.dnn.readNetFromTFLite(str(path), cv2.dnn.ENGINE_CLASSIC)

    def call(pixels: Floats) -> object:
        net.setInput(pixels)
        return net.forward(outputs)

    return call


def in_litert(path: Path, _size: tuple[int, int]) -> Call | None:
    """LiteRT reads TFLite."""
    if path.suffix != ".tflite" or find_spec("ai_edge_litert") is None:
        return None
    interpreter = import_module("ai_edge_litert.interpreter").Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    place = interpreter.get_input_details()[0]["index"]

    def call(pixels: Floats) -> object:
        interpreter.set_tensor(place, pixels.transpose(0, 2, 3, 1))
        return interpreter.invoke()

    return call


def in_onnxruntime(path: Path, size: tuple[int, int]) -> Call | None:
    """ONNX Runtime reads ONNX. CenterFace's file names one size only, which it holds to."""
    if path.suffix != ".onnx" or find_spec("onnxruntime") is None:
        return None
    package: Any = import_module("onnxruntime")
    options = package.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = package.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    wanted = session.get_inputs()[0]
    sides = zip(wanted.shape, (1, 3, *size), strict=True)
    if any(isinstance(side, int) and side != had for side, had in sides):
        return None
    return lambda pixels: session.run(None, {wanted.name: pixels})


if __name__ == "__main__":
    main()
