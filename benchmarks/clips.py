"""Labelled clips from a folder: ``labels.json`` beside the videos."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.family import Frames


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """One entry of ``labels.json``. ``label`` is ``clean`` or ``borderline``; ``source`` the repository."""

    path: Path
    label: str
    source: str
    fps: float

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
            path=folder / entry["file"], label=entry["label"], source=entry["source_repo"], fps=entry["fps"]
        )
        for entry in json.loads((folder / "labels.json").read_text())
    ]
