"""The bot's own codes: why a request is refused, or how a job ends, where the engine has no part in it."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class BotCode(StrEnum):
    """Stable short names of what went wrong, beside the engine's own (``engine.core.errors.Code``).

    They are stored in ``job.error_code``, and clients of the HTTP API are told them: a value is never given a
    second meaning, and none is renamed or taken away.

    Attributes:
        meaning: one line that explains the code.
    """

    meaning: str

    def __new__(cls, value: str, meaning: str) -> Self:
        """Make a member that is its value and knows what it means."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    # Of requests.
    ADDRESS = "E_ADDRESS", "messages are not sent to that address"
    BUSY = "E_BUSY", "too many requests are being taken in; another try may go well soon"
    CLIP_GONE = "E_CLIP_GONE", "the clip that it begins with is no longer stored"
    DATA_GONE = "E_DATA_GONE", "the bot's data folder was deleted while it ran"
    DISK_FULL = "E_DISK_FULL", "the bot's disk is nearly full"
    FORBIDDEN = "E_FORBIDDEN", "the bot never draws this"
    GUILD = "E_GUILD", "the bot is not in that server"
    INPUT_GONE = "E_INPUT_GONE", "a file of the earlier clip is no longer stored"
    LONG = "E_LONG", "the clip is already as long as a clip may be"
    LOOP = "E_LOOP", "the clip is a loop already, and nothing of it is drawn"
    MAY_NOT_POST = "E_MAY_NOT_POST", "the bot may not post files in that channel"
    PROMPT = "E_PROMPT", "the words of the request are missing, or too old to be used"
    REFERENCE = "E_REFERENCE", "a clip to follow is needed"
    REPLAY_FILE = "E_REPLAY_FILE", "a file is needed that the clip was made from"
    WORDS = "E_WORDS", "the server doesn't allow some of the words"

    # Of requests and of jobs.
    REVIEW = "E_REVIEW", "a moderator rejected it, or would have to look at it where there is none"
    TAKES = "E_TAKES", "takes to choose from: more than the owner allows, not allowed here, or none came out"

    # Of jobs.
    CHANNEL = "E_CHANNEL", "neither the channel nor the member can be reached"
    CLIP = "E_CLIP", "the finished clip is missing or damaged on the bot's disk"
    MACHINES = "E_MACHINES", "each machine that could draw it broke off, again and again"
    POST = "E_POST", "Discord refused the finished clip"
    SET_ASIDE = "E_SET_ASIDE", "a moderator set it aside"
    TOO_LARGE = "E_TOO_LARGE", "the clip cannot be made small enough for the upload limit"
