"""Texts about requests from outside the servers that have added the bot (:mod:`bot.text.messages`)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.text.messages import fit, seconds
from bot.text.prompts import show_prompt
from bot.text.wording import Text, say, say_many
from db.errors import Limit

SHOWN_WORDS = 10

ONLY_FOR_MEMBERS = Text(
    "Outside servers, I only work for members of a server that has added me. If you are in one, please ask "
    "me there, or in my direct messages."
)
BANNED = Text("You can't use me outside of servers: a moderator of a server has blocked you.")
BUSY = Text(
    "I'm taking in a lot of requests from outside of servers right now. Please try again in a moment."
)
NO_REVIEW_HERE = Text(
    "A moderator would have to look at this first, and there are none here. Please ask in a server that has "
    "added me."
)
CLIP_NOT_SHOWN = Text(
    "The clip may not be suitable for everyone, and there are no moderators here who could look at it. I "
    "don't show it."
)
NO_TAKES_HERE = Text("I can't show you drafts to choose from here. Leave takes: out.")
COMES_HERE = Text(
    "The clip comes here if it is ready within 15 minutes, or else in a direct message to the one who asked."
)
NOT_KEPT = Text("I don't have this clip any more.")
HERE_IT_IS = Text("Here is your clip.")
TOO_LARGE_HERE = Text("It is too large to be sent here. `/mydata export` has it.")


def waiting(head: str) -> str:
    """How a job stands, and where its clip will be."""
    return fit(f"{head}\n-# {COMES_HERE}")


def words_refused(words: Sequence[str]) -> str:
    """Why a request with these words is refused."""
    return say(
        "I don't draw these words outside of servers: {words}. Please try again without them.",
        words=show_prompt(", ".join(words[:SHOWN_WORDS]), 120),
    )


def limit_reached(which: Limit, allowed: float, retry_after: float | None) -> str | None:
    """Why a request from outside was not accepted; None: the limit is one that servers have, too."""
    if which in {Limit.DIRECT_WAITING, Limit.STRANGERS_WAITING}:
        return say_many(
            "Outside of servers, {n} job is waiting already. Please come back in a while.",
            "Outside of servers, {n} jobs are waiting already. Please come back in a while.",
            int(allowed),
        )
    if which is not Limit.STRANGER_DAY:
        return None
    if retry_after is None:
        return say_many(
            "Outside of servers, {n} clip in 24 hours is all I can make for you.",
            "Outside of servers, {n} clips in 24 hours are all I can make for you.",
            int(allowed),
        )
    return say_many(
        "Outside of servers, {n} clip in 24 hours is all I can make for you. Try again in {time}.",
        "Outside of servers, {n} clips in 24 hours are all I can make for you. Try again in {time}.",
        int(allowed),
        time=seconds(retry_after),
    )
