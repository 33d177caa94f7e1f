"""A stop, and an out-of-memory, at the stages that no family's own tests reach; the next job is as ever."""

from __future__ import annotations

import pytest

from benchmarks.mixed_jobs import write_models
from benchmarks.stops import Rig


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stops")
    write_models(folder / "models")
    return Rig(folder, folder / "models")


FAMILY = "wan"
"""These stages are the same for all; ``python -m benchmarks.stops`` tries each stage of each."""

STAGES = ("loading", "preparing", "checking", "smoothing", "encoding")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stop_takes_hold_before_another_step_and_leaves_no_trace(rig, stage):
    told = rig.stop(FAMILY, stage)
    assert told.seconds is not None, "it ended whole"
    assert told.steps == 0
    assert told.same_after


@pytest.mark.parametrize("stage", STAGES)
def test_out_of_memory_is_told_in_words_and_leaves_no_trace(rig, stage):
    told = rig.run_out(FAMILY, stage)
    assert told.same_after
    if stage == "loading":
        assert (told.code, told.told) == ("", ()), "what another family had loaded made room"
    else:
        assert (told.code, told.told) == ("E_MEMORY", ("There was not enough memory for this clip.",))
