"""The queue against a model: any order of moves, stale answers and restarts among them."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, precondition, rule

from db.jobs.claims import Noted, Requeue
from db.jobs.ending import CancelOutcome
from db.jobs.job import Job
from db.sqlite.connection import Database
from db.states import MOVES, State
from tests.clock import CLOCK
from tests.db.asking import PATIENT, audit_entry, hand_in, let_wait, new_job
from tests.policies import FAR, fair_share, queue_on, stumble_limits
from tests.ready_database import put_database

CRASH_LIMIT = 2
RESTART_LIMIT = 3
LIMITS = stumble_limits(crashes=CRASH_LIMIT, restarts=RESTART_LIMIT, goes_last=1)


@dataclass
class Modelled:
    """What the model knows of a job."""

    state: State = State.QUEUED
    claim: int = 0
    crashes: int = 0
    restarts: int = 0
    asked: bool = False
    in_flight: bool = False
    has_clip: bool = False


class QueueMachine(RuleBasedStateMachine):
    """Every rule makes one call, tells what must come of it, and is checked against the rows afterwards."""

    jobs = Bundle("jobs")
    claims = Bundle("claims")

    def __init__(self):
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp())
        put_database(self.folder / "bot.db")
        self.model: dict[str, Modelled] = {}
        self.seen: dict[str, State] = {}
        self.notes = 0
        self.granted: set[tuple[str, int]] = set()
        CLOCK.now = 1_800_000_000.0
        self.open()
        self.run(let_wait(self.queue))

    def open(self):
        self.db = self.run(Database.open(self.folder / "bot.db"))
        self.queue = queue_on(self.db)

    def run(self, call):
        return self.runner.run(call)

    def teardown(self):
        self.run(self.db.close())
        self.runner.close()
        shutil.rmtree(self.folder)

    @rule(
        target=jobs,
        user=st.integers(1, 3),
        roles=st.sampled_from([PATIENT, frozenset()]),
        twice=st.booleans(),
    )
    def enqueue(self, user, roles, twice):
        new = new_job(user, roles=roles)
        result = self.run(self.queue.entry.enqueue(new, FAR))
        assert result.created
        if twice:
            again = self.run(self.queue.entry.enqueue(new, FAR))
            assert (again.job.id, again.created) == (result.job.id, False)
        self.model[result.job.id] = Modelled()
        self.seen[result.job.id] = State.QUEUED
        return result.job.id

    @rule(target=claims)
    def claim(self):
        order = self.run(self.queue.jobs.waiting())
        running = Counter(each.user_id for each in self.run(self.queue.jobs.running()))
        job = self.run(self.queue.claims.claim())
        if job is None:
            assert not order
            return multiple()
        # A member with as many running as they may have is passed over while others wait.
        most = fair_share().member_running
        assert job.id == next((each for each in order if running[each.user_id] < most), order[0]).id
        assert (job.id, job.claim) not in self.granted
        self.granted.add((job.id, job.claim))
        modelled = self.model[job.id]
        assert modelled.state is State.QUEUED
        modelled.state, modelled.claim = State.RUNNING, modelled.claim + 1
        return job

    def holds(self, job: Job) -> bool:
        modelled = self.model[job.id]
        return modelled.state is State.RUNNING and modelled.claim == job.claim

    @rule(job=claims)
    def progress(self, job):
        self.notes += 1
        note = Noted(job=job.id, claim=job.claim, stage="drawing", fraction=0.5, take=self.notes)
        self.run(self.queue.claims.note_progress([note]))
        assert (self.run(self.queue.jobs.get(job.id)).take == self.notes) == self.holds(job)

    @rule(job=claims)
    def hand_in(self, job):
        modelled, holds = self.model[job.id], self.holds(job)
        assert self.run(hand_in(self.queue, job)) == (holds and not modelled.asked)
        if holds:
            modelled.state = State.CANCELLED if modelled.asked else State.RENDERED
            modelled.has_clip = not modelled.asked

    @rule(job=claims, cause=st.sampled_from(Requeue))
    def requeue(self, job, cause):
        modelled, expected = self.model[job.id], None
        if self.holds(job):
            expected = State.QUEUED
            if modelled.asked:
                expected = State.CANCELLED
            elif cause in {Requeue.CRASH, Requeue.PROVEN}:
                before, modelled.crashes = modelled.crashes, modelled.crashes + 1
                # The clock stands still here, so no other job is ever known to be drawn in between.
                alone = not self.those_in(State.QUEUED) and before >= CRASH_LIMIT
                enough = CRASH_LIMIT if cause is Requeue.PROVEN else RESTART_LIMIT
                if modelled.crashes >= enough and (alone or cause is Requeue.PROVEN):
                    expected = State.QUARANTINED
            modelled.state = expected
        found = self.run(self.queue.claims.requeue(job.id, job.claim, cause=cause, limits=LIMITS))
        assert found is expected

    @rule(job=claims, end=st.sampled_from(["fail", "finish_cancel"]))
    def end_under_a_claim(self, job, end):
        more = {} if end == "finish_cancel" else {"code": "E"}
        holds = self.holds(job)
        assert self.run(getattr(self.queue.claims, end)(job.id, job.claim, **more)) == holds
        if holds:
            ends = {"fail": State.FAILED, "finish_cancel": State.CANCELLED}
            self.model[job.id].state = ends[end]

    @rule(job=jobs)
    def fail_without_a_claim(self, job):
        modelled = self.model[job]
        fits = modelled.state in {State.QUEUED, State.RENDERED, State.POSTING}
        assert self.run(self.queue.claims.fail(job, None, code="E")) == fits
        if fits:
            modelled.state, modelled.in_flight = State.FAILED, False

    @rule(job=jobs)
    def cancel(self, job):
        modelled = self.model[job]
        outcome = self.run(self.queue.claims.cancel(job))
        between = modelled.state is State.POSTING and not modelled.in_flight
        if between or modelled.state in {State.QUEUED, State.HELD, State.RENDERED}:
            assert outcome is CancelOutcome.DONE
            modelled.state = State.CANCELLED
        elif modelled.state is State.RUNNING:
            assert outcome is (CancelOutcome.AGAIN if modelled.asked else CancelOutcome.ASKED)
            modelled.asked = True
        else:
            assert outcome is CancelOutcome.TOO_LATE

    @rule(job=jobs)
    def hold(self, job):
        modelled = self.model[job]
        fits = modelled.state in {State.QUEUED, State.RENDERED}
        assert self.run(self.queue.delivery.hold(job, "a review")) == fits
        if fits:
            modelled.state = State.HELD

    @rule(job=jobs)
    def release(self, job):
        modelled = self.model[job]
        fits = modelled.state is State.HELD
        assert self.run(self.queue.delivery.release(job)) == fits
        if fits:
            modelled.state = State.RENDERED if modelled.has_clip else State.QUEUED

    @rule(job=jobs, keep_clip=st.booleans())
    def retry(self, job, keep_clip):
        modelled = self.model[job]
        fits = modelled.state in {State.FAILED, State.QUARANTINED, State.CANCELLED}
        found = self.run(self.queue.moderation.retry(job, audit_entry("retry", job), keep_clip=keep_clip))
        assert (found is not None) == fits
        if fits:
            modelled.has_clip = modelled.has_clip and keep_clip
            modelled.state = State.RENDERED if modelled.has_clip else State.QUEUED
            modelled.crashes = modelled.restarts = 0
            modelled.asked = False

    @rule(job=jobs)
    def quarantine(self, job):
        modelled = self.model[job]
        fits = modelled.state in {State.QUEUED, State.HELD, State.RUNNING, State.RENDERED}
        assert self.run(self.queue.moderation.quarantine(job, audit_entry("quarantine", job))) == fits
        if fits:
            modelled.state = State.QUARANTINED

    @rule(job=jobs)
    def begin_posting(self, job):
        modelled = self.model[job]
        fits = modelled.state in {State.RENDERED, State.POSTING} and not modelled.in_flight
        assert (self.run(self.queue.delivery.begin_posting(job)) is not None) == fits
        if fits:
            modelled.state, modelled.in_flight = State.POSTING, True

    @rule(job=jobs)
    def posted(self, job):
        modelled = self.model[job]
        fits = modelled.state is State.POSTING
        assert self.run(self.queue.delivery.record_posted(job, 5)) == fits
        if fits:
            modelled.state, modelled.in_flight = State.DELIVERED, False

    @rule(job=jobs)
    def postpone(self, job):
        modelled = self.model[job]
        fits = modelled.state in {State.RENDERED, State.POSTING}
        assert self.run(self.queue.delivery.postpone(job, 0.0)) == fits
        if fits:
            modelled.in_flight = False

    @rule(job=jobs, place=st.integers(1, 4))
    def move(self, job, place):
        assert self.run(self.queue.moderation.move(job, place, audit_entry("move"))) == (
            self.model[job].state is State.QUEUED
        )

    @precondition(lambda self: self.model)
    @rule()
    def restart(self):
        self.run(self.db.close())
        self.open()
        recovery = self.run(self.queue.claims.recover(limits=LIMITS))
        assert {job.id for job in recovery.posting} == self.those_in(State.POSTING)
        for job, modelled in self.model.items():
            modelled.in_flight = False
            if modelled.state is not State.RUNNING:
                continue
            if modelled.asked:
                modelled.state = State.CANCELLED
            else:
                modelled.state = State.QUEUED
                assert job in {found.id for found in recovery.requeued}

    def those_in(self, *states):
        return {job for job, modelled in self.model.items() if modelled.state in states}

    @invariant()
    def the_rows_are_as_the_model_says(self):
        rows = self.run(self.db.read("SELECT * FROM job"))
        assert {row["id"] for row in rows} == set(self.model)
        for row in rows:
            modelled, state = self.model[row["id"]], State(row["state"])
            assert state is modelled.state
            assert (row["claim"], row["crashes"], row["restarts"]) == (
                modelled.claim,
                modelled.crashes,
                modelled.restarts,
            )
            assert state.ended == (row["ended_at"] is not None)
            before = self.seen[row["id"]]
            assert state is before or state in MOVES[before]
            self.seen[row["id"]] = state

    @invariant()
    def the_lists_are_those_that_the_states_say(self):
        waiting = self.run(self.queue.jobs.waiting())
        assert {job.id for job in waiting} == self.those_in(State.QUEUED)
        due = {job.id for job in self.run(self.queue.delivery.to_deliver())}
        ready = self.those_in(State.RENDERED, State.POSTING)
        assert due == {job for job in ready if not self.model[job].in_flight}


TestQueueAgainstItsModel = QueueMachine.TestCase
TestQueueAgainstItsModel.settings = settings(
    max_examples=30, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
