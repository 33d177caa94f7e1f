"""How often the gate is wrong: ``python -m benchmarks.gate --clips DIR --held-out``.

Prints false rejects per source, on clean clips and on benign changes of them, what share of each defect is
caught at each strength, and the time for a clip.

With ``--held-out`` each source is judged by regressions, tails and thresholds that were fitted without it.
Without, the gate is run as it ships; it was fitted on these very clips, so that these figures are in-sample,
and clips that were never looked at do worse.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np

from benchmarks.clips import Labelled, labelled
from benchmarks.defects import BENIGN, DEFECTS
from benchmarks.fit_gate import Fit, by_limits, held_out
from benchmarks.own_clips import PROMPTS, camera, lake, sketch
from benchmarks.readings import CACHE, STRENGTHS, Table, table
from engine.quality import judge

Row = tuple[str, str, str, int, bool, bool, str, float]


def _rows(clip: Labelled, turn: int, thin: int, *, reference: bool) -> list[Row]:
    return list(_judged(clip, turn, thin, reference=reference))


def _judged(clip: Labelled, turn: int, thin: int, *, reference: bool) -> Iterator[Row]:
    cv2.setNumThreads(1)
    frames = clip.frames(25, 576)
    wanted = [("clean", 0)] + [(name, 2) for name in BENIGN]
    if clip.label == "clean":
        every = [(name, strength) for name in DEFECTS for strength in (1, 2, 3)]
        wanted += every[turn % thin :: thin]
    for name, strength in wanted:
        rng = np.random.default_rng([turn, strength, crc32(name.encode())])
        change = BENIGN.get(name) or DEFECTS.get(name)
        changed = frames if change is None else change(frames, strength, rng)
        start = time.perf_counter()
        verdict = judge(changed, frames[0] if reference else None, clip.fps)
        spent = time.perf_counter() - start
        worst = verdict.findings[0].code if verdict.findings else ""
        yield clip.source, clip.label, name, strength, verdict.rejected, verdict.warned, worst, spent


def _share(rows: list[Row]) -> str:
    rejected, warned = sum(row[4] for row in rows), sum(row[5] for row in rows)
    return f"{rejected:4d} rejected {warned:4d} warned of {len(rows):4d}  {rejected / max(1, len(rows)):6.1%}"


def _held_out(data: Table, *, has_input: bool) -> None:
    """Print what a gate that never saw a row's source says of it; beside it, what the limits alone do."""
    found = held_out(Fit(data, has_input=has_input))
    rejected_by_limit, warned_by_limit = by_limits(data, has_input=has_input)
    ways = {
        "score and limits": (found.rejected | rejected_by_limit, found.warned | warned_by_limit),
        "limits alone": (rejected_by_limit, warned_by_limit),
    }
    untouched = (data.label == "clean") & (data.change == "")
    harmless = (data.label == "clean") & np.isin(data.change, list(BENIGN))
    for title, (rejected, warned) in ways.items():
        print(f"== {title}")
        for name, rows in {
            "untouched": untouched,
            "borderline": (data.label != "clean") & (data.change == ""),
            "harmless changes": harmless,
            "of accepted clips": harmless & np.isin(data.clip, data.clip[untouched & ~rejected]),
            **{
                f"  {source}": untouched & (data.source == source)
                for source in sorted(set(data.source[untouched]))
            },
            **{f"  {name}": harmless & (data.change == name) for name in BENIGN},
        }.items():
            shares = f"{rejected[rows].mean():6.1%} rejected {warned[rows].mean():6.1%} warned"
            print(f"{name:36s} {shares} of {rows.sum()}")
        print("rejected (or warned) at strengths", *STRENGTHS)
        injected = [name for name in DEFECTS if (data.change == name).any()]
        for name in [*injected, "all"]:
            line = f"  {name:24s}"
            for strength in STRENGTHS:
                each = [
                    (data.change == one) & (data.strength == strength)
                    for one in injected
                    if name in (one, "all")
                ]
                caught = np.mean([rejected[rows].mean() for rows in each])
                told = np.mean([warned[rows].mean() for rows in each])
                line += f"  {caught:.2f} ({told:.2f})"
            print(line)


def _own_engines() -> None:
    """Print what the gate as it ships says of the weightless engines' clips."""
    drawn = [("camera", camera(turn, lake())) for turn in range(8)]
    drawn += [("sketch", sketch(turn, prompt)) for turn, prompt in enumerate(PROMPTS)]
    for turn, (maker, clip) in enumerate(drawn):
        verdict = judge(clip.frames, clip.reference, 12.0)
        print(f"{maker} {turn:2d} {verdict.outcome:9s} {verdict.score:5.1f}", "; ".join(verdict.reasons))


def main() -> None:
    """Judge everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path, default=Path())
    parser.add_argument("--thin", type=int, default=1, help="each clip gets every n-th defect and strength")
    parser.add_argument("--no-reference", action="store_true", help="judge without the first frame")
    parser.add_argument("--held-out", action="store_true", help="leave one source out at a time")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where readings are kept")
    parser.add_argument("--own", action="store_true", help="judge the weightless engines' clips instead")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if options.own:
        _own_engines()
        return
    if options.held_out:
        _held_out(table(options.clips, options.cache), has_input=not options.no_reference)
        return
    clips = labelled(options.clips)
    with ProcessPoolExecutor(options.jobs) as pool:
        waiting = [
            pool.submit(_rows, clip, turn, options.thin, reference=not options.no_reference)
            for turn, clip in enumerate(clips)
        ]
        rows = [row for future in waiting for row in future.result()]

    clean = [row for row in rows if row[1] == "clean"]
    print("untouched:      ", _share([row for row in clean if row[2] == "clean"]))
    print("borderline:     ", _share([row for row in rows if row[1] != "clean" and row[2] == "clean"]))
    for source in sorted({row[0] for row in rows}):
        print(f"  {source:38s}", _share([row for row in clean if row[2] == "clean" and row[0] == source]))
    print("benign:         ", _share([row for row in clean if row[2] in BENIGN]))
    for name in BENIGN:
        print(f"  {name:38s}", _share([row for row in clean if row[2] == name]))
    blamed: dict[str, int] = defaultdict(int)
    for row in clean:
        if row[4] and row[2] not in DEFECTS:
            blamed[row[6]] += 1
    print("blamed for false rejects:", dict(blamed))
    print("caught (rejected or warned; rejected alone in brackets), strengths 1, 2, 3")
    for name in [*DEFECTS, "all"]:
        line = f"  {name:24s}"
        for strength in (1, 2, 3):
            some = [
                row for row in rows if row[3] == strength and row[2] in DEFECTS and name in (row[2], "all")
            ]
            caught = sum(row[4] or row[5] for row in some) / max(1, len(some))
            line += f"  {caught:.2f} ({sum(row[4] for row in some) / max(1, len(some)):.2f})"
        print(line)
    spent = sorted(row[7] * 1000 for row in rows)
    print(f"ms a clip: median {spent[len(spent) // 2]:.0f}, 95 % {spent[int(0.95 * len(spent))]:.0f}")


if __name__ == "__main__":
    main()
