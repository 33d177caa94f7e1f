"""How near made frames are to the real ones: ``python -m benchmarks.smoothing --clips DIR``.

Every second, or three of four, frames of the clips are held out and made again. Prints PSNR, SSIM, the pulse
(loss of fine detail of made against held-out frames) and the time; then how many made frames across a join of
two clips are a blend, and how many pairs of uncut clips are taken for a cut.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.clips import labelled
from engine.motion import grid, read
from engine.smooth import smooth
from engine.smooth.cuts import Link, links
from engine.smooth.flow import dis_flow

Frames = NDArray[np.uint8]


def linear(frames: Frames, factor: int) -> Frames:
    """Cross-fades."""
    out = [frames[0]]
    for a, b in pairwise(frames.astype(np.float32)):
        out += [np.asarray(a + (b - a) * step / factor + 0.5, np.uint8) for step in range(1, factor)] + [
            b.astype(np.uint8)
        ]
    return np.stack(out)


def plain(frames: Frames, factor: int) -> Frames:
    """Both DIS flows scaled by time, two linear warps, a cross-fade."""
    places = grid(*frames.shape[1:3])
    out = [frames[0]]
    for a, b in pairwise(frames):
        flow = dis_flow(a, b)
        for step in range(1, factor):
            share = step / factor
            from_a = read(a.astype(np.float32), places - share * flow.there)
            from_b = read(b.astype(np.float32), places - (1 - share) * flow.back)
            out.append(np.asarray((1 - share) * from_a + share * from_b + 0.5, np.uint8))
        out.append(b)
    return np.stack(out)


def psnr(made: Frames, real: Frames) -> float:
    """Peak signal to noise in decibels, capped at 60."""
    error = float(((made.astype(np.float32) - real) ** 2).mean())
    return 10 * float(np.log10(255**2 / max(error, 0.065)))


def ssim(made: Frames, real: Frames) -> float:
    """Structural similarity of luma (Wang et al. 2004), Gaussian window of 1.5 px."""
    x, y = (cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float64) for frame in (made, real))

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return cv2.GaussianBlur(values, (11, 11), 1.5)

    mx, my = mean(x), mean(y)
    vx, vy, vxy = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    ratio = (2 * mx * my + 6.5025) * (2 * vxy + 58.5225)
    return float((ratio / ((mx * mx + my * my + 6.5025) * (vx + vy + 58.5225))).mean())


def fineness(frame: Frames) -> float:
    """Energy of fine luma detail, levels squared."""
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(((grey - cv2.GaussianBlur(grey, (0, 0), 1.5)) ** 2).mean())


def compare(clips: list[Frames], factor: int) -> None:
    """Print one table."""
    methods: dict[str, Callable[[Frames, int], Frames]] = {"linear": linear, "DIS": plain, "ours": smooth}
    for name, method in methods.items():
        figures, spent, count = [], 0.0, 0
        for frames in clips:
            whole = frames[: (len(frames) - 1) // factor * factor + 1]
            start = time.perf_counter()
            made = method(whole[::factor], factor)
            spent += time.perf_counter() - start
            held = [t for t in range(len(whole)) if t % factor]
            count += len(held)
            pulse = np.log2([(fineness(made[t]) + 0.3) / (fineness(whole[t]) + 0.3) for t in held])
            figures.append(
                (
                    np.mean([psnr(made[t], whole[t]) for t in held]),
                    np.mean([ssim(made[t], whole[t]) for t in held]),
                    abs(pulse.mean()),
                )
            )
        decibels, likeness, pulse_mean = np.mean(figures, axis=0)
        ms = 1000 * spent / count
        print(
            f"x{factor} {name:6s} {decibels:6.2f} dB  SSIM {likeness:.3f} pulse {pulse_mean:.3f} {ms:4.0f} ms"
        )


def cuts(clips: list[Frames]) -> None:
    """Print ghosts across joins, and false cuts."""
    ghosts = joins = 0
    for one, other in zip(clips, clips[1:] + clips[:1], strict=True):
        size = (one.shape[2], one.shape[1])
        fitted = np.stack([cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in other[:4]])
        joined = np.concatenate([one[:4], fitted])
        ghosts += links(joined)[3] is not Link.CUT
        joins += 1
    false = [sum(kind is Link.CUT for kind in links(frames)) for frames in clips]
    pairs = sum(len(frames) - 1 for frames in clips)
    print(f"ghosts across {ghosts} of {joins} joins; false cuts {sum(false)} of {pairs} pairs")


def main() -> None:
    """Compare linear, DIS and ours on a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--frames", type=int, default=13)
    parser.add_argument("--side", type=int, default=576)
    parser.add_argument("--only", default="", help="clips whose file name holds this")
    parser.add_argument("--threads", type=int, default=1, help="threads inside OpenCV")
    options = parser.parse_args()
    cv2.setNumThreads(options.threads)
    chosen = [c for c in labelled(options.clips) if c.label == "clean" and options.only in c.path.name]
    clips = [clip.frames(options.frames, options.side) for clip in chosen]
    print(f"{len(clips)} clips, {options.frames} frames at most, {options.side} px")
    cuts(clips)
    for factor in (2, 4):
        compare(clips, factor)


if __name__ == "__main__":
    main()
