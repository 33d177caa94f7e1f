"""Texts of the moderators' commands, by the rules of :mod:`bot.text.messages`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.text.foreign import disarm, quote
from bot.text.messages import MESSAGE_LIMIT, QUEUE_EMPTY, STATES, list_page, listed, size_of
from bot.text.prompts import show_prompt
from bot.text.status_texts import message_link
from bot.text.wording import ERASED_MEMBER, KIND, Text, named, say, say_many, translated
from db.audit.log import ChainCheck, Entry
from db.jobs.job import Job
from engine.core.foreign_text import visible
from engine.core.shortages import Shortage

SHOWN_REASON = 80
SHOWN_TARGET = 28
NOTED = 16
"""Hex digits of the log's last hash that a moderator is asked to note."""

PAUSED = Text("⏸️ Paused. Members can still ask for clips; `/queue resume` starts the queue again.")
RESUMED = Text("▶️ Running again.")
DRAINING = Text(
    "🚰 I'll finish the jobs that are running or waiting, and take no new ones until `/queue resume`. "
    "Members who ask are told."
)
DRAINING_ALREADY = Text("This queue is already closed to new jobs. `/queue resume` opens it again.")

HELD = Text(
    "is held until a moderator releases or rejects it. The member sees that it is under review.", "`1a2b3c` …"
)
CANNOT_HOLD = Text("Only a waiting job, or a clip that is not posted yet, can be held.")
RELEASED = Text("is released and continues from where it was.", "`1a2b3c` …")
NOT_HELD = Text("That job is not held.")
RETRIED = Text("will be made again, at its old place. Nothing is charged twice.", "`1a2b3c` …")
RETRIED_POST = Text("will be posted again; I still had the clip.", "`1a2b3c` …")
CANNOT_RETRY = Text("Only a job that failed, was cancelled or was set aside can be retried.")
QUARANTINED = Text("is set aside. `/queue retry` brings it back.", "`1a2b3c` …")
CANNOT_QUARANTINE = Text("That job is over, or it is being posted right now.")
NOT_BANNED = Text("That member is not blocked.")
CANNOT_BAN_YOURSELF = Text("You can't block yourself: you could no longer use me here to undo it.")
CANNOT_BAN_OWNER = Text("The owner of this server can't be blocked.")
CANNOT_BAN_ADMIN = Text("Only the owner of this server can block an administrator.")
NO_JOBS_YET = Text("no jobs yet")
REPORTS_NEED_A_CHANNEL = Text(
    "-# To decide about reports, choose a channel with `/queue review channel:`. I post each there, with "
    "**Take down** and **Dismiss**."
)
NO_ENTRIES = Text("No moderator has done anything here yet.")


def about(job: Job, what: str) -> str:
    """An answer that is about one job, such as :data:`HELD`."""
    return f"`{job.id[:6]}` {what}"


def moved(job: Job, place: int) -> str:
    """A waiting job has another place."""
    return say("`{job}` is now at place {place} in this server's queue.", job=job.id[:6], place=place)


def cleared(count: int) -> str:
    """Every waiting job was cancelled."""
    return say_many("Cancelled {n} waiting job.", "Cancelled {n} waiting jobs.", count)


def banned(user: int, count: int) -> str:
    """A member is blocked from the bot."""
    member = f"<@{user}>"
    if not count:
        return say("{member} can no longer use me here. They had no jobs under way.", member=member)
    return say_many(
        "{member} can no longer use me here. I stopped one of their jobs.",
        "{member} can no longer use me here. I stopped {n} of their jobs.",
        count,
        member=member,
    )


def unbanned(user: int) -> str:
    """A member is no longer blocked."""
    return say("{member} can use me again.", member=f"<@{user}>")


def job_choice(job: Job, prompt: str) -> str:
    """A job in a list of suggestions."""
    what = visible(prompt) or translated(job.kind, KIND)
    return f"{job.id[:6]} · {STATES[job.state]} · {what}"


def engine_trouble(since: float | None, name: str | None = None) -> str:
    """Why no clips are being made.

    Args:
        since: Unix seconds; None if unknown.
        name: the engine, where there are others; None: it is the only one.
    """
    time = "" if since is None else f"<t:{int(since)}:t>"
    if name is None:
        state = (
            say("⚠️ The engine or its GPU has not worked since {time}.", time=time)
            if time
            else say("⚠️ The engine or its GPU is not working.")
        )
        goes_on = say(
            "I still take requests; they wait at no cost and resume automatically. The bot's log says more."
        )
    else:
        state = (
            say("⚠️ {engine} has not worked since {time}.", engine=disarm(name), time=time)
            if time
            else say("⚠️ {engine} is not working.", engine=disarm(name))
        )
        goes_on = say(
            "Jobs that it would draw wait at no cost or go to another engine, and it is tried again "
            "automatically. The bot's log says more."
        )
    return f"{state} {goes_on}"


def machines_failed(jobs: int) -> str:
    """Jobs of this server have ended because what draws failed in them."""
    return say_many(
        "⚠️ One clip of this server couldn't be drawn: each machine that could draw it broke off, again and "
        "again. Its member has been told, and nothing was charged. `/queue retry` makes it again. "
        "The bot's log says more.",
        "⚠️ {n} clips of this server couldn't be drawn: each machine that could draw them broke off, again "
        "and again. Their members have been told, and nothing was charged. `/queue retry` makes one again. "
        "The bot's log says more.",
        jobs,
    )


I_AM_WAITING_FOR = {
    Shortage.DISK: Text("waiting for room on my disk", "Since … I am …"),
    Shortage.READ_ONLY: Text("waiting until my disk can be written again", "Since … I am …"),
    Shortage.STORAGE: Text("waiting for my disk to work again", "Since … I am …"),
    Shortage.HANDLES: Text("waiting until my machine is less busy", "Since … I am …"),
    Shortage.PROCESSES: Text("waiting until my machine is less busy", "Since … I am …"),
    Shortage.MEMORY: Text("waiting for free memory on my machine", "Since … I am …"),
}


def shortage(short: Shortage, since: float) -> str:
    """Why work stands still: the machine is short of something. ``since``: Unix seconds."""
    return say(
        "⚠️ Since {time} I am {waiting}. No job is lost: they wait at no cost and go on automatically. The "
        "owner of this bot can help; the bot's log says more.",
        time=f"<t:{int(since)}:t>",
        waiting=I_AM_WAITING_FOR[short],
    )


SHORTAGE_OVER = Text("✅ What my machine was short of is there again. Waiting jobs go on.")
ENGINE_BACK = Text("✅ The engine is working again. Waiting jobs resume now.")


def engine_back(name: str | None) -> str:
    """An engine that did not work works again. ``name``: None where it is the only one."""
    if name is None:
        return str(ENGINE_BACK)
    return say("✅ {engine} is working again. Waiting jobs resume now.", engine=disarm(name))


def cannot_be_reached(where: str, since: float | None) -> str:
    """Why jobs wait: what draws them can't be reached. ``since``: Unix seconds."""
    state = (
        say("⚠️ {where} can't be reached.", where=disarm(where))
        if since is None
        else say("⚠️ {where} can't be reached since {time}.", where=disarm(where), time=f"<t:{int(since)}:t>")
    )
    goes_on = say(
        "No job is lost: those that it draws wait at no cost and go on automatically. The bot's log says "
        "more."
    )
    return f"{state} {goes_on}"


def engine_line(name: str, doing: str) -> str:
    """One engine of several in the answer of /queue show."""
    return f"{disarm(name)}: {doing}"


def on_engine(name: str) -> str:
    """Where a job is drawn, behind its line, where there are several engines."""
    return f" · {say('on {engine}', engine=disarm(name))}"


def queue_page(
    lines: Sequence[str],
    held: Sequence[str],
    counts: str,
    *,
    more: int,
    more_held: int,
    paused: bool,
    draining: bool,
    trouble: str | None = None,
    engines: Sequence[str] = (),
    reported: Sequence[str] = (),
    more_reported: int = 0,
) -> str:
    """The answer of /queue show.

    Args:
        lines: one for each job.
        held: one for each that is under review.
        counts: of all states.
        more, more_held, more_reported: how many follow those.
        paused, draining: what was said to the whole server.
        trouble: why no clips are being made.
        engines: what each does, where there are several.
        reported: one for each clip whose reports wait for a decision.
    """
    head = f"**{say('Queue')}** · {counts}" + (f" · ⏸️ {say('paused')}" if paused else "")
    head += f" · 🚰 {say('closed to new jobs')}" if draining else ""
    warning = [] if trouble is None else [trouble]
    several = [f"-# {' · '.join(engines)}"] if engines else []
    above, lines, below = [head, *several, *warning], lines or [str(QUEUE_EMPTY)], list[str]()
    lists = (
        (f"**{say('Held for review')}**", held, more_held),
        (f"**{say('Reported')}**", reported, more_reported),
    )
    there = [each for each in lists if each[1]]
    for number, (heading, entries, more_entries) in enumerate(there):
        left = [other for other, _, _ in there[number:]]
        room = MESSAGE_LIMIT - size_of([*above, *below, *left])
        # Each has an equal share of the room, and what those that wait don't need.
        share = room // (len(left) + 1)
        spare = (room - size_of(listed(lines, room=room, more=more))) // len(left)
        below += [heading, *listed(entries, room=max(share, spare), more=more_entries)]
    return list_page(above, lines, below, more=more)


def held_line(job: Job) -> str:
    """A held job in a list."""
    what = say("a finished clip") if job.clip_sha256 else say("a request")
    reason = show_prompt(job.held_reason or "", SHOWN_REASON)
    return f"`{job.id[:6]}` {what} · {named(job.user_id)}" + (f" · {reason}" if reason else "")


def reported_line(job: Job, reports: int) -> str:
    """A clip in a list whose reports wait for a decision."""
    told = say_many("reported by {n} member", "reported by {n} members", reports)
    link = (
        "" if job.message_id is None else f" · {message_link(job.guild_id, job.channel_id, job.message_id)}"
    )
    return f"`{job.id[:6]}` {told} · {named(job.user_id)}{link}"


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
            say("✅ The entry you noted is in the log, unchanged.")
            if known
            else say("⚠️ No entry has the hash you noted: the log was replaced or cut since then.")
        )
    lines.append(
        say(
            "-# Last hash `{hash}`. The log reveals careless edits by itself. To notice if someone rewrites "
            "all of it, keep this hash somewhere else and check it later with `/queue audit noted:`.",
            hash=verdict.head[:NOTED],
        )
    )
    return list_page(lines, [_entry_line(entry) for entry in entries] or [str(NO_ENTRIES)])


def _state_of(verdict: ChainCheck) -> str:
    if verdict.broken_at is not None:
        return say(
            "⚠️ **The log was changed**: entry {number} does not match the entries before it.",
            number=verdict.broken_at,
        )
    if verdict.cut:
        return say_many(
            "⚠️ **The log was cut off**: it has {n} entry, but more were written.",
            "⚠️ **The log was cut off**: it has {n} entries, but more were written.",
            verdict.entries,
        )
    return say_many(
        "**Log** · {n} entry across all servers · the chain is intact",
        "**Log** · {n} entries across all servers · the chain is intact",
        verdict.entries,
    )


def _entry_line(entry: Entry) -> str:
    when = datetime.fromtimestamp(entry.at, UTC).strftime("%Y-%m-%d %H:%M")
    target = f" {quote(_without_aliases(entry.target), SHOWN_TARGET)}" if entry.target else ""
    reason = show_prompt(entry.reason, SHOWN_REASON)
    return f"{entry.seq} · {when} · {named(entry.actor_id)} **{entry.action}**{target}" + (
        f" · {reason}" if reason else ""
    )


def _without_aliases(target: str) -> str:
    return re.sub(r"@-\d+", str(ERASED_MEMBER), target)
