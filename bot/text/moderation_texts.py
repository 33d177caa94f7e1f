"""Texts of the moderators' commands, by the rules of :mod:`bot.text.messages`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.text.foreign import disarm, quote
from bot.text.messages import QUEUE_EMPTY, WAITS_FOR, fit
from bot.text.prompts import show_prompt
from db.audit.log import ChainCheck, Entry
from db.jobs.job import Job
from engine.core.foreign_text import visible
from engine.core.shortages import Shortage

SHOWN_REASON = 80
SHOWN_TARGET = 28
NOTED = 16
"""Hex digits of the log's last hash that a moderator is asked to note."""

PAUSED = "⏸️ Paused. Members can still ask for clips; `/queue resume` starts the queue again."
RESUMED = "▶️ Running again."
DRAINING = (
    "🚰 I'll finish the jobs that are running or waiting, and take no new ones until `/queue resume`. "
    "Members who ask are told."
)
DRAINING_ALREADY = "This queue is already closed to new jobs. `/queue resume` opens it again."
HELD = "is held until a moderator releases or rejects it. The member sees that it is under review."
CANNOT_HOLD = "Only a waiting job, or a clip that is not posted yet, can be held."
RELEASED = "is released and continues from where it was."
NOT_HELD = "That job is not held."
RETRIED = "will be made again, at its old place. Nothing is charged twice."
RETRIED_POST = "will be posted again; I still had the clip."
CANNOT_RETRY = "Only a job that failed, was cancelled or was set aside can be retried."
QUARANTINED = "is set aside. `/queue retry` brings it back."
CANNOT_QUARANTINE = "That job is over, or it is being posted right now."
NOT_BANNED = "That member is not blocked."
ERASED_MEMBER = "an erased member"
CANNOT_BAN_YOURSELF = "You can't block yourself: you could no longer use me here to undo it."
CANNOT_BAN_OWNER = "The owner of this server can't be blocked."
CANNOT_BAN_ADMIN = "Only the owner of this server can block an administrator."
NO_ENTRIES = "No moderator has done anything here yet."


def about(job: Job, what: str) -> str:
    """An answer that is about one job."""
    return f"`{job.id[:6]}` {what}"


def moved(job: Job, place: int) -> str:
    """A waiting job has another place."""
    return about(job, f"is now at place {place} in this server's queue.")


def cleared(count: int) -> str:
    """Every waiting job was cancelled."""
    return f"Cancelled {count} waiting {'job' if count == 1 else 'jobs'}."


def banned(user: int, count: int) -> str:
    """A member is blocked from the bot."""
    jobs = {0: "They had no jobs under way", 1: "I stopped one of their jobs"}
    return f"<@{user}> can no longer use me here. {jobs.get(count, f'I stopped {count} of their jobs')}."


def unbanned(user: int) -> str:
    """A member is no longer blocked."""
    return f"<@{user}> can use me again."


def job_choice(job: Job, prompt: str) -> str:
    """A job in a list of suggestions."""
    return f"{job.id[:6]} · {job.state} · {visible(prompt) or job.kind}"


def engine_trouble(since: float | None, name: str | None = None) -> str:
    """Why no clips are being made.

    Args:
        since: Unix seconds; None if unknown.
        name: the engine, where there are others; None: it is the only one.
    """
    state = "is not working" if since is None else f"has not worked since <t:{int(since)}:t>"
    if name is not None:
        return (
            f"⚠️ {disarm(name)} {state}. Jobs that it would draw wait at no cost or go to another engine, and "
            "it is tried again automatically. The bot's log says more."
        )
    return (
        f"⚠️ The engine or its GPU {state}. I still take requests; they wait at no cost and resume "
        "automatically. The bot's log says more."
    )


def shortage(short: Shortage, since: float) -> str:
    """Why work stands still: the machine is short of something. ``since``: Unix seconds."""
    return (
        f"⚠️ Since <t:{int(since)}:t> I am {WAITS_FOR[short]}. No job is lost: they wait at no cost and go on "
        "automatically. The owner of this bot can help; the bot's log says more."
    )


SHORTAGE_OVER = "✅ What my machine was short of is there again. Waiting jobs go on."
ENGINE_BACK = "✅ The engine is working again. Waiting jobs resume now."


def engine_back(name: str | None) -> str:
    """An engine that did not work works again. ``name``: None where it is the only one."""
    return ENGINE_BACK if name is None else f"✅ {disarm(name)} is working again. Waiting jobs resume now."


def cannot_be_reached(where: str, since: float | None) -> str:
    """Why jobs wait: what draws them can't be reached. ``since``: Unix seconds."""
    when = "" if since is None else f" since <t:{int(since)}:t>"
    return (
        f"⚠️ {disarm(where)} can't be reached{when}. No job is lost: those that it draws wait at no cost and "
        "go on automatically. The bot's log says more."
    )


def engine_line(name: str, doing: str) -> str:
    """One engine of several in the answer of /queue show."""
    return f"{disarm(name)}: {doing}"


def on_engine(name: str) -> str:
    """Where a job is drawn, behind its line, where there are several engines."""
    return f" · on {disarm(name)}"


def queue_page(
    lines: Sequence[str],
    held: Sequence[str],
    counts: str,
    *,
    paused: bool,
    draining: bool,
    trouble: str | None = None,
    engines: Sequence[str] = (),
) -> str:
    """The answer of /queue show.

    Args:
        lines: one for each job.
        held: one for each that is under review.
        counts: of all states.
        paused, draining: what was said to the whole server.
        trouble: why no clips are being made.
        engines: what each does, where there are several.
    """
    head = f"**Queue** · {counts}" + (" · ⏸️ paused" if paused else "")
    head += " · 🚰 closed to new jobs" if draining else ""
    under_review = ["**Held for review**", *held] if held else []
    warning = [] if trouble is None else [trouble]
    several = [f"-# {' · '.join(engines)}"] if engines else []
    return fit("\n".join([head, *several, *warning, *(lines or [QUEUE_EMPTY]), *under_review]))


def held_line(job: Job) -> str:
    """A held job in a list."""
    what = "a finished clip" if job.clip_sha256 else "a request"
    reason = show_prompt(job.held_reason or "", SHOWN_REASON)
    return f"`{job.id[:6]}` {what} · <@{job.user_id}>" + (f" · {reason}" if reason else "")


def and_more(count: int) -> str:
    """How many entries a list leaves out."""
    return f"… and {count} more"


def audit_page(entries: Sequence[Entry], verdict: ChainCheck, known: bool | None) -> str:
    """The answer of /queue audit: the state of the chain, then the last entries.

    Args:
        entries: the newest first.
        verdict: the result of checking the whole log.
        known: whether the noted hash is in the log; None if none was given.
    """
    lines = [_state_of(verdict)]
    if known is not None:
        lines.append(
            "✅ The entry you noted is in the log, unchanged."
            if known
            else "⚠️ No entry has the hash you noted: the log was replaced or cut since then."
        )
    lines.append(
        f"-# Last hash `{verdict.head[:NOTED]}`. The log reveals careless edits by itself. To notice if "
        "someone rewrites all of it, keep this hash somewhere else and check it later with "
        "`/queue audit noted:`."
    )
    lines += [_entry_line(entry) for entry in entries] or [NO_ENTRIES]
    return fit("\n".join(lines))


def _state_of(verdict: ChainCheck) -> str:
    if verdict.broken_at is not None:
        return f"⚠️ **The log was changed**: entry {verdict.broken_at} does not match the entries before it."
    if verdict.cut:
        return f"⚠️ **The log was cut off**: it has {verdict.entries} entries, but more were written."
    return f"**Log** · {verdict.entries} entries across all servers · the chain is intact"


def _entry_line(entry: Entry) -> str:
    when = datetime.fromtimestamp(entry.at, UTC).strftime("%Y-%m-%d %H:%M")
    target = f" {quote(_without_aliases(entry.target), SHOWN_TARGET)}" if entry.target else ""
    actor = f"<@{entry.actor_id}>" if entry.actor_id > 0 else ERASED_MEMBER
    reason = show_prompt(entry.reason, SHOWN_REASON)
    return f"{entry.seq} · {when} · {actor} **{entry.action}**{target}" + (f" · {reason}" if reason else "")


def _without_aliases(target: str) -> str:
    return re.sub(r"@-\d+", ERASED_MEMBER, target)
