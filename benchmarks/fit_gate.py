"""Fit the gate's calibrated score: ``python -m benchmarks.fit_gate --clips DIR``.

Reads labelled clips, harmless changes and injected defects of them, and clips that the weightless engines
draw, then writes ``engine/quality/calibration.json``. Every score that a level or a threshold is
taken from is of a clip whose source the regression had not seen.

``python -m benchmarks.fit_gate --recalibrate DIR --engine NAME --to FILE`` refits only the tails of good
clips, from clips of one engine that members kept.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import logistic
from benchmarks.defects import BENIGN, DEFECTS
from benchmarks.house import house_readings, recalibrated
from benchmarks.readings import CACHE, Table, table
from benchmarks.tails import shares, tail, threshold
from engine.quality.calibration import SHIPPED, Calibration, Model, Scale, Tail, shipped, standardised
from engine.quality.registry import MEASURES
from engine.quality.troubles import TROUBLES

Array = NDArray[np.float64]
Rows = NDArray[np.bool_]

SHOWS = {
    "brightness_flickers": ("brightness_flickers",),
    "colours_flicker": ("colour_flickers",),
    "light_boils": ("boils",),
    "part_strobes": ("strobes",),
    "scene_cut": ("cut",),
    "broken_end": ("corrupt_end",),
    "torn": ("tearing",),
    "blur_collapses": ("blur_collapses",),
    "colours_fade": ("colour_fades",),
    "colours_drift": ("colour_drifts",),
    "subject_drifts": ("subject_drifts",),
    "fresh_blotches": ("latent_noise",),
    "fresh_noise": ("fresh_noise",),
    "noise": ("static_noise",),
    "burnt": ("burnt",),
    "oversaturated": ("oversaturated",),
}
"""Trouble → the injected defects that show it."""

CONTENT = ("clipped",)
"""Measures that tell good clips of one kind from good clips of another: no regression reads them."""

STRENGTH = 0.3
"""Inverse penalty of the regressions: with few sources a strong one keeps what they have in common."""

EASIER = 0.3
"""By so many decades the threshold of hard troubles is lower."""


class Fit:
    """Regressions and held-out levels over one table, for clips with or without an input picture."""

    def __init__(self, data: Table, *, has_input: bool) -> None:
        """Look at what is known of each row."""
        self.data = data
        self.has_input = has_input
        self.good = (data.label == "clean") & ~np.isin(data.change, list(DEFECTS))
        needs_input = np.array([MEASURES[name].needs_input for name in data.names])
        with_picture = data.has_reference if has_input else np.zeros(len(data.values), bool)
        self.known = ~needs_input[None, :] | with_picture[:, None]
        self.columns = (~needs_input | has_input) & ~np.isin(data.names, CONTENT)
        self.sources = sorted(set(data.source[self.good]))
        self._last: dict[str, tuple[Array, float]] = {}
        self._seen: dict[frozenset[str], tuple[dict[str, Scale], dict[str, Array]]] = {}

    def without(self, *sources: str) -> Rows:
        """Rows that have nothing to do with these sources."""
        return ~np.isin(self.data.source, sources) & ~np.isin(self.data.origin, sources)

    def scales(self, rows: Rows) -> dict[str, Scale]:
        """Medians and spreads of the good rows among these."""
        scales = {}
        for place, name in enumerate(self.data.names):
            values = self.data.values[rows & self.good & self.known[:, place], place]
            if not self.columns[place] or not len(values):
                continue
            median = float(np.median(values))
            spread = float(np.percentile(np.abs(values - median), 75))
            # Many measures read 0 on nearly all good clips: their limit, if they have one, tells the scale.
            limit = MEASURES[name].warn
            least = 0.1 * limit if np.isfinite(limit) else 0.01
            scales[name] = Scale(median=median, spread=max(spread, least))
        return scales

    def inputs(self, scales: dict[str, Scale], rows: Rows) -> Array:
        """Standardised measures; 0 where nothing is known."""
        inputs = np.zeros((int(rows.sum()), len(self.data.names)))
        for place, name in enumerate(self.data.names):
            if name in scales:
                inputs[:, place] = standardised(self.data.values[rows, place], scales[name])
        return np.where(self.known[rows], inputs, 0.0)

    def trained(self, *held_out: str) -> tuple[dict[str, Scale], dict[str, Array]]:
        """Scales, and weights over all measures, from all rows but those of the held-out sources.

        More rows make longer weights: all are brought to length 1, so that scores of a fit without a source
        compare with those of a fit of all.
        """
        key = frozenset(held_out)
        if key not in self._seen:
            rows = self.without(*held_out) & (self.data.label == "clean")
            scales = self.scales(rows)
            self._seen[key] = scales, {name: self._regress(name, rows, scales) for name in TROUBLES}
        return self._seen[key]

    def _regress(self, trouble: str, rows: Rows, scales: dict[str, Scale]) -> Array:
        shown = np.isin(self.data.change, SHOWS[trouble])
        rows = rows & (self.good | shown)
        if TROUBLES[trouble].against_input and self.has_input:
            rows = rows & self.data.has_reference
        positive = shown[rows]
        inputs = self.inputs(scales, rows)
        source = self.data.source[rows]
        importance = np.zeros(len(inputs))
        for side in (positive, ~positive):
            for name in set(source[side]):
                some = side & (source == name)
                importance[some] = 1 / np.sqrt(some.sum())
            importance[side] *= len(inputs) / 2 / importance[side].sum()
        found = logistic.fit(inputs[:, self.columns], positive, importance, STRENGTH, self._last.get(trouble))
        self._last[trouble] = found
        weights = np.zeros(len(self.data.names))
        weights[self.columns] = found[0] / max(float(np.linalg.norm(found[0])), 1e-9)
        return weights

    def scores(self, rows: Rows, *held_out: str) -> dict[str, Array]:
        """Scores of some rows by the regressions without some sources."""
        scales, weights = self.trained(*held_out)
        inputs = self.inputs(scales, rows)
        return {name: inputs @ one for name, one in weights.items()}

    def tails(self, outer: tuple[str, ...] = ()) -> tuple[dict[str, Tail], Array, Rows]:
        """Tails of the good clips outside ``outer``, each scored without its own source.

        Returns:
            A tail by trouble; the levels of those good rows ``[rows, troubles]``; and which rows they are.
        """
        rows = self.without(*outer) & self.good
        found = {name: np.zeros(len(rows)) for name in TROUBLES}
        for source in self.sources:
            some = rows & (self.data.source == source)
            if some.any():
                for name, scores in self.scores(some, *outer, source).items():
                    found[name][some] = scores
        share = shares(self.data.source[rows])
        tails = {name: tail(found[name][rows], share) for name in TROUBLES}
        return tails, levels({name: found[name][rows] for name in TROUBLES}, tails), rows


def levels(scores: dict[str, Array], tails: dict[str, Tail]) -> Array:
    """Level of each row in each trouble, float64 ``[rows, troubles]``."""
    return np.stack([one.levels(scores[name]) for name, one in tails.items()], axis=1)


def margins(found: Array) -> Array:
    """The highest level of each row, the hard troubles' raised so that one threshold serves all."""
    raised = found + np.array([EASIER if trouble.hard else 0.0 for trouble in TROUBLES.values()])
    return np.asarray(raised.max(axis=1))


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """What the gate says of each row when it has seen nothing of the row's source.

    Attributes:
        levels: float64 ``[rows, troubles]``.
        reject, warn: the thresholds that were chosen without the row's source, float64 ``[rows]``.
    """

    levels: Array
    reject: Array
    warn: Array

    @property
    def rejected(self) -> Rows:
        """Rows that the score rejects."""
        return np.asarray(margins(self.levels) >= self.reject)

    @property
    def warned(self) -> Rows:
        """Rows that it warns of, or rejects."""
        return np.asarray(self.rejected | (self.levels.max(axis=1) >= self.warn))


REJECTED, WARNED = 0.03, 0.08
"""Shares of good clips, never seen, that may be rejected, and warned of."""


def held_out(fit: Fit) -> HeldOut:
    """Leave one source out at a time; tails and thresholds come from the other sources alone."""
    count = len(fit.data.values)
    result = HeldOut(levels=np.zeros((count, len(TROUBLES))), reject=np.zeros(count), warn=np.zeros(count))
    for source in sorted(set(fit.data.source)):
        rows = fit.data.source == source
        outer = (source,) if source in fit.sources else ()
        tails, found, good = fit.tails(outer)
        result.levels[rows] = levels(fit.scores(rows, *outer), tails)
        share = shares(fit.data.source[good])
        result.reject[rows] = threshold(margins(found), share, REJECTED)
        result.warn[rows] = threshold(found.max(axis=1), share, WARNED)
    return result


def calibrated(data: Table, figures: dict[str, Any]) -> Calibration:
    """Fit on everything, for shipping."""
    with_input, without_input = Fit(data, has_input=True), Fit(data, has_input=False)
    _, found, good = with_input.tails()
    share = shares(data.source[good])
    reject = threshold(margins(found), share, REJECTED)
    return Calibration(
        scales=with_input.trained()[0],
        with_input=_models(with_input),
        without_input=_models(without_input),
        warn=threshold(found.max(axis=1), share, WARNED),
        reject=reject,
        reject_hard=reject - EASIER,
        figures=figures,
    )


def _models(fit: Fit) -> dict[str, Model]:
    tails = fit.tails()[0]
    return {
        name: Model(
            weights={
                measure: float(weight) for measure, weight in zip(fit.data.names, one, strict=True) if weight
            },
            tail=tails[name],
        )
        for name, one in fit.trained()[1].items()
    }


def by_limits(data: Table, *, has_input: bool) -> tuple[Rows, Rows]:
    """Which rows the limits of single measures reject, and which they reject or warn of."""
    rejected, warned = np.zeros(len(data.values), bool), np.zeros(len(data.values), bool)
    for place, name in enumerate(data.names):
        if has_input or not MEASURES[name].needs_input:
            rejected |= data.values[:, place] >= MEASURES[name].reject
            warned |= data.values[:, place] >= MEASURES[name].warn
    return rejected, warned


def main() -> None:
    """Fit, or refit the tails of one engine."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=Path, help="labelled clips")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where readings are kept")
    parser.add_argument("--recalibrate", type=Path, metavar="DIR", help="clips that members kept, as MP4")
    parser.add_argument("--engine", help="the engine whose kept clips count")
    parser.add_argument("--to", type=Path, default=None, help="the file to write")
    options = parser.parse_args()
    if options.recalibrate:
        if not options.engine or not options.to:
            parser.error("--recalibrate needs --engine and --to")
        kept = house_readings(options.recalibrate, options.engine)
        recalibrated(shipped(), kept, engine=options.engine).write(options.to)
        print(f"{len(kept)} clips of {options.engine} → {options.to}")
        return
    if not options.clips:
        parser.error("--clips is needed")
    data = table(options.clips, options.cache)
    figures = held_out_figures(data)
    calibrated(data, figures).write(options.to or SHIPPED)
    print(json.dumps(figures, indent=1))


def held_out_figures(data: Table) -> dict[str, Any]:
    """The figures that are kept beside the numbers of the fit."""
    found = held_out(Fit(data, has_input=True))
    rejected = found.rejected
    untouched = (data.label == "clean") & (data.change == "")
    harmless = (data.label == "clean") & np.isin(data.change, list(BENIGN))
    caught = {
        f"{strength:g}": float(
            np.mean(
                [
                    rejected[(data.change == name) & (data.strength == strength)].mean()
                    for name in DEFECTS
                    if ((data.change == name) & (data.strength == strength)).any()
                ]
            )
        )
        for strength in sorted(set(data.strength[np.isin(data.change, list(DEFECTS))]))
    }
    return {
        "how": "each source judged by a fit that never saw it; score alone, with the input picture",
        "sources": len(set(data.source[untouched])),
        "good_clips": int(untouched.sum()),
        "rows": len(data.values),
        "false_rejects": float(rejected[untouched].mean()),
        "false_rejects_by_source": {
            source: float(rejected[untouched & (data.source == source)].mean())
            for source in sorted(set(data.source[untouched]))
        },
        "false_rejects_harmless": float(rejected[harmless].mean()),
        "rejected_by_strength": caught,
    }


if __name__ == "__main__":
    main()
