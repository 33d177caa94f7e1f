"""Texts about finished clips: extending, looping, stars, discarded takes, replays."""

from __future__ import annotations

from bot.text.foreign import disarm
from engine.core.foreign_text import visible
from engine.core.receipt import Outcome, Receipt
from engine.core.recipe import Recipe, Role

EXTENDING = "Extending a clip"
LOOPING = "Making a clip loop"
SLOWING = "Slowing a clip down"
UPSCALING = "Upscaling a clip"

MOST_ALT = 1000
"""Characters of what a file shows; Discord takes 1,024."""

CLIP_GONE = "I no longer have that clip's file, so I can't continue it."
NOTHING_GOES_ON = "No engine here can continue this clip."
ALREADY_A_LOOP = "That clip is already a loop."
LOOPS_ARE_NOT_DRAWN = (
    "A loop or slow motion can't be rerolled or remixed. Reroll or remix the clip it was made from."
)
NO_STICKER = "I couldn't make that clip small enough for a sticker or an emoji."
STICKER = (
    "For a moderator to add under Server Settings: `sticker.gif` (320×320, 512 KiB at most) → Stickers, "
    "`emoji.gif` (128×128, 256 KiB at most) → Emoji. Both show the middle of the clip."
)
MORE = "What else can be done with this clip:"

UPSCALED_IS_NOT_DRAWN = (
    "An upscaled clip can't be extended, rerolled or remixed. "
    "Do that with the clip it was made from, and upscale the result."
)

NOTHING_DISCARDED = "No takes of this clip were discarded."
SHEETS = "Below each picture: how much changes from frame to frame, with marks where something is wrong."
NO_SHEETS = "The pictures of these takes have been deleted."
STAR_TAKEN_BACK = "Star removed."


def alt(recipe: Recipe) -> str:
    """What a clip shows, for those who can't see it, as far as words say it."""
    words = " ".join(recipe.prompt.split())[:MOST_ALT]
    return visible(words) or "A short clip, made from a picture without words"


def starred(days: float) -> str:
    """A clip that is kept now."""
    return f"⭐ Kept: I'll hold on to this clip for {days:g} days. Click again to remove the star."


def too_many_stars(most: int) -> str:
    """The member has no stars left."""
    return f"You already keep {most} clips in this server. Remove a star from one of them first."


def replay_needs(role: Role) -> str:
    """A clip can't be made again without its input files."""
    if role is Role.PICTURE:
        return "I don't have the picture this clip was made from. Please attach it as image:."
    what = {
        Role.END: "the picture it ends with",
        Role.LIKE: "the picture it took its look from",
        Role.REFERENCE: "the clip it followed",
        Role.BEFORE: "the clip it was made from",
        Role.SOUND: "its sound",
    }[role]
    return f"I can't make that clip again: I don't have {what} from you in this server."


def long_enough(seconds: float, most: float) -> str:
    """The clip is as long as it can get."""
    return f"That clip is already {seconds:.1f} s long, and clips can be extended to {most:g} s at most."


def discarded(receipt: Receipt | None, *, pictures: int) -> str:
    """Why takes were discarded, one line each, and what the pictures show."""
    takes = () if receipt is None else receipt.takes
    bad = [take for take in takes if take.outcome is Outcome.REJECTED]
    if not bad and not pictures:
        return NOTHING_DISCARDED
    lines = [
        f"- take {take.number}, {take.score:.0f} of 100: {disarm('; '.join(take.reasons))}" for take in bad
    ]
    if receipt is not None and receipt.forced:
        lines.append(f"None was good enough; take {receipt.kept} was the best one.")
    lines.append(f"-# {SHEETS if pictures else NO_SHEETS}")
    return "\n".join(["**Why takes were discarded**", *lines])
