"""The fitted limits of a face's faults, and how they are fitted."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.fit_meaning import BUDGET, MORE, Fit, fitted
from benchmarks.meaning_faults import FACE_FAULTS, HARMLESS, STRENGTHS
from engine.gate.meaning import FAULTS
from engine.gate.meaning.bends import Bend
from engine.gate.meaning.limits import KINDS, Fitted, shipped

SHOWN = dict(
    zip(
        FACE_FAULTS,
        ("face_bends", "face_grows", "eye_disappears", "mouth_slides", "head_slides"),
        strict=True,
    )
)


def take(rng, source, change, strength, size):
    """A take in which all ways read noise, and the one that a fault shows reads ``size`` more."""
    reads = dict(zip(KINDS, rng.exponential(0.01, len(KINDS)), strict=True))
    if strength:
        reads[SHOWN[change]] += size * strength
    noise = rng.normal()
    bend = {"drift": reads["face_bends"] * np.exp(noise), "noise": noise, "apart": rng.uniform()}
    return {
        "clip": source,
        "source": source,
        "change": change,
        "strength": strength,
        "faces": [reads | {"face_bends": bend}],
    }


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(3)
    changes = [(name, 0) for name in HARMLESS | MORE for _ in range(3)]
    changes += [(name, strength) for name in FACE_FAULTS for strength in STRENGTHS]
    return [take(rng, f"source {n}", *change, 0.05) for n in range(8) for change in changes]


def test_what_ships_has_limits_for_every_way_and_kind():
    limits = shipped()
    assert limits.warn.keys() == KINDS.keys()
    assert min(limits.warn.values()) > 0
    assert {way for way, kind in KINDS.items() if way == kind} == set(KINDS.values())
    assert all(FAULTS[kind].warn == limits.warn[kind] < FAULTS[kind].reject for kind in KINDS.values())
    assert limits.figures["told"]["harmless"] <= 0.02


@pytest.mark.parametrize("way", KINDS)
def test_a_reading_at_its_own_limits_is_a_value_at_the_limits_of_its_kind(way):
    limits, kind = shipped(), FAULTS[KINDS[way]]
    warn, reject = limits.warn[way], limits.reject[way]
    assert limits.value(way, 0.99 * warn) < kind.warn <= limits.value(way, warn) * 1.000001
    assert limits.value(way, 0.99 * reject) < kind.reject == pytest.approx(limits.value(way, reject))
    values = [limits.value(way, reading) for reading in np.linspace(0, 2 * reject, 50)]
    assert values == sorted(values)


def test_a_repository_that_reads_high_everywhere_does_not_end_rejections(rows):
    loud = {"mouth_slides": 9.0, "eye_uneven": 9.0}
    raised = [
        row | {"faces": [row["faces"][0] | loud]}
        if row["source"] == "source 0" and not row["strength"]
        else row
        for row in rows
    ]
    for fit in (Fit(rows), Fit(raised)):
        every = np.ones(len(fit.rows), bool)
        warn, reject = fit.limits(fit.unseen(), every)
        assert max(reject[way] for way in loud) < 1
        assert all(warn[way] <= reject[way] for way in KINDS)


def test_limits_are_written_as_they_are_read(tmp_path):
    path = tmp_path / "limits.json"
    shipped().write(path)
    assert Fitted.read(path) == shipped()
    path.write_text('{"warn": {}}')
    with pytest.raises(ValueError, match="no limits"):
        Fitted.read(path)


def test_a_circumstance_that_makes_drifts_larger_excuses_them(rows):
    excuses = Fit(rows).excuses(np.ones(len(rows), bool))
    assert excuses["noise"] == pytest.approx(1, abs=0.3)
    assert 0 <= excuses["apart"] < 0.5, "it tells nothing here"
    assert Bend(drift=0.02, excuses={"noise": 1.0, "apart": 0.0}).counted(excuses) < 0.012


def test_fitted_limits_tell_of_strong_faults_and_of_few_harmless_takes(rows):
    limits = fitted(rows)
    told = limits.figures["told"]
    assert told["harmless"] <= 2 * BUDGET
    assert told["broken"][2] > 0.9
    assert told["broken"] == sorted(told["broken"])
    assert limits.reject.keys() == limits.warn.keys() == KINDS.keys()
    assert all(limits.warn[way] <= limits.reject[way] for way in KINDS)


def test_a_repository_has_no_part_in_what_judges_it(rows):
    """One in which all harmless takes read high is told of, and moves only the limits of others."""
    loud = [row for row in rows if row["source"] == "source 0" and not row["strength"]]
    raised = [row | {"faces": [row["faces"][0] | {"mouth_slides": 0.5}]} for row in loud]
    others = [row for row in rows if row["source"] != "source 0"]
    fit = Fit([*raised, *others])
    told, _ = fit.held_out()
    assert told[: len(raised)].all()
    assert fit.limits(fit.unseen(), fit.source != "source 0")[0]["mouth_slides"] < 0.2
