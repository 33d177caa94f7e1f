"""Whether ``framekiln judge`` says of a finished file what the gate said of the take it was made from.

    OPENBLAS_NUM_THREADS=1 python -m benchmarks.finished_clips --clips DIR [--clips DIR] [--kept FOLDER]

The takes are two good clips of each source and what the camera and the sketch draw. Half of the first ones
have an injected defect; the others are untouched. Each is judged, smoothed to its finished rate, encoded as
ever, and read back as the command does. Prints both scores and outcomes, and how far apart they are.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import gettempdir
from zlib import crc32

import cv2
import numpy as np

from benchmarks.clips import labelled
from benchmarks.defects import DEFECTS
from benchmarks.own_clips import PROMPTS, Own, camera, lake, sketch
from bot.cli.judge import judged_file
from engine.clips.encode import encode
from engine.clips.rate import at_rate
from engine.core.cancel import CancelToken
from engine.core.recipe import Kind, Recipe
from engine.families import FAMILIES, travels
from engine.gate import Verdict, judge
from engine.provenance.statement import metadata
from engine.rendering.limits import RenderLimits

KEPT = Path(gettempdir()) / "framekiln-finished"
INJECTED = ("", "", "", "brightness_flickers", "latent_noise", "tearing")
"""Half of the takes are left as they are, and all second ones of a source."""

WITHIN = 8.0
"""Points that both scores may be apart."""


@dataclass(frozen=True, kw_only=True)
class Take:
    """Frames as a family draws them, at its own rate, and the rate of the finished clip."""

    name: str
    engine: str
    own: Own
    native_fps: float
    fps: float
    defect: str = ""


def takes(folders: list[Path]) -> Iterator[Take]:
    """A few of everything: each source's first clips, and the weightless engines'."""
    seen: dict[str, int] = {}
    drawn = 0
    for clip in (clip for folder in folders for clip in labelled(folder)):
        if clip.label != "clean" or seen.get(clip.source, 0) > 1:
            continue
        seen[clip.source] = seen.get(clip.source, 0) + 1
        first = seen[clip.source] == 1
        frames = clip.frames(16, 384)
        even = frames[:, : frames.shape[1] // 2 * 2, : frames.shape[2] // 2 * 2]
        turn = len(seen)
        yield Take(
            name=clip.path.stem,
            engine="animatediff" if turn % 2 else "svd",
            own=Own(frames=even, reference=even[0]),
            native_fps=clip.fps,
            fps=(2 + turn % 2) * clip.fps,
            defect=INJECTED[drawn % len(INJECTED)] if first else "",
        )
        drawn += first
    for turn in range(4):
        yield Take(
            name=f"camera-{turn}",
            engine="camera",
            own=camera(turn, lake()),
            native_fps=12.0,
            fps=12.0,
            defect=INJECTED[(drawn + 2 * turn) % len(INJECTED)],
        )
        yield Take(
            name=f"sketch-{turn}",
            engine="sketch",
            own=sketch(turn, PROMPTS[turn]),
            native_fps=12.0,
            fps=24.0,
            defect=INJECTED[(drawn + 2 * turn + 1) % len(INJECTED)],
        )


def spoilt(take: Take) -> Take:
    """The take with its defect, if it has one, at a strength between barely visible and clear."""
    if not take.defect:
        return take
    rng = np.random.default_rng(crc32(take.name.encode()))
    changed = np.asarray(DEFECTS[take.defect](take.own.frames, 1.5, rng), np.uint8)
    return replace(take, own=Own(frames=changed, reference=take.own.reference))


def recipe_of(take: Take) -> Recipe:
    """The recipe that would have made it."""
    count, height, width = take.own.frames.shape[:3]
    return Recipe(
        kind=Kind.TEXT2VIDEO if take.own.reference is None else Kind.ANIMATE,
        engine=take.engine,
        seed=0,
        width=width,
        height=height,
        frames=count,
        native_fps=take.native_fps,
        fps=take.fps,
        length=1 + int((count - 1) * take.fps / take.native_fps + 1e-6),
    )


def finish(take: Take, path: Path) -> None:
    """Smooth and encode it, as a render does."""
    recipe = recipe_of(take)
    token = CancelToken()
    frames = at_rate(take.own.frames, recipe, None, progress=lambda _: None, cancel=token)
    encode(
        frames,
        fps=take.fps,
        path=path,
        metadata=metadata(recipe),
        max_bytes=RenderLimits.max_bytes,
        progress=lambda _: None,
        cancel=token,
    )


def main() -> None:
    """Print a row for each take."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=Path, action="append", required=True, help="labelled clips")
    parser.add_argument("--kept", type=Path, default=KEPT, help="where finished files are kept")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    options.kept.mkdir(parents=True, exist_ok=True)
    apart: dict[bool, list[float]] = {False: [], True: []}
    print("| take | before | of the file | apart | only one of them says |\n|---|---|---|---|---|")
    for take in map(spoilt, takes(options.clips)):
        path = options.kept / f"{take.name}{'-' * bool(take.defect)}{take.defect}.mp4"
        if not path.exists():
            finish(take, path)
        before, after = judged_twice(take, path)
        points = abs(before.score - after.score)
        apart[bool(take.defect)].append(points)
        words = [f"{one.outcome} {one.score:.0f}" for one in (before, after)]
        why = "; ".join(sorted({f.code for f in before.findings} ^ {f.code for f in after.findings}))
        print(f"| {path.stem} | {' | '.join(words)} | {points:.1f} | {why} |", flush=True)
    for name, points_apart in (("untouched", apart[False]), ("damaged", apart[True])):
        print(
            f"{len(points_apart)} {name}: {np.median(points_apart):.1f} in the middle, "
            f"{max(points_apart):.1f} at most, "
            f"{np.mean(np.array(points_apart) <= WITHIN):.0%} within {WITHIN:g}"
        )


def judged_twice(take: Take, path: Path) -> tuple[Verdict, Verdict]:
    """What the gate says of a take, and of the file that was made from it."""
    step = FAMILIES[take.engine].judged_step(take.native_fps)
    before = judge(
        take.own.frames[::step],
        take.own.reference,
        take.native_fps / step,
        travels=travels(recipe_of(take)),
    )
    return before, judged_file(path, take.own.reference).verdict


if __name__ == "__main__":
    main()
