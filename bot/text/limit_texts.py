"""Texts about limits, by the rules of :mod:`bot.text.messages`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.text.messages import list_page
from bot.text.wording import Text, named, say
from db.jobs.allowances import Allowance, Precedence, Spent, StoredAllowance, Whose
from db.jobs.enqueue import EnqueueLimits

PRECEDENCES: Mapping[Precedence, str] = {
    Precedence.FIRST: Text("ahead of other jobs in this server"),
    Precedence.NORMAL: Text("in turn"),
    Precedence.BACKGROUND: Text("when nothing else is waiting"),
}
SPENT: Mapping[Spent, str] = {
    Spent.REFUSE: Text("refuse new jobs until some time is free again"),
    Spent.BACKGROUND: Text("make new jobs when nothing else is waiting"),
}
NOTHING_SAID = Text(
    "Please set at least one of waiting, hour, day, turn or spent. The others stay as they are."
)
CLEARED = Text("Done. The next broader limit applies again.")
NOTHING_TO_CLEAR = Text("There was no limit to clear.")
NO_ALLOWANCES = Text("This server has no limits of its own. The owner's limits apply to everyone.")


def allowance_line(kind: Whose, whom: int, allowance: Allowance) -> str:
    """What is allowed to whom, in one line."""
    name = {Whose.GUILD: say("everyone here"), Whose.ROLE: f"<@&{whom}>", Whose.MEMBER: named(whom)}[kind]
    parts = []
    if allowance.waiting is not None:
        parts.append(say("{n} waiting", n=allowance.waiting))
    if allowance.hour is not None:
        parts.append(say("{n} an hour", n=allowance.hour))
    if allowance.day is not None:
        parts.append(say("{n} s of drawing time in 24 hours", n=f"{allowance.day:.0f}"))
    if allowance.precedence is not None:
        parts.append(say("made {turn}", turn=PRECEDENCES[allowance.precedence]))
    if allowance.spent is not None:
        parts.append(say("when the time is used up: {what}", what=SPENT[allowance.spent]))
    return f"{name}: " + " · ".join(parts)


def allowances_page(kept: Sequence[StoredAllowance], owner: EnqueueLimits) -> str:
    """The answer of /queue limit show."""
    lines = [allowance_line(one.kind, one.whom, one.allowance) for one in kept] or [str(NO_ALLOWANCES)]
    most = owner.ceilings
    head = say(
        "**Limits** · default for each member: {waiting} waiting, {hour} an hour, {day} s of drawing time in "
        "24 hours\n"
        "-# The most specific limit applies: the member's own, then the most generous of their roles, then "
        "this server's, then the owner's. You can set up to {most_waiting} waiting, {most_hour} an hour and "
        "{most_day} s for each member. This server can have {in_all} waiting in all.",
        waiting=owner.per_member_waiting,
        hour=owner.per_member_hour,
        day=f"{owner.per_member_day:.0f}",
        most_waiting=most.waiting,
        most_hour=most.hour,
        most_day=f"{most.day:.0f}",
        in_all=owner.per_guild_waiting,
    )
    return list_page([head], lines)
