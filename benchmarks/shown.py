"""A contact sheet of each way of the newer families, and a spectrogram where there is sound.

    python -m benchmarks.shown OUT

Small random weights: what is on the sheets is noise, but it is all that a clip goes through. With
trained weights, ``framekiln try`` draws clips to look at.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path

import engine.diffusion  # noqa: F401 - puts the libraries in order before they are imported

import cv2  # isort: skip
import numpy as np
from imageio_ffmpeg import get_ffmpeg_exe

from benchmarks.parity import a14b, ltx, vace
from benchmarks.parity.case import draw
from engine.clips.sheet import contact_sheet
from engine.core.sound import RATE, Sound
from engine.families import load
from engine.runtime.context import EngineContext
from engine.weights.store import Store


def spectrogram(sound: Sound, path: Path) -> None:
    """Draw a spectrogram as a PNG.

    Args:
        sound: float32 ``[S, 2]``.
        path: of the PNG.
    """
    subprocess.run(
        [
            *(get_ffmpeg_exe(), "-v", "error", "-y", "-f", "f32le", "-ar", str(RATE), "-ac", "2", "-i", "-"),
            *("-lavfi", "showspectrumpic=s=960x480:mode=separate", str(path)),
        ],
        input=np.ascontiguousarray(sound, np.float32).tobytes(),
        check=True,
    )


def main() -> None:
    """Draw all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    for module in (vace, a14b, ltx):
        with tempfile.TemporaryDirectory() as place:
            module.build(Path(place))
            context = EngineContext(store=Store(Path(place)))
            for case in module.cases(context.store):
                made = draw(case, load(case.family, context))
                name = f"{case.family}, {case.way}".replace(", ", "-").replace(" ", "_")
                sheet = contact_sheet(made.frames, case.recipe.native_fps)
                cv2.imwrite(str(out / f"{name}.png"), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
                if made.sound is not None:
                    spectrogram(made.sound, out / f"{name}-spectrogram.png")
                print(f"{name}: {len(made.frames)} frames", flush=True)


if __name__ == "__main__":
    main()
