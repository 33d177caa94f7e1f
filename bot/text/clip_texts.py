"""Texts about finished clips: extending, looping, stars, discarded takes, replays."""

from __future__ import annotations

from bot.text.foreign import disarm
from bot.text.wording import Text, decimal, number, say, say_many
from engine.core.foreign_text import visible
from engine.core.receipt import Outcome, Receipt
from engine.core.recipe import Recipe, Role
from engine.core.sentence import row_of
from engine.core.sight import Shows, Sight

EXTENDING = Text("Extending a clip")
LOOPING = Text("Making a clip loop")
SLOWING = Text("Slowing a clip down")
UPSCALING = Text("Upscaling a clip")

MOST_ALT = 1000
"""Characters of what a file shows; Discord takes 1,024."""

CLIP_GONE = Text("I no longer have that clip's file, so I can't continue it.")
NOTHING_GOES_ON = Text("No engine here can continue this clip.")
ALREADY_A_LOOP = Text("That clip is already a loop.")
LOOPS_ARE_NOT_DRAWN = Text(
    "A loop or slow motion can't be rerolled or remixed. Reroll or remix the clip it was made from."
)
NO_STICKER = Text("I couldn't make that clip small enough for a sticker or an emoji.")
STICKER = Text(
    "For a moderator to add under Server Settings: `sticker.gif` (320×320, 512 KiB at most) → Stickers, "
    "`emoji.gif` (128×128, 256 KiB at most) → Emoji. Both show the middle of the clip."
)
MORE = Text("What else can be done with this clip:")

UPSCALED_IS_NOT_DRAWN = Text(
    "An upscaled clip can't be extended, rerolled or remixed. "
    "Do that with the clip it was made from, and upscale the result."
)

NOTHING_DISCARDED = Text("No takes of this clip were discarded.")
SHEETS = Text(
    "Below each picture: how much changes from frame to frame, with marks where something is wrong."
)
NO_SHEETS = Text("The pictures of these takes have been deleted.")
PRIVATE_SHEETS = Text("The clip is private: only its member sees the pictures of these takes.")
STAR_TAKEN_BACK = Text("Star removed.")


ALT_OF = {
    Shows.PAGE: Text("A short clip of a page or a screenshot with text"),
    Shows.PORTRAIT: Text("A short clip of a picture of a person"),
    Shows.GROUP: Text("A short clip of a picture of several people"),
    Shows.ANIMAL: Text("A short clip of a picture of an animal"),
    Shows.VEHICLE: Text("A short clip of a picture of a vehicle"),
    Shows.PRODUCT: Text("A short clip of a picture of a thing"),
}
"""What is said of a clip without words, by what was seen in its picture. It tells nobody who somebody is."""

ALT_WITH_TEXT = Text("A short clip of a picture with text in it")


def alt(recipe: Recipe, seen: Sight | None = None) -> str:
    """What a clip shows, for those who can't see it: its words, else what was seen in its picture.

    Args:
        recipe: of the clip.
        seen: what the eyes saw in the picture that it is made from; None: they saw nothing, or didn't look.
    """
    words = " ".join(recipe.prompt.split())[:MOST_ALT]
    return visible(words) or seen_in(seen) or say("A short clip, made from a picture without words")


def seen_in(seen: Sight | None) -> str:
    """What the eyes saw in the picture of a clip, in words; "" if that is nothing."""
    if seen is None or (seen.shows is None and not seen.letters):
        return ""
    return str(ALT_WITH_TEXT if seen.shows is None else ALT_OF[seen.shows])


REPLAY_NEEDS = {
    Role.PICTURE: Text("I don't have the picture this clip was made from. Please attach it as image:."),
    Role.END: Text(
        "I can't make that clip again: I don't have the picture it ends with from you in this server."
    ),
    Role.LIKE: Text(
        "I can't make that clip again: I don't have the picture it took its look from from you in this "
        "server."
    ),
    Role.REFERENCE: Text(
        "I can't make that clip again: I don't have the clip it followed from you in this server."
    ),
    Role.BEFORE: Text(
        "I can't make that clip again: I don't have the clip it was made from from you in this server."
    ),
    Role.SOUND: Text("I can't make that clip again: I don't have its sound from you in this server."),
}


def starred(days: float) -> str:
    """A clip that is kept now."""
    return say_many(
        "⭐ Kept: I'll hold on to this clip for {days} day. Click again to remove the star.",
        "⭐ Kept: I'll hold on to this clip for {days} days. Click again to remove the star.",
        round(days),
        days=number(days),
    )


def too_many_stars(most: int) -> str:
    """The member has no stars left."""
    return say_many(
        "You already keep {n} clip in this server. Remove its star first.",
        "You already keep {n} clips in this server. Remove a star from one of them first.",
        most,
    )


def replay_needs(role: Role) -> str:
    """A clip can't be made again without its input files."""
    return REPLAY_NEEDS[role]


def long_enough(seconds: float, most: float) -> str:
    """The clip is as long as it can get."""
    return say(
        "That clip is already {seconds} s long, and clips can be extended to {most} s at most.",
        seconds=decimal(seconds),
        most=number(most),
    )


def discarded(receipt: Receipt | None, *, pictures: int, private: bool = False) -> str:
    """Why takes were discarded, one line each, and what the pictures show.

    Args:
        receipt: the clip's; None: it has none.
        pictures: how many are shown.
        private: they are shown to the clip's member only.
    """
    takes = () if receipt is None else receipt.takes
    bad = [take for take in takes if take.outcome is Outcome.REJECTED]
    if not bad and not pictures:
        return NOTHING_DISCARDED
    lines = [
        say(
            "- take {number}, {score} of 100: {reasons}",
            number=take.number,
            score=f"{take.score:.0f}",
            reasons=disarm(row_of(take.reasons)),
        )
        for take in bad
    ]
    if receipt is not None and receipt.forced:
        lines.append(say("None was good enough; take {number} was the best one.", number=receipt.kept))
    about_pictures = SHEETS if pictures else PRIVATE_SHEETS if private else NO_SHEETS
    lines.append(f"-# {about_pictures}")
    return "\n".join([f"**{say('Why takes were discarded')}**", *lines])
