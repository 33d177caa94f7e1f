"""Are faces, bodies and letters doubled in made frames: ``python -m benchmarks.smoothing_whole --clips DIR``.

Every ``factor``-th frame of the clips is given, and the gate's eyes look at them as they look at a take. The
frames in between are made twice, without and with what they saw, and compared with the real ones: all of the
frame, and the places of faces, bodies and text. There, edges are counted: those of a made frame that have no
edge of the real one near them (*ghosts*: a double shows edges of both frames), and those of the real one that
the made frame lacks (*lost*: the double is soft), each as a share of the real one's edges.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.smoothing import Frames, add_clip_options, chosen_clips, plain, psnr
from engine.gate.clip import Clip
from engine.gate.meaning import find_faults
from engine.smooth import smooth
from engine.smooth.object_tracker import places_of
from engine.vision.eyes import Eyes
from engine.vision.sighting import Noted, Sighting
from engine.weights.store import Store

_BLUR, _WEAK, _STRONG = 1.0, 20, 40
"""Of the search for edges: a width in pixels, and Canny's two thresholds."""
_NEAR = np.ones((5, 5), np.uint8)
"""Edges within two pixels are the same edge."""
_SMALLEST = 0.005
"""Share of the frame that must be a face, a body or letters for a frame to count."""

Row = tuple[float, float, float, float]
"""PSNR of the frame and of the places; ghosts and lost edges there, as shares."""


def edges(frame: Frames) -> NDArray[np.bool_]:
    """Where a frame has edges, bool ``[H, W]``."""
    return np.asarray(cv2.Canny(cv2.GaussianBlur(frame, (0, 0), _BLUR), _WEAK, _STRONG) > 0)


def ghosts(made: Frames, real: Frames, where: NDArray[np.bool_]) -> tuple[float, float]:
    """Edges of the made frame that the real one has not, and the reverse, as shares of the real one's."""
    ours, theirs = edges(made), edges(real)
    near_ours, near_theirs = (cv2.dilate(one.astype(np.uint8), _NEAR) > 0 for one in (ours, theirs))
    count = max(1, int((theirs & where).sum()))
    return (
        float((ours & ~near_theirs & where).sum() / count),
        float((theirs & ~near_ours & where).sum() / count),
    )


def sightings_of(frames: Frames, eyes: Eyes) -> tuple[Sighting, ...]:
    """What the gate's eyes see in a take."""
    clip = Clip(frames, None, 8.0)
    noted = Noted(clip.frames)
    find_faults(clip, eyes.telling(noted.note))
    return noted.sightings


def rows_of(made: Frames, whole: Frames, sightings: tuple[Sighting, ...], factor: int) -> list[Row]:
    """One row for each made frame in which there is something to keep whole."""
    rows = []
    for t in range(len(whole)):
        where = places_of(sightings, t / factor, whole.shape[1], whole.shape[2])
        if t % factor == 0 or where.mean() < _SMALLEST:
            continue
        error = float(((made[t].astype(np.float32) - whole[t])[where] ** 2).mean())
        inside = 10 * float(np.log10(255**2 / max(error, 0.065)))
        rows.append((psnr(made[t], whole[t]), inside, *ghosts(made[t], whole[t], where)))
    return rows


def methods(given: Frames, seen: tuple[Sighting, ...], factor: int) -> dict[str, Callable[[], Frames]]:
    """What is compared, by name."""
    return {
        "DIS": lambda: plain(given, factor),
        "ours": lambda: smooth(given, factor),
        "whole": lambda: smooth(given, factor, sightings=seen),
    }


def compare(clips: dict[str, Frames], eyes: Eyes, factor: int) -> None:
    """Print a line for each clip in which the eyes saw something, and one for all."""
    total: dict[str, list[NDArray[np.float64]]] = {}
    spent: dict[str, float] = {}
    for name, frames in clips.items():
        whole = frames[: (len(frames) - 1) // factor * factor + 1]
        given = np.ascontiguousarray(whole[::factor])
        sightings = sightings_of(given, eyes)
        if not sightings:
            continue
        line = [f"  {name:44s}"]
        for label, make in methods(given, sightings, factor).items():
            begun = time.process_time()
            made = make()
            spent[label] = spent.get(label, 0.0) + time.process_time() - begun
            rows = rows_of(made, whole, sightings, factor)
            if not rows:
                break
            mean = np.mean(rows, axis=0)
            total.setdefault(label, []).append(mean)
            line.append(_told(label, mean))
        print(*line, flush=True)
    for label, means in total.items():
        print(
            f"x{factor} {len(means)} clips",
            _told(label, np.mean(means, axis=0)),
            f"{spent[label]:.0f} s of CPU",
        )


def _told(label: str, mean: NDArray[np.float64]) -> str:
    frame, inside, extra, lost = mean
    return (
        f"{label} {frame:.2f} dB, inside {inside:.2f}, ghosts {100 * extra:.1f} %, lost {100 * lost:.1f} % |"
    )


def main() -> None:
    """Compare DIS, ours without the eyes, and ours with them."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_clip_options(parser)
    parser.add_argument("--models", type=Path, default=Path("models"), help="where the eyes' networks lie")
    parser.add_argument("--factors", type=int, nargs="+", default=[2, 4])
    parser.add_argument("--only", default="", help="clips whose file name holds this")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    clips = {name: frames for name, frames in chosen_clips(options).items() if options.only in name}
    for factor in options.factors:
        compare(clips, Eyes(Store(options.models)), factor)


if __name__ == "__main__":
    main()
