"""Texts about clips that only their member sees."""

from __future__ import annotations

from collections.abc import Sequence

from bot.text.community_texts import permissions_named
from bot.text.wording import Text, say

COMES_HERE = Text(
    "Only you will see the clip: here, if it is ready within 15 minutes, or else in a direct message."
)
COMES_DIRECTLY = Text("Only you will see the clip. It comes here, in your direct messages.")
DRAFTS_ARE_YOURS = Text("Only you can see these drafts.")
POSTED = Text("It is on its way to the channel you asked in.")
POSTED_BEFORE = Text("You have posted that clip before.")
WAITS_TO_BE_POSTED = Text("That clip is waiting to be posted already. `/jobs` shows it, and can cancel it.")
NOT_APPROVED = Text("A moderator has decided that this clip is not posted.")
NOT_POSTED = Text(
    "I can't post that clip any more: I no longer have it, or you can't use me in its server now."
)
NOT_A_MEMBER = Text("You are no longer in the server that this clip was made in.")
ASK_AGAIN = Text("I can't reach Discord for that just now. Please try again in a moment.")


def may_not_post_in(channel_id: int, permissions: Sequence[str]) -> str:
    """The bot can't post a private clip in the channel that it was asked for in."""
    return say(
        "I can't post it in {channel}. A moderator has to give me there: {permissions}. Then try again.",
        channel=f"<#{channel_id}>",
        permissions=permissions_named(permissions),
    )


def waiting(head: str, *, direct: bool = False) -> str:
    """How the job stands, and where its clip will be.

    Args:
        head: how it stands.
        direct: this is read in direct messages.
    """
    return f"{head}\n-# 🔒 {COMES_DIRECTLY if direct else COMES_HERE}"


def drafts(asked: str) -> str:
    """The message that shows the drafts of a private clip; ``asked``: what it says in public."""
    return f"{asked}\n-# 🔒 {DRAFTS_ARE_YOURS}"
