"""What the gate as it ships says of clips that no fit has seen: ``python -m benchmarks.unseen --clips DIR``.

Prints which clean clips are rejected or warned of; then, for those that it accepts, how many harmless changes
it rejects and what share of each defect of :mod:`benchmarks.defects` it catches at each strength. Nothing is
fitted here. ``--rows FILE`` keeps each verdict as a JSON line, and goes on where an earlier run stopped.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.changes import Change
from benchmarks.clips import Labelled, labelled
from benchmarks.defects import DEFECTS
from benchmarks.harmless import ARGUABLE, BENIGN, OTHER_START
from engine.gate import judge

FRAMES, SIDE = 25, 576
FEWEST = 8
"""Frames of a clip, below which it is left out."""
STRENGTHS = (1, 2, 3)
BY_WARNING = ("letterbox", "zoom_only")
"""Defects of which the gate only warns, on purpose."""
ITSELF = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One verdict. ``change`` is "" for the clip itself; ``strength`` is 0 for it and harmless changes."""

    clip: str
    source: str
    change: str
    strength: int
    outcome: str
    score: float
    reasons: tuple[str, ...]

    @property
    def rejected(self) -> bool:
        """Whether the take would be drawn again."""
        return self.outcome == "rejected"

    @property
    def told(self) -> bool:
        """Whether the take is rejected or warned of."""
        return self.outcome != "accepted"


def verdicts(clip: Labelled, number: int) -> Iterator[Row]:
    """The verdict on a clip and, if accepted, on each change of it; ``number`` seeds the chance in them."""
    frames = clip.frames(FRAMES, SIDE)
    if len(frames) < FEWEST:
        return

    def row(change: str, strength: int, make: Change | None = None) -> Row:
        made = frames if make is None else make(frames, strength or 1, np.random.default_rng(number))
        reference = made[0] if change in OTHER_START else frames[0]
        verdict = judge(made, reference, clip.fps)
        return Row(
            clip=clip.path.stem,
            source=clip.source,
            change=change,
            strength=strength,
            outcome=str(verdict.outcome),
            score=verdict.score,
            reasons=tuple(map(str, verdict.reasons)),
        )

    itself = row(ITSELF, 0)
    yield itself
    if not itself.told:
        yield from (row(name, 0, change) for name, change in BENIGN.items())
        yield from (row(name, at, change) for name, change in DEFECTS.items() for at in STRENGTHS)


def report(rows: list[Row]) -> Iterator[str]:
    """The lines of the tables."""
    clean = [row for row in rows if row.change == ITSELF]
    sources = {row.source for row in clean}
    yield f"{len(clean)} clips of {len(sources)} repositories"
    yield f"{_share(clean)} rejected, {_share(clean, told=True)} rejected or warned of\n"
    for row in clean:
        if row.told:
            yield f"- {row.clip}: {row.outcome}, {row.score:.0f}, {'; '.join(row.reasons)}"
    harmless = [row for row in rows if row.change in BENIGN and row.change not in ARGUABLE]
    yield from ("", "| harmless | rejected | or warned of | of |", "|---|---|---|---|")
    for name in (*BENIGN, "all but " + ", ".join(ARGUABLE)):
        some = [row for row in rows if row.change == name] or harmless
        yield f"| {name.replace('_', ' ')} | {_share(some)} | {_share(some, told=True)} | {len(some)} |"
    yield from ("", "| defect | rejected at 1 / 2 / 3 | or warned of |", "|---|---|---|")
    caught = {name: _caught([row for row in rows if row.change == name]) for name in DEFECTS}
    for name, (rejected, told) in caught.items():
        yield f"| {name.replace('_', ' ')} | {_cells(rejected)} | {_cells(told)} |"
    for title, left_out in (("mean", ()), ("mean without ghosting", ("ghosting",))):
        kinds = [name for name in DEFECTS if name not in left_out]
        rejected = np.mean([caught[name][name in BY_WARNING] for name in kinds], axis=0)
        told = np.mean([caught[name][1] for name in kinds], axis=0)
        yield f"| {title} | {_cells(rejected)} | {_cells(told)} |"
    by_warning = ", ".join(BY_WARNING).replace("_", " ")
    yield f"\nIn the means of what is rejected, a warning counts for: {by_warning}."


def _share(rows: list[Row], *, told: bool = False) -> str:
    return f"{np.mean([row.told if told else row.rejected for row in rows]):.1%}" if rows else "–"


def _caught(rows: list[Row]) -> tuple[list[float], list[float]]:
    at = [[row for row in rows if row.strength == strength] for strength in STRENGTHS]
    return tuple(
        [float(np.mean([getattr(row, word) for row in some])) if some else np.nan for some in at]
        for word in ("rejected", "told")
    )  # type: ignore[return-value]


def _cells(shares: list[float]) -> str:
    return " / ".join(f"{share:.2f}" for share in shares)


def _kept(path: Path | None) -> list[Row]:
    lines = path.read_text("utf-8").splitlines() if path is not None and path.exists() else []
    return [Row(**(json.loads(line) | {"reasons": tuple(json.loads(line)["reasons"])})) for line in lines]


def main() -> None:
    """Judge, and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=Path, nargs="+", required=True, help="folders of labelled clips")
    parser.add_argument("--rows", type=Path, help="a file for each verdict")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    rows = _kept(options.rows)
    known = {row.clip for row in rows}
    every = [clip for folder in options.clips for clip in labelled(folder) if clip.label == "clean"]
    for number, clip in enumerate(every, start=1):
        if clip.path.stem not in known:
            rows += (new := list(verdicts(clip, number)))
            if options.rows is not None:
                with options.rows.open("a", encoding="utf-8") as file:
                    file.writelines(json.dumps(asdict(row)) + "\n" for row in new)
    print("\n".join(report(rows)))


if __name__ == "__main__":
    main()
