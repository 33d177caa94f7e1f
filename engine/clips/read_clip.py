"""Reading a clip that was made or taken in by this program; a stranger's clip is never read here."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from engine.clips.ffmpeg import EncodeFailed
from engine.clips.mp4 import has_sound
from engine.clips.pcm import read_sound
from engine.core.family import SourceClip


def read_clip(path: Path) -> SourceClip:
    """Decode a whole clip: its frames, and its sound where it has any.

    Raises:
        ValueError: it is no clip.
    """
    video = cv2.VideoCapture(str(path))
    try:
        fps = video.get(cv2.CAP_PROP_FPS)
        frames = []
        while (read := video.read())[0]:
            frames.append(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB))
    finally:
        video.release()
    if not frames:
        raise ValueError(f"{path.name} is not a readable clip")
    try:
        sound = read_sound(path) if has_sound(path) else None
    except EncodeFailed as error:
        raise ValueError(f"the sound of {path.name} cannot be read") from error
    return SourceClip(frames=np.asarray(np.stack(frames), dtype=np.uint8), fps=float(fps), sound=sound)
