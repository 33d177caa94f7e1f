"""Refitting the tails of good clips to the house that the gate works in, from clips that members kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.tails import tail
from engine.mp4 import read_metadata
from engine.quality.calibration import Calibration, Model, Tail, standardised
from engine.quality.registry import Reading
from engine.quality.verdict import measured
from engine.read_clip import read_clip
from engine.recipe import Recipe, Role

FEWEST = 40
"""With fewer kept clips the 5 % point would be the word of a single one."""

WEIGHT_OF_SHIPPED = 100
"""The shipped tail counts like so many of the house's clips."""

Kept = tuple[dict[str, Reading], bool]
"""What was read on a kept clip, and whether it had an input picture."""


def house_readings(folder: Path, engine: str) -> list[Kept]:
    """Measure the kept clips of one engine. The frames that smoothing made are left out again.

    Clips that were smoothed by time hold hardly any drawn frame, and are passed over. The picture that a clip
    was made from is not kept with it: its first frame stands for it.
    """
    kept = []
    for path in sorted(folder.glob("**/*.mp4")):
        try:
            recipe = Recipe.from_json(read_metadata(path).get("comment", ""))
        except ValueError:
            continue
        if recipe.engine == engine and recipe.factor is not None:
            frames = read_clip(path).frames[:: recipe.factor]
            picture = frames[0] if Role.PICTURE in recipe.inputs else None
            kept.append((measured(frames, picture, recipe.native_fps), picture is not None))
    return kept


def recalibrated(old: Calibration, kept: list[Kept], *, engine: str) -> Calibration:
    """The same regressions and thresholds, with tails that lean towards the kept clips.

    Raises:
        SystemExit: too few clips were kept.
    """
    if len(kept) < FEWEST:
        raise SystemExit(f"{len(kept)} kept clips of {engine}: {FEWEST} are needed, 100 to 200 are good")
    return replace(
        old,
        with_input=_leaning(old, old.with_input, [readings for readings, pictured in kept if pictured]),
        without_input=_leaning(old, old.without_input, [readings for readings, _ in kept]),
        figures={**old.figures, "house": {"engine": engine, "kept_clips": len(kept)}},
    )


def _leaning(
    calibration: Calibration, models: Mapping[str, Model], kept: list[dict[str, Reading]]
) -> dict[str, Model]:
    if len(kept) < FEWEST:
        return dict(models)
    values = [
        {
            name: float(standardised(readings[name].value, scale)) if readings[name].known else 0.0
            for name, scale in calibration.scales.items()
        }
        for readings in kept
    ]
    share = np.full(len(kept), 1 / len(kept))
    lean = len(kept) / (len(kept) + WEIGHT_OF_SHIPPED)

    def leant(model: Model) -> Model:
        own = tail(np.array([model.score(value) for value in values]), share)
        knots = (
            (1 - lean) * there + lean * here for there, here in zip(model.tail.knots, own.knots, strict=True)
        )
        decade = (1 - lean) * model.tail.decade + lean * own.decade
        return replace(model, tail=Tail(knots=tuple(knots), decade=decade))

    return {name: leant(model) for name, model in models.items()}
