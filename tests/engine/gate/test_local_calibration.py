import json

import numpy as np
import pytest

from engine.core.receipt import FEWEST_KEPT
from engine.gate import judge
from engine.gate.calibration import shipped
from engine.gate.local_calibration import (
    KeptClip,
    Tails,
    calibrations_text,
    fit_tails,
    read_calibrations,
    read_tails,
)
from engine.gate.measure import MEASURES
from engine.process.worker import make_renderer
from engine.runtime.context import CALIBRATION_VARIABLE
from tests.engine.smooth.moving_scenes import pan


def kept(count, shift, *, has_input=True):
    """Clips that lie ``shift`` spreads above the median in every measure, each a little differently."""
    rng = np.random.default_rng(3)
    scales = shipped().scales
    return [
        KeptClip.of(
            {
                name: scale.median + scale.spread * (shift + rng.uniform(-0.2, 0.2))
                for name, scale in scales.items()
            },
            has_input=has_input,
        )
        for _ in range(count)
    ]


def highest(calibration, clips):
    return np.mean([max(calibration.levels(c.readings, has_input=c.has_input).values()) for c in clips])


@pytest.mark.parametrize("has_input", [True, False])
def test_an_installation_that_keeps_odd_clips_finds_them_less_rare(has_input):
    clips = kept(120, shift=2.5, has_input=has_input)
    new = fit_tails(shipped(), clips).applied_to(shipped())
    assert highest(new, clips) < highest(shipped(), clips)
    assert new.reject == shipped().reject
    assert new.figures["kept_clips"] == 120


def test_clips_without_an_input_picture_do_not_move_the_tails_of_those_with_one():
    assert fit_tails(shipped(), kept(60, 1, has_input=False)).with_input == {}


def test_too_few_kept_clips_are_refused():
    with pytest.raises(ValueError, match=str(FEWEST_KEPT)):
        fit_tails(shipped(), kept(FEWEST_KEPT - 1, shift=0))


def test_what_a_receipt_does_not_name_counts_as_usual():
    nothing = KeptClip.of({}, has_input=True)
    assert set(nothing.readings) == set(MEASURES)
    medians = KeptClip.of({name: scale.median for name, scale in shipped().scales.items()}, has_input=True)
    assert highest(shipped(), [nothing]) == highest(shipped(), [medians])


def test_a_calibration_survives_being_written(tmp_path):
    file = tmp_path / "gate.json"
    tails = {
        "svd": fit_tails(shipped(), kept(60, shift=1)),
        "sketch": fit_tails(shipped(), kept(50, 1, has_input=False)),
    }
    file.write_text(calibrations_text(shipped(), tails), "utf-8")
    assert read_tails(file, shipped()) == tails
    assert set(read_calibrations(file, shipped())) == {"svd", "sketch"}


def test_tails_of_another_fit_are_ignored(tmp_path):
    file = tmp_path / "gate.json"
    file.write_text(calibrations_text(shipped(), {"svd": fit_tails(shipped(), kept(60, shift=1))}), "utf-8")
    data = json.loads(file.read_text())
    file.write_text(json.dumps({**data, "fit": "another"}))
    assert read_calibrations(file, shipped()) == {}


def test_without_a_local_calibration_the_shipped_one_is_used(tmp_path):
    assert read_calibrations(tmp_path / "gate.json", shipped()) == {}


@pytest.mark.parametrize("text", ["[]", "no json", '{"fit": "%s", "engines": {"svd": {}}}', '{"engines": 3}'])
def test_a_damaged_file_is_refused_with_a_sentence(tmp_path, text):
    file = tmp_path / "gate.json"
    file.write_text(text.replace("%s", shipped().fit))
    with pytest.raises(ValueError, match=r"gate\.json is not a local calibration"):
        read_calibrations(file, shipped())


def test_tails_that_are_empty_leave_the_verdict_as_it_is():
    frames = pan()
    tails = Tails(clips=99, with_input={}, without_input={})
    assert judge(frames, None, 8, calibration=tails.applied_to(shipped())) == judge(frames, None, 8)


def test_the_readings_of_a_verdict_can_be_weighed_again():
    frames = pan()
    verdict = judge(frames, frames[0], 8)
    again = KeptClip.of(verdict.readings, has_input=True)
    found = shipped().levels(again.readings, has_input=True)
    assert found == pytest.approx(verdict.levels, abs=0.01)


def test_the_engine_process_reads_the_local_calibration_and_ignores_a_damaged_one(
    tmp_path, monkeypatch, capsys
):
    file = tmp_path / "gate.json"
    monkeypatch.setenv(CALIBRATION_VARIABLE, str(file))
    file.write_text(calibrations_text(shipped(), {"svd": fit_tails(shipped(), kept(60, shift=1))}), "utf-8")
    assert set(make_renderer().calibrations) == {"svd"}
    file.write_text("spoilt")
    assert make_renderer().calibrations == {}
    assert "uses its built-in calibration" in capsys.readouterr().err
