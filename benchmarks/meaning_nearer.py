"""Whether somebody who comes nearer is told from a face that grows: ``python -m benchmarks.meaning_nearer``.

What stands out in a photo is cut out and drawn larger and larger around its largest face, before a background
that stays. Head, neck and body grow together, so that nothing is wrong. Prints how many of these takes the
gate's findings on faces are raised in, beside those of the photo's face grown on its head by as much.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.meaning import RATE, place_of
from benchmarks.meaning_faults import GROWN, Frames, grown
from engine.gate.clip import Clip
from engine.gate.meaning import find_faults
from engine.vision.eyes import Eyes
from engine.vision.optical_flow import Floats
from engine.weights.store import Store

Picture = NDArray[np.uint8]

LENGTH, SIDE = 16, 416
NEARER = (1.15, 1.4, 0.75)
"""How much larger somebody is at the end; less than 1: goes away."""
_EDGE = 0.05
"""Of the cut-out, from which a place belongs to the person."""


def nearer(picture: Picture, mask: Floats, middle: Floats, by: float) -> Frames:
    """Somebody who comes nearer, or goes away.

    Args:
        picture: uint8 ``[H, W, 3]``.
        mask: of the person, float32 ``[H, W]``, 0 … 1.
        middle: of the face, pixels, x first.
        by: how much larger they are at the end.
    """
    height, width = picture.shape[:2]
    hole = (cv2.resize(cv2.dilate(mask, np.ones((9, 9))), None, fx=0.25, fy=0.25) > _EDGE).astype(np.uint8)
    small = cv2.resize(picture, hole.shape[::-1], interpolation=cv2.INTER_AREA)
    filled = cv2.resize(cv2.inpaint(small, hole, 5, cv2.INPAINT_TELEA), (width, height))
    behind = np.where((cv2.dilate(mask, np.ones((9, 9))) > _EDGE)[..., None], filled, picture)
    start = max(1.0, 1 / by)  # who goes away begins larger, so that no hole opens
    frames = []
    for scale in np.linspace(start, start * by, LENGTH):
        matrix = cv2.getRotationMatrix2D((float(middle[0]), float(middle[1])), 0, float(scale))
        share = cv2.warpAffine(mask, matrix, (width, height))[..., None]
        near = cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_CUBIC)
        frames.append((near * share + behind * (1 - share)).astype(np.uint8))
    return np.stack(frames)


def takes(photo: Path, eyes: Eyes) -> Iterator[tuple[str, Frames]]:
    """The name of each take and its frames; none of a photo without a face or with nothing to cut out."""
    picture = np.ascontiguousarray(np.asarray(cv2.imread(str(photo)), np.uint8)[..., ::-1])
    size = (round(side * SIDE / max(picture.shape[:2]) / 16) * 16 for side in picture.shape[1::-1])
    picture = np.asarray(cv2.resize(picture, tuple(size), interpolation=cv2.INTER_AREA), np.uint8)
    place, cutout = place_of(picture, eyes), eyes.cutout(picture)
    if place is None or cutout is None:
        return
    for by in NEARER:
        yield f"nearer, {by}", nearer(picture, cutout.mask, place.middle, by)
    still = np.repeat(picture[None], LENGTH, axis=0)
    for strength, share in enumerate(GROWN, start=1):
        yield f"face grown, {share}", grown(still, [place] * LENGTH, strength, np.random.default_rng(0))


def main() -> None:
    """Print how many takes of each kind a finding is raised in."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=Path, nargs="+", required=True, help="photos with a face")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    eyes = Eyes(Store(Path(os.environ.get("FRAMEKILN_MODELS_DIR", "models"))))
    told: dict[str, list[list[str]]] = {}
    for photo in options.photos:
        for name, frames in takes(photo, eyes):
            found = find_faults(Clip(frames, frames[0], RATE), eyes)
            told.setdefault(name, []).append([fault.code for fault in found])
    print("| take | of | anything | the face grows |", "|---|---|---|---|", sep="\n")
    for name, each in told.items():
        print(
            f"| {name} | {len(each)} | {sum(map(bool, each))} | {sum('face_grows' in one for one in each)} |"
        )


if __name__ == "__main__":
    main()
