"""How good upscaled clips are: real ones are halved, enlarged again, and compared with what they were.

    python -m benchmarks.upscaling --clips CLIPS [--cache FOLDER]

Beside the network stands Lanczos' filter. ``sharp`` is the detail of the result over that of the real clip;
``drift`` how far its changes from frame to frame are from the real ones, in levels: what flickers drifts.
``flicker`` is the gate's, with the network; then the same of blotches that are new in each frame, of two and
of four levels, over what the network shows.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.clips.read_clip import read_clip
from engine.core.family import Frames
from engine.families.upscale import FILE, SPAN
from engine.gate import judge
from engine.gate.upscaled import compare, plainly
from engine.weights.store import store_of

if TYPE_CHECKING:
    from engine.families.upscale.network import Span

FRAMES, SIDE = 9, 420
"""Frames of each clip, and the longest side of the real one: a processor takes a second for a frame."""

FPS = 12.0


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Of one clip; pairs are of Lanczos' filter and the network."""

    psnr: tuple[float, float]
    ssim: tuple[float, float]
    sharp: tuple[float, float]
    drift: tuple[float, float]
    flicker: float
    blotches: tuple[float, float]
    gate: tuple[str, str]


def main() -> None:
    """Print a line for each clip, and the mean."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="where enlarged clips are kept")
    given = parser.parse_args()
    found: list[Figures] = []
    print("| clip | PSNR | SSIM | sharp | drift | flicker, of 2 and 4 levels | gate |")
    print("|---|---|---|---|---|---|---|")
    for name, real, small, large in _clips(given.clips, given.cache):
        figures = _figures(real, small, large)
        found.append(figures)
        print(_line(name, figures), flush=True)
    print(_line(f"mean of {len(found)}", _mean(found)))
    worse = sum(one.gate == ("kept", "rejected") for one in found)
    print(f"\nPSNR higher than Lanczos': {sum(one.psnr[1] > one.psnr[0] for one in found)} of {len(found)}.")
    print(
        f"Flicker at most {max(one.flicker for one in found):.2f}; rejected by the gate only after: {worse}."
    )


def _clips(folder: Path, cache: Path | None) -> Iterator[tuple[str, Frames, Frames, Frames]]:
    """Name, real frames, the same at half the size, and those at twice that."""
    network = None
    for file in sorted(folder.glob("*.mp4")):
        kept = None if cache is None else cache / f"{file.stem}.npz"
        if kept is not None and kept.is_file():
            held = np.load(kept)
            yield file.stem, held["fr"], held["small"], held["up"]
            continue
        real = _real(read_clip(file).frames[:FRAMES])
        height, width = real.shape[1:3]
        small = np.stack(
            [cv2.resize(one, (width // 2, height // 2), interpolation=cv2.INTER_AREA) for one in real]
        )
        network = network or _network()
        large = np.concatenate([network.enlarge(frame[None]) for frame in small])
        if kept is not None:
            np.savez(kept, fr=real, small=small, up=large)
        yield file.stem, real, small, large


def _network() -> Span:
    from engine.families.upscale.network import Span  # noqa: PLC0415 - torch takes seconds

    return Span.load(store_of(os.environ).path(SPAN) / FILE)


def _real(frames: Frames) -> Frames:
    """Frames whose sides are multiples of four, none longer than :data:`SIDE`."""
    scale = min(1.0, SIDE / max(frames.shape[1:3]))
    sized = [cv2.resize(one, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) for one in frames]
    height, width = (side // 4 * 4 for side in sized[0].shape[:2])
    return np.ascontiguousarray(np.stack(sized)[:, :height, :width], np.uint8)


def _figures(real: Frames, small: Frames, large: Frames) -> Figures:
    height, width = real.shape[1:3]
    shown = np.stack([plainly(frame, width, height) for frame in small]), large
    rng = np.random.default_rng(0)
    first, second = (_with_blotches(large, levels, rng) for levels in (2, 4))
    before, after = (judge(clip, None, FPS, travels=True, encoded=True).rejected for clip in (small, large))
    words = {True: "rejected", False: "kept"}
    return Figures(
        psnr=(_psnr(real, shown[0]), _psnr(real, shown[1])),
        ssim=(_ssim(real, shown[0]), _ssim(real, shown[1])),
        sharp=(_sharp(shown[0]) / _sharp(real), _sharp(shown[1]) / _sharp(real)),
        drift=(_drift(real, shown[0]), _drift(real, shown[1])),
        flicker=compare(small, large).flicker,
        blotches=(compare(small, first).flicker, compare(small, second).flicker),
        gate=(words[before], words[after]),
    )


def _with_blotches(clip: Frames, levels: float, rng: np.random.Generator) -> Frames:
    height, width = clip.shape[1:3]
    fields = rng.normal(0, levels, (len(clip), height // 4, width // 4)).astype(np.float32)
    wide = np.stack([cv2.resize(one, (width, height), interpolation=cv2.INTER_CUBIC) for one in fields])
    return np.asarray(np.clip(clip + wide[..., None], 0, 255), np.uint8)


def _psnr(real: Frames, shown: Frames) -> float:
    error = float(np.mean((real.astype(np.float32) - shown) ** 2))
    return float(10 * np.log10(255**2 / max(error, 1e-6)))


def _ssim(real: Frames, shown: Frames) -> float:
    """Of luma, in windows of 11 pixels; Wang et al. 2004."""
    return float(np.mean([_ssim_of(_luma(a), _luma(b)) for a, b in zip(real, shown, strict=True)]))


def _ssim_of(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    def soft(field: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.GaussianBlur(field, (11, 11), 1.5), np.float32)

    mean_a, mean_b = soft(a), soft(b)
    spread_a, spread_b = soft(a * a) - mean_a**2, soft(b * b) - mean_b**2
    both = soft(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    likeness = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    return float((likeness / ((mean_a**2 + mean_b**2 + c1) * (spread_a + spread_b + c2))).mean())


def _luma(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.float32)


def _sharp(clip: Frames) -> float:
    return float(np.mean([np.abs(cv2.Laplacian(_luma(frame), cv2.CV_32F)).mean() for frame in clip]))


def _drift(real: Frames, shown: Frames) -> float:
    return float(
        np.abs(np.diff(shown.astype(np.float32), axis=0) - np.diff(real.astype(np.float32), axis=0)).mean()
    )


def _mean(found: list[Figures]) -> Figures:
    def of(name: str) -> tuple[float, float]:
        first, second = np.mean([getattr(one, name) for one in found], axis=0)
        return float(first), float(second)

    return Figures(
        psnr=of("psnr"),
        ssim=of("ssim"),
        sharp=of("sharp"),
        drift=of("drift"),
        flicker=float(np.mean([one.flicker for one in found])),
        blotches=of("blotches"),
        gate=("", ""),
    )


def _line(name: str, one: Figures) -> str:
    cells = [
        name,
        f"{one.psnr[0]:.2f} → {one.psnr[1]:.2f}",
        f"{one.ssim[0]:.4f} → {one.ssim[1]:.4f}",
        f"{one.sharp[0]:.2f} → {one.sharp[1]:.2f}",
        f"{one.drift[0]:.2f} → {one.drift[1]:.2f}",
        f"{one.flicker:.2f}, {one.blotches[0]:.2f}, {one.blotches[1]:.2f}",
        " → ".join(one.gate) if any(one.gate) else "",
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
