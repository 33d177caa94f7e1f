"""What ``framekiln judge`` says of whole clean files: ``python -m benchmarks.whole_files --clips DIR``.

Every file of a labelled folder that is called clean is read from beginning to end, thinned and judged as the
command does it: at about twelve frames a second, without an input picture, with the eyes of
``FRAMEKILN_MODELS_DIR``. Prints each file that is told of. ``--half`` takes every second owner of
repositories, in the order of their names: rules are chosen by the one half and counted on the other.
``--rows FILE`` keeps each verdict as a JSON line, and goes on where an earlier run stopped.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.clips import Labelled, labelled
from engine.core.family import SourceClip
from engine.rendering.finished import judge_finished, judged_frames
from engine.vision.eyes import Eyes
from engine.weights.store import Store

SECONDS = 10.0
"""Of a file that are judged, at most."""
LONGEST_SIDE = 1280
"""Pixels; larger files are shrunk, for time's sake."""
HALVES = {"chosen": 0, "held": 1}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One verdict.

    Attributes:
        seconds: that were judged.
        findings: each finding's code, its second, its severity, and whether it rejects.
        scores: the measures' values.
    """

    clip: str
    source: str
    seconds: float
    outcome: str
    score: float
    reasons: tuple[str, ...]
    findings: tuple[tuple[str, float | None, float, bool], ...]
    scores: dict[str, float]


def judged(clip: Labelled, eyes: Eyes) -> Row:
    """Judge one whole file."""
    whole = SourceClip(frames=clip.frames(round(SECONDS * clip.fps), LONGEST_SIDE), fps=clip.fps)
    frames, fps = judged_frames(whole, None)
    verdict = judge_finished(frames, fps, None, picture=None, end=None, calibration=None, eyes=eyes)
    return Row(
        clip=clip.path.stem,
        source=clip.source,
        seconds=round(len(frames) / fps, 1),
        outcome=str(verdict.outcome),
        score=round(float(verdict.score), 1),
        reasons=tuple(map(str, verdict.reasons)),
        findings=tuple(
            (one.code, one.second, round(float(one.severity), 3), one.rejects) for one in verdict.findings
        ),
        scores={name: float(f"{value:.4g}") for name, value in verdict.scores.items()},
    )


def owner(source: str) -> str:
    """Of a repository, without regard to the size of letters."""
    return source.partition("/")[0].casefold()


def half_of(clips: list[Labelled], half: str) -> list[Labelled]:
    """The clips of every second owner; ``both``: all."""
    owners = sorted({owner(clip.source) for clip in clips})
    wanted = set(owners) if half == "both" else set(owners[HALVES[half] :: 2])
    return [clip for clip in clips if owner(clip.source) in wanted]


def report(rows: list[Row]) -> Iterator[str]:
    """The lines of the table."""
    owners, long = {owner(row.source) for row in rows}, np.median([row.seconds for row in rows])
    yield f"{len(rows)} whole files of {len(owners)} owners, {long:.1f} s in the middle"
    rejected = sum(row.outcome == "rejected" for row in rows)
    warned = sum(row.outcome == "warned" for row in rows)
    yield f"{rejected} rejected ({rejected / len(rows):.1%}), {warned} warned of ({warned / len(rows):.1%})\n"
    for row in sorted(rows, key=lambda row: row.outcome):
        if row.outcome != "accepted":
            yield f"- {row.clip}: {row.outcome}, {row.score:.0f}, {'; '.join(row.reasons)}"


def _kept(path: Path | None) -> list[Row]:
    lines = path.read_text("utf-8").splitlines() if path is not None and path.exists() else []
    return [Row(**json.loads(line)) for line in lines]


def main() -> None:
    """Judge, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=Path, nargs="+", required=True, help="folders of labelled clips")
    parser.add_argument("--half", choices=(*HALVES, "both"), default="both")
    parser.add_argument("--rows", type=Path, help="a file for each verdict")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    eyes = Eyes(Store(Path(os.environ.get("FRAMEKILN_MODELS_DIR", "models"))))
    clean = [clip for folder in options.clips for clip in labelled(folder) if clip.label == "clean"]
    wanted = half_of(clean, options.half)
    known = {row.clip: row for row in _kept(options.rows)}
    rows = []
    for clip in wanted:
        row = known.get(clip.path.stem) or judged(clip, eyes)
        rows.append(row)
        if options.rows is not None and clip.path.stem not in known:
            with options.rows.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(row)) + "\n")
    print("\n".join(report(rows)))


if __name__ == "__main__":
    main()
