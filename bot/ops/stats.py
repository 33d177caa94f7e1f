"""What a server's queue did lately: clips, waits, the engine's time, and what the gate threw away and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.job_documents import receipt_of, recipe_of
from db.jobs.job import Job
from db.states import State
from engine.core.receipt import Outcome, Receipt


@dataclass(kw_only=True)
class Drawn:
    """What one engine (with its checkpoint) drew."""

    clips: int = 0
    takes: int = 0
    discarded: Counter[str] = field(default_factory=Counter)

    @property
    def share(self) -> float:
        """Which share of the takes was thrown away."""
        return sum(self.discarded.values()) / self.takes if self.takes else 0.0


@dataclass(kw_only=True)
class Stats:
    """Counts over some days.

    Attributes:
        ends: jobs by the state that they ended in.
        engines: by engine, with the checkpoint where it has several.
        busy, wasted: seconds of the engine in all, and on takes that were thrown away.
        forced: clips that were posted although every take was rejected.
        waits: seconds from asking to a finished clip, by job.
        by_day: delivered clips by day, the oldest first.
        by_member: engine seconds per member, discarded takes included.
        loops: clips that were closed into a loop; no engine drew them.
    """

    ends: Counter[State] = field(default_factory=Counter)
    engines: dict[str, Drawn] = field(default_factory=dict)
    busy: float = 0.0
    wasted: float = 0.0
    forced: int = 0
    waits: list[float] = field(default_factory=list)
    by_day: list[int] = field(default_factory=list)
    by_member: Counter[int] = field(default_factory=Counter)
    loops: int = 0


def tally(jobs: Iterable[Job], *, now: float, days: int) -> Stats:
    """Count what ended within some days.

    Args:
        jobs: of one server; those that ended earlier are passed over.
        now: Unix seconds.
        days: how far to look back.
    """
    stats = Stats(by_day=[0] * days)
    for job in jobs:
        if job.ended_at is None or job.ended_at <= now - days * 86_400:
            continue
        stats.ends[job.state] += 1
        if job.state is State.DELIVERED:
            stats.by_day[days - 1 - int((now - job.ended_at) // 86_400)] += 1
        if job.receipt is not None:
            _add(stats, job, receipt_of(job))
    return stats


def _add(stats: Stats, job: Job, receipt: Receipt) -> None:
    recipe = recipe_of(job)
    if recipe.only_remade:
        stats.loops += 1
    else:
        _add_takes(stats, recipe.model, receipt)
    stats.busy += receipt.busy_seconds
    stats.wasted += receipt.busy_seconds - receipt.charged_seconds
    stats.forced += receipt.forced
    stats.by_member[job.user_id] += round(receipt.busy_seconds)
    if job.rendered_at is not None:
        stats.waits.append(job.rendered_at - job.created_at)


def _add_takes(stats: Stats, model: str, receipt: Receipt) -> None:
    name = f"{receipt.engine} · {model}" if model else receipt.engine
    drawn = stats.engines.setdefault(name, Drawn())
    drawn.clips += 1
    drawn.takes += len(receipt.takes)
    for take in receipt.takes:
        if take.outcome is Outcome.REJECTED and take.number != receipt.kept:
            drawn.discarded[take.causes[0] if take.causes else "unknown"] += 1


def so_many(count: int, what: str) -> str:
    """A count of something whose plural ends in an s."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
