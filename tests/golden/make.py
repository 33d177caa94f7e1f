"""The gate's golden files, made anew: ``python -m tests.golden.make``.

Run it after a deliberate change of a measure, a limit or the calibration, and read the difference before
committing it: each changed line is a clip that members would get another answer for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from zlib import crc32

import numpy as np

from benchmarks.defects import DEFECTS
from engine.gate import MEASURES, Verdict
from engine.gate.calibration import Calibration, shipped
from engine.gate.clip import Clip
from engine.gate.measure import Reading
from engine.gate.verdict import measured, weigh
from tests.golden.clips import FROM_ENGINES, SCENES, GoldenClip

TABLE = Path(__file__).with_name("gate_table.json")
LIMITS = Path(__file__).with_name("gate_limits.json")

STRENGTHS = (1.0, 2.0)
"""Barely visible and clear: this is where the limits lie. Gross damage passes no limit, doubled or not."""

WITHIN = (0.97, 1.0, 1.03)
"""Readings may differ by 3 % between processors and builds of OpenCV and NumPy."""

SCORE_WITHIN = 2.0
"""Points that a score may lie beside what readings within 3 % give."""

NEARLY_AS_BAD = 0.9
"""Share of the worst finding's severity from which another finding may take its place."""

FARTHER = (1.0, 2.0, 4.0, 8.0)
"""Spreads above the median at which the levels are pinned."""


def rows(name: str, clip: GoldenClip) -> Iterator[tuple[str, dict[str, Reading]]]:
    """What the gate measures on a clean clip and on each damaged one, by the key of its row.

    A clip has each defect at one of the two strengths: half of the clips at the one, half at the other.
    """
    yield "clean", readings_of(clip, clip.frames)
    turn = [*FROM_ENGINES, *SCENES].index(name)
    for place, (defect, change) in enumerate(DEFECTS.items()):
        strength = STRENGTHS[(place + turn) % len(STRENGTHS)]
        rng = np.random.default_rng([crc32(name.encode()), crc32(defect.encode())])
        yield f"{defect} {strength:g}", readings_of(clip, change(clip.frames, strength, rng))


def readings_of(clip: GoldenClip, frames: np.ndarray) -> dict[str, Reading]:
    """All measures on these frames in place of the clip's own."""
    return measured(Clip(frames, clip.reference, clip.fps, travels=clip.travels))


def verdict_of(clip: GoldenClip, readings: dict[str, Reading], factor: float = 1.0) -> Verdict:
    """The verdict on readings, each multiplied by ``factor``."""
    scaled = {name: reading._replace(value=reading.value * factor) for name, reading in readings.items()}
    return weigh(scaled, clip.fps, shipped(), has_input=clip.reference is not None)


def worst(verdict: Verdict) -> str:
    """The code of the worst finding, or nothing."""
    return verdict.findings[0].code if verdict.findings else ""


def contenders(verdict: Verdict) -> set[str]:
    """The code of the worst finding, and those that are nearly as bad: rounding may change their order."""
    if not verdict.findings:
        return {""}
    top = verdict.findings[0]
    return {
        finding.code
        for finding in verdict.findings
        if finding.rejects is top.rejects and finding.severity >= NEARLY_AS_BAD * top.severity
    }


def row(clip: GoldenClip, readings: dict[str, Reading]) -> dict[str, list[str] | list[float]]:
    """What may come of these readings: one outcome and one code, or several where a limit is near."""
    verdicts = [verdict_of(clip, readings, factor) for factor in WITHIN]
    scores = [verdict.score for verdict in verdicts]
    return {
        "outcome": sorted({verdict.outcome.value for verdict in verdicts}),
        "score": [round(min(scores) - SCORE_WITHIN, 1), round(max(scores) + SCORE_WITHIN, 1)],
        "worst": sorted(set().union(*(contenders(verdict) for verdict in verdicts))),
    }


def pinned() -> dict[str, object]:
    """Every number from which the gate warns or rejects, beside the id of the fit that it belongs to."""
    calibration = shipped()
    return {
        "fit": calibration.fit,
        "measures": {name: [str(end) for end in limits(name)] for name in sorted(MEASURES)},
        "warn": calibration.warn,
        "reject": dict(sorted(calibration.reject.items())),
        "reject_without_input": dict(sorted(calibration.reject_without_input.items())),
        "levels": levels(calibration, has_input=True),
        "levels_without_input": levels(calibration, has_input=False),
    }


def limits(name: str) -> tuple[float, float, float]:
    """A measure's ``(usual, warn, reject)``."""
    entry = MEASURES[name]
    return entry.usual, entry.warn, entry.reject


def levels(calibration: Calibration, *, has_input: bool) -> dict[str, list[float]]:
    """Levels by trouble, where each measure is :data:`FARTHER` spreads off in the direction that tells."""
    models = calibration.with_input if has_input else calibration.without_input
    found: dict[str, list[float]] = {}
    for trouble, model in sorted(models.items()):
        found[trouble] = []
        for spreads in FARTHER:
            readings = {
                name: Reading(
                    scale.median + spreads * scale.spread * float(np.sign(model.weights.get(name, 0)))
                )
                for name, scale in calibration.scales.items()
            }
            found[trouble].append(round(calibration.levels(readings, has_input=has_input)[trouble], 3))
    return found


def _lines(data: dict[str, object], indent: str = "") -> str:
    """JSON with one entry a line down to the second depth, so that a difference can be read."""
    parts = []
    for key, value in data.items():
        deep = isinstance(value, dict) and not indent
        text = _lines(value, " ") if deep else json.dumps(value, ensure_ascii=False)  # type: ignore[arg-type]
        parts.append(f"{indent} {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(parts) + f"\n{indent}}}"


def table_of(clips: Mapping[str, Callable[[], GoldenClip]]) -> dict[str, object]:
    """The rows of these clips."""
    table: dict[str, object] = {}
    for name, draw in clips.items():
        clip = draw()
        table[name] = {key: row(clip, readings) for key, readings in rows(name, clip)}
        print(name)
    return table


def main() -> None:
    """Write both files. The clips are drawn as in the tests: without weights, whatever the owner has."""
    from tests.conftest import pytest_configure

    pytest_configure()
    table = table_of({**FROM_ENGINES, **SCENES})
    TABLE.write_text(_lines(table) + "\n", encoding="utf-8")
    LIMITS.write_text(_lines(pinned()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
