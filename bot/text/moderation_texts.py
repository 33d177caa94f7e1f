"""What moderators read, and what members read of their deeds, by the rules of :mod:`bot.text.messages`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.text.messages import QUEUE_EMPTY, fit
from bot.text.prompts import show_prompt
from db.audit.log import ChainCheck, Entry
from db.jobs.job import Job

SHOWN_REASON = 80
NOTED = 16
"""Hex digits of the log's last hash that a moderator is asked to note."""

PAUSED = "⏸️ Paused. Members can still ask; `/queue resume` starts it again."
RESUMED = "▶️ Running again."
DRAINING = (
    "🚰 Finishing what runs and what waits; nothing new is taken until `/queue resume`. "
    "Who asks meanwhile is told so."
)
DRAINING_ALREADY = "This queue takes nothing new already. `/queue resume` opens it again."
HELD = "held: it waits until somebody releases or rejects it. Its member sees that it is being looked at."
CANNOT_HOLD = "Only a job that waits, or a clip that is not posted yet, can be held."
RELEASED = "released; it goes on from where it was."
NOT_HELD = "That job is not held."
RETRIED = "is made again, at its old place. Nothing is charged twice."
RETRIED_POST = "is posted again; its clip was still here."
CANNOT_RETRY = "Only a job that failed, was cancelled or was set aside can be made again."
QUARANTINED = "set aside. `/queue retry` brings it back."
CANNOT_QUARANTINE = "That job is over, or is being posted right now."
NOT_BANNED = "That member is not shut out."
ERASED_MEMBER = "an erased member"
NO_ENTRIES = "Nobody has done anything here yet."


def about(job: Job, what: str) -> str:
    """An answer that is about one job."""
    return f"`{job.id[:6]}` {what}"


def moved(job: Job, place: int) -> str:
    """A waiting job has another place."""
    return about(job, f"is now at place {place} of this server.")


def cleared(count: int) -> str:
    """All that waited was cancelled."""
    return f"Cancelled {count} waiting {'job' if count == 1 else 'jobs'}."


def banned(user: int, count: int) -> str:
    """A member is shut out."""
    jobs = {0: "Nothing of theirs was under way", 1: "One job of theirs was stopped"}
    return f"<@{user}> can't use me here any more. {jobs.get(count, f'{count} jobs of theirs were stopped')}."


def unbanned(user: int) -> str:
    """A member may ask again."""
    return f"<@{user}> can use me again."


def job_choice(job: Job, prompt: str) -> str:
    """A job in a list of suggestions."""
    return f"{job.id[:6]} · {job.state} · {prompt or job.kind}"


def engine_trouble(since: float | None) -> str:
    """Why nothing is drawn, for those who look at the queue. ``since``: Unix seconds, None where unknown."""
    when = "" if since is None else f" since <t:{int(since)}:t>"
    return (
        f"⚠️ The engine or its graphics card does not work{when}. Requests are still taken; they wait, cost "
        "nothing meanwhile, and go on by themselves. The log says more."
    )


ENGINE_BACK = "✅ The engine works again. What waited goes on."


def queue_page(
    lines: Sequence[str],
    held: Sequence[str],
    counts: str,
    *,
    paused: bool,
    draining: bool,
    trouble: str | None = None,
) -> str:
    """The answer of /queue show. ``trouble``: why nothing is drawn."""
    head = f"**Queue** · {counts}" + (" · ⏸️ paused" if paused else "")
    head += " · 🚰 takes nothing new" if draining else ""
    under_review = ["**Held for a review**", *held] if held else []
    warning = [] if trouble is None else [trouble]
    return fit("\n".join([head, *warning, *(lines or [QUEUE_EMPTY]), *under_review]))


def held_line(job: Job) -> str:
    """A held job in a list."""
    what = "a finished clip" if job.clip_sha256 else "a request"
    reason = show_prompt(job.held_reason or "", SHOWN_REASON)
    return f"`{job.id[:6]}` {what} · <@{job.user_id}>" + (f" · {reason}" if reason else "")


def and_more(count: int) -> str:
    """What a list leaves out."""
    return f"… and {count} more"


def audit_page(entries: Sequence[Entry], verdict: ChainCheck, known: bool | None) -> str:
    """The answer of /queue audit: what the chain says of itself, then the last deeds.

    Args:
        entries: the newest first.
        verdict: what a look at the whole log has found.
        known: whether the hash that somebody had noted is in it; None: nobody gave one.
    """
    lines = [_state_of(verdict)]
    if known is not None:
        lines.append(
            "✅ The entry that you noted is in it, unchanged."
            if known
            else "⚠️ No entry has the hash that you noted: the log was replaced or cut since then."
        )
    lines.append(
        f"-# Last hash `{verdict.head[:NOTED]}`. The log shows careless edits by itself; against "
        "somebody who writes it anew as a whole, keep this hash elsewhere and give it "
        "to `/queue audit noted:` later."
    )
    lines += [_entry_line(entry) for entry in entries] or [NO_ENTRIES]
    return fit("\n".join(lines))


def _state_of(verdict: ChainCheck) -> str:
    if verdict.broken_at is not None:
        return f"⚠️ **The log was changed**: entry {verdict.broken_at} does not fit what stands before it."
    if verdict.cut:
        return f"⚠️ **The log was cut off**: it has {verdict.entries} entries, and more were written."
    return f"**Log** · {verdict.entries} entries in all servers · the chain is whole"


def _entry_line(entry: Entry) -> str:
    when = datetime.fromtimestamp(entry.at, UTC).strftime("%Y-%m-%d %H:%M")
    target = f" `{_without_aliases(entry.target)[:24]}`" if entry.target else ""
    actor = f"<@{entry.actor_id}>" if entry.actor_id > 0 else ERASED_MEMBER
    reason = show_prompt(entry.reason, SHOWN_REASON)
    return f"{entry.seq} · {when} · {actor} **{entry.action}**{target}" + (f" · {reason}" if reason else "")


def _without_aliases(target: str) -> str:
    return re.sub(r"@-\d+", ERASED_MEMBER, target)
