"""What a member reads about their own data. The rules are those of :mod:`bot.text.messages`."""

from __future__ import annotations

ERASE_QUESTION = (
    "**Erase everything I keep of you, in every server?**\n"
    "What you have waiting is cancelled. Your pictures, clips, words and the links to your messages go for "
    "good; what others made from your pictures loses them too. Counts stay (how many jobs, how long they "
    "took), without your name. Messages in the channels stay, unless you say so."
)
ERASE = "Erase"
ERASE_WITH_MESSAGES = "Erase, and delete my clips' messages"
KEEP = "Keep everything"
KEPT = "Nothing was touched."
ERASING = "Erasing… what is being made right now has to stop first."
ERASING_STILL = "I am at it, and finish it also if you close this, or if I am restarted meanwhile."
NOTHING_TO_EXPORT = "I keep nothing of you."
EXPORT_TOO_LARGE = "That is more than I may send you here. The owner of this bot can hand it to you."
MAY_ANIMATE = "Others may animate the pictures in your messages and your avatar again."
MAY_NOT_ANIMATE = (
    "Noted: from now on nobody else can animate the pictures in your messages, or your avatar. You still can."
)
NOT_THEIRS_TO_ANIMATE = "The member who posted this picture does not want it animated."
NOT_THEIR_AVATAR = "This member does not want their avatar animated."
TOO_BUSY = "I am very busy right now. Please try again in a moment."
FORGOTTEN = "What this clip was made from has been cleared away. Please ask for it anew."


def erased(jobs: int, left: int, copies: int = 0) -> str:
    """What an erase came to.

    Args:
        jobs: how many were emptied.
        left: messages that could not be deleted.
        copies: copies of the database that could not be opened.
    """
    text = f"Done. I keep nothing of you any more ({jobs} {'job was' if jobs == 1 else 'jobs were'} emptied)."
    if left:
        text += f" {left} {'message' if left == 1 else 'messages'} I could not delete; a moderator can."
    if copies:
        text += (
            " Older copies of my memory that nobody can open any more may still name you; they go with time."
        )
    return text


def exported(part: int, parts: int, left_out: int) -> str:
    """Beside each file of an export."""
    text = (
        "Here is what I keep of you."
        if parts == 1
        else f"Here is what I keep of you, part {part} of {parts}."
    )
    if left_out:
        things = "file is" if left_out == 1 else "files are"
        text += f" {left_out} {things} too large to be sent here; `data.json` names them."
    return text
