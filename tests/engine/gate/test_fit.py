"""The fit of the calibrated score, on tables made by chance."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import logistic
from benchmarks.fit_gate import SHOWS, Fit, held_out
from benchmarks.readings import Table
from benchmarks.tails import threshold
from benchmarks.thresholds import GRID, Spread, choose
from benchmarks.ways import OTHER_WAYS, kind_of
from engine.gate import MEASURES, TROUBLES, Calibration
from engine.gate.calibration import KNOTS, SHIPPED, Scale, Tail, shipped, standardised
from engine.gate.measure import UNKNOWN, Reading

SOURCES = ("north", "south", "east", "west")


def table(seed=0, good=12, bad=3):
    """Good clips of four sources around 0; a defect lifts the first measure of its trouble by 6."""
    rng = np.random.default_rng(seed)
    names = tuple(MEASURES)
    rows = []
    for source in SOURCES:
        rows += [(source, "", 0.0, rng.standard_normal(len(names)))] * 1
        rows += [(source, "", 0.0, rng.standard_normal(len(names))) for _ in range(good)]
        for trouble, defect in SHOWS.items():
            for turn in range(bad):
                values = rng.standard_normal(len(names))
                values[names.index(TROUBLES[trouble].measures[0])] += 6
                rows.append((source, defect, 1.0 + turn % 3, values))
    sources, changes, strengths, found = zip(*rows, strict=True)
    return Table(
        names=names,
        values=np.array(found),
        clip=np.array([f"clip {turn}" for turn in range(len(rows))]),
        source=np.array(sources),
        origin=np.array(sources),
        kind=np.array(sources),
        label=np.array(["clean"] * len(rows)),
        change=np.array(changes),
        strength=np.array(strengths),
        has_reference=np.ones(len(rows), bool),
    )


def usual(calibration):
    return {name: Reading(scale.median) for name, scale in calibration.scales.items()}


def test_a_logistic_regression_finds_what_made_the_labels():
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((4000, 3))
    chance = 1 / (1 + np.exp(-(inputs @ np.array([2.0, -1.0, 0.0]) + 0.5)))
    weights, bias = logistic.fit(inputs, rng.random(4000) < chance, np.ones(4000), 100.0)
    assert weights == pytest.approx([2.0, -1.0, 0.0], abs=0.2)
    assert bias == pytest.approx(0.5, abs=0.15)


def test_a_regression_of_perfectly_parted_rows_ends():
    inputs = np.linspace(-1, 1, 50)[:, None]
    weights, _ = logistic.fit(inputs, inputs[:, 0] > 0, np.ones(50), 0.3)
    assert 0 < weights[0] < 50


def _gradient(inputs, kind, importance, strength, weights, bias):
    """Of what the regression of several kinds minimises, in its weights."""
    odds = np.column_stack([np.zeros(len(inputs)), inputs @ weights.T + bias])
    chance = np.exp(odds - odds.max(axis=1, keepdims=True))
    chance /= chance.sum(axis=1, keepdims=True)
    missed = importance[:, None] * (chance[:, 1:] - (kind[:, None] == np.arange(1, odds.shape[1])))
    return missed.T @ inputs + weights / strength


def test_a_regression_of_several_kinds_ends_at_the_least_loss_where_a_few_rows_lie_far_away():
    """Whole steps went to and fro there for ever."""
    rng, kinds, count = np.random.default_rng(0), 5, 1200
    kind = np.where(rng.random(count) < 0.5, 0, rng.integers(1, kinds + 1, count))
    away = np.concatenate([np.flatnonzero(kind == 0)[:5], np.flatnonzero(kind == kinds - 1)[:1]])
    inputs = np.zeros((count, kinds + 1))
    inputs[:, :kinds] = rng.normal(size=(count, kinds)) + (kind[:, None] == np.arange(1, kinds + 1))
    inputs[away, kinds] = -42
    importance = np.full(count, 1 / count)
    importance[away] /= 9
    weights, bias = logistic.fit_kinds(inputs, kind, importance, 2000.0)
    assert np.abs(_gradient(inputs, kind, importance, 2000.0, weights, bias)).max() < 1e-6


def test_every_trouble_has_a_defect_that_shows_it_and_measures_that_exist():
    assert set(SHOWS) == set(TROUBLES)
    assert all(name in MEASURES for trouble in TROUBLES.values() for name in trouble.measures)


def test_a_source_is_judged_by_regressions_that_never_saw_it():
    data = table()
    spoilt = replace(data, values=data.values.copy())
    spoilt.values[data.source == "west"] *= -3
    mine, other = (Fit(one, has_input=True).trained("west") for one in (data, spoilt))
    assert mine[0] == other[0]
    for trouble in TROUBLES:
        assert (mine[1][trouble] == other[1][trouble]).all()


def test_clips_filmed_from_a_sources_pictures_are_held_out_with_it():
    data = table()
    filmed = replace(data, origin=np.where(data.source == "east", "west", data.origin))
    assert not Fit(filmed, has_input=True).without("west")[data.source == "east"].any()


def test_held_out_scores_catch_what_is_plain_and_leave_good_clips_alone():
    data = table()
    found = held_out(Fit(data, has_input=True))
    assert found.rejected[data.change != ""].mean() > 0.5
    # So few good clips tell little of their tail: with sixty of each source it is 5 %.
    assert found.rejected[data.change == ""].mean() < 0.25


def test_a_tail_says_how_rare_a_score_is():
    scores = np.random.default_rng(0).standard_exponential(20_000)
    found = Tail.of(scores, np.full(20_000, 1 / 20_000))
    assert found.levels(np.array(-1)) == 0
    for share in (*KNOTS, 0.01, 0.001):
        assert found.levels(np.array(-np.log(share))) == pytest.approx(-np.log10(share), abs=0.1)


def test_a_threshold_lets_no_more_than_the_wanted_share_pass():
    values = np.arange(100.0)
    found = threshold(values, np.full(100, 0.01), 0.05)
    assert (values >= found).mean() == pytest.approx(0.05, abs=0.011)


def test_what_is_not_known_counts_as_usual():
    calibration = shipped()
    readings = usual(calibration)
    levels = calibration.levels(readings, has_input=True)
    unknown = {**readings, "more_saturated": UNKNOWN, "brightness_flickers": UNKNOWN}
    assert calibration.levels(unknown, has_input=True) == levels


def test_a_value_is_counted_in_spreads_and_by_its_logarithm():
    scale = Scale(median=2, spread=0.5)
    assert standardised(2, scale) == 0
    assert standardised(2.5, scale) == pytest.approx(np.log(2))
    assert standardised(1.5, scale) == pytest.approx(-np.log(2))


def test_a_calibration_survives_being_written(tmp_path):
    shipped().write(tmp_path / "local.json")
    assert Calibration.read(tmp_path / "local.json") == shipped()
    assert (tmp_path / "local.json").read_text() == SHIPPED.read_text()


@pytest.mark.parametrize("text", ["{}", "[]", '{"scales": {"noise": {"median": 1}}}', "no json"])
def test_what_is_no_calibration_is_refused(tmp_path, text):
    (tmp_path / "local.json").write_text(text)
    with pytest.raises(ValueError):
        Calibration.read(tmp_path / "local.json")


def test_the_shipped_numbers_name_only_measures_and_troubles_that_exist():
    assert set(shipped().scales) <= set(MEASURES)
    for models in (shipped().with_input, shipped().without_input):
        assert set(models) == set(TROUBLES)
        assert all(set(model.weights) <= set(shipped().scales) for model in models.values())


def test_without_an_input_picture_nothing_that_needs_one_is_weighed():
    for model in shipped().without_input.values():
        assert not any(MEASURES[name].needs_input for name in model.weights)


def test_a_way_of_a_defect_that_is_held_back_teaches_nothing():
    data = table()
    unseen = next(name for name, way in OTHER_WAYS.items() if not way.seen)
    changed = np.where(data.change == kind_of(unseen), unseen, data.change)
    assert unseen in changed
    assert not Fit(replace(data, change=changed), has_input=True).taught[changed == unseen].any()


def spread(levels, good, worth=None):
    good = np.array(good)
    cost = good / good.sum()
    worth = (1 - good) / (1 - good).sum() if worth is None else np.array(worth)
    return Spread(levels=np.array(levels, float), cost=cost, worth=worth)


def test_false_rejects_are_spent_where_they_catch_most():
    # The second trouble parts good from broken at 2; the first would cost one of the two good clips.
    levels = [[0, 2.5], [0, 2.5], [1.95, 0], [1.9, 0], [0, 1]]
    found = choose(spread(levels, [0, 0, 1, 0, 1]), budget=0.4)
    assert found[1] <= 2.5
    assert found[0] > 1.95
    assert choose(spread(levels, [0, 0, 1, 0, 1]), budget=0.6)[0] <= 1.9


def test_no_more_good_clips_are_rejected_than_the_budget_allows():
    rng = np.random.default_rng(0)
    levels = rng.exponential(1 / np.log(10), (400, 5))
    good = np.arange(400) < 300
    levels[~good] += 0.5
    found = choose(spread(levels, good), budget=0.05)
    assert (levels[good] >= found).any(axis=1).mean() <= 0.05
    assert set(found) <= set(GRID)


def test_beyond_its_last_knot_a_tail_is_exponential():
    found = Tail(knots=(0.0, 1.0, 2.0, 3.0), decade=2.0)
    assert found.levels(np.array([3.0, 5.0])) == pytest.approx([-np.log10(0.05), 1 - np.log10(0.05)])
