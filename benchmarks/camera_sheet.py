"""A contact sheet of the camera: four moments of a clip of each picture, to be looked at.

``python -m benchmarks.camera_sheet sheet.webp PICTURE…`` films each picture for four seconds with the
defaults, and shows the first frame, those at a third and at two thirds, and the last one. ``--before FOLDER``
shows above them the same moments of ``FOLDER/PICTURE.mp4``, made by another version's ``framekiln render``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.core.family import Hooks, Inputs
from engine.core.recipe import Kind
from engine.core.request import Request, Subject
from engine.families import load
from engine.planning.plan import plan
from engine.runtime.context import EngineContext
from engine.weights.store import Store

Pixels = NDArray[np.uint8]

SECONDS = 4.0
QUALITY = 72
GAP = 3


def moments(frames: Pixels) -> Pixels:
    """The first frame of ``[T, H, W, 3]``, those at a third and at two thirds, and the last one."""
    last = len(frames) - 1
    return frames[[0, last // 3, 2 * last // 3, last]]


def filmed(path: Path, seed: int, store: Store) -> Pixels:
    """Film a picture with the defaults: four frames, uint8 ``[4, H, W, 3]``, RGB."""
    read = cv2.imread(str(path))
    if read is None:
        raise SystemExit(f"{path} cannot be read as a picture.")
    picture = np.ascontiguousarray(read[..., ::-1], np.uint8)
    rows, columns = picture.shape[:2]
    asked = Request(kind=Kind.ANIMATE, engine="camera", seed=seed, seconds=SECONDS)
    recipe = plan(asked, Subject(sha256="a" * 64, width=columns, height=rows))
    family = load("camera", EngineContext(store=store))
    drawn = family.draw(recipe, Inputs(picture=picture), seed=seed, hooks=Hooks())
    return moments(np.asarray(drawn, np.uint8))


def kept(clip: Path) -> Pixels:
    """The same moments of a clip, uint8 ``[4, H, W, 3]``, RGB."""
    reader = imageio_ffmpeg.read_frames(str(clip))
    wide, high = next(reader)["size"]
    frames = [np.frombuffer(frame, np.uint8).reshape(high, wide, 3) for frame in reader]
    return moments(np.stack(frames))


def strip(frames: Pixels, height: int) -> Pixels:
    """Frames side by side, of one height."""
    wide = max(1, round(frames.shape[2] * height / frames.shape[1]))
    small = [cv2.resize(frame, (wide, height), interpolation=cv2.INTER_AREA) for frame in frames]
    return np.concatenate([np.pad(frame, ((0, GAP), (0, GAP), (0, 0))) for frame in small], axis=1)


def stacked(strips: list[Pixels]) -> Pixels:
    """Strips below each other; the shorter ones end in black."""
    wide = max(one.shape[1] for one in strips)
    return np.concatenate([np.pad(one, ((0, 0), (0, wide - one.shape[1]), (0, 0))) for one in strips])


def main() -> None:
    """Draw the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sheet", type=Path)
    parser.add_argument("pictures", type=Path, nargs="+")
    parser.add_argument(
        "--before", type=Path, help="folder of clips by another version, named like the pictures"
    )
    parser.add_argument("--models", type=Path, default=Path("models"), help="where the eyes' weights are")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--height", type=int, default=120, help="of a frame on the sheet, pixels")
    parser.add_argument("--columns", type=int, default=2)
    asked = parser.parse_args()
    cells = []
    for path in asked.pictures:
        clips = [filmed(path, asked.seed, Store(asked.models))]
        if asked.before is not None:
            clips.insert(0, kept(asked.before / f"{path.stem}.mp4"))
        cells.append(
            np.pad(
                stacked([strip(clip, asked.height) for clip in clips]), ((0, 2 * GAP), (0, 3 * GAP), (0, 0))
            )
        )
        print(f"{len(cells):3} {path.name}", flush=True)
    length = -(-len(cells) // asked.columns)
    columns = [stacked(cells[first : first + length]) for first in range(0, len(cells), length)]
    high = max(column.shape[0] for column in columns)
    sheet = np.concatenate(
        [np.pad(one, ((0, high - one.shape[0]), (0, 0), (0, 0))) for one in columns], axis=1
    )
    Image.fromarray(sheet).save(asked.sheet, quality=QUALITY, method=6)


if __name__ == "__main__":
    main()
