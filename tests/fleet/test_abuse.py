"""A small fleet under abuse; ``make chaos-fleet`` is the large one."""

import pytest

from tests.fleet.abuse import Abuse, Plan, quantile

PLAN = Plan(
    workers=8,
    jobs=60,
    draw=(1.0, 4.0),
    every=1.5,
    blows=("kill", "gone", "freeze", "shut in", "cut", "stop", "bot", "broker"),
    gone=(3.0, 14.0),
    delay=0.01,
    patience=500.0,
)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_under_kills_freezes_and_cuts_every_job_is_delivered_once_and_right(tmp_path):
    outcome = await Abuse(PLAN, tmp_path).run()
    assert (outcome.once, outcome.lost, outcome.doubled, outcome.wrong) == (60, 0, 0, 0)
    assert sum(outcome.blows.values()) > 8
    assert outcome.put_out == []
    assert quantile(outcome.idle, 0.5) < 1.0
