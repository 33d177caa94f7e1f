"""What tests of a member's data share."""

from __future__ import annotations

import json

from bot.text import privacy_texts
from db.states import State
from engine.core.recipe import Kind, Role
from tests.bot.fixtures import picture, queued
from tests.until import until

PROMPT = "a heron over the canal"


SEEN = {"left": 0.48151623}
"""What was seen in the picture; only its place matters here."""


async def given(app, member, channel, **changes):
    """A job of the member's with a picture and words of their own, and that picture's digest."""
    digest = app.blobs.put(picture((160, 100)) + str(member.id).encode())
    made = {"prompt": PROMPT, "kind": Kind.ANIMATE, "engine": "camera", "inputs": {Role.PICTURE: digest}}
    job = await queued(
        app.queue, member.id, channel.guild.id, channel_id=channel.id,
        **{"recipe": made, "inputs": {Role.PICTURE: digest}, "seen": json.dumps({digest: SEEN}), **changes},
    )  # fmt: skip
    return job, digest


async def delivered(app, fake, member, channel):
    """The same, posted for real."""
    job, digest = await given(app, member, channel)
    await until(lambda: state_is(app, job, State.DELIVERED))
    return await app.queue.jobs.get(job.id), digest


async def state_is(app, job, state):
    return (await app.queue.jobs.get(job.id)).state is state


async def erase(fake, channel, member, button=privacy_texts.ERASE):
    """Ask to be erased, click, and return the answer."""
    asked = await fake.slash(member, channel, "mydata erase")
    question = await asked.shown()
    assert question.ephemeral
    assert question.content.endswith(privacy_texts.ERASE_QUESTION)
    await fake.click(member, question, button)
    return question
