"""When the next job is asked for."""

import pytest

from bot.worker.lead import LEAST, MOST, Remaining, lead


@pytest.mark.parametrize(("last", "expected"), [(0.0, LEAST), (1.0, LEAST), (2.0, 3.3), (10.0, MOST)])
def test_the_lead_follows_the_last_fetch_between_two_and_five_seconds(last, expected):
    assert lead(last) == pytest.approx(expected)


def test_a_job_of_a_new_kind_is_estimated_from_its_drawing():
    remaining = Remaining()
    remaining.begin("a", 0.0)
    assert remaining.seconds(5.0) is None
    remaining.drew(0.0, 10.0)
    remaining.drew(0.25, 20.0)
    assert remaining.seconds(20.0) == pytest.approx(30.0)


def test_a_kind_that_was_drawn_before_is_estimated_from_the_start():
    remaining = Remaining()
    remaining.begin("a", 0.0)
    remaining.end(3.0)
    assert remaining.seconds(3.0) == 0.0
    remaining.begin("a", 10.0)
    assert remaining.seconds(11.0) == pytest.approx(2.0)
    remaining.begin("b", 20.0)
    assert remaining.seconds(21.0) is None


def test_a_new_take_begins_the_estimate_anew():
    remaining = Remaining()
    remaining.begin("a", 0.0)
    remaining.drew(0.9, 9.0)
    remaining.drew(0.1, 20.0)
    remaining.drew(0.5, 24.0)
    assert remaining.seconds(24.0) == pytest.approx(4.0)
