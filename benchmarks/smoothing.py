"""How near made frames are to the real ones: ``python -m benchmarks.smoothing --clips DIR --clips DIR``.

Prints how many made frames across a join of two clips are a blend, and how many pairs of uncut clips, shown
at their own speed and faster, are taken for a cut. Then every second (two of three, three of four) frame of
the clips is held out and made again: PSNR, SSIM, the pulse (how far the fine detail of made frames is from
that of the held-out ones, in octaves) and the time of a made frame.

The repositories are split in two halves by their names' order. Settings are chosen by the ``tuning`` half;
the ``held`` half is for the figures.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.clips import labelled
from engine.smooth import smooth
from engine.smooth.cuts import PairKind, classify_pairs
from engine.smooth.rife import FILE, NAME, Rife
from engine.vision.optical_flow import MEDIUM, dense, grid, read
from engine.weights.store import Store

Frames = NDArray[np.uint8]
Method = Callable[[Frames, int], Frames]


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
        one, other = (np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8) for frame in (a, b))
        there, back = dense(one, other, MEDIUM), dense(other, one, MEDIUM)
        for step in range(1, factor):
            share = step / factor
            from_a = read(a.astype(np.float32), places - share * there)
            from_b = read(b.astype(np.float32), places - (1 - share) * back)
            out.append(np.asarray((1 - share) * from_a + share * from_b + 0.5, np.uint8))
        out.append(b)
    return np.stack(out)


def learned(rife: Rife, frames: Frames, factor: int) -> Frames:
    """RIFE as its authors use it: one call a frame, two linear warps, its own mask."""
    places = grid(*frames.shape[1:3])
    out = [frames[0]]
    for a, b in pairwise(frames):
        for step in range(1, factor):
            (middle,) = rife.predict([a, b], [(0, 1)], time=step / factor)
            share = middle.share[..., None]
            from_a = read(a.astype(np.float32), places + middle.to_a)
            from_b = read(b.astype(np.float32), places + middle.to_b)
            out.append(np.asarray(share * from_a + (1 - share) * from_b + 0.5, np.uint8))
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
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5), np.float64)

    mx, my = mean(x), mean(y)
    vx, vy, vxy = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    ratio = (2 * mx * my + 6.5025) * (2 * vxy + 58.5225)
    return float((ratio / ((mx * mx + my * my + 6.5025) * (vx + vy + 58.5225))).mean())


def fineness(frame: Frames) -> float:
    """Energy of fine luma detail, levels squared."""
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(((grey - cv2.GaussianBlur(grey, (0, 0), 1.5)) ** 2).mean())


def compare(clips: dict[str, Frames], methods: dict[str, Method], factor: int, *, each: bool) -> None:
    """Print one table; with ``each``, also a line for each clip."""
    by_method: dict[str, list[float]] = {}
    for name, method in methods.items():
        figures, spent, worked, count = [], 0.0, 0.0, 0
        for frames in clips.values():
            whole = frames[: (len(frames) - 1) // factor * factor + 1]
            start, busy = time.perf_counter(), time.process_time()
            made = method(whole[::factor], factor)
            spent += time.perf_counter() - start
            worked += time.process_time() - busy
            held_out = [t for t in range(len(whole)) if t % factor]
            count += len(held_out)
            pulse = np.log2([(fineness(made[t]) + 0.3) / (fineness(whole[t]) + 0.3) for t in held_out])
            figures.append(
                (
                    np.mean([psnr(made[t], whole[t]) for t in held_out]),
                    np.mean([ssim(made[t], whole[t]) for t in held_out]),
                    abs(pulse.mean()),
                )
            )
        decibels, likeness, pulse_mean = np.mean(figures, axis=0)
        print(
            f"x{factor} {name:12s} {decibels:6.2f} dB  SSIM {likeness:.3f}  pulse {pulse_mean:.3f}"
            f"  worst {min(row[0] for row in figures):5.2f}"
            f"  {1000 * spent / count:5.0f} ms ({1000 * worked / count:.0f} of CPU)",
            flush=True,
        )
        by_method[name] = [float(row[0]) for row in figures]
    for number, clip in enumerate(clips if each else ()):
        print(f"  {clip:44s}", "  ".join(f"{name} {row[number]:5.2f}" for name, row in by_method.items()))


def _joins(clips: list[Frames], speed: int) -> list[Frames]:
    """Four frames of each clip, followed by four of the next one."""
    joins = []
    for one, other in zip(clips, clips[1:] + clips[:1], strict=True):
        size = (one.shape[2], one.shape[1])
        after = [cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in other[::speed][:4]]
        joins.append(np.concatenate([one[::speed][:4], np.stack(after)]))
    return joins


def cuts(clips: list[Frames], methods: dict[str, Method]) -> None:
    """Print ghosts across joins by method, and false cuts at the clips' own speed and faster."""
    joins = _joins(clips, 1)
    for name, method in methods.items():
        # Only ours looks at more than the pair.
        made = [method(join, 2)[7] if "ours" in name else method(join[3:5], 2)[1] for join in joins]
        ghosts = sum(
            not any((frame == real).all() for real in join[3:5])
            for frame, join in zip(made, joins, strict=True)
        )
        print(f"{name}: ghosts across {ghosts} of {len(joins)} joins", flush=True)
    for speed in (1, 4):
        missed = sum(classify_pairs(join)[3] is not PairKind.CUT for join in _joins(clips, speed))
        print(f"speed x{speed}: {missed} of {len(clips)} joins not taken for a cut")
    for speed in range(1, 7):
        found = [classify_pairs(frames[::speed]) for frames in clips if len(frames) > 2 * speed]
        false = sum(kind is PairKind.CUT for clip in found for kind in clip)
        print(f"speed x{speed}: false cuts {false} of {sum(len(clip) for clip in found)} pairs")


def halves(sources: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The repositories to tune on, and those to measure on."""
    names = sorted(set(sources))
    return frozenset(names[::2]), frozenset(names[1::2])


def chosen_clips(options: argparse.Namespace) -> dict[str, Frames]:
    """The clean clips of the folders, by name; decoded once where there is a folder to keep them in."""
    found = [clip for folder in options.clips for clip in labelled(folder) if clip.label == "clean"]
    wanted = dict(zip(("tuning", "held"), halves(clip.source for clip in found), strict=True))
    taken: Counter[str] = Counter()
    clips = {}
    for clip in sorted(found, key=lambda clip: -clip.count):
        if options.half and clip.source not in wanted[options.half]:
            continue
        if clip.count < options.fewest or taken[clip.source] >= options.most:
            continue
        taken[clip.source] += 1
        kept = options.cache and options.cache / f"{clip.path.stem}_{options.frames}_{options.side}.npy"
        if kept and kept.is_file():
            clips[clip.path.name] = np.load(kept)
            continue
        clips[clip.path.name] = clip.frames(options.frames, options.side)
        if kept:
            options.cache.mkdir(parents=True, exist_ok=True)
            np.save(kept, clips[clip.path.name])
    return clips


def add_clip_options(parser: argparse.ArgumentParser) -> None:
    """The options that :func:`chosen_clips` reads."""
    parser.add_argument("--clips", type=Path, action="append", required=True)
    parser.add_argument("--frames", type=int, default=25)
    parser.add_argument("--side", type=int, default=384)
    parser.add_argument("--half", choices=("tuning", "held"), help="half of the repositories; default: all")
    parser.add_argument("--fewest", type=int, default=13, help="frames that a clip must have")
    parser.add_argument("--most", type=int, default=3, help="clips of one repository")
    parser.add_argument("--cache", type=Path, help="where decoded clips are kept")


def main() -> None:
    """Compare linear, DIS, RIFE and ours on folders of clips."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_clip_options(parser)
    parser.add_argument("--models", type=Path, default=Path("models"), help="where rife/flownet.pkl lies")
    parser.add_argument("--factors", type=int, nargs="+", default=[2, 3, 4])
    parser.add_argument("--no-cuts", action="store_true", help="leave the joins and false cuts out")
    parser.add_argument("--each", action="store_true", help="also a line for each clip")
    parser.add_argument("--only", default="", help="clips whose file name holds this, in the comparison")
    parser.add_argument("--threads", type=int, default=1, help="threads inside OpenCV and torch")
    options = parser.parse_args()
    cv2.setNumThreads(options.threads)
    clips = chosen_clips(options)
    compared = {name: frames for name, frames in clips.items() if options.only in name}
    methods: dict[str, Method] = {"linear": linear, "DIS": plain, "ours": smooth}
    weights = Store(options.models).path(NAME) / FILE
    if weights.is_file():
        import torch  # noqa: PLC0415 - seconds, and not installed everywhere

        torch.set_num_threads(options.threads)
        rife = Rife.load(weights)
        methods |= {"RIFE": partial(learned, rife), "ours + RIFE": partial(smooth, flow=rife)}
    print(f"{len(clips)} clips, {len(compared)} compared, {options.frames} frames at most, {options.side} px")
    if not options.no_cuts:
        cuts(list(clips.values()), {name: methods[name] for name in ("linear", "DIS", "ours")})
    for factor in options.factors:
        compare(compared, methods, factor, each=options.each)


if __name__ == "__main__":
    main()
