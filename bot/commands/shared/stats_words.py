"""The answer of ``/queue stats``: what was counted, in the language that is spoken."""

from __future__ import annotations

from statistics import median

from bot.ops.stats import Drawn, Stats
from bot.text.messages import STATES
from bot.text.wording import decimal, say, say_many

SHOWN = 6
"""Rows of a list; the rest is one line."""


def in_words(stats: Stats, days: int) -> str:
    """What ended in the last days, what it took, and whose it was."""
    ended = " · ".join(f"{count} {STATES[state]}" for state, count in stats.ends.most_common())
    head = say_many(
        "**The last day** · {ended}",
        "**The last {n} days** · {ended}",
        days,
        ended=ended or say("nothing finished"),
    )
    lines = [head, *_times(stats)]
    if stats.forced:
        lines.append(
            say_many(
                "{n} posted although every take was rejected; it is marked as such.",
                "{n} posted although every take was rejected; they are marked as such.",
                stats.forced,
            )
        )
    ranked = sorted(stats.engines.items(), key=lambda item: -item[1].takes)
    for name, drawn in ranked[:SHOWN]:
        lines += _engine(name, drawn)
    if len(ranked) > SHOWN:
        lines.append(say_many("… and {n} more engine", "… and {n} more engines", len(ranked) - SHOWN))
    if stats.loops:
        lines.append(f"- {say('loops: {count}', count=stats.loops)}")
    if stats.by_member:
        most = [
            say("{member} {minutes} min", member=f"<@{user}>", minutes=decimal(busy / 60))
            for user, busy in stats.by_member.most_common(SHOWN)
        ]
        lines.append(say("Most of the engine's time: {members}", members=", ".join(most)))
    return "\n".join(lines)


def _times(stats: Stats) -> list[str]:
    if not stats.waits:
        return []
    return [
        say("From request to finished clip: {seconds} s (median)", seconds=decimal(median(stats.waits), 0)),
        say(
            "Engine: {busy} min, of which {wasted} min on discarded takes; members are not charged for "
            "those.",
            busy=decimal(stats.busy / 60),
            wasted=decimal(stats.wasted / 60),
        ),
    ]


def _engine(name: str, drawn: Drawn) -> list[str]:
    counted = say(
        "{engine} · clips: {clips} · takes: {takes} · discarded: {percent} %",
        engine=name,
        clips=drawn.clips,
        takes=drawn.takes,
        percent=decimal(drawn.share * 100, 0),
    )
    if not drawn.discarded:
        return [f"- {counted}"]
    causes = [f"{cause.replace('_', ' ')} {count}" for cause, count in drawn.discarded.most_common(SHOWN)]
    return [f"- {counted}", f"  {say('reasons: {reasons}', reasons=', '.join(causes))}"]
