"""Who could not listen must not judge."""

from __future__ import annotations

import dataclasses

import pytest

from bot import elsewhere_policies
from bot.fleet.bucket import Bucket, Pace
from bot.fleet.leases import Leases
from tests.bot.fleet.accounts import claim
from tests.policies import DEFAULTS

POLICY = dataclasses.replace(
    elsewhere_policies.for_fleet(DEFAULTS), lease=10.0, grace=3.0, overslept=2.0, apart=60.0
)
ONE, TWO = claim(1), claim(2)


@pytest.fixture
def leases():
    return Leases(POLICY)


def pass_time(leases, start, seconds, *, listening=True):
    """Look every second, as the bot does."""
    for second in range(seconds + 1):
        leases.look(start + second, listening=listening)
    return start + seconds


def test_a_claim_that_nobody_names_is_overdue_after_a_lease(leases):
    leases.name(ONE)
    now = pass_time(leases, 0.0, 6)
    leases.name(TWO)
    now = pass_time(leases, now, 4)
    assert leases.overdue() == []
    pass_time(leases, now, 1)
    assert leases.overdue() == [ONE]
    leases.end(ONE)
    assert (leases.overdue(), leases.all()) == ([], [TWO])


def test_time_stands_still_without_a_connection(leases):
    leases.name(ONE)
    now = pass_time(leases, 0.0, 9)
    now = pass_time(leases, now, 50, listening=False)
    assert leases.overdue() == []
    leases.connected()
    now = pass_time(leases, now, 13)
    assert leases.overdue() == []  # workers get a whole lease to come back, and a grace
    pass_time(leases, now, 1)
    assert leases.overdue() == [ONE]


def test_a_sleep_of_the_bots_own_counts_for_nobody(leases):
    leases.name(ONE)
    pass_time(leases, 0.0, 9)
    leases.look(25.0, listening=True)
    assert leases.overdue() == []
    pass_time(leases, 25.0, 2)
    assert leases.overdue() == [ONE]


def test_without_a_broker_for_long_all_claims_are_given_to_others(leases):
    leases.name(ONE)
    now = pass_time(leases, 0.0, 60, listening=False)
    assert leases.overdue() == []
    now = pass_time(leases, now, 1, listening=False)
    assert leases.overdue() == [ONE]
    leases.connected()
    assert leases.overdue() == []


def test_a_start_gives_a_grace_beside_the_lease(leases):
    leases.begin([ONE])
    now = pass_time(leases, 0.0, 13)
    assert leases.overdue() == []
    pass_time(leases, now, 1)
    assert leases.overdue() == [ONE]


def test_a_worker_may_send_so_many_messages_at_once_and_so_many_a_second():
    bucket = Bucket(Pace(rate=25.0, burst=200))
    assert [bucket.take(0.0) for _ in range(201)] == [True] * 200 + [False]
    assert [bucket.take(1.0) for _ in range(26)] == [True] * 25 + [False]
    assert all(bucket.take(2.0 + beat / 20) for beat in range(1000))
    assert bucket.take(1e9)


def test_a_claim_that_is_named_again_and_again_is_held_too_long_all_the_same():
    leases = Leases(dataclasses.replace(POLICY, max_seconds=10.0))
    leases.name(ONE)
    now = 0.0
    for _ in range(3):
        now = pass_time(leases, now, 10)
        leases.name(ONE)
        assert (leases.overdue(), leases.too_long()) == ([], [])
    leases.name(TWO)
    pass_time(leases, now, 1)
    assert (leases.overdue(), leases.too_long()) == ([], [ONE])
    leases.end(ONE)
    assert leases.too_long() == []
