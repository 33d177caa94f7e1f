"""What keeps made frames from the real ones: ``python -m benchmarks.smoothing_limits --clips DIR``.

Frames are held out and made again as in :mod:`benchmarks.smoothing`, from motion that nobody has who does not
see them: *followed* is the flow from end to end, followed through every real frame in between; *own* is the
flow from the real frame itself to both ends, so that only light and what is hidden are left to get wrong.
*straight* is ours with its paths not bent. RIFE's flow is used if its weights are there.

Then, for the moments halfway: how far what is seen in the real frame is off the straight path between its
places in the two others, and off the bent path that ours takes, in pixels.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.smoothing import Frames, add_clip_options, chosen_clips, plain, psnr
from engine.smooth.cuts import PairKind, classify_pairs
from engine.smooth.flow import PairFlow, find_coarse, find_flow
from engine.smooth.gap_motion import GapMotion, gap_motion, sample_positions
from engine.smooth.interpolation import interpolate
from engine.smooth.rife import FILE, NAME, Rife
from engine.smooth.search import resized
from engine.smooth.static_mask import static_mask
from engine.vision.optical_flow import Floats, grid, read
from engine.weights.store import Store

Mask = NDArray[np.bool_]

_HALFWAY = 0.5

_FURTHEST = 8.0
"""Pixels off the path at most: where no motion is found, the distance says nothing."""

_FITS = 8.0
"""Levels between the real frame and what is read from the others, up to which its own flow is believed."""


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Two given frames, uint8 ``[H, W, 3]``, and the real ones between them.

    ``way`` is None where a frame is copied; ``followed`` is the passage along flow followed through the real
    frames; ``still`` is what is held.
    """

    a: Frames
    b: Frames
    real: Frames
    motion: GapMotion | None
    followed: GapMotion | None
    static: Floats | None


def follow(flows: Sequence[Floats]) -> Floats:
    """Flows from each frame to the next, float32 ``[h, w, 2]``, as one from the first to the last."""
    places = grid(*flows[0].shape[:2])
    found = np.zeros_like(places)
    for flow in flows:
        found = found + read(flow, places + found)
    return found


def nearby(a: Frames, b: Frames) -> PairFlow:
    """The flow between two frames alone."""
    return find_flow(a, b, coarse_flows=(None, find_coarse(a, b), None))


def followed(frames: Frames, model: PairFlow) -> PairFlow:
    """The flow from the first to the last frame of a gap through all between; a model's result as it was."""
    steps = [nearby(one, other) for one, other in pairwise(frames)]
    forward, backward = (
        follow([step.forward for step in steps]),
        follow([step.backward for step in reversed(steps)]),
    )
    return replace(model, forward=forward, backward=backward)


def gaps(whole: Frames, factor: int, rife: Rife | None) -> Iterator[Gap]:
    """The gaps of a clip of which every ``factor``-th frame is given."""
    given = whole[::factor]
    moving = [kind is PairKind.MOTION for kind in classify_pairs(given)]
    pairs = list(pairwise(given))
    coarse_flows = [find_coarse(*pair) if moves else None for pair, moves in zip(pairs, moving, strict=True)]
    around = [None, *coarse_flows, None]
    ours: list[PairFlow | None] = [None] * (len(pairs) + 2)
    better = list(ours)
    for k, pair in enumerate(pairs):
        if moving[k]:
            intermediate = rife.predict(pair, [(0, 1)])[0] if rife else None
            found = find_flow(*pair, intermediate, around[k : k + 3])
            ours[k + 1] = found
            better[k + 1] = followed(whole[k * factor : (k + 1) * factor + 1], found)
    for k, (a, b) in enumerate(pairs):
        first = k - int(k > 0 and moving[k - 1])
        last = k + 1 + int(k + 1 < len(pairs) and moving[k + 1])
        yield Gap(
            a=a,
            b=b,
            real=whole[k * factor + 1 : (k + 1) * factor],
            motion=_gap_motion(ours[k : k + 3]),
            followed=_gap_motion(better[k : k + 3]),
            static=static_mask(list(given[first : last + 1])),
        )


def _gap_motion(flows: Sequence[PairFlow | None]) -> GapMotion | None:
    before, here, after = flows
    return None if here is None else gap_motion(here, before, after)


def own(gap: Gap, real: Frames, time: float) -> tuple[Frames, Mask, Floats]:
    """The frame made by its own flow, where that is believed, and how far it is off the straight path.

    Returns:
        uint8 ``[H, W, 3]``, bool ``[H, W]``, and float32 ``[H, W, 2]``, pixels.
    """
    places = grid(*real.shape[:2])
    ways = [resized(nearby(end, real).backward, *real.shape[:2]) for end in (gap.a, gap.b)]
    readings = [
        read(end.astype(np.float32), places + motion, cv2.INTER_CUBIC)
        for end, motion in zip((gap.a, gap.b), ways, strict=True)
    ]
    fits = np.max([np.abs(reading - real).mean(axis=2) for reading in readings], axis=0) < _FITS
    made = np.clip((1 - time) * readings[0] + time * readings[1] + 0.5, 0, 255).astype(np.uint8)
    return made, fits, np.asarray((1 - time) * ways[0] + time * ways[1], np.float32)


def off_path(motion: GapMotion, fits: Mask, off: Floats) -> tuple[float, float]:
    """Mean distance of what is seen halfway from the straight path and from the bent one, pixels."""
    height, width = off.shape[:2]
    seen = sample_positions(motion, _HALFWAY, height, width).by_forward
    bent = (seen.in_a + seen.in_b) / 2 - grid(height, width)
    straight, curved = (
        float(np.minimum(np.linalg.norm(apart, axis=2), _FURTHEST)[fits].mean())
        for apart in (off, off - bent)
    )
    return straight, curved


def measure(whole: Frames, factor: int, rife: Rife | None) -> dict[str, float]:
    """Decibels by kind of motion, and pixels off the paths, of one clip."""
    rows: dict[str, list[float]] = defaultdict(list)
    made = plain(whole[::factor], factor)
    rows["DIS"] = [psnr(made[t], whole[t]) for t in range(len(whole)) if t % factor]
    for gap in gaps(whole, factor, rife):
        for step, real in enumerate(gap.real, start=1):
            time = step / factor
            if gap.motion is None or gap.followed is None:
                copied = psnr(gap.a if time <= _HALFWAY else gap.b, real)
                for name in ("straight", "ours", "followed", "own"):
                    rows[name].append(copied)
                continue
            straight = replace(gap.motion, acceleration_a=None, acceleration_b=None)
            for name, motion in (("straight", straight), ("ours", gap.motion), ("followed", gap.followed)):
                rows[name].append(psnr(interpolate(gap.a, gap.b, motion, time, gap.static), real))
            best, fits, off = own(gap, real, time)
            rows["own"].append(psnr(best, real))
            if time == _HALFWAY and fits.any():
                for name, value in zip(("px", "px bent"), off_path(gap.motion, fits, off), strict=True):
                    rows[name].append(value)
    return {name: float(np.mean(values)) for name, values in rows.items()}


def main() -> None:
    """Print a line for each clip, and one for all."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_clip_options(parser)
    parser.add_argument("--models", type=Path, default=Path("models"), help="where rife/flownet.pkl lies")
    parser.add_argument("--factor", type=int, default=4)
    parser.add_argument("--only", default="", help="clips whose file name holds this")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    weights = Store(options.models).path(NAME) / FILE
    rife = Rife.load(weights) if weights.is_file() else None
    total: dict[str, list[float]] = defaultdict(list)
    for name, frames in chosen_clips(options).items():
        if options.only not in name:
            continue
        found = measure(
            frames[: (len(frames) - 1) // options.factor * options.factor + 1], options.factor, rife
        )
        print(f"  {name:44s}", _told(found), flush=True)
        for kind, value in found.items():
            total[kind].append(value)
    print(f"x{options.factor} {len(total['DIS'])} clips", "with RIFE's flow" if rife else "without RIFE")
    print(_told({kind: float(np.mean(values)) for kind, values in total.items()}))


def _told(found: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.2f}" for name, value in found.items())


if __name__ == "__main__":
    main()
