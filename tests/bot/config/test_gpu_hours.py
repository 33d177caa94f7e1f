"""Hours of a day, as an owner writes them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.config.gpu_hours import read_hours

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("written", "now", "until"),
    [
        ("GPU 1 18:00-23:00", "2026-11-29 17:59", None),
        ("GPU 1 18:00-23:00", "2026-11-29 18:00", "2026-11-29 23:00"),
        ("GPU 1 18:00-23:00", "2026-11-29 23:00", None),
        ("GPU 1 22:30 \u2013 1:15", "2026-11-29 22:29", None),
        ("GPU 1 22:30-1:15", "2026-11-29 23:59", "2026-11-30 01:15"),
        ("GPU 1 22:30-1:15", "2026-11-30 01:14", "2026-11-30 01:15"),
        ("GPU 1 22:30-1:15", "2026-11-30 01:15", None),
        ("GPU 1 8:00-8:00", "2026-11-30 03:00", "2026-11-30 08:00"),
        # The night on which the clocks are set back has an hour more.
        ("GPU 1 1:00-4:00", "2026-10-25 02:30", "2026-10-25 04:00"),
    ],
)
def test_an_engine_is_left_out_in_its_hours_alone(written, now, until):
    assert read_hours(written).until(at(now)) == (None if until is None else at(until))


@pytest.mark.parametrize(
    ("written", "engine", "are"),
    [("gpu 1 1:00-2:00", "GPU 1", True), ("GPU 1 1:00-2:00", "GPU 11", False), ("all 1:00-2:00", "x", True)],
)
def test_hours_are_for_the_engine_that_they_name(written, engine, are):
    assert read_hours(written).are_for(engine) is are


@pytest.mark.parametrize(
    "written", ["", "18:00-23:00", "GPU 1", "GPU 1 18-23", "GPU 1 1:00-2:00 x", "a 24:01-1:00"]
)
def test_what_is_written_otherwise_is_refused(written):
    with pytest.raises(ValueError, match=r"written|time of day"):
        read_hours(written)
