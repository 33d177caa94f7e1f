"""Texts of ``/mydata``, by the rules of :mod:`bot.text.messages`."""

from __future__ import annotations

ERASE_QUESTION = (
    "**Erase everything I have about you, in every server?**\n"
    "Your waiting jobs are cancelled. Your pictures, clips, prompts and the links to your messages are "
    "deleted for good; anything others made from your pictures loses those pictures too. Counts stay (how "
    "many jobs, how long they took), without your name. Messages in channels stay unless you choose to "
    "delete them."
)
ERASE = "Erase"
ERASE_WITH_MESSAGES = "Erase and delete my clips' messages"
KEEP = "Keep everything"
KEPT = "Nothing was erased."
ERASING = "Erasing… any job of yours that is running has to stop first."
ERASING_STILL = "Still working on it. You can close this; it finishes even if I restart."
NOTHING_TO_EXPORT = "I have no data about you."
EXPORT_TOO_LARGE = "Your data is too large to send here. The owner of this bot can give it to you."
MAY_ANIMATE = "Others can animate your avatar and the pictures in your messages again."
MAY_NOT_ANIMATE = (
    "Done. From now on, nobody else can animate your avatar or the pictures in your messages. You still can."
)
NOT_THEIRS_TO_ANIMATE = "The member who posted this picture doesn't want it animated."
NOT_THEIR_AVATAR = "This member doesn't want their avatar animated."
TOO_BUSY = "I'm very busy right now. Please try again in a moment."
FORGOTTEN = "The prompt and files of this clip have been deleted. Please start a new one."


def erased(jobs: int, left: int, copies: int = 0) -> str:
    """The result of an erase.

    Args:
        jobs: how many were emptied.
        left: messages that could not be deleted.
        copies: copies of the database that could not be opened.
    """
    text = (
        f"Done. I have no data about you any more ({jobs} {'job was' if jobs == 1 else 'jobs were'} erased)."
    )
    if left:
        text += f" I couldn't delete {left} {'message' if left == 1 else 'messages'}; a moderator can."
    if copies:
        text += " Older backups that can no longer be opened may still name you; they are deleted in time."
    return text


def exported(part: int, parts: int, left_out: int) -> str:
    """The text beside each file of an export."""
    text = (
        "Here is the data I have about you."
        if parts == 1
        else f"Here is the data I have about you, part {part} of {parts}."
    )
    if left_out:
        things = "file is" if left_out == 1 else "files are"
        text += f" {left_out} {things} too large to send here; `data.json` lists them."
    return text
