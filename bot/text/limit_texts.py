"""Texts about limits, by the rules of :mod:`bot.text.messages`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.text.messages import fit
from db.jobs.allowances import Allowance, Precedence, Spent, StoredAllowance, Whose
from db.jobs.enqueue import EnqueueLimits

SHOWN = 20

PRECEDENCES: Mapping[Precedence, str] = {
    Precedence.FIRST: "ahead of other jobs in this server",
    Precedence.NORMAL: "in turn",
    Precedence.BACKGROUND: "when nothing else is waiting",
}
SPENT: Mapping[Spent, str] = {
    Spent.REFUSE: "refuse new jobs until some time is free again",
    Spent.BACKGROUND: "make new jobs when nothing else is waiting",
}
NOTHING_SAID = "Please set at least one of waiting, hour, day, turn or spent. The others stay as they are."
CLEARED = "Done. The next broader limit applies again."
NOTHING_TO_CLEAR = "There was no limit to clear."
NO_ALLOWANCES = "This server has no limits of its own. The owner's limits apply to everyone."


def allowance_line(kind: Whose, whom: int, allowance: Allowance) -> str:
    """What is allowed to whom, in one line."""
    name = {Whose.GUILD: "everyone here", Whose.ROLE: f"<@&{whom}>", Whose.MEMBER: f"<@{whom}>"}[kind]
    parts = []
    if allowance.waiting is not None:
        parts.append(f"{allowance.waiting} waiting")
    if allowance.hour is not None:
        parts.append(f"{allowance.hour} an hour")
    if allowance.day is not None:
        parts.append(f"{allowance.day:.0f} s of drawing time in 24 hours")
    if allowance.precedence is not None:
        parts.append(f"made {PRECEDENCES[allowance.precedence]}")
    if allowance.spent is not None:
        parts.append(f"when the time is used up: {SPENT[allowance.spent]}")
    return f"{name}: " + " · ".join(parts)


def allowances_page(kept: Sequence[StoredAllowance], owner: EnqueueLimits) -> str:
    """The answer of /queue limit show."""
    lines = [allowance_line(one.kind, one.whom, one.allowance) for one in kept[:SHOWN]] or [NO_ALLOWANCES]
    if len(kept) > SHOWN:
        lines.append(f"… and {len(kept) - SHOWN} more")
    most = owner.ceilings
    head = (
        f"**Limits** · default for each member: {owner.per_member_waiting} waiting, "
        f"{owner.per_member_hour} an hour, {owner.per_member_day:.0f} s of drawing time in 24 hours\n"
        "-# The most specific limit applies: the member's own, then the most generous of their roles, then "
        f"this server's, then the owner's. You can set up to {most.waiting} waiting, {most.hour} an hour and "
        f"{most.day:.0f} s for each member. This server can have {owner.per_guild_waiting} waiting in all."
    )
    return fit("\n".join([head, *lines]))
