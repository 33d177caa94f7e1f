"""Workers' words, for tests of the account."""

from __future__ import annotations

from bot.link.messages import Done, Held, HeldState, Hello, Order, OrderLimits, Told
from db.fleet.worker_claims import Claim
from db.jobs.job import Job
from db.states import JobId, State

WORKER = "w0000001"
BOOT, OTHER_BOOT = "a" * 16, "b" * 16
LIMITS = OrderLimits(max_bytes=1000, max_takes=3, max_wasted_seconds=60, max_seconds=60.0)


def job_id(number: int) -> JobId:
    return JobId(f"{number:016x}")


def job(number: int = 1, claim: int = 1) -> Job:
    """A running job; what the account does not look at is empty."""
    nothing = dict.fromkeys(Job.__dataclass_fields__)
    return Job(**{**nothing, "id": job_id(number), "claim": claim, "state": State.RUNNING, "inputs": {}})  # type: ignore[arg-type]


def order(number: int = 1, claim: int = 1) -> Order:
    return Order(job=job_id(number), claim=claim, recipe="{}", limits=LIMITS)


def claim(number: int = 1, claimed: int = 1) -> Claim:
    return Claim(job=job_id(number), number=claimed, worker=WORKER)


def held(number: int = 1, claimed: int = 1, state: HeldState = HeldState.RUN, **more) -> Held:
    done = Done(size=1, sha256="c" * 64, seconds=1.0, receipt="{}") if state is HeldState.DONE else None
    return Held(job=job_id(number), claim=claimed, state=state, done=done, **more)


def hello(*hold: Held, boot: str = BOOT, age: float = 0.0, seq: int = 0) -> Hello:
    return Hello(release="1", boot=boot, age=age, seq=seq, caps=Told(), hold=hold)
