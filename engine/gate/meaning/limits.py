"""The numbers by which a face's faults are judged, as they were fitted.

``benchmarks/fit_meaning.py`` fits them on harmless and broken takes and writes ``limits.json``, with the
figures of the fit.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

SHIPPED = Path(__file__).with_name("limits.json")

KINDS = ("face_bends", "face_grows", "eye_disappears", "mouth_slides", "head_slides")
"""Faults of faces whose limits are fitted."""
ALWAYS = "always"
"""The name of the weight that counts whatever the witnesses say."""


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """What was fitted.

    Attributes:
        weights: of each of :data:`KINDS`, how much each witness of
            :data:`engine.gate.meaning.witnesses.WITNESSES` counts for it, beside a whole face.
        warn: natural logarithm of the odds that a face is broken, from which on it is a warning.
        reject: the same, from which on the take is rejected; above ``warn``.
        figures: how good the fit was, for people to read.
    """

    weights: Mapping[str, Mapping[str, float]]
    warn: float
    reject: float
    figures: Mapping[str, Any]

    def likeliest(self, witnesses: Mapping[str, float]) -> tuple[str, float]:
        """What is most likely wrong with a face, and the natural logarithm of the odds that anything is.

        The odds are those of a fault among as many broken takes as whole ones.
        """
        each = {
            kind: weights[ALWAYS] + sum(weights[name] * said for name, said in witnesses.items())
            for kind, weights in self.weights.items()
        }
        kind = max(each, key=lambda name: each[name])
        most = each[kind]
        return kind, most + math.log(sum(math.exp(one - most) for one in each.values()))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what :meth:`write` wrote.

        Raises:
            ValueError: the file holds no limits.
        """
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except TypeError as error:
            raise ValueError(f"{path.name} holds no limits: {error}") from error

    def write(self, path: Path) -> None:
        """Write them as readable JSON, to four digits."""
        path.write_text(json.dumps(_rounded(asdict(self)), indent=1) + "\n", encoding="utf-8")


@cache
def shipped() -> Fitted:
    """The limits that come with the engine."""
    return Fitted.read(SHIPPED)


def _rounded(data: Any) -> Any:
    if isinstance(data, float):
        return float(f"{data:.4g}")
    return {key: _rounded(value) for key, value in data.items()} if isinstance(data, Mapping) else data
