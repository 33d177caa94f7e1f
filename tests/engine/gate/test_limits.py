"""The numbers from which the gate warns and rejects, pinned beside the id of the fit that they belong to.

After a deliberate change: ``python -m tests.golden.make``.
"""

import json
from dataclasses import replace

import numpy as np
import pytest

from engine.core.receipt import Outcome
from engine.gate import MEASURES, TROUBLES
from engine.gate.calibration import Model, Tail, shipped
from engine.gate.measure import Reading
from engine.gate.verdict import weigh
from tests import ROOT
from tests.golden.make import LIMITS, levels, limits

PINNED = json.loads(LIMITS.read_text("utf-8"))
_NEVER = Tail(knots=(1.0, 2.0, 3.0, 4.0), decade=1.0)
HERE = ROOT / "tests" / "engine" / "gate"


@pytest.mark.parametrize("name", PINNED["measures"])
def test_the_limits_of_a_measure_are_the_pinned_ones(name):
    assert [str(end) for end in limits(name)] == PINNED["measures"][name]


def test_a_measure_that_the_fit_weighs_is_pinned():
    assert set(shipped().scales) <= set(PINNED["measures"])


def test_a_measure_newer_than_the_fit_has_its_limits_in_a_test():
    newer = set(MEASURES) - set(PINNED["measures"])
    texts = [path.read_text("utf-8") for path in HERE.rglob("test_*.py")]
    assert [name for name in newer if not any(f'limits("{name}") ==' in text for text in texts)] == []


@pytest.mark.parametrize("part", ["fit", "warn", "reject", "reject_without_input"])
def test_the_limits_of_the_calibration_are_the_pinned_ones(part):
    assert getattr(shipped(), part) == PINNED[part]


@pytest.mark.parametrize(("part", "has_input"), [("levels", True), ("levels_without_input", False)])
def test_the_calibration_gives_the_pinned_levels(part, has_input):
    found = levels(shipped(), has_input=has_input)
    assert found.keys() == PINNED[part].keys()
    for trouble, values in found.items():
        assert values == pytest.approx(PINNED[part][trouble], abs=0.01), trouble


def fixed(trouble, level):
    """The shipped calibration, but every clip has this level of one trouble, and of no other."""
    tail = Tail(knots=(-4.0, -3.0, -2.0, -1.0), decade=1.0)
    beyond = 1.0 / (level - float(tail.levels(np.array(-1.0))))
    models = {
        name: Model(weights={}, tail=replace(tail, decade=beyond) if name == trouble else _NEVER)
        for name in TROUBLES
    }
    return replace(shipped(), with_input=models, without_input=models)


def judged(trouble, level, *, has_input):
    readings = {name: Reading(measure.usual) for name, measure in MEASURES.items()}
    return weigh(readings, 8, fixed(trouble, level), has_input=has_input)


@pytest.mark.parametrize("has_input", [True, False])
@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_level_at_its_limit_rejects_even_where_that_is_below_the_one_that_warns(trouble, has_input):
    limit = (PINNED["reject"] if has_input else PINNED["reject_without_input"]).get(trouble)
    if limit is None:
        assert judged(trouble, 99.0, has_input=has_input).outcome is Outcome.WARNED
        return
    at, below = (judged(trouble, limit + beside, has_input=has_input) for beside in (1e-6, -0.01))
    assert at.outcome is Outcome.REJECTED
    assert [finding.code for finding in at.findings] == [trouble]
    assert below.outcome is (Outcome.WARNED if limit - 0.01 >= PINNED["warn"] else Outcome.ACCEPTED)


@pytest.mark.parametrize("name", [name for name, measure in MEASURES.items() if measure.reject < 1e9])
def test_a_value_at_its_limit_rejects_and_just_below_it_does_not(name):
    usual = {other: Reading(measure.usual) for other, measure in MEASURES.items()}
    entry = MEASURES[name]
    quiet = fixed("", 2.0)
    at, below = (
        weigh(usual | {name: Reading(entry.reject * factor)}, 8, quiet, has_input=True)
        for factor in (1, 0.999)
    )
    assert at.outcome is Outcome.REJECTED
    assert [finding.code for finding in at.findings] == [name]
    assert below.outcome is (Outcome.WARNED if entry.warn < entry.reject else Outcome.ACCEPTED)
