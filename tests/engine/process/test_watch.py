"""When an engine process is overdue."""

from __future__ import annotations

import pytest

from engine.core.events import Progress
from engine.core.recipe import Stage
from engine.process.watch import HostLimits, Watch

LIMITS = HostLimits(load=100, heartbeat_silence=15, step_silence=20, job=300, term_grace=5)
JOB = "a-1"
NEVER = 1e9
STEP = Progress(stage=Stage.DRAWING, fraction=0.1)


def watch(*, ready=True, beats=True):
    """A watch over a process that is ready at 0, and heard of until the end of every test or never again."""
    made = Watch(LIMITS, 0.0)
    if ready:
        made.ready(0.0)
    if beats:
        made.beat(NEVER)
    return made


def test_a_process_may_load_for_as_long_as_the_limit_says():
    assert watch(ready=False).overdue(100) is None
    assert "not ready" in watch(ready=False).overdue(100.1)


@pytest.mark.parametrize("first", [None, 10])
def test_silence_counts_from_the_first_heartbeat_or_from_ready(first):
    made = watch(ready=False, beats=False)
    if first is not None:
        made.beat(first)
    else:
        made.ready(10)
    assert made.overdue(25) is None
    assert "no heartbeat" in made.overdue(25.1)


def test_silence_counts_from_the_last_heartbeat():
    made = watch(beats=False)
    made.beat(50)
    assert made.overdue(65) is None
    assert "no heartbeat" in made.overdue(65.1)


@pytest.mark.parametrize(
    "first",
    [None, Progress(stage=Stage.PREPARING, fraction=0.9), Progress(stage=Stage.DRAWING, fraction=0.0)],
)
def test_before_the_first_step_a_render_has_the_time_to_load_weights(first):
    made = watch()
    made.begin(JOB, 0)
    if first is not None:
        made.step(JOB, first, 0)
    assert made.overdue(100) is None
    assert "made no progress for 100 s" in made.overdue(100.1)


def test_after_the_first_step_each_next_one_is_waited_for_less():
    made = watch()
    made.begin(JOB, 0)
    made.step(JOB, STEP, 10)
    assert made.overdue(30) is None
    assert "made no progress for 20 s" in made.overdue(30.1)


def test_a_render_that_comes_on_for_ever_is_overdue_at_last():
    made = watch()
    made.begin(JOB, 0)
    made.step(JOB, STEP, 300)
    assert made.overdue(300) is None
    made.step(JOB, STEP, 301)
    assert "more than 300 s" in made.overdue(301)


def test_an_idle_process_owes_no_steps():
    made = watch()
    made.begin(JOB, 0)
    made.end(JOB)
    assert made.overdue(10_000) is None


def test_a_process_that_hung_up_must_end_soon():
    made = watch()
    made.close(10)
    assert made.overdue(15) is None
    assert "closed its connection" in made.overdue(15.1)


def test_the_parents_own_standstill_is_not_held_against_the_child():
    made = watch()
    made.begin(JOB, 0)
    made.beat(10)
    made.step(JOB, STEP, 10)
    made.forgive(1000)
    assert made.overdue(1020) is None
    assert made.overdue(1026) is not None
