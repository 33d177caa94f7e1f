"""From the gate's word on each row to the figures that are told of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harmless import ARGUABLE, BENIGN
from benchmarks.readings import FRAMED, STRENGTHS, Table
from benchmarks.ways import OTHER_WAYS, kind_of

Rows = NDArray[np.bool_]
Shares = NDArray[np.float64]

GROUPS = ("as in defects", "other ways, taught", "ways held back")
"""How a defect was made."""

ONLY_WARNED = ("burnt", "oversaturated")
"""Without an input picture these may be content: a warning counts as caught there."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A table, and what the gate says of each of its rows."""

    data: Table
    rejected: Rows
    warned: Rows
    has_input: bool

    @property
    def kinds(self) -> NDArray[np.str_]:
        """The defect in each row, "" for none."""
        return np.array([kind_of(change) for change in self.data.change])

    @property
    def good(self) -> Rows:
        """Clean clips, untouched or harmlessly changed."""
        counted = ~np.isin(self.data.change, ARGUABLE)
        return np.asarray((self.data.label == "clean") & (self.kinds == "") & counted)

    def clips(self) -> dict[str, Rows]:
        """The good rows and the borderline ones, by what they are."""
        data, good = self.data, self.good
        untouched, harmless = good & (data.change == ""), good & (data.change != "")
        accepted = data.clip[untouched & ~self.rejected]
        found = {
            "untouched": untouched,
            "borderline": (data.label == "borderline") & (data.change == ""),
            "doubtful": (data.label == "doubtful") & (data.change == ""),
            "harmless changes": harmless,
            "harmless changes of accepted clips": harmless & np.isin(data.clip, accepted),
        }
        found |= {kind: untouched & (data.kind == kind) for kind in sorted(set(data.kind[untouched]))}
        found |= {
            source: untouched & (data.source == source) for source in sorted(set(data.source[untouched]))
        }
        found |= {name.replace("_", " "): harmless & (data.change == name) for name in BENIGN}
        found |= {
            f"{name.replace('_', ' ')} (not counted)": (data.label == "clean") & (data.change == name)
            for name in ARGUABLE
        }
        return {name: rows for name, rows in found.items() if rows.any()}

    def caught(self, kind: str) -> Shares:
        """Share of a defect that is caught, ``[groups, strengths]``; NaN where there is no row."""
        data, rows = self.data, self.kinds == kind
        told = self.rejected.copy()
        if kind in FRAMED:
            told |= self.warned
        if kind in ONLY_WARNED:
            told |= self.warned & ~(data.has_reference & self.has_input)
        taught = np.array([name not in OTHER_WAYS or OTHER_WAYS[name].seen for name in data.change])
        other = np.isin(data.change, list(OTHER_WAYS))
        shares = np.full((len(GROUPS), len(STRENGTHS)), np.nan)
        for row, group in enumerate((~other, other & taught, ~taught)):
            for column, strength in enumerate(STRENGTHS):
                some = rows & group & (data.strength == strength)
                if some.any():
                    shares[row, column] = told[some].mean()
        return shares

    def injected(self) -> list[str]:
        """The defects that the table holds."""
        return sorted(set(self.kinds) - {""})

    def summary(self) -> dict[str, Any]:
        """What is kept beside the numbers of a fit."""
        clips = self.clips()
        shares = {kind: self.caught(kind) for kind in self.injected()}
        means = np.nanmean(list(shares.values()), axis=0)
        strengths = [f"{strength:g}" for strength in STRENGTHS]
        return {
            "rejected": {name: float(self.rejected[rows].mean()) for name, rows in clips.items()},
            "clips": {name: int(rows.sum()) for name, rows in clips.items()},
            "caught": {
                group: dict(zip(strengths, map(float, means[row]), strict=True))
                for row, group in enumerate(GROUPS)
            },
            "caught_by_kind": {
                kind: dict(zip(strengths, map(float, np.nanmean(found[:2], axis=0)), strict=True))
                for kind, found in shares.items()
            },
        }
