"""Labelled clips from a folder: ``labels.json`` beside the videos."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.family import Frames

DOUBTFUL = {
    "CameraCtrl_4d69b5_0": "things change their shape",
    "CameraCtrl_a70fab_0": "the brightness swings",
    "FreeTraj_bdbea0_0": "green boxes are drawn over it",
    "MotionCtrl_a5d384_0": "things change their shape",
    "MotionDire_588a00_0": "the light flickers",
    "ProPainter_7701c2_0": "the camera is whipped around",
    "RAVE_c54ca9_0": "there is a logo in the corner",
}
"""Clips that are called clean, and are not to a stricter eye: no fit learns from them, and no figure counts
them."""


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """One entry of ``labels.json``.

    ``label`` is ``clean``, ``borderline`` or ``doubtful``; ``kind`` what made it; ``source`` the repository;
    ``count`` its frames.
    """

    path: Path
    label: str
    kind: str
    source: str
    fps: float
    count: int

    def frames(self, limit: int, long_side: int) -> NDArray[np.uint8]:
        """The first ``limit`` frames, RGB, shrunk to ``long_side`` pixels at most: uint8 ``[T, H, W, 3]``."""
        video = cv2.VideoCapture(str(self.path))
        frames: list[Frames] = []
        while len(frames) < limit:
            found, frame = video.read()
            if not found:
                break
            scale = min(1.0, long_side / max(frame.shape[:2]))
            size = (round(frame.shape[1] * scale), round(frame.shape[0] * scale))
            frames.append(
                np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)[..., ::-1]
            )
        return np.ascontiguousarray(np.stack(frames))


def labelled(folder: Path) -> list[Labelled]:
    """All clips of a folder, in the order of its labels."""
    return [
        Labelled(
            path=folder / entry["file"],
            label="doubtful" if Path(entry["file"]).stem in DOUBTFUL else entry["label"],
            kind=entry["kind"],
            source=entry["source_repo"],
            fps=entry["fps"],
            count=entry["frames"],
        )
        for entry in json.loads((folder / "labels.json").read_text())
    ]
