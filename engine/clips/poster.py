"""A still of a clip that this program made, small enough for a page with many of them."""

from __future__ import annotations

from pathlib import Path

import cv2

PLACE = 0.4
"""Where in the clip the still is, 0 … 1: by then something has moved."""

QUALITY = 70


def poster(clip: Path, width: int) -> bytes:
    """Return one frame as WebP.

    Args:
        clip: an MP4 of this program's own.
        width: pixels that the still may have at most.

    Raises:
        ValueError: it is no clip.
    """
    video = cv2.VideoCapture(str(clip))
    try:
        wanted = int(video.get(cv2.CAP_PROP_FRAME_COUNT) * PLACE)
        video.set(cv2.CAP_PROP_POS_FRAMES, wanted)
        found, frame = video.read()
        if not found:
            video.set(cv2.CAP_PROP_POS_FRAMES, 0)
            found, frame = video.read()
    finally:
        video.release()
    if not found:
        raise ValueError(f"{clip.name} is not a readable clip")
    height = max(1, round(frame.shape[0] * width / frame.shape[1]))
    if frame.shape[1] > width:
        frame = cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
    _, packed = cv2.imencode(".webp", frame, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
    return packed.tobytes()
