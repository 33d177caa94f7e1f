"""Texts of ``/mydata``, by the rules of :mod:`bot.text.messages`."""

from __future__ import annotations

from bot.text.wording import Text, say, say_many
from db.jobs.erasures import NAMED, Stage

ERASE_QUESTION = Text(
    "**Erase everything I have about you, in every server?**\n"
    "Your waiting jobs are cancelled. Your pictures, clips, prompts and the links to your messages are "
    "deleted for good; anything others made from your pictures loses those pictures too. Counts stay (how "
    "many jobs, how long they took), without your name. Messages in channels stay unless you choose to "
    "delete them; later, I can't find them any more."
)
ERASE = "Erase"
ERASE_WITH_MESSAGES = "Erase and delete my clips' messages"
KEEP = "Keep everything"
KEPT = Text("Nothing was erased.")
ERASING = Text(
    "Written down: I'm erasing everything I have about you, and I'll finish it even if I restart. "
    "This message will say when it's done."
)
UNDER_WAY = Text("An erase you asked for earlier isn't finished yet:")
ASKED_BEFORE_ERASE = Text(
    "You asked me to erase your data, so I dropped this request. If you still want it, please ask again once "
    "the erase is done."
)
NOTHING_LEFT_TO_DRAW = Text(
    "The prompt and files of this job have been deleted, so there is nothing left to make it from."
)
NOTHING_TO_EXPORT = Text("I have no data about you.")
EXPORT_TOO_LARGE = Text("Your data is too large to send here. The owner of this bot can give it to you.")
MAY_ANIMATE = Text("Others can animate your avatar and the pictures in your messages again.")
MAY_NOT_ANIMATE = Text(
    "Done. From now on, nobody else can animate your avatar or the pictures in your messages. You still can."
)
NOT_THEIRS_TO_ANIMATE = Text("The member who posted this picture doesn't want it animated.")
NOT_THEIR_AVATAR = Text("This member doesn't want their avatar animated.")
TOO_BUSY = Text("I'm very busy right now. Please try again in a moment.")
FORGOTTEN = Text("The prompt and files of this clip have been deleted. Please start a new one.")


def still_erasing(stage: Stage) -> str:
    """What an erase that is not finished has done, and what it waits for."""
    if stage in NAMED:
        return say(
            "Not done yet. Your waiting jobs are cancelled, and nothing you asked for before will be posted. "
            "I'm waiting for a job or a post of yours to stop. I'll finish by myself."
        )
    return say(
        "Not done yet. Your jobs are empty and your files are deleted, but another program on my machine is "
        "reading the database, so its log may still hold text of yours. I keep trying, and finish by myself."
    )


def erased(jobs: int, left: int, copies: int = 0, elsewhere: int = 0, *, lost_messages: bool = False) -> str:
    """The result of an erase.

    Args:
        jobs: how many were emptied.
        left: messages that could not be deleted.
        copies: copies of the database that could not be opened.
        elsewhere: jobs of theirs, ever, that machines of other people drew.
        lost_messages: messages were to be deleted, and nothing leads to those of clips that were erased
            earlier.
    """
    counted = say_many("{n} job was erased", "{n} jobs were erased", jobs)
    if copies:
        sentences = [
            say("Almost done ({counted}).", counted=counted),
            say_many(
                "I couldn't open one older backup, which may still name you. I try again every hour, and old "
                "backups are deleted in time.",
                "I couldn't open {n} older backups, which may still name you. I try again every hour, and "
                "old backups are deleted in time.",
                copies,
            ),
        ]
    else:
        done = say(
            "Done. Nothing I have names you any more ({counted}). I keep counts, and what has to hold when "
            "you come back: blocks, limits, reports, drawing time used lately, and your choices about your "
            "pictures and the gallery.",
            counted=counted,
        )
        sentences = [done]
    if elsewhere:
        drew = say_many(
            "Other people's machines drew one of your clips. They delete what they were given once a clip is "
            "done, but I can't see what their owners kept.",
            "Other people's machines drew {n} of your clips. They delete what they were given once a clip is "
            "done, but I can't see what their owners kept.",
            elsewhere,
        )
        sentences.append(drew)
    if lost_messages:
        sentences.append(
            say(
                "I can't find the messages of clips that were erased earlier. If any are left, a moderator "
                "can delete them."
            )
        )
    if left:
        sentences.append(
            say_many(
                "I couldn't delete {n} message; a moderator can.",
                "I couldn't delete {n} messages; a moderator can.",
                left,
            )
        )
    return " ".join(sentences)


def exported(part: int, parts: int, left_out: int) -> str:
    """The text beside each file of an export."""
    text = (
        say("Here is the data I have about you.")
        if parts == 1
        else say("Here is the data I have about you, part {part} of {parts}.", part=part, parts=parts)
    )
    if not left_out:
        return text
    missing = say_many(
        "{n} file is too large to send here; `data.json` lists them.",
        "{n} files are too large to send here; `data.json` lists them.",
        left_out,
    )
    return f"{text} {missing}"
