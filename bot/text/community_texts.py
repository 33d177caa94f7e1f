"""Texts about the showcase and contests."""

from __future__ import annotations

from collections.abc import Sequence

from bot.text.foreign import disarm

NO_SHOWCASE = "This server has no showcase. Choose a channel with `/queue showcase channel`."
SHOWCASE_OFF = "The showcase is off. What was posted stays."
NO_BEST = "No clip of the last seven days has a star of another member and may be shown."
REEL_COMES = "The reel is being made. It will be in the channel in a minute or two."
REEL_ONCE = "That reel was made already; the next one can be made in an hour."
WEEK = "**The best clips of the week**, by your stars ⭐"

ONE_CONTEST = "There is a contest in this server already. It ends by itself, or with `/queue contest end`."
CONTEST_BEGINS = "The contest has begun; its announcement follows."
NOT_ANNOUNCED = (
    "The contest has begun, but I may not write in this channel, so nobody can enter. End it with "
    "`/queue contest end`, and start it where I may."
)
NO_CONTEST = "There is no contest in this server now."
ENDS_NOW = "The contest ends now. The winner will be announced in its channel."
NO_ENTRY_POSSIBLE = (
    "You have no clip here that can enter: it has to be posted in a channel that everybody sees, without a "
    "spoiler, and still be there. Make one, then press *Enter* again."
)
CHOOSE_ENTRY = (
    "Which of your latest clips shall enter? The one that you entered before is replaced, with its votes."
)
ENTERED = "Your clip is in. You can replace it until the contest ends. Nobody sees whose it is before."
VOTED = "Your vote is in. You can change it until the contest ends."
OWN_ENTRY = "That is your own clip. Vote for another one."
UNFIT_ENTRY = "That clip can't be shown here any more."
NO_ENTRIES = "Nobody has entered a clip yet."


def showcase_set(channel_id: int) -> str:
    """Where the reels go."""
    return f"Done: each Monday, the best clips of the week go to <#{channel_id}>, if any got stars."


def credit(place: int, member: int, stars: int, message: tuple[int, int, int]) -> str:
    """Who made a clip of a reel, how many stars it has, and where it is: server, channel, message."""
    counted = f" · {stars} ⭐" if stars else ""
    link = "/".join(str(part) for part in message)
    return f"{place}. <@{member}>{counted} · https://discord.com/channels/{link}"


def contest(theme: str, until: float) -> str:
    """A contest begins; everybody reads it."""
    return (
        f"🏆 **Contest: {disarm(theme)}**\nMake a clip, then press *Enter*. Press *Vote* to see all entries, "
        f"without names, and give your one vote. It ends <t:{until:.0f}:R>."
    )


def ballot(place: int, count: int) -> str:
    """One entry, as it is shown to a member who votes."""
    return f"Entry {place} of {count}"


def full(most: int) -> str:
    """No more entries."""
    return f"This contest has {most} entries, the most it can have."


def results(theme: str, winners: Sequence[int], votes: int, entries: int) -> str:
    """How a contest ended. Winners are members; several of them have as many votes as each other."""
    head = f"🏆 **The contest “{disarm(theme)}” is over.**"
    if not entries:
        return f"{head} Nobody entered a clip."
    if not votes:
        return f"{head} Nobody voted, so it has no winner."
    given = f"{votes} vote{'s' if votes != 1 else ''}"
    if len(winners) == 1:
        return f"{head} <@{winners[0]}> wins with {given}. Congratulations!"
    names = ", ".join(f"<@{member}>" for member in winners)
    return f"{head} It is a tie: {names} have {given} each. Congratulations to all of them!"


def entry_choice(number: int, prompt: str) -> str:
    """The label of a button that enters a clip."""
    return f"{number}. {disarm(prompt, 60)}"[:80] if prompt else f"{number}. a clip of a picture"
