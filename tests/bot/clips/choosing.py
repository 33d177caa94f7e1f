"""What tests of takes to choose from share: drawing drafts, and the message that shows them."""

from __future__ import annotations

import asyncio
import dataclasses
from contextlib import asynccontextmanager

from bot.job_documents import recipe_of
from tests.bot.fixtures import receipt
from tests.fake_discord.limits import walk_components
from tests.present import present
from tests.until import until


async def the_job(app):
    [job] = await until(app.queue.choices.open)
    return job


@asynccontextmanager
async def at_work(app, *only):
    """The loops that bring drafts to their member, or only some."""
    loops = only or (app.takes.loop, app.deliverer.loop, app.board.loop)
    tasks = [asyncio.create_task(loop.run()) for loop in loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def draw(app, data, *, score=90.0, forced=False, nudity=None, job=None):
    """Draw what is next in the queue."""
    claimed = await until(app.queue.claims.claim)
    assert job is None or claimed.id == job
    with app.blobs.in_hand():
        sha256 = app.blobs.put(data + str(claimed.id).encode())
        made = receipt(sha256, len(data))
        [take] = made.takes
        seed = recipe_of(claimed).seed
        made = dataclasses.replace(
            made, forced=forced, nudity=nudity, takes=(dataclasses.replace(take, score=score, seed=seed),)
        )
        assert await app.queue.claims.hand_in(
            claimed.id, claimed.claim, clip_sha256=sha256, clip_size=len(data),
            receipt=made.to_json(), gpu_seconds=3.0, charged_seconds=3.0,
        )  # fmt: skip
    app.signals.rendered()
    return await app.queue.jobs.get(claimed.id)


def labels(message):
    return [one["label"] for one in walk_components(message.components) if "label" in one]


async def shown(fake, channel):
    """The message with the drafts."""
    await fake.wait_for(lambda: any(each.attachments for each in fake.messages(channel)))
    [message] = [each for each in fake.messages(channel) if each.attachments]
    return message


async def reread(app, job):
    return present(await app.queue.jobs.get(job.id))


async def is_shown(app, job):
    return (await reread(app, job)).choose_until is not None


async def in_state(app, job, state):
    found = await reread(app, job)
    return found if found.state is state else None
