"""The fitted weights and limits of a face's faults, and how they are fitted."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.face_readings import MORE, Recorded, Take
from benchmarks.fit_meaning import BUDGET, SHOWN, Fit, fitted, held_answers
from benchmarks.meaning_faults import FACE_FAULTS, HARMLESS, STRENGTHS
from engine.gate.meaning import FAULTS
from engine.gate.meaning.limits import ALWAYS, KINDS, Fitted, shipped
from engine.gate.meaning.witnesses import SLIGHT, WITNESSES
from engine.vision.face_movement import ANSWERS

OWNERS = 8
SPEAKS = dict(zip(FACE_FAULTS, (0, 1, None, 2, 3), strict=True))
"""The network's answer to each fault; the measures of eyes tell of the one without."""


def recorded(loud=()):
    """Takes whose networks and measures speak up where something is broken, and in some that are not."""
    rng = np.random.default_rng(3)
    changes = [(name, 0) for name in HARMLESS | MORE for _ in range(4)]
    changes += [(name, strength) for name in FACE_FAULTS for strength in STRENGTHS]
    takes = [Take(f"clip {n}", f"owner {n}/name", *change) for n in range(OWNERS) for change in changes]
    answers = rng.normal(-3, 1, (len(takes), len(ANSWERS))).astype(np.float32)
    readings = rng.exponential(0.01, (len(takes), len(SLIGHT)))
    for n, take in enumerate(takes):
        answer = SPEAKS.get(take.change)
        if answer is not None:
            answers[n, [answer, -1]] += 3.0 * take.strength
        elif take.strength:
            readings[n, list(SLIGHT).index("eye disappears")] += 0.2 * take.strength
        elif take.source.split("/")[0] in loud:
            answers[n] += 9
    count = len(takes)
    nothing = np.zeros((count, 0), np.float16)
    return Recorded(takes, np.arange(count), readings, np.ones(count, np.bool_), nothing, nothing), answers


@pytest.fixture(scope="module")
def calm():
    return recorded()


def test_what_ships_has_a_weight_for_every_witness_of_every_kind():
    limits = shipped()
    assert limits.weights.keys() == set(KINDS)
    assert all(weights.keys() == {*WITNESSES, ALWAYS} for weights in limits.weights.values())
    assert 0 < limits.warn < limits.reject
    assert all((FAULTS[kind].warn, FAULTS[kind].reject) == (limits.warn, limits.reject) for kind in KINDS)
    assert limits.figures["told"]["harmless"] <= 0.025


def test_the_odds_of_any_fault_are_the_sum_of_those_of_each():
    limits = Fitted(
        weights={
            "face_bends": {"said": 1.0, ALWAYS: -1.0},
            "head_slides": {"said": 0.0, ALWAYS: 0.5},
        },
        warn=1,
        reject=2,
        figures={},
    )
    for said in (-50.0, 0.0, 1.6, 900.0):
        kind, odds = limits.likeliest({"said": said})
        assert kind == ("face_bends" if said - 1 > 0.5 else "head_slides")
        assert odds == pytest.approx(np.logaddexp(said - 1, 0.5))


def test_limits_are_written_as_they_are_read(tmp_path):
    path = tmp_path / "limits.json"
    shipped().write(path)
    assert Fitted.read(path) == shipped()
    path.write_text('{"warn": {}}')
    with pytest.raises(ValueError, match="no limits"):
        Fitted.read(path)


def test_a_fit_tells_of_strong_faults_by_their_names_and_of_few_harmless_takes(calm):
    limits = fitted(*calm)
    told, rejected = limits.figures["told"], limits.figures["rejected"]
    assert told["harmless"] <= 2 * BUDGET
    assert told["broken"][2] > 0.95
    assert told["broken"] == sorted(told["broken"])
    assert all(few <= many for few, many in zip(rejected["broken"], told["broken"], strict=True))
    assert limits.figures["named rightly"] > 0.9
    assert limits.warn < limits.reject


def test_an_owner_has_no_part_in_what_judges_it(calm):
    """One whose harmless takes all read high is told of, and does not move the limits that judge it."""
    known, answers = recorded(loud={"owner 0"})
    fit, usual = Fit(known, answers), Fit(*calm)
    odds, _ = fit.unseen()
    mine = fit.family == "owner 0"
    told, _ = fit.held_out(odds)
    assert told[mine & fit.good].mean() > 0.9
    assert fit.weights(~mine) == usual.weights(~mine)


def test_a_witness_that_says_the_same_of_all_takes_counts_for_nothing(calm):
    weights = Fit(*calm).weights(np.ones(len(calm[0].takes), np.bool_))
    assert all(abs(each["moved"]) < 1e-6 for each in weights.values())
    assert weights["head_slides"]["head slides"] > abs(weights["head_slides"]["mouth slides"])


def test_a_take_is_judged_by_its_worst_face(calm):
    known, answers = calm
    broken = next(
        n for n, take in enumerate(known.takes) if take.change == "head slid" and take.strength == 3
    )
    harmless = next(n for n, take in enumerate(known.takes) if not take.strength)
    both = Recorded(
        known.takes,
        np.append(known.take, harmless),
        np.vstack([known.readings, known.readings[broken]]),
        np.append(known.told, True),
        known.planes,
        known.points,
    )
    every = np.ones(len(known.takes), np.bool_)
    weights = Fit(known, answers).weights(every)
    fit = Fit(both, np.vstack([answers, answers[broken]]))
    odds, kinds = fit.scores(weights, every)
    assert odds[harmless] == odds[broken]
    assert kinds[harmless] == SHOWN["head slid"]


def test_without_networks_there_is_nothing_to_fit(tmp_path):
    with pytest.raises(FileNotFoundError, match="fit_face_movement"):
        held_answers(tmp_path, 3)
