"""Fit the gate's calibrated score: ``python -m benchmarks.fit_gate --clips DIR [--clips DIR]``.

Reads labelled clips, harmless changes and injected defects of them, and clips that the weightless engines
draw, then writes ``engine/gate/calibration.json``. Every score that a level or a threshold is
taken from is of a clip whose source the regression had not seen.
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
from benchmarks.figures import Judged
from benchmarks.harmless import ARGUABLE
from benchmarks.readings import CACHE, Table, table
from benchmarks.tails import shares, threshold
from benchmarks.thresholds import Spread, choose
from benchmarks.ways import OTHER_WAYS, kind_of
from engine.gate import MEASURES
from engine.gate.calibration import SHIPPED, Calibration, Model, Scale, Tail, standardised
from engine.gate.troubles import TROUBLES

Array = NDArray[np.float64]
Rows = NDArray[np.bool_]

SHOWS = {
    "brightness_flickers": "brightness_flickers",
    "colours_flicker": "colour_flickers",
    "light_boils": "boils",
    "part_strobes": "strobes",
    "scene_cut": "cut",
    "broken_end": "corrupt_end",
    "torn": "tearing",
    "blur_collapses": "blur_collapses",
    "colours_fade": "colour_fades",
    "colours_drift": "colour_drifts",
    "subject_drifts": "subject_drifts",
    "fresh_blotches": "latent_noise",
    "fresh_noise": "fresh_noise",
    "noise": "static_noise",
    "burnt": "burnt",
    "oversaturated": "oversaturated",
}
"""Trouble → the injected defect that shows it, in all its ways."""

CONTENT = ("clipped", "overexposed", "letterbox", "only_zooms", "earlier_frame_shows")
"""Measures of content that good clips have as well, or that only warn: no regression reads them."""

BY_LIMIT = ("tint_drifts_everywhere", "colour_is_added_everywhere")
"""Measures that have a limit and nothing else: no regression reads them either."""

FAR_OFF = ("tiles_reverse", "calm_residue", "colour_residue", "middle_residue")
"""Measures that next to no good clip raises from zero: their limit tells nothing of how they spread."""

ALONE = ("subject_drifts",)
"""Troubles whose regression reads their own measures alone: an injected one changes colours and much else, by
which a fit would know it, and a real one would not."""

EXCUSES = ("pace", "fastest_pan", "unfollowed", "reversals", "texture", "tint_steps")
"""Measures of the content that may only speak for a clip: what is unusual in a still picture is usual in fast
motion or foliage."""

STRANGERS = 0.5
"""What measures of other troubles count in a regression: a quarter of them by the penalty."""

STRENGTH = 0.3
"""Inverse penalty of the regressions: with few sources a strong one keeps what they have in common."""

WORTH = {1.0: 0.1, 2.0: 1.0, 3.0: 1.0}
"""What a catch is worth in the choice of thresholds, by strength."""

REJECTED, WARNED = 0.04, 0.08
"""Shares of good clips that may be rejected, at hand and as reckoned on others together; and warned of."""

MARGINS = {"fresh_blotches": 1.1, "fresh_noise": 0.6, "colours_drift": 0.03}
"""What is added to the thresholds of troubles that good clips of repositories never seen come near.

Dithered GIFs are noisy. Below the threshold a clip is warned of.
"""


class Fit:
    """Regressions and held-out levels over one table, for clips with or without an input picture."""

    def __init__(self, data: Table, *, has_input: bool) -> None:
        """Look at what is known of each row."""
        self.data = data
        self.has_input = has_input
        self.kind = np.array([kind_of(change) for change in data.change])
        counted = ~np.isin(data.change, ARGUABLE)
        self.good = (data.label == "clean") & (self.kind == "") & counted
        self.taught = ~np.isin(data.change, [name for name, way in OTHER_WAYS.items() if not way.seen])
        needs_input = np.array([MEASURES[name].needs_input for name in data.names])
        with_picture = data.has_reference if has_input else np.zeros(len(data.values), bool)
        self.known = ~needs_input[None, :] | with_picture[:, None]
        self.columns = (~needs_input | has_input) & ~np.isin(data.names, CONTENT + BY_LIMIT)
        self.sources = sorted(set(data.source[self.good]))
        self._last: dict[str, tuple[Array, float]] = {}
        self._seen: dict[frozenset[str], tuple[dict[str, Scale], dict[str, Array]]] = {}
        self._unseen: dict[str, Array] = {}

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
            away = np.abs(values - median)
            # Many measures read 0 on nearly all good clips: the rare ones, or the limit, tell the scale.
            limit = np.inf if name in FAR_OFF else MEASURES[name].warn
            least = 0.1 * limit if np.isfinite(limit) else 0.01
            spread = max(float(np.percentile(away, 75)), float(np.percentile(away, 95)) / 3, least)
            scales[name] = Scale(median=median, spread=spread)
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
        shown = (self.kind == SHOWS[trouble]) & self.taught
        rows = rows & (self.good | shown)
        if TROUBLES[trouble].against_input and self.has_input:
            rows = rows & self.data.has_reference
        positive = shown[rows]
        inputs = self.inputs(scales, rows)
        own = np.isin(self.data.names, TROUBLES[trouble].measures)
        excuses = np.isin(self.data.names, EXCUSES)
        weight = np.where(own | excuses, 1.0, 0.0 if trouble in ALONE else STRANGERS)
        columns = self.columns & (weight > 0)
        source = self.data.source[rows]
        importance = np.zeros(len(inputs))
        for side in (positive, ~positive):
            for name in set(source[side]):
                some = side & (source == name)
                importance[some] = 1 / np.sqrt(some.sum())
            importance[side] *= len(inputs) / 2 / importance[side].sum()
        inputs = inputs * weight
        weights = np.zeros(len(self.data.names))
        found = self._last.get(trouble)
        while True:
            start = None if found is None else (found[0][columns], found[1])
            part, bias = logistic.fit(inputs[:, columns], positive, importance, STRENGTH, start)
            weights[:] = 0
            weights[columns] = part
            found = weights.copy(), bias
            # A larger value of a trouble's own measure is never a sign against it: that would be chance.
            # Nor is fast motion a sign of one.
            wrong = (own & (weights < 0)) | (excuses & (weights > 0))
            if not wrong.any():
                break
            columns = columns & ~wrong
        self._last[trouble] = found
        weights *= weight
        return weights / max(float(np.linalg.norm(weights)), 1e-9)

    def scores(self, rows: Rows, *held_out: str) -> dict[str, Array]:
        """Scores of some rows by the regressions without some sources."""
        scales, weights = self.trained(*held_out)
        inputs = self.inputs(scales, rows)
        return {name: inputs @ one for name, one in weights.items()}

    def unseen(self) -> dict[str, Array]:
        """Scores of all rows, each by the regressions that never saw its source."""
        if not self._unseen:
            self._unseen = {name: np.zeros(len(self.data.values)) for name in TROUBLES}
            for source in sorted(set(self.data.source)):
                some = self.data.source == source
                outer = (source,) if source in self.sources else ()
                for name, scores in self.scores(some, *outer).items():
                    self._unseen[name][some] = scores
        return self._unseen

    def tails(self, outer: tuple[str, ...] = ()) -> tuple[dict[str, Tail], Array, Rows]:
        """Tails of the good clips outside ``outer``, each scored without its own source.

        Returns:
            A tail by trouble; the levels ``[rows, troubles]`` of the rows outside ``outer``, good and broken;
            and which rows they are.
        """
        rows = self.without(*outer) & (self.data.label == "clean") & self.taught
        found = self.unseen()
        good = rows & self.good
        share = shares(self.data.source[good])
        tails = {name: Tail.of(found[name][good], share) for name in TROUBLES}
        return tails, levels({name: found[name][rows] for name in TROUBLES}, tails), rows

    def thresholds(self, found: Array, rows: Rows) -> tuple[Array, float]:
        """Levels to reject from, by trouble, and the level to warn from; see :meth:`tails`."""
        good = self.good[rows]
        cost, worth = np.zeros(len(good)), np.zeros(len(good))
        cost[good] = shares(self.data.source[rows][good])
        for kind in SHOWS.values():
            for strength, value in WORTH.items():
                some = (self.kind[rows] == kind) & (self.data.strength[rows] == strength)
                worth[some] = value / max(1, some.sum())
        worth /= max(worth.sum(), 1e-9)
        may = np.array([one.rejects(has_input=self.has_input) for one in TROUBLES.values()])
        reject = choose(Spread(levels=np.where(may, found, 0.0), cost=cost, worth=worth), REJECTED)
        margin = np.array([MARGINS.get(name, 0.0) for name in TROUBLES])
        reject = np.where(may, reject + margin, np.inf)
        return reject, threshold(found[good].max(axis=1), cost[good], WARNED)


def levels(scores: dict[str, Array], tails: dict[str, Tail]) -> Array:
    """Level of each row in each trouble, float64 ``[rows, troubles]``."""
    return np.stack([one.levels(scores[name]) for name, one in tails.items()], axis=1)


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """What the gate says of each row when it has seen nothing of the row's source.

    Attributes:
        levels: float64 ``[rows, troubles]``.
        reject: the thresholds that were chosen without the row's source, float64 ``[rows, troubles]``.
        warn: the same, float64 ``[rows]``.
    """

    levels: Array
    reject: Array
    warn: Array

    @property
    def rejected(self) -> Rows:
        """Rows that the score rejects."""
        return np.asarray((self.levels >= self.reject).any(axis=1))

    @property
    def warned(self) -> Rows:
        """Rows that it warns of, or rejects."""
        return np.asarray(self.rejected | (self.levels.max(axis=1) >= self.warn))


def held_out(fit: Fit) -> HeldOut:
    """Leave one source out at a time.

    Tails and thresholds come from the scores of the other sources, each of which is by regressions that never
    saw the source that it judges.
    """
    count = len(fit.data.values)
    shape = (count, len(TROUBLES))
    result = HeldOut(levels=np.zeros(shape), reject=np.zeros(shape), warn=np.zeros(count))
    for source in sorted(set(fit.data.source)):
        rows = fit.data.source == source
        outer = (source,) if source in fit.sources else ()
        tails, found, inner = fit.tails(outer)
        result.levels[rows] = levels({name: one[rows] for name, one in fit.unseen().items()}, tails)
        result.reject[rows], result.warn[rows] = fit.thresholds(found, inner)
    return result


def calibrated(data: Table, figures: dict[str, Any]) -> Calibration:
    """Fit on everything, for shipping."""
    with_input, without_input = Fit(data, has_input=True), Fit(data, has_input=False)
    (reject, warn), (reject_without, _) = (
        fit.thresholds(*fit.tails()[1:]) for fit in (with_input, without_input)
    )
    return Calibration(
        scales=with_input.trained()[0],
        with_input=_models(with_input),
        without_input=_models(without_input),
        warn=warn,
        reject=_finite(reject),
        reject_without_input=_finite(reject_without),
        figures=figures,
    )


def _finite(levels: Array) -> dict[str, float]:
    return {name: float(level) for name, level in zip(TROUBLES, levels, strict=True) if np.isfinite(level)}


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
    """Fit and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=Path, action="append", required=True, help="labelled clips")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where readings are kept")
    parser.add_argument("--to", type=Path, default=SHIPPED, help="the file to write")
    options = parser.parse_args()
    data = table(options.clips, options.cache)
    figures = held_out_figures(data)
    calibrated(data, figures).write(options.to)
    print(json.dumps(figures, indent=1))


def judged_held_out(data: Table, *, has_input: bool) -> Judged:
    """The word on each row of a gate whose score never saw the row's source. Its limits are what they are."""
    rejected, warned = by_limits(data, has_input=has_input)
    for with_input in {False, has_input}:
        found = held_out(Fit(data, has_input=with_input))
        # Rows without an input picture are judged by the models for those.
        rows = (data.has_reference & has_input) == with_input
        rejected[rows] |= found.rejected[rows]
        warned[rows] |= found.rejected[rows] | found.warned[rows]
    return Judged(data=data, rejected=rejected, warned=warned | rejected, has_input=has_input)


def held_out_figures(data: Table) -> dict[str, Any]:
    """The figures that are kept beside the numbers of the fit."""
    return {
        "how": "each source judged by a score that never saw it, and by the limits; with the input picture",
        "sources": len(set(data.source[data.label == "clean"])),
        "rows": len(data.values),
        **judged_held_out(data, has_input=True).summary(),
    }


if __name__ == "__main__":
    main()
