"""What a server's queue did lately: clips, waits, the engine's time, and what the gate threw away and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from bot.job_documents import receipt_of, recipe_of
from db.jobs.job import Job
from db.states import State
from engine.core.receipt import Outcome, Receipt

SHOWN = 6
"""Rows of a list; the rest is one line."""


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


def in_words(stats: Stats, days: int) -> str:
    """The answer of ``/queue stats``."""
    ended = " · ".join(f"{count} {state}" for state, count in stats.ends.most_common())
    lines = [f"**The last {so_many(days, 'day')}** · {ended or 'nothing finished'}"]
    if stats.waits:
        took = f"{median(stats.waits):.0f} s"
        lines.append(f"From request to finished clip: {took} (median)")
        lines.append(
            f"Engine: {stats.busy / 60:.1f} min, of which {stats.wasted / 60:.1f} min on discarded "
            f"takes; members are not charged for those."
        )
    if stats.forced:
        marked = "it is marked" if stats.forced == 1 else "they are marked"
        lines.append(f"{stats.forced} posted although every take was rejected; {marked} as such.")
    ranked = sorted(stats.engines.items(), key=lambda item: -item[1].takes)
    for name, drawn in ranked[:SHOWN]:
        lines.append(
            f"- {name}: {so_many(drawn.clips, 'clip')} from {so_many(drawn.takes, 'take')}, "
            f"{drawn.share:.0%} discarded"
        )
        if drawn.discarded:
            causes = [
                f"{cause.replace('_', ' ')} {count}" for cause, count in drawn.discarded.most_common(SHOWN)
            ]
            lines.append(f"  reasons: {', '.join(causes)}")
    if len(ranked) > SHOWN:
        lines.append(f"… and {so_many(len(ranked) - SHOWN, 'more engine')}")
    if stats.loops:
        lines.append(f"- loops: {stats.loops}")
    if stats.by_member:
        most = (f"<@{user}> {busy / 60:.1f} min" for user, busy in stats.by_member.most_common(SHOWN))
        lines.append(f"Most of the engine's time: {', '.join(most)}")
    return "\n".join(lines)


def so_many(count: int, what: str) -> str:
    """A count of something whose plural ends in an s."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
