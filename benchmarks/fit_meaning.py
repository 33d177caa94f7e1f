"""Fit the limits of a face's faults: ``python -m benchmarks.fit_meaning --clips DIR --clips DIR``.

Every harmless and every broken take of the clips with a face is read once (:data:`CACHE`). A regression says
how much each circumstance excuses a bend. The limits are chosen as those of the calibrated score are
(:mod:`benchmarks.thresholds`): the false alarms that are allowed are spent where they catch most. The figures
are of repositories that had no part in what judged them. Writes ``engine/gate/meaning/limits.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import harmless, logistic
from benchmarks.meaning import Taken, clips
from benchmarks.meaning_faults import FACE_FAULTS, HARMLESS, STRENGTHS, Frames
from benchmarks.tails import shares
from benchmarks.thresholds import Spread, choose
from engine.gate.calibration import KNOTS, Tail
from engine.gate.clip import Clip
from engine.gate.meaning.bends import Bend
from engine.gate.meaning.deformed import SLIGHTEST, WAYS
from engine.gate.meaning.drift import readings_of
from engine.gate.meaning.limits import KINDS, SHIPPED, Fitted
from engine.gate.meaning.look import SHORTEST, follow_faces
from engine.vision.eyes import Eyes
from engine.weights.store import Store

Array = NDArray[np.float64]
Rows = NDArray[np.bool_]
Row = dict[str, Any]

CACHE = Path("meaning-readings.jsonl")
"""A take a line: where it is from, and what each way reads in each of its faces."""

MORE: dict[str, Callable[[Frames, np.random.Generator], Frames]] = {
    "mirrored": lambda frames, _: np.ascontiguousarray(frames[:, :, ::-1]),
    "recompressed": lambda frames, rng: np.asarray(harmless.recompressed(frames, 1, rng), np.uint8),
    "every second frame": lambda frames, _: np.ascontiguousarray(frames[::2]),
    "its last two thirds": lambda frames, _: np.ascontiguousarray(frames[len(frames) // 3 :]),
}
"""Harmless changes beside those by which the gate is measured."""

PARTS, LATER = 4, ", part "
"""Parts of a long clip that are read, and what the names of the later ones hold."""

BUDGET = 0.02
"""False alarms that are allowed in harmless takes, at hand and as reckoned on others together."""
RAREST = 3.0
"""The highest level of a limit: of a fault that is hardly ever seen in one way, that way may tell still."""
STRENGTH = 0.3
"""Inverse penalty of the regression."""
SHOWS, SMALLEST = "face bent", 1e-4
"""The fault by which excuses are fitted, and a drift in widths that is none."""
SLIGHT = {
    "face_bends": 0.002,
    "face_grows": 0.005,
    "face_grows_on_paths": 0.005,
    "mouth_slides": 0.005,
    "head_slides": 0.005,
    "head_slides_softly": 0.01,
    "eye_disappears": 0.05,
    "eye_uneven": 0.05,
    "mouth_looks_slid": 0.5,
    "eye_looks_gone": 0.5,
}
"""A reading of each way that is next to nothing: how many times smaller one is says nothing any more."""
_SLIGHT = np.array([SLIGHT[way] for way in KINDS])
BEYOND, LEAST = 1.5, 1.3
"""A rejection takes so many times the highest reading of any harmless take, and the limit for a warning. The
worst repository is left out: a single face that turns out of sight would end all rejections in a way."""

SUREST = dict.fromkeys(WAYS[1:], -SLIGHTEST)
"""Nothing is rejected for its looks that is not more likely broken than whole by them."""


def recorded(takes: Iterator[Taken], eyes: Eyes, cache: Path) -> list[Row]:
    """Read what is not in the cache yet, and give all of it."""
    rows = [json.loads(line) for line in cache.read_text().splitlines()] if cache.exists() else []
    known = {(row["clip"], row["change"], row["strength"]) for row in rows}
    with cache.open("a", encoding="utf-8") as file:
        for clip in takes:
            # The chance in a clip's faults stays the same, whatever other clips there are.
            number = zlib.crc32(clip.name.split(LATER)[0].encode())
            for change, strength, make in _changes(clip, number):
                if (clip.name, change, strength) not in known and len(frames := make()) >= SHORTEST:
                    row = {"clip": clip.name, "source": clip.source, "change": change, "strength": strength}
                    rows.append(row | {"faces": list(_faces(Clip(frames, frames[0], clip.fps), eyes))})
                    file.write(json.dumps(rows[-1]) + "\n")
    return rows


def _changes(clip: Taken, number: int) -> Iterator[tuple[str, int, Callable[[], Frames]]]:
    if clip.places is None:
        return
    whole = LATER not in clip.name  # later parts only tell how people move
    for name, change in (HARMLESS | (MORE if whole else {})).items():
        yield name, 0, partial(change, clip.frames, np.random.default_rng(number))
    for name, spoil in FACE_FAULTS.items():
        for strength in STRENGTHS if whole else ():
            made = partial(spoil, clip.frames, clip.places, strength, np.random.default_rng(number))
            yield name, strength, made


def _faces(clip: Clip, eyes: Eyes) -> Iterator[Row]:
    for face, plain in follow_faces(clip, eyes):
        yield face_row(readings_of(face, plain=plain))


def face_row(readings: Iterator[Any]) -> Row:
    """What each way reads in a face."""
    return {
        one.way: {"drift": one.size.drift, **one.size.excuses} if isinstance(one.size, Bend) else one.size
        for one in readings
    }


class Fit:
    """Excuses and limits over some takes."""

    def __init__(self, rows: list[Row]) -> None:
        """Look at what is known of each take."""
        self.rows = rows
        self.source, self.change = (np.array([row[key] for row in rows]) for key in ("source", "change"))
        self.strength = np.array([row["strength"] for row in rows])
        self.good = self.strength == 0
        self.names = [name for name in bends(rows)[0][1] if name != "drift"]

    def excuses(self, train: Rows) -> dict[str, float]:
        """How much each circumstance excuses a bend, by takes that are bent and others that are harmless."""
        some = [
            (n, bend)
            for n, bend in bends(self.rows)
            if train[n] and (self.good[n] or self.change[n] == SHOWS)
        ]
        at = np.array([n for n, _ in some])
        inputs = np.array(
            [[np.log(bend["drift"] + SMALLEST), *map(bend.get, self.names)] for _, bend in some]
        )
        middle, spread = inputs.mean(axis=0), inputs.std(axis=0) + 1e-6
        bent, importance = ~self.good[at], np.zeros(len(at))
        for side in (bent, ~bent):
            importance[side] = shares(self.source[at][side]) * len(at) / 2
        columns = np.ones(inputs.shape[1], bool)
        while True:
            weights = np.zeros(len(columns))
            standard = ((inputs - middle) / spread)[:, columns]
            weights[columns] = logistic.fit(standard, bent, importance, STRENGTH)[0]
            wrong = weights > 0  # nothing that excuses is a sign of a bend: that would be chance
            wrong[0] = False
            if not wrong.any():
                break
            columns &= ~wrong
        weights /= spread
        return dict(zip(self.names, map(float, -weights[1:] / weights[0]), strict=True))

    def scores(self, excuses: Mapping[str, float]) -> Array:
        """Natural logarithm of what each way reads, with what is slight: float64 ``[takes, ways]``.

        It is that of the face in which the way reads most.
        """
        found = np.zeros((len(self.rows), len(KINDS)))
        for n, row in enumerate(self.rows):
            for column, way in enumerate(KINDS):
                found[n, column] = max(
                    (_size(face.get(way, 0.0), excuses) for face in row["faces"]), default=0
                )
        return np.asarray(np.log(found + _SLIGHT), np.float64)

    def limits(self, scores: Array, train: Rows) -> tuple[dict[str, float], dict[str, float]]:
        """From which reading on each way warns, and rejects."""
        good = self.good & train
        share = shares(self.source[good])
        tails = [Tail.of(column[good], share) for column in scores.T]
        cost, worth = np.zeros(len(self.rows)), np.zeros(len(self.rows))
        cost[good] = share
        for name in FACE_FAULTS:
            for strength in STRENGTHS:
                kind = train & (self.change == name) & (self.strength == strength)
                worth[kind] = 1 / max(1, kind.sum())
        levels = np.stack([tail.levels(column) for tail, column in zip(tails, scores.T, strict=True)], axis=1)
        spread = Spread(levels=levels[train], cost=cost[train], worth=worth[train] / worth.sum())
        chosen = np.minimum(choose(spread, BUDGET), RAREST)
        warn = {
            way: float(np.exp(_score_at(level, tail)) - SLIGHT[way])
            for way, level, tail in zip(KINDS, chosen, tails, strict=True)
        }
        highest = np.exp(_but_the_worst(scores[good], self.source[good])) - _SLIGHT
        reject = {
            way: max(BEYOND * float(most), SUREST.get(way, SLIGHT[way]))
            for way, most in zip(KINDS, highest, strict=True)
        }
        for way, limit in warn.items():
            if limit < reject[way]:
                reject[way] = max(reject[way], LEAST * limit)
            else:
                warn[way] = reject[way]
        return warn, reject

    def unseen(self) -> Array:
        """The scores of each take by excuses that never saw its repository."""
        found = np.zeros((len(self.rows), len(KINDS)))
        for source in set(self.source):
            rows = self.source == source
            found[rows] = self.scores(self.excuses(~rows))[rows]
        return found

    def held_out(self) -> tuple[Rows, Rows]:
        """Which takes are told of, and which are rejected, by a fit without their repository."""
        scores = self.unseen()
        told, rejected = np.zeros((2, len(self.rows)), bool)
        for source in set(self.source):
            rows = self.source == source
            warn, reject = self.limits(scores, ~rows)
            read = np.exp(scores[rows]) - _SLIGHT
            told[rows] = (read >= list(warn.values())).any(axis=1)
            rejected[rows] = (read >= list(reject.values())).any(axis=1)
        return told, rejected


def _but_the_worst(scores: Array, source: Rows) -> Array:
    """The highest score in each way of all repositories but the one in which it is highest."""
    highest = np.stack([scores[source == one].max(axis=0) for one in sorted(set(source))])
    return np.asarray(np.sort(highest, axis=0)[-2:][0], np.float64)


def _score_at(level: float, tail: Tail) -> float:
    """The score that has a level in a tail."""
    known = -np.log10(KNOTS)
    within = float(np.interp(level, known, tail.knots))
    return within + max(0.0, float(level - known[-1])) * tail.decade


def bends(rows: list[Row]) -> list[tuple[int, Row]]:
    """The number of each take, and what is known of the bend of its largest face."""
    return [
        (n, row["faces"][0]["face_bends"])
        for n, row in enumerate(rows)
        if "face_bends" in (row["faces"] or [{}])[0]
    ]


def _size(reading: float | Row, excuses: Mapping[str, float]) -> float:
    if isinstance(reading, dict):
        return Bend(drift=reading["drift"], excuses={k: reading[k] for k in excuses}).counted(excuses)
    return reading


def figures(fit: Fit) -> dict[str, Any]:
    """Shares of takes that are told of, and rejected, held out."""
    told, rejected = fit.held_out()
    result: dict[str, Any] = {
        "how": "each repository judged by excuses and limits that never saw it",
        "repositories": len(set(fit.source)),
        "takes": len(fit.rows),
    }
    for name, marked in (("told", told), ("rejected", rejected)):
        shown: dict[str, Any] = defaultdict(list)
        for change in (*HARMLESS, *MORE):
            shown[change] = round(float(marked[fit.change == change].mean()), 3)
        shown["harmless"] = round(float(marked[fit.good].mean()), 3)
        for change in FACE_FAULTS:
            shown[change] = [
                round(float(marked[(fit.change == change) & (fit.strength == one)].mean()), 2)
                for one in STRENGTHS
            ]
        shown["broken"] = [round(float(marked[fit.strength == one].mean()), 2) for one in STRENGTHS]
        result[name] = dict(shown)
    return result


def fitted(rows: list[Row]) -> Fitted:
    """Fit on everything, for shipping."""
    fit, every = Fit(rows), np.ones(len(rows), bool)
    warn, reject = fit.limits(fit.unseen(), every)
    return Fitted(warn=warn, reject=reject, excuses=fit.excuses(every), figures=figures(fit))


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=Path, action="append", required=True, help="labelled clips")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where readings are kept")
    parser.add_argument("--to", type=Path, default=SHIPPED, help="the file to write")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    eyes = Eyes(Store(Path(os.environ.get("FRAMEKILN_MODELS_DIR", "models"))))
    limits = fitted(recorded(clips(options.clips, [], eyes, parts=PARTS), eyes, options.cache))
    limits.write(options.to)
    print(json.dumps(limits.figures, indent=1))


if __name__ == "__main__":
    main()
