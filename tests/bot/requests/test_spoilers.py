"""What is hidden on its way in is hidden on its way out."""

from __future__ import annotations

import dataclasses

import pytest

from bot.loops.first_looks import FirstLook
from bot.loops.status import _files_of
from tests.bot.fixtures import picture
from tests.fake_discord import Upload

STILL = Upload("cat.png", picture())
HIDDEN = dataclasses.replace(STILL, filename="SPOILER_cat.png")
FLAGGED = dataclasses.replace(STILL, flags=1 << 3)
OTHER_FLAG = dataclasses.replace(STILL, flags=1 << 5)
REMIXED = dataclasses.replace(STILL, flags=1 << 2)
ANIMATED = dataclasses.replace(STILL, filename="cat.webp", content_type="image/webp", flags=1 << 5)


async def job_of(app, asked):
    await asked.shown()
    (job,) = await app.queue.jobs.waiting()
    return job


@pytest.mark.parametrize(
    ("upload", "hidden"),
    [
        (STILL, False),
        (REMIXED, False),
        (ANIMATED, False),
        (HIDDEN, True),
        (FLAGGED, True),
        (OTHER_FLAG, True),
    ],
)
async def test_the_clip_of_a_spoiler_is_one(fake, channel, ada, app, bot, upload, hidden):
    job = await job_of(app, await fake.slash(ada, channel, "animate", image=upload))
    assert job.spoiler is hidden


async def test_a_clip_that_ends_with_a_spoiler_is_one(fake, channel, ada, app, bot):
    job = await job_of(app, await fake.slash(ada, channel, "animate", image=STILL, end=HIDDEN))
    assert job.spoiler


async def test_a_spoiler_on_a_message_stays_one(fake, channel, ada, app, bot):
    message = fake.member_says(ada, channel, "look", HIDDEN)
    job = await job_of(app, await fake.context_menu(ada, channel, "Animate this", message))
    assert job.spoiler


async def test_a_first_look_of_a_spoiler_is_one(fake, channel, ada, app, bot):
    job = await job_of(app, await fake.slash(ada, channel, "animate", image=HIDDEN))
    look = FirstLook(take=1, mp4=b"not a clip")
    (file,) = await _files_of(app.board._sealer, job, look)
    assert file.name == "SPOILER_first-look.mp4"
    (shown,) = await _files_of(app.board._sealer, dataclasses.replace(job, spoiler=False), look)
    assert shown.name == "first-look.mp4"
