"""Keeping members' words out of the log."""

from __future__ import annotations

import re

from bot.config.secrets import HIDDEN
from bot.job_documents import recipe_of
from db.jobs.job import Job


def hushed(text: str, job: Job) -> str:
    """What an engine said, for the log: without the member's words, should it have quoted them."""
    try:
        read = recipe_of(job)
        words: tuple[str, ...] = (read.prompt, read.words, read.negative)
    except ValueError:
        words = ()
    for each in sorted(filter(None, words), key=len, reverse=True):
        text = text.replace(each, HIDDEN)
    return text


def without_quotes(note: str) -> str:
    """A note of a receipt, for the log.

    Engines quote words of the prompt in “ ”. They may have read them in another spelling, so
    whatever stands between the marks is left out.
    """
    return re.sub("“.*”", f"“{HIDDEN}”", note, flags=re.DOTALL)
