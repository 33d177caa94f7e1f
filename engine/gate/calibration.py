"""The calibrated score: how rare a clip's readings are among good clips, for each trouble.

The numbers were fitted by ``python -m benchmarks.fit_gate`` and are stored in ``calibration.json``, with the
figures of the fit. A logistic regression over all measures gives a score for each trouble; a *level* is minus
the decimal logarithm of the share of good clips that score higher, so 2 is one good clip in a hundred. Only
the levels depend on what good clips look like in an installation.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.gate.measure import Reading

SHIPPED = Path(__file__).with_name("calibration.json")

KNOTS = (0.5, 0.25, 0.1, 0.05)
"""Shares of good clips at which a tail keeps the score; beyond the last it is exponential."""


SHORTEST_DECADE = 0.15
"""The smallest growth of a score that makes it ten times rarer: good clips of few sources are too alike."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Median of a measure on good clips; three quarters of them lie within ``spread`` of it."""

    median: float
    spread: float


@dataclass(frozen=True, kw_only=True)
class Tail:
    """Scores of good clips at the shares of :data:`KNOTS`; ``decade`` more makes a score ten times rarer."""

    knots: tuple[float, ...]
    decade: float

    def levels(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Minus log10 of the share of good clips that score higher; 0 for the lower half of them."""
        within = np.interp(scores, self.knots, -np.log10(KNOTS), left=0.0)
        return np.asarray(within + np.maximum(0.0, scores - self.knots[-1]) / self.decade)

    @classmethod
    def of(cls, scores: NDArray[np.float64], share: NDArray[np.float64]) -> Self:
        """Fit to good clips' scores, each with its weight; beyond the last knot by their mean excess.

        Args:
            scores: float64 ``[N]``.
            share: of each clip in the whole, float64 ``[N]``, sums to 1.
        """
        order = np.argsort(-scores)
        reached = np.cumsum(share[order])
        places = (min(int(np.searchsorted(reached, knot)), len(order) - 1) for knot in KNOTS)
        knots = tuple(float(scores[order[place]]) for place in places)
        beyond = scores > knots[-1]
        excess = float(np.average(scores[beyond] - knots[-1], weights=share[beyond])) if beyond.any() else 0.0
        return cls(knots=knots, decade=max(excess * float(np.log(10)), SHORTEST_DECADE))


@dataclass(frozen=True, kw_only=True)
class Model:
    """A logistic regression over standardised measures, and the tail of its score on good clips."""

    weights: Mapping[str, float]
    tail: Tail

    def score(self, values: Mapping[str, float]) -> float:
        """Log odds, up to a factor and a constant."""
        return sum(weight * values[name] for name, weight in self.weights.items())


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """All the numbers of the calibrated score.

    Attributes:
        scales: by measure.
        with_input, without_input: the model of each trouble, by its name; for clips with an input picture to
            compare with, and for those without.
        warn: from this level on a clip carries a warning.
        reject, reject_without_input: from this level on a take is rejected, by trouble; low where that
            catches most. It may be below ``warn``. A trouble that is not named warns at most.
        figures: how good the fit was, for people to read.
    """

    scales: Mapping[str, Scale]
    with_input: Mapping[str, Model]
    without_input: Mapping[str, Model]
    warn: float
    reject: Mapping[str, float]
    reject_without_input: Mapping[str, float]
    figures: Mapping[str, Any]

    def levels(self, readings: Mapping[str, Reading], *, has_input: bool) -> dict[str, float]:
        """How rare the readings are among good clips, by trouble. An unknown reading counts as usual."""
        values = self.standardised(readings)
        models = self.with_input if has_input else self.without_input
        return {
            name: float(model.tail.levels(np.array(model.score(values)))) for name, model in models.items()
        }

    def limit(self, trouble: str, *, has_input: bool) -> float:
        """The level from which a trouble rejects; infinite where it warns at most."""
        return (self.reject if has_input else self.reject_without_input).get(trouble, math.inf)

    def standardised(self, readings: Mapping[str, Reading]) -> dict[str, float]:
        """The models' input, by measure; 0 where a reading is unknown."""
        return {
            name: float(standardised(readings[name].value, scale)) if readings[name].known else 0.0
            for name, scale in self.scales.items()
        }

    @property
    def fit(self) -> str:
        """Identifies the fit: twelve hex digits. Tails that belong to another fit mean nothing here."""
        parts = (self.scales, self.with_input, self.without_input)
        text = json.dumps(_rounded([{name: asdict(one) for name, one in part.items()} for part in parts]))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what :meth:`write` wrote.

        Raises:
            ValueError: the file is not a calibration.
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                scales={name: Scale(**scale) for name, scale in data["scales"].items()},
                with_input=_models(data["with_input"]),
                without_input=_models(data["without_input"]),
                warn=data["warn"],
                reject=data["reject"],
                reject_without_input=data["reject_without_input"],
                figures=data["figures"],
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path.name} is not a calibration: {error}") from error

    def write(self, path: Path) -> None:
        """Write it as readable JSON: one measure or model a line."""
        parts = []
        for key, value in _rounded(asdict(self)).items():
            if isinstance(value, dict):
                lines = (f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in value.items())
                value = "{\n" + ",\n".join(lines) + "\n }"  # noqa: PLW2901 - from data to its text
            parts.append(f' "{key}": {value}')
        path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


@cache
def shipped() -> Calibration:
    """The calibration that comes with the engine."""
    return Calibration.read(SHIPPED)


def standardised(value: NDArray[np.float64] | float, scale: Scale) -> Any:
    """Distance from the median in spreads, its logarithm beyond one: ``sign(z) log(1 + |z|)``."""
    distance = (value - scale.median) / scale.spread
    return np.sign(distance) * np.log1p(np.abs(distance))


def _models(data: Mapping[str, Any]) -> dict[str, Model]:
    return {
        name: Model(
            weights=model["weights"],
            tail=Tail(knots=tuple(model["tail"]["knots"]), decade=model["tail"]["decade"]),
        )
        for name, model in data.items()
    }


def _rounded(data: Any) -> Any:
    if isinstance(data, float):
        return float(f"{data:.4g}")
    if isinstance(data, Mapping):
        return {key: _rounded(value) for key, value in data.items()}
    return [_rounded(value) for value in data] if isinstance(data, tuple | list) else data
