"""Keeping members' words out of the log."""

from __future__ import annotations

from bot.config.secrets import HIDDEN
from db.jobs.job import Job
from engine.core.recipe import Recipe


def hushed(text: str, job: Job) -> str:
    """What an engine said, for the log: without the member's words, should it have quoted them."""
    try:
        read = Recipe.from_json(job.recipe)
        words: tuple[str, ...] = (read.prompt, read.words, read.negative)
    except ValueError:
        words = ()
    for each in sorted(filter(None, words), key=len, reverse=True):
        text = text.replace(each, HIDDEN)
    return text
