"""What the owner is told by direct message."""

from __future__ import annotations

from bot.text.foreign import disarm

FOOT = "-# I say this at most once a day. `framekiln doctor` and the log know more."


def engine(trouble: str) -> str:
    """An engine can't draw."""
    return f"**Framekiln: nothing can be drawn by an engine.** {trouble}\n{FOOT}"


def worker(name: str, faults: int, since: float) -> str:
    """A worker fails in whatever it is given.

    Args:
        name: its.
        faults: in a row.
        since: Unix seconds of the first of them.
    """
    return (
        f"**Framekiln: the worker {disarm(name)} fails again and again.** {faults} times in a row since "
        f"<t:{int(since)}:t> its GPU or its program failed in a job. Those jobs lose nothing: they go to "
        "other machines, and this one is given one only now and then until it draws a clip. Whoever runs it "
        f"should look at its log; `framekiln workers remove` lets it come no more.\n{FOOT}"
    )


def machines_failed(jobs: int) -> str:
    """Jobs have ended because what draws failed in them.

    Args:
        jobs: how many, within a day.
    """
    clips = "a clip" if jobs == 1 else f"{jobs} clips"
    return (
        f"**Framekiln: {clips} couldn't be drawn by any machine.** Each that could failed, again and again: "
        "a GPU, an engine or a worker. Nothing was charged, and the members have been told.\n"
        f"{FOOT}"
    )


def disk(free: int) -> str:
    """The disk is nearly full.

    Args:
        free: bytes.
    """
    return f"**Framekiln: the disk is nearly full.** {free / 1e9:.1f} GB are free for its data.\n{FOOT}"


def backups(days: float) -> str:
    """No backup could be made."""
    return (
        f"**Framekiln: backups fail.** The last one of the database is more than {days:.0f} days old.\n{FOOT}"
    )


def security(release: str, about: str) -> str:
    """A newer release mends a security problem."""
    words = f" {disarm(about, 300)}" if about else ""
    return (
        f"**Framekiln {disarm(release, 40)} mends a security problem.**{words} "
        f"Update with `framekiln update`.\n{FOOT}"
    )
