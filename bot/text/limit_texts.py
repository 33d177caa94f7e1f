"""What moderators and members read of limits. Short, warm, exact; as in :mod:`bot.text.messages`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.text.messages import fit
from db.jobs.allowances import Allowance, Lane, Spent, StoredAllowance, Whose
from db.jobs.enqueue import EnqueueLimits

SHOWN = 20

LANES: Mapping[Lane, str] = {
    Lane.FIRST: "before the others of this server",
    Lane.NORMAL: "in turn",
    Lane.BACKGROUND: "when nothing else waits",
}
SPENT: Mapping[Spent, str] = {
    Spent.REFUSE: "refuse until there are some again",
    Spent.BACKGROUND: "make it when nothing else waits",
}
NOTHING_SAID = "Say at least one of waiting, hour, day, turn or spent; what you leave out stays as it is."
CLEARED = "Done; the next less particular limits count there again."
NOTHING_TO_CLEAR = "Nothing of its own was set there."
NO_ALLOWANCES = "Nothing is set in this server; the owner's limits count for everybody."


def allowance_line(kind: Whose, whom: int, allowance: Allowance) -> str:
    """What is allowed to whom, in one line."""
    name = {Whose.GUILD: "everybody here", Whose.ROLE: f"<@&{whom}>", Whose.MEMBER: f"<@{whom}>"}[kind]
    parts = []
    if allowance.waiting is not None:
        parts.append(f"{allowance.waiting} waiting")
    if allowance.hour is not None:
        parts.append(f"{allowance.hour} in an hour")
    if allowance.day is not None:
        parts.append(f"{allowance.day:.0f} s of drawing in 24 hours")
    if allowance.lane is not None:
        parts.append(f"made {LANES[allowance.lane]}")
    if allowance.spent is not None:
        parts.append(f"when the day is used up: {SPENT[allowance.spent]}")
    return f"{name}: " + " · ".join(parts)


def allowances_page(kept: Sequence[StoredAllowance], owner: EnqueueLimits) -> str:
    """The answer of /queue limit show."""
    lines = [allowance_line(one.kind, one.whom, one.allowance) for one in kept[:SHOWN]] or [NO_ALLOWANCES]
    if len(kept) > SHOWN:
        lines.append(f"… and {len(kept) - SHOWN} more")
    most = owner.ceilings
    head = (
        f"**Limits** · by default {owner.per_member_waiting} waiting, {owner.per_member_hour} in an hour, "
        f"{owner.per_member_day:.0f} s of drawing in 24 hours, for each member\n"
        "-# Most particular first: the member's own, the most generous of their roles, this server's, the "
        f"owner's. At most the owner allows {most.waiting} waiting, {most.hour} in an hour and "
        f"{most.day:.0f} s, and {owner.per_guild_waiting} waiting in this server."
    )
    return fit("\n".join([head, *lines]))
