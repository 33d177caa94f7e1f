"""A private clip on its way: into the private answer while Discord takes its token, else directly."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from bot.discord_io.causes import Trouble
from bot.discord_io.post import ChannelError, Post
from db.jobs.job import Job

log = logging.getLogger(__name__)

ANSWERABLE_SECONDS = 14.5 * 60
"""Discord takes a token for 15 minutes; the rest is for the upload."""


AnswerWith = Callable[[str, Post], Awaitable[None]]
"""Lets the answer that this token belongs to become a message."""


async def answer_privately(
    answer_with: AnswerWith | None, job: Job, post: Post, *, clock: Callable[[], float]
) -> bool:
    """Put a clip into the answer that its member got. Doing it twice does no harm.

    Returns:
        False where that can't be done any more: the clip goes to the member directly.

    Raises:
        ChannelError: it may be done later, or in another form.
    """
    if answer_with is None or job.token is None or clock() - job.created_at > ANSWERABLE_SECONDS:
        return False
    try:
        await answer_with(job.token, post)
    except ChannelError as error:
        if error.trouble in {Trouble.GONE, Trouble.NO_ACCESS}:
            log.info("the private answer of job %s can't be reached any more: %s", job.id, error)
            return False
        raise
    return True
