"""The process that looks at one picture for what its plan needs, and ends.

Bare pixels come by standard input, one line of JSON leaves by standard output: a
:class:`engine.core.sight.Sight`. The networks are large pieces of native code, and their input was made by a
stranger. A fault in them ends this process, and neither the bot nor its event loop waits for them: it gives
way to the bot and uses one processor.

Run by :mod:`bot.intake.looking` as ``python -I`` with an empty environment.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import system

NICENESS = 5


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is looked at, and what it may cost.

    Attributes:
        models: the folder of weights.
        width, height: of the picture, in pixels.
        cpu_seconds: of processor time.
        memory: bytes of address space.
    """

    models: str
    width: int
    height: int
    cpu_seconds: int
    memory: int


def main() -> int:
    """Read what to look at from the first argument and pixels from standard input; write what was seen."""
    order = Look(**json.loads(sys.argv[1]))
    system.give_way(NICENESS)
    system.confine(cpu_seconds=order.cpu_seconds, memory=order.memory, open_files=64, file_bytes=0)
    # numpy's own library would make a thread with memory of its own for each processor.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    import cv2  # noqa: PLC0415 - slow to import, and only after the limits are set
    import numpy as np  # noqa: PLC0415

    from engine.vision.eyes import Eyes  # noqa: PLC0415
    from engine.weights.store import Store  # noqa: PLC0415

    cv2.setNumThreads(1)
    pixels = sys.stdin.buffer.read(3 * order.width * order.height)
    picture = np.frombuffer(pixels, np.uint8).reshape(order.height, order.width, 3)
    sys.stdout.write(Eyes(Store(Path(order.models))).look(picture).to_json() + "\n")
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
