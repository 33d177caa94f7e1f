"""The Upscale button, as members meet it."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from bot.buttons import rows
from bot.clips.recipe_text import recipe_text
from bot.clips.variation import lighter, other_words
from bot.discord_io.post import Post
from bot.text import clip_texts, privacy_texts, status_texts
from db.jobs.job import Job
from engine.core.capabilities import Capabilities
from engine.core.errors import UserError
from engine.core.recipe import Kind, Recipe, Role
from engine.families.upscale import SPAN
from engine.planning.plan import PlanLimits
from tests.bot.clips.test_clip_actions import refusal, the_new_job
from tests.bot.fixtures import count_of, hand_in, queued, recipe
from tests.present import present
from tests.until import until

HERE = Capabilities(weights=frozenset({SPAN}), slow=True)
FOX = {"kind": Kind.TEXT2VIDEO, "engine": "sketch", "prompt": "a red fox"}


@pytest.fixture
def ready(app, monkeypatch):
    """No engine process runs in these tests, so what this machine has is said."""

    async def here():
        return HERE

    monkeypatch.setattr(app.submissions, "_capabilities", here)
    monkeypatch.setattr(app.submissions, "_at_once", here)
    return app


async def delivered(app, member, channel, **changes) -> tuple[Job, object]:
    await queued(app.queue, member.id, channel.guild.id, channel_id=channel.id, **changes)
    job = await hand_in(app.queue, app.blobs, await app.queue.claims.claim(), b"the clip")
    post = Post(content="clip", nonce=job.id, view=rows.for_clip(job, HERE))
    sent = await app.messenger.send(channel.id, post)
    await app.queue.delivery.begin_posting(job.id)
    await app.queue.delivery.record_posted(job.id, sent)
    return await app.queue.jobs.get(job.id), channel.messages[sent]


async def test_a_click_is_a_job_of_the_member_who_clicked(fake, channel, ada, ready, bot):
    eve = fake.member("eve")
    job, message = await delivered(ready, ada, channel, recipe=FOX)
    shown = (await (await fake.click(eve, message, "Upscale")).shown()).content
    assert clip_texts.UPSCALING in shown
    assert "a red fox" in shown
    new = await the_new_job(ready, job)
    made = Recipe.from_json(new.recipe)
    assert (new.user_id, new.parent, new.kind, made.kind) == (eve.id, job.id, "upscale", Kind.UPSCALE)
    assert new.inputs == made.inputs == {Role.BEFORE: job.clip_sha256}
    assert (made.width, made.height) == (2 * present(made.before).width, 2 * present(made.before).height)


async def test_many_copies_of_one_click_are_one_job(fake, channel, ada, ready, bot):
    job, message = await delivered(ready, ada, channel, recipe=FOX)
    asked = await fake.click(ada, message, "Upscale")
    await the_new_job(ready, job)
    for _ in range(20):
        fake.gateway.dispatch("INTERACTION_CREATE", asked.payload)
    await asyncio.sleep(0.2)
    assert await count_of(ready) == 2


@pytest.mark.parametrize("flagged", [True, False])
async def test_a_flag_stays_on_what_is_made_of_a_clip(fake, channel, ada, ready, bot, flagged):
    job, message = await delivered(ready, ada, channel, recipe=FOX, adult=flagged)
    await (await fake.click(ada, message, "Upscale")).shown()
    assert (await the_new_job(ready, job)).adult is flagged


async def test_where_it_is_not_installed_an_old_button_says_so(fake, channel, ada, app, bot):
    job, message = await delivered(app, ada, channel, recipe=FOX)
    asked = await fake.click(ada, message, f"fk:upscale:{job.id}", forged=True)
    assert "models pull span-x2" in await refusal(asked)
    assert await count_of(app) == 1


async def test_the_owners_limits_hold(fake, channel, ada, ready, bot):
    ready.submissions.rules = dataclasses.replace(
        ready.submissions.rules,
        plan=PlanLimits(upscale=dataclasses.replace(PlanLimits().upscale, frames=10)),
    )
    _, message = await delivered(ready, ada, channel, recipe=FOX)
    assert "10 at most" in await refusal(await fake.click(ada, message, "Upscale"))
    for _ in range(3):
        await queued(ready.queue, ada.id, channel.guild.id, channel_id=channel.id)
    assert await count_of(ready) == 4


async def test_what_is_gone_or_forgotten_is_refused(fake, channel, ada, ready, bot):
    job, message = await delivered(ready, ada, channel, recipe=FOX)
    ready.blobs.delete(job.clip_sha256)
    assert await refusal(await fake.click(ada, message, "Upscale")) == clip_texts.CLIP_GONE


async def test_a_banned_member_and_a_full_queue_are_refused_as_anywhere(fake, channel, ada, ready, bot):
    _, message = await delivered(ready, ada, channel, recipe=FOX)
    for _ in range(3):
        await queued(ready.queue, ada.id, channel.guild.id, channel_id=channel.id)
    assert "already have 3" in await refusal(await fake.click(ada, message, "Upscale"))


async def test_an_upscaled_clip_goes_when_the_clip_it_was_made_from_is_erased(fake, channel, ada, ready, bot):
    eve = fake.member("eve")
    job, message = await delivered(ready, ada, channel, recipe=FOX)
    await (await fake.click(eve, message, "Upscale")).shown()
    new = await the_new_job(ready, job)
    await ready.erasing.begin()
    task = asyncio.create_task(ready.erasing.loop.run())
    question = await (await fake.slash(ada, channel, "mydata erase")).shown()
    await fake.click(ada, question, privacy_texts.ERASE)
    await until(lambda: not ready.blobs.exists(job.clip_sha256))
    left = await ready.queue.jobs.get(new.id)
    assert left is None or (left.state.ended and "fox" not in left.recipe)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    "make",
    [
        lambda made: other_words(made, "a blue fox", HERE, PlanLimits(), longest=400),
        lambda made: lighter(made, HERE, PlanLimits()),
    ],
)
def test_an_upscaled_clip_is_not_drawn_anew(make):
    with pytest.raises(UserError) as raised:
        make(recipe(kind=Kind.UPSCALE, engine="upscale"))
    assert str(raised.value) == clip_texts.UPSCALED_IS_NOT_DRAWN


def test_the_status_says_what_is_done():
    made = recipe(kind=Kind.UPSCALE, engine="upscale", prompt="a fox")
    assert status_texts.title(made) == f"🎬 **{clip_texts.UPSCALING}**: `a fox`"


def test_its_recipe_says_nothing_of_motion_and_camera():
    text = recipe_text(recipe(kind=Kind.UPSCALE, engine="upscale", way="span"), None).text
    assert "`upscale` (`span`)" in text
    assert "camera" not in text.split("```")[0]
