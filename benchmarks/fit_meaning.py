"""Fit how the witnesses of a broken face count: ``python -m benchmarks.fit_meaning``.

Reads what :mod:`benchmarks.fit_face_movement` recorded in harmless and broken takes, and what its networks
say of faces they have not seen. A regression says how much each witness counts for each kind of fault. Limits
are the odds that few harmless takes reach. The figures are of owners of repositories that had no part in what
judged them: neither in the network, nor in the regression, nor in the limits. Writes
``engine/gate/meaning/limits.json``.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import logistic
from benchmarks.face_readings import FOLDER, HELD, MORE, Recorded, recorded_in
from benchmarks.meaning_faults import FACE_FAULTS, HARMLESS, STRENGTHS
from benchmarks.tails import shares, threshold
from engine.gate.meaning.limits import ALWAYS, KINDS, SHIPPED, Fitted
from engine.gate.meaning.witnesses import SLIGHT, WITNESSES, witnesses_from
from engine.vision.face_movement import ANSWERS
from engine.vision.optical_flow import Floats

Array = NDArray[np.float64]
Some = NDArray[np.bool_]

SHOWN = dict(
    zip(
        FACE_FAULTS,
        ("face_bends", "face_grows", "eye_disappears", "mouth_slides", "head_slides"),
        strict=True,
    )
)
"""The kind of fault that each made one is."""

BUDGET, REJECTED = 0.02, 0.005
"""Shares of harmless takes that may be told of, and rejected."""
COUNTS = (0.6, 1.0, 1.0)
"""How much takes of each strength count: the slightest faults look whole."""
PENALTY = 2000.0
"""Inverse penalty of the regression, on rows that sum to 1."""
NOTHING = -20.0
"""Logarithm of odds of a take without a face."""


class Fit:
    """Weights and limits over recorded takes."""

    def __init__(self, known: Recorded, answers: Floats) -> None:
        """Look at the takes.

        Args:
            known: what was recorded.
            answers: the network's on each face, that never saw its owner: ``[faces, 5]``, 0 where untold.
        """
        self.family, self.strength, self.change = known.family, known.strength, known.change
        self.source = np.array([take.source for take in known.takes])
        self.good = self.strength == 0
        self._take = known.take
        rows = zip(known.readings, known.told, answers, strict=True)
        self._said = np.array([_witnesses(*row) for row in rows]).reshape(-1, len(WITNESSES))
        kinds = [KINDS.index(SHOWN[change]) + 1 if change in SHOWN else 0 for change in self.change]
        self._right = np.array(kinds, np.intp)[self._take]

    def weights(self, train: Some) -> dict[str, dict[str, float]]:
        """How much each witness counts for each kind, by some takes."""
        faces = train[self._take]
        said, right = self._said[faces], self._right[faces]
        middle, spread = said.mean(axis=0), said.std(axis=0) + 1e-6
        source, strength = self.source[self._take][faces], self.strength[self._take][faces]
        importance = np.zeros(len(right))
        for kind in range(len(KINDS) + 1):
            rows = right == kind
            counts = np.array((len(KINDS), *COUNTS))[strength[rows]]
            importance[rows] = shares(source[rows]) * counts / len(KINDS)
        standard = (said - middle) / spread
        found, bias = logistic.fit_kinds(standard, right, importance / importance.sum(), PENALTY)
        found = found / spread
        always = bias - found @ middle
        return {
            kind: dict(zip(WITNESSES, map(float, found[n]), strict=True)) | {ALWAYS: float(always[n])}
            for n, kind in enumerate(KINDS)
        }

    def scores(self, weights: dict[str, dict[str, float]], takes: Some) -> tuple[Array, NDArray[np.str_]]:
        """Logarithm of the odds that each take is broken, by its worst face, and the likeliest kind."""
        judge = Fitted(weights=weights, warn=0, reject=0, figures={})
        odds = np.full(len(self.good), NOTHING)
        kinds = np.full(len(self.good), KINDS[0], dtype=object)
        for face in np.flatnonzero(takes[self._take]):
            said = dict(zip(WITNESSES, map(float, self._said[face]), strict=True))
            kind, found = judge.likeliest(said)
            take = self._take[face]
            if found > odds[take]:
                odds[take], kinds[take] = found, kind
        return odds, kinds.astype(str)

    def unseen(self) -> tuple[Array, NDArray[np.str_]]:
        """The same by weights that never saw a take's owner."""
        odds, kinds = np.zeros(len(self.good)), np.full(len(self.good), "", dtype=object)
        for owner in sorted(set(self.family)):
            rows = self.family == owner
            found, named = self.scores(self.weights(~rows), rows)
            odds[rows], kinds[rows] = found[rows], named[rows]
        return odds, kinds.astype(str)

    def limits(self, odds: Array, train: Some) -> tuple[float, float]:
        """From which odds on a take is told of, and rejected."""
        good = self.good & train
        share = shares(self.source[good])
        warn, reject = (threshold(odds[good], share, wanted) for wanted in (BUDGET, REJECTED))
        return warn, reject

    def held_out(self, odds: Array) -> tuple[Some, Some]:
        """Which takes are told of, and which are rejected, by limits that never saw their owner."""
        told, rejected = np.zeros((2, len(odds)), np.bool_)
        for owner in set(self.family):
            rows = self.family == owner
            warn, reject = self.limits(odds, ~rows)
            told[rows], rejected[rows] = odds[rows] >= warn, odds[rows] >= reject
        return told, rejected


def _witnesses(readings: Array, told: bool, answers: Floats) -> list[float]:
    read = dict(zip(SLIGHT, map(float, readings), strict=True))
    said = witnesses_from(answers if told else None, read)
    return [said[name] for name in WITNESSES]


def figures(fit: Fit, odds: Array, kinds: NDArray[np.str_]) -> dict[str, Any]:
    """Shares of takes that are told of, and rejected, held out."""
    told, rejected = fit.held_out(odds)
    result: dict[str, Any] = {
        "how": "each owner's takes judged by a network, weights and limits that never saw them",
        "repositories": len(set(fit.source)),
        "takes": len(fit.source),
    }
    for name, marked in (("told", told), ("rejected", rejected)):
        shown: dict[str, Any] = defaultdict(list)
        for change in (*HARMLESS, *MORE):
            shown[change] = _share(marked[fit.change == change], 3)
        shown["harmless"] = _share(marked[fit.good], 3)
        for change in FACE_FAULTS:
            shown[change] = [
                _share(marked[(fit.change == change) & (fit.strength == one)], 2) for one in STRENGTHS
            ]
        shown["broken"] = [_share(marked[fit.strength == one], 2) for one in STRENGTHS]
        result[name] = dict(shown)
    right = np.array([kind == SHOWN.get(change) for kind, change in zip(kinds, fit.change, strict=True)])
    result["named rightly"] = _share(right[told & ~fit.good], 2)
    return result


def _share(marked: Some, digits: int) -> float:
    return round(float(marked.mean()), digits) if marked.size else 0.0


def fitted(known: Recorded, answers: Floats) -> Fitted:
    """Fit on everything, for shipping."""
    fit, every = Fit(known, answers), np.ones(len(known.takes), np.bool_)
    odds, kinds = fit.unseen()
    warn, reject = fit.limits(odds, every)
    return Fitted(weights=fit.weights(every), warn=warn, reject=reject, figures=figures(fit, odds, kinds))


def held_answers(folder: Path, faces: int) -> Floats:
    """What the networks of all folds said of the faces that they had not seen.

    Raises:
        FileNotFoundError: no fold has been taught yet.
        ValueError: a fold was taught before other faces were recorded.
    """
    said = np.zeros((faces, len(ANSWERS)), np.float32)
    paths = sorted((folder / HELD).glob("*.npz"))
    if not paths:
        raise FileNotFoundError(f"no networks were taught for {folder}: see benchmarks.fit_face_movement")
    for path in paths:
        with np.load(path) as file:
            if int(file["faces"]) != faces:
                raise ValueError(f"{path} was taught before other faces were recorded: teach it again")
            said[file["face"]] = file["answers"]
    return said


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--readings", type=Path, default=FOLDER, help="where readings are kept")
    parser.add_argument("--to", type=Path, default=SHIPPED, help="the file to write")
    options = parser.parse_args()
    known = recorded_in(options.readings)
    limits = fitted(known, held_answers(options.readings, len(known.take)))
    limits.write(options.to)
    print(json.dumps(limits.figures, indent=1))


if __name__ == "__main__":
    main()
