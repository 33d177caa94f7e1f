"""What was synced is what a power cut leaves; ``make power`` makes more cuts."""

from __future__ import annotations

from benchmarks.power_loss import blobs_at_risk, run


def test_power_cuts_lose_nothing_that_was_acknowledged(tmp_path):
    found, ours = run(cuts=25, jobs=12, seed=1, folder=tmp_path)
    assert (found[ours].lost, found[ours].damaged) == (0, 0)
    assert found[ours].acknowledged > 25
    assert found["NORMAL"].lost, "where nothing can be lost, nothing is proven"
    assert found["OFF"].lost


def test_a_blob_is_on_the_disk_before_its_name_is_known(tmp_path):
    assert blobs_at_risk(tmp_path, 4) == 0
