"""The numbers by which a face's faults are judged, as they were fitted.

A kind of fault may be seen in several ways, each with a limit of its own. ``benchmarks/fit_meaning.py`` fits
them on harmless and broken takes and writes ``limits.json``, with the figures of the fit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

SHIPPED = Path(__file__).with_name("limits.json")

KINDS = {
    "face_bends": "face_bends",
    "face_grows": "face_grows",
    "face_grows_on_paths": "face_grows",
    "mouth_slides": "mouth_slides",
    "mouth_looks_slid": "mouth_slides",
    "head_slides": "head_slides",
    "head_slides_softly": "head_slides",
    "eye_disappears": "eye_disappears",
    "eye_uneven": "eye_disappears",
    "eye_looks_gone": "eye_disappears",
}
"""The kind of fault that each way tells of; the way that has the kind's name gives the kind its limits."""


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """What was fitted.

    Attributes:
        warn: by way, in its own unit: from this reading on it is a warning.
        reject: by way, in its own unit: from this reading on the take is rejected; never below ``warn``.
        excuses: how much each circumstance excuses a bend; see :mod:`engine.gate.meaning.bends`.
        figures: how good the fit was, for people to read.
    """

    warn: Mapping[str, float]
    reject: Mapping[str, float]
    excuses: Mapping[str, float]
    figures: Mapping[str, Any]

    def value(self, way: str, reading: float) -> float:
        """A way's reading in the unit of its kind, so that the kind's two limits hold for all ways."""
        kind, warn, reject = KINDS[way], self.warn[way], self.reject[way]
        if reading >= reject:
            return self.reject[kind] * reading / reject
        if reading >= warn:
            share = (reading - warn) / (reject - warn)
            return self.warn[kind] + share * (self.reject[kind] - self.warn[kind])
        return self.warn[kind] * reading / warn

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
