"""Local calibration: the tails of good clips, fitted to the clips that members of this installation kept.

Only the tails change, for each engine separately. How troubles are recognised, and the levels that warn and
reject, stay. It is never automatic: the owner starts it (``framekiln calibrate``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from engine.core.receipt import FEWEST_KEPT
from engine.gate.calibration import Calibration, Model, Tail
from engine.gate.measure import MEASURES, UNKNOWN, Reading

WEIGHT_OF_SHIPPED = 100
"""The shipped tail weighs as much as this many kept clips."""

_LEARNT = "learnt"


@dataclass(frozen=True, kw_only=True)
class KeptClip:
    """A clip that members kept: the gate's readings, and whether it had an input picture."""

    readings: Mapping[str, Reading]
    has_input: bool

    @classmethod
    def of(cls, readings: Mapping[str, float], *, has_input: bool) -> Self:
        """From the readings in a receipt. A measure that it does not name is unknown."""
        known = {name: Reading(value) for name, value in readings.items()}
        return cls(readings=dict.fromkeys(MEASURES, UNKNOWN) | known, has_input=has_input)


@dataclass(frozen=True, kw_only=True)
class Tails:
    """Tails of good clips, fitted to the clips of one engine that members kept.

    Attributes:
        clips: the number of kept clips.
        with_input, without_input: tails by trouble; empty where there were too few clips of that kind.
    """

    clips: int
    with_input: Mapping[str, Tail]
    without_input: Mapping[str, Tail]

    def applied_to(self, calibration: Calibration) -> Calibration:
        """The calibration, with these tails instead of its own."""
        return replace(
            calibration,
            with_input=_replaced(calibration.with_input, self.with_input),
            without_input=_replaced(calibration.without_input, self.without_input),
            figures={
                **calibration.figures,
                "kept_clips": self.clips,
                _LEARNT: {True: bool(self.with_input), False: bool(self.without_input)},
            },
        )


def has_learnt(calibration: Calibration | None, *, has_input: bool) -> bool:
    """Whether a calibration has seen enough kept clips with (or without) an input picture."""
    return calibration is not None and calibration.figures.get(_LEARNT, {}).get(has_input, False)


def fit_tails(calibration: Calibration, kept: Sequence[KeptClip], *, fewest: int = FEWEST_KEPT) -> Tails:
    """Move the tails towards an engine's kept clips: half way where there are 100 of them.

    Raises:
        ValueError: there are fewer kept clips than ``fewest``.
    """
    if len(kept) < fewest:
        raise ValueError(f"{len(kept)} kept clips; at least {fewest} are needed, 100 to 200 are better")
    with_picture = [one for one in kept if one.has_input]
    return Tails(
        clips=len(kept),
        with_input=_moved(calibration, calibration.with_input, with_picture)
        if len(with_picture) >= fewest
        else {},
        without_input=_moved(calibration, calibration.without_input, kept),
    )


def read_calibrations(path: Path, calibration: Calibration) -> dict[str, Calibration]:
    """The calibration of each engine that has its own, by the engine's name.

    Returns:
        Empty where there is no file, or it belongs to another fit than ``calibration``.

    Raises:
        ValueError: the file was not written by :func:`calibrations_text`.
    """
    return {engine: tails.applied_to(calibration) for engine, tails in read_tails(path, calibration).items()}


def read_tails(path: Path, calibration: Calibration) -> dict[str, Tails]:
    """The tails by engine; see :func:`read_calibrations`."""
    if not path.exists():
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["fit"] != calibration.fit:
            return {}
        return {
            engine: Tails(
                clips=tails["clips"],
                with_input=_tails(tails["with_input"]),
                without_input=_tails(tails["without_input"]),
            )
            for engine, tails in data["engines"].items()
        }
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path} is not a local calibration: {error}") from error


def calibrations_text(calibration: Calibration, engines: Mapping[str, Tails]) -> str:
    """The content of the file, one trouble a line."""
    data = {"fit": calibration.fit, "engines": {name: asdict(tails) for name, tails in engines.items()}}
    return json.dumps(data, indent=1).replace("{\n     ", "{").replace("\n     ", " ") + "\n"


def _moved(
    calibration: Calibration, models: Mapping[str, Model], kept: Sequence[KeptClip]
) -> dict[str, Tail]:
    values = [calibration.standardised(one.readings) for one in kept]
    share = np.full(len(kept), 1 / len(kept))
    weight = len(kept) / (len(kept) + WEIGHT_OF_SHIPPED)

    def moved(model: Model) -> Tail:
        own = Tail.of(np.array([model.score(value) for value in values]), share)
        pairs = zip(model.tail.knots, own.knots, strict=True)
        return Tail(
            knots=tuple(round((1 - weight) * there + weight * here, 4) for there, here in pairs),
            decade=round((1 - weight) * model.tail.decade + weight * own.decade, 4),
        )

    return {name: moved(model) for name, model in models.items()}


def _replaced(models: Mapping[str, Model], tails: Mapping[str, Tail]) -> dict[str, Model]:
    return {name: replace(model, tail=tails.get(name, model.tail)) for name, model in models.items()}


def _tails(data: Mapping[str, Any]) -> dict[str, Tail]:
    return {name: Tail(knots=tuple(tail["knots"]), decade=tail["decade"]) for name, tail in data.items()}
