"""How often the gate is wrong: ``python -m benchmarks.gate --clips DIR --held-out``.

Prints, as tables, false rejects by source and by harmless change, and what share of each defect is caught at
each strength: made as in :mod:`benchmarks.defects`, in other ways that were taught, and in ways that were
held back. Each source is judged by regressions, tails and thresholds that never saw it.

``--verdicts`` prints what the gate as it ships says of the weightless engines' clips, of models with small
random weights (``--tiny``), and of the borderline clips; ``--time`` how long it takes.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from benchmarks.clips import labelled
from benchmarks.figures import GROUPS, Judged
from benchmarks.fit_gate import by_limits, judged_held_out
from benchmarks.own_clips import PROMPTS, Own, camera, flat, lake, sketch, still
from benchmarks.readings import CACHE, STRENGTHS, Table, table
from engine.gate import judge


def tables(judged: Judged) -> Iterator[str]:
    """The lines of two tables of a gate's word on each row."""
    yield from ("| clips | rejected | rejected or warned | of |", "|---|---|---|---|")
    for name, rows in judged.clips().items():
        rejected, warned = (told[rows].mean() for told in (judged.rejected, judged.warned))
        yield f"| {name} | {rejected:.1%} | {warned:.1%} | {rows.sum()} |"
    yield ""
    heads = [f"{group}, {strength:g}" for group in GROUPS for strength in STRENGTHS]
    yield f"| defect | {' | '.join(heads)} |"
    yield "|---" * (1 + len(heads)) + "|"
    cells = {kind.replace("_", " "): judged.caught(kind) for kind in judged.injected()}
    cells["mean of the kinds"] = np.nanmean(list(cells.values()), axis=0)
    for name, shares in cells.items():
        shown = ("–" if np.isnan(share) else f"{share:.2f}" for share in shares.ravel())
        yield f"| {name} | {' | '.join(shown)} |"


def _print_held_out(data: Table, *, has_input: bool) -> None:
    print("Score and limits\n")
    print("\n".join(tables(judged_held_out(data, has_input=has_input))))
    rejected, warned = by_limits(data, has_input=has_input)
    print("\nLimits alone\n")
    print("\n".join(tables(Judged(data=data, rejected=rejected, warned=warned, has_input=has_input))))


def _print_verdicts(folders: list[Path], *, tiny: bool) -> None:
    filmed = [(f"camera, seed {seed}", camera(seed, lake()), 12.0) for seed in range(8)]
    drawn: list[tuple[str, Own, float]] = [
        *((f"sketch, “{prompt}”", sketch(seed, prompt), 12.0) for seed, prompt in enumerate(PROMPTS)),
        *((f"a drawing on {ground}", flat(seed, ground), 12.0) for seed, ground in enumerate((255, 0, 120))),
        *((f"a still camera, grain {grain:g}", still(grain), 12.0) for grain in (0.0, 2.0, 4.0)),
    ]
    if tiny:
        from benchmarks.random_clips import random_clips  # noqa: PLC0415 - needs torch

        drawn += random_clips(seeds=2)
    for clip in (clip for folder in folders for clip in labelled(folder)):
        if clip.label != "clean":
            frames = clip.frames(25, 576)
            drawn.append((clip.path.stem, Own(frames=frames, reference=frames[0]), clip.fps))
    print("| clip | verdict | score | why |\n|---|---|---|---|")
    given = [(*one, True) for one in filmed] + [(*one, False) for one in drawn]
    for name, own, fps, travels in given:
        verdict = judge(own.frames, own.reference, fps, travels=travels)
        print(f"| {name} | {verdict.outcome} | {verdict.score:.0f} | {'; '.join(verdict.reasons)} |")


def _print_time(folders: list[Path]) -> None:
    spent = []
    for clip in (clip for folder in folders for clip in labelled(folder)):
        frames = clip.frames(25, 576)
        start = time.process_time()
        judge(frames, frames[0], clip.fps)
        spent.append(1000 * (time.process_time() - start))
    shown = ", ".join(f"{share} % {np.percentile(spent, share):.0f}" for share in (50, 95))
    print(f"ms of one core for each of {len(spent)} clips: {shown}")


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=Path, action="append", default=[], help="labelled clips")
    parser.add_argument("--no-reference", action="store_true", help="judge without the first frame")
    parser.add_argument("--held-out", action="store_true", help="leave one source out at a time")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where readings are kept")
    parser.add_argument("--verdicts", action="store_true", help="judge what the engines draw")
    parser.add_argument("--tiny", action="store_true", help="with --verdicts: also models of random weights")
    parser.add_argument("--time", action="store_true", help="how long a clip takes")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    if options.verdicts:
        _print_verdicts(options.clips, tiny=options.tiny)
    if (options.held_out or options.time) and not options.clips:
        parser.error("--clips is needed")
    if options.held_out:
        _print_held_out(table(options.clips, options.cache), has_input=not options.no_reference)
    if options.time:
        _print_time(options.clips)


if __name__ == "__main__":
    main()
