"""A gate that learns the house it works in: tails of good clips moved towards those that members kept.

Only the tails change, for each engine its own: how the troubles are recognised, and from which level on a
take is thrown away, stays. Nothing is learnt in silence; an owner asks for it (``framekiln calibrate``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from engine.gate.calibration import Calibration, Model, Tail
from engine.gate.measure import MEASURES, UNKNOWN, Reading

CALIBRATION_VARIABLE = "FRAMEKILN_HOUSE"
"""Where the engine process finds the file."""

WEIGHT_OF_SHIPPED = 100
"""The shipped tail counts like so many of the house's clips."""

FEWEST = 40
"""With fewer kept clips the 5 % point would be the word of a single one."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A clip that members kept: what the gate read on it, and whether it had an input picture."""

    readings: Mapping[str, Reading]
    has_input: bool

    @classmethod
    def of(cls, readings: Mapping[str, float], *, has_input: bool) -> Self:
        """From what a receipt holds. What it does not name was not read."""
        known = {name: Reading(value) for name, value in readings.items()}
        return cls(readings=dict.fromkeys(MEASURES, UNKNOWN) | known, has_input=has_input)


@dataclass(frozen=True, kw_only=True)
class Tails:
    """What an engine's kept clips say of good clips.

    Attributes:
        clips: how many there were.
        with_input, without_input: tails by trouble; empty where too few clips were of that kind.
    """

    clips: int
    with_input: Mapping[str, Tail]
    without_input: Mapping[str, Tail]

    def over(self, calibration: Calibration) -> Calibration:
        """The calibration with these tails in place of its own."""
        return replace(
            calibration,
            with_input=_replaced(calibration.with_input, self.with_input),
            without_input=_replaced(calibration.without_input, self.without_input),
            figures={**calibration.figures, "kept_clips": self.clips},
        )


def learnt(calibration: Calibration, kept: Sequence[Kept], *, fewest: int = FEWEST) -> Tails:
    """Let the tails lean towards an engine's kept clips: half way where there are 100 of them.

    Raises:
        ValueError: too few clips were kept.
    """
    if len(kept) < fewest:
        raise ValueError(f"{len(kept)} kept clips; {fewest} are needed, 100 to 200 are good")
    pictured = [one for one in kept if one.has_input]
    return Tails(
        clips=len(kept),
        with_input=_leaning(calibration, calibration.with_input, pictured) if len(pictured) >= fewest else {},
        without_input=_leaning(calibration, calibration.without_input, kept),
    )


def read_calibrations(path: Path, calibration: Calibration) -> dict[str, Calibration]:
    """What the gate holds each engine's takes against, by the engine's name.

    Returns:
        Nothing where the file is not there, or was made for another fit than ``calibration``.

    Raises:
        ValueError: the file is not what :func:`write_calibrations` writes.
    """
    return {engine: tails.over(calibration) for engine, tails in read_tails(path, calibration).items()}


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
        raise ValueError(f"{path} is no calibration of a house: {error}") from error


def write_calibrations(path: Path, calibration: Calibration, engines: Mapping[str, Tails]) -> None:
    """Write the file, whole or not at all: one trouble a line."""
    data = {"fit": calibration.fit, "engines": {name: asdict(tails) for name, tails in engines.items()}}
    text = json.dumps(data, indent=1).replace("{\n     ", "{").replace("\n     ", " ")
    beside = path.with_suffix(".new")
    beside.write_text(text + "\n", encoding="utf-8")
    beside.replace(path)


def _leaning(calibration: Calibration, models: Mapping[str, Model], kept: Sequence[Kept]) -> dict[str, Tail]:
    values = [calibration.standardised(one.readings) for one in kept]
    share = np.full(len(kept), 1 / len(kept))
    lean = len(kept) / (len(kept) + WEIGHT_OF_SHIPPED)

    def leant(model: Model) -> Tail:
        own = Tail.of(np.array([model.score(value) for value in values]), share)
        pairs = zip(model.tail.knots, own.knots, strict=True)
        return Tail(
            knots=tuple(round((1 - lean) * there + lean * here, 4) for there, here in pairs),
            decade=round((1 - lean) * model.tail.decade + lean * own.decade, 4),
        )

    return {name: leant(model) for name, model in models.items()}


def _replaced(models: Mapping[str, Model], tails: Mapping[str, Tail]) -> dict[str, Model]:
    return {name: replace(model, tail=tails.get(name, model.tail)) for name, model in models.items()}


def _tails(data: Mapping[str, Any]) -> dict[str, Tail]:
    return {name: Tail(knots=tuple(tail["knots"]), decade=tail["decade"]) for name, tail in data.items()}
