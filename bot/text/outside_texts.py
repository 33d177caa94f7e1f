"""Texts about requests from outside the servers that have added the bot (:mod:`bot.text.messages`)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.text.messages import fit, seconds
from bot.text.prompts import show_prompt
from db.errors import Limit

SHOWN_WORDS = 10

ONLY_FOR_MEMBERS = (
    "Outside servers, I only work for members of a server that has added me. If you are in one, please ask "
    "me there, or in my direct messages."
)
NO_REVIEW_HERE = (
    "A moderator would have to look at this first, and there are none here. Please ask in a server that has "
    "added me."
)
TOO_LARGE_HERE = "It is too large to be sent here. `/mydata export` has it."
CLIP_NOT_SHOWN = (
    "The clip may not be suitable for everyone, and there are no moderators here who could look at it. I "
    "don't show it."
)
NO_TAKES_HERE = "I can't show you drafts to choose from here. Please leave out `takes`."
COMES_HERE = (
    "The clip comes here if it is ready within 15 minutes, or else in a direct message to the one who asked."
)
NOT_KEPT = "I don't have this clip any more."
HERE_IT_IS = "Here is your clip."


def waiting(head: str) -> str:
    """How a job stands, and where its clip will be."""
    return fit(f"{head}\n-# {COMES_HERE}")


def words_refused(words: Sequence[str]) -> str:
    """Why a request with these words is refused."""
    shown = show_prompt(", ".join(words[:SHOWN_WORDS]), 120)
    return f"I don't draw these words outside of servers: {shown}. Please try again without them."


def limit_reached(which: Limit, allowed: float, retry_after: float | None) -> str | None:
    """Why a request from outside was not accepted; None: the limit is one that servers have, too."""
    if which is Limit.STRANGER_DAY:
        again = "" if retry_after is None else f" Try again in {seconds(retry_after)}."
        return f"Outside of servers, {allowed} clips in 24 hours are all I can make for you.{again}"
    if which in {Limit.DIRECT_WAITING, Limit.STRANGERS_WAITING}:
        return f"Outside of servers, {allowed} jobs are waiting already. Please come back in a while."
    return None
