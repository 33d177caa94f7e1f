"""Texts about clips that only their member sees."""

from __future__ import annotations

from bot.text.wording import Text

NOT_WITH_TAKES = Text("A private clip can't be chosen from drafts yet. Leave takes: or private: out.")
COMES_HERE = Text(
    "Only you will see the clip: here, if it is ready within 15 minutes, or else in a direct message."
)
POSTED = Text("It is on its way to the channel you asked in.")
POSTED_BEFORE = Text("You have posted that clip before.")
NOT_POSTED = Text(
    "I can't post that clip any more: I no longer have it, or you can't use me in its server now."
)
NOT_A_MEMBER = Text("You are no longer in the server that this clip was made in.")
ASK_AGAIN = Text("I can't reach Discord for that just now. Please try again in a moment.")


def waiting(head: str) -> str:
    """The first answer: how the job stands, and where its clip will be."""
    return f"{head}\n-# 🔒 {COMES_HERE}"
