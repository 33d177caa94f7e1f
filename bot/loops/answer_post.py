"""A clip for which there is no channel: it goes into the answer while Discord takes its token, else directly.

So it is with what only its member is to see, and where the bot is not in the channel.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

from bot.discord_io.discord_errors import Trouble
from bot.discord_io.post import ChannelError, Post
from bot.text import outside_texts
from db.jobs.job import Job
from db.jobs.queries import JobQueries
from db.states import TO_POST

if TYPE_CHECKING:
    import discord

log = logging.getLogger(__name__)

ANSWERABLE_SECONDS = 14.5 * 60
"""Discord takes a token for 15 minutes; the rest is for the upload."""


class Dress(Protocol):
    """Makes the buttons of a status message."""

    def __call__(self, job: Job, *, draft: bool) -> discord.ui.View | None:
        """Return a view; ``draft``: the message shows a first look that asks for an answer."""
        ...


AnswerWith = Callable[[str, Post], Awaitable[None]]
"""Lets the answer that this token belongs to become a message."""


def is_answerable(job: Job, now: float) -> bool:
    """Whether Discord still takes the token of a job's answer."""
    given = job.created_at if job.token_at is None else job.token_at
    return job.token is not None and now - given <= ANSWERABLE_SECONDS


async def become_answer(
    answer_with: AnswerWith | None, job: Job, post: Post, *, clock: Callable[[], float]
) -> bool:
    """Put a clip into the answer that its member got. Doing it twice does no harm.

    Returns:
        False where that can't be done any more: the clip goes to the member directly.

    Raises:
        ChannelError: it may be done later, or in another form.
    """
    if answer_with is None or job.token is None or not is_answerable(job, clock()):
        return False
    try:
        await answer_with(job.token, post)
    except ChannelError as error:
        if error.trouble in {Trouble.GONE, Trouble.NO_ACCESS}:
            log.info("the answer of job %s can't be reached any more: %s", job.id, error)
            return False
        raise
    return True


async def show_in_answer(
    dress: Dress,
    jobs: JobQueries,
    answer_with: AnswerWith,
    clock: Callable[[], float],
    job: Job,
    content: str,
) -> None:
    """Let the answer say how a job stands, until its clip takes that place.

    The row is read again at the last moment: an edit that goes out before the clip's arrives before it, since
    discord.py makes the edits of one answer one after another.

    Raises:
        ChannelError: it was not changed.
    """
    if not is_answerable(job, clock()):
        raise ChannelError(Trouble.GONE, "the answer can't be changed any more")
    latest = await jobs.get(job.id)
    if latest is None or latest.token is None or latest.state in TO_POST:
        return  # an answer whose clip has arrived has no token any more
    text = content if job.state.ended else outside_texts.waiting(content)
    await answer_with(latest.token, Post(content=text, nonce="", view=dress(job, draft=False)))
