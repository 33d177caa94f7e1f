"""Comparing a clip's verdicts with the golden table."""

from __future__ import annotations

import json
from typing import Any

from engine.gate.measure import UNKNOWN
from tests.golden.clips import GoldenClip
from tests.golden.make import LIMITS, TABLE, rows, verdict_of, worst


def golden() -> dict[str, dict[str, dict[str, list[Any]]]]:
    """The table: clip, then damage and strength, then what may come of it."""
    return json.loads(TABLE.read_text("utf-8"))


def differences(name: str, clip: GoldenClip) -> list[str]:
    """A line for each row of the clip whose verdict is not the table's.

    A measure that is newer than the table has no say here: its own test holds it.
    """
    expected = golden()[name]
    known = json.loads(LIMITS.read_text("utf-8"))["measures"]
    found = {
        key: {name: reading if name in known else UNKNOWN for name, reading in readings.items()}
        for key, readings in rows(name, clip)
    }
    wrong = [f"{key}: not in the table, or no longer drawn" for key in expected.keys() ^ found.keys()]
    for key in found.keys() & expected.keys():
        verdict = verdict_of(clip, found[key])
        low, high = expected[key]["score"]
        as_before = (
            verdict.outcome.value in expected[key]["outcome"]
            and low <= verdict.score <= high
            and worst(verdict) in expected[key]["worst"]
        )
        if not as_before:
            wrong.append(
                f"{key}: {verdict.outcome.value} {verdict.score:.1f} {worst(verdict)}, {expected[key]}"
            )
    return wrong
