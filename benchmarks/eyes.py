"""How long each eye takes, and how much memory the process that looks takes, on one thread.

    python -m benchmarks.eyes --models models PICTURE…

Each time is the best of several: what else runs on the machine only adds to it. The eyes have to be installed
(``framekiln models pull eyes``); the one for things is measured where it is.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bot.intake import sandbox
from engine.untrusted.look import Look
from engine.vision.eyes import Eye, Eyes
from engine.weights.store import Store

TIMES = 5
SIDE = 1024
"""Longer side of the pictures, in pixels."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--models", type=Path, default=Path("models"))
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    store = Store(options.models)
    missing = [eye.value for eye in Eye if eye is not Eye.THINGS and not Eyes(store).has(eye)]
    if missing:
        sys.exit(f"{', '.join(missing)} are not installed: framekiln models pull eyes")
    for path in options.pictures:
        picture = read(path)
        print(f"\n{path.name}, {picture.shape[1]}x{picture.shape[0]}")
        for name, seconds, found in each(Eyes(store), picture):
            print(f"  {name:<22} {seconds * 1e3:7.1f} ms   {found}")
        print(f"  {'intake, its process':<22} {process(options.models, picture)}")


def read(path: Path) -> NDArray[np.uint8]:
    """A file's pixels, RGB, at :data:`SIDE`."""
    pixels = cv2.imread(str(path))
    if pixels is None:
        sys.exit(f"{path} is no picture")
    scale = SIDE / max(pixels.shape[:2])
    scaled = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(scaled[..., ::-1], dtype=np.uint8)


def each(eyes: Eyes, picture: NDArray[np.uint8]) -> list[tuple[str, float, str]]:
    """Name, seconds and what was found, for each eye."""
    faces = eyes.faces(picture)
    lines = eyes.text(picture)
    rows: list[tuple[str, Callable[[], object], str]] = [
        ("subject", lambda: eyes.cutout(picture), "one" if eyes.cutout(picture) else "none"),
        ("faces", lambda: eyes.faces(picture), str(len(faces))),
        ("lines of text", lambda: eyes.text(picture), str(len(lines))),
    ]
    hands = eyes.hands(picture)
    rows.append(("hands", lambda: eyes.hands(picture), str(len(hands))))
    if eyes.has(Eye.THINGS):
        rows.append(("things", lambda: eyes.things(picture), str(len(eyes.things(picture)))))
    if faces:
        mesh = eyes.mesh(picture, faces[0])
        rows.append(("body under a face", lambda: eyes.body(picture, faces[0]), ""))
        rows.append(("mesh, first", lambda: eyes.mesh(picture, faces[0]), "" if mesh else "none"))
        if mesh is not None:
            rows.append(("mesh, next frame", lambda: eyes.mesh(picture, mesh), ""))
    if lines:
        rows.append(("reading a line", lambda: eyes.read(picture, lines[0]), f"{lines[0].width:.0f} px wide"))
    return [(name, best(call), found) for name, call, found in rows]


def best(call: Callable[[], object]) -> float:
    """Seconds of processor time of the quickest call."""
    times = []
    for _ in range(TIMES):
        began = time.process_time()
        call()
        times.append(time.process_time() - began)
    return min(times)


def process(models: Path, picture: NDArray[np.uint8]) -> str:
    """What looking costs at intake: processor time and memory of the whole process."""
    height, width = picture.shape[:2]
    order = Look(models=str(models.absolute()), width=width, height=height, cpu_seconds=120, memory=2**31)
    tell = "import resource; use = resource.getrusage(resource.RUSAGE_SELF); "
    # The process would inherit the largest size of this one: Linux's own count begins with the program.
    tell += "peak = open('/proc/self/status').read().split('VmHWM:')[1].split()[0]; "
    tell += "print(use.ru_utime + use.ru_stime, peak)"
    code = sandbox.program("engine.untrusted.look").replace("sys.exit(main())", f"main(); {tell}")
    root = str(Path(__file__).resolve().parents[1])
    done = subprocess.run(
        [sys.executable, "-I", "-B", "-c", code, json.dumps(asdict(order)), root],
        input=picture.tobytes(),
        capture_output=True,
        check=True,
        env={},
    )
    seconds, kilobytes = done.stdout.split()[-2:]
    return f"{float(seconds) * 1e3:7.0f} ms   {int(kilobytes) / 1024:.0f} MB"


if __name__ == "__main__":
    main()
