"""The words about finished clips: longer ones, loops, starred ones, discarded takes, files that come back."""

from __future__ import annotations

from engine.core.recipe import Outcome, Receipt, Role

EXTENDING = "Going on with a clip"
LOOPING = "Closing a clip into a loop"

CLIP_GONE = "That clip's file has been cleared away here, so I can't go on from it."
NOTHING_GOES_ON = "Nothing here can go on with this clip."
ALREADY_A_LOOP = "That clip is a loop already."
LOOPS_ARE_NOT_DRAWN = "A loop is not drawn, so it can't be rerolled or remixed. Do that with the clip itself."

NOTHING_DISCARDED = "No take of this clip was discarded."
SHEETS = "Below each picture: how much changes from frame to frame, with marks where something is wrong."
NO_SHEETS = "The pictures of it have been cleared away."
STAR_TAKEN_BACK = "The star is taken back."


def starred(days: float) -> str:
    """A clip that is kept now."""
    return f"⭐ Kept: I hold on to this clip for {days:g} days. Click again to take the star back."


def too_many_stars(most: int) -> str:
    """A member who keeps as much as they may."""
    return f"You keep {most} clips in this server already. Take one star back first."


def replay_needs(role: Role) -> str:
    """A clip cannot be made again without what it was made from."""
    if role is Role.PICTURE:
        return "I don't have the picture from you that this clip was made from. Attach it as image:."
    what = {
        Role.LIKE: "the picture whose look it took",
        Role.REFERENCE: "the clip that it followed",
        Role.BEFORE: "the clip that it goes on from",
    }[role]
    return f"I can't make that one again: I don't have {what} from you in this server."


def long_enough(seconds: float, most: float) -> str:
    """A clip that may not become longer."""
    return f"That clip has {seconds:.1f} s already; a clip can be extended to {most:g} s at most."


def discarded(receipt: Receipt | None, *, pictures: int) -> str:
    """Why takes were discarded, one line each, and what the pictures show."""
    takes = () if receipt is None else receipt.takes
    bad = [take for take in takes if take.outcome is Outcome.REJECTED]
    if not bad and not pictures:
        return NOTHING_DISCARDED
    lines = [f"- take {take.number}, {take.score:.0f} of 100: {'; '.join(take.reasons)}" for take in bad]
    if receipt is not None and receipt.forced:
        lines.append(f"None was good enough; take {receipt.kept} was the best of them.")
    lines.append(f"-# {SHEETS if pictures else NO_SHEETS}")
    return "\n".join(["**Why takes were discarded**", *lines])
