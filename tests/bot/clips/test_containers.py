"""Drafts and clips in containers, and what happens where Discord takes none."""

from __future__ import annotations

import pytest

from bot.config.choices import Containers
from bot.discord_io.sending import KnownForms
from bot.loops.clip_post import file_name
from db.states import State
from tests.bot.clips.choosing import at_work, draw, is_shown, labels, reread, shown
from tests.bot.fixtures import ANN, queued
from tests.fake_discord import LostAnswer, Status
from tests.fake_discord.kinds import Component
from tests.fake_discord.limits import media_of, walk_components
from tests.present import present
from tests.until import until

REFUSED = Status(400, 50035, "Invalid Form Body")


@pytest.fixture
def settings(settings, request):
    return settings.model_copy(update={"components_v2": getattr(request, "param", Containers.AUTO)})


def kinds(message):
    return [one["type"] for one in message.components[0]["components"]]


async def test_each_draft_has_its_button_beside_it(fake, channel, app, asked, clip):
    async with at_work(app):
        for _ in range(3):
            await draw(app, clip)
        message = await shown(fake, channel)
    gallery, section = Component.MEDIA_GALLERY, Component.SECTION
    assert kinds(message) == [
        Component.TEXT_DISPLAY, *[gallery, section] * 3, Component.TEXT_DISPLAY, Component.ROW
    ]  # fmt: skip
    parts = message.components[0]["components"]
    for number, place in enumerate((1, 3, 5), 1):
        [item] = parts[place]["items"]
        assert item["media"]["url"].endswith(f"-draft-{number}.mp4")
        assert item["description"] == f"Draft {number} of 3"
        assert parts[place + 1]["accessory"]["label"] == f"Finish {number}"


async def test_where_discord_takes_no_container_the_drafts_are_shown_plainly(fake, channel, app, asked, clip):
    fake.fail("POST", rf"/channels/{channel.id}/messages$", REFUSED)
    async with at_work(app):
        for _ in range(3):
            await draw(app, clip)
        message = await shown(fake, channel)
        await until(lambda: is_shown(app, asked))
    assert not message.now.v2
    assert labels(message) == ["Finish 1", "Finish 2", "Finish 3", "Cancel"]
    assert "from left to right: 1, 2, 3" in message.content


@pytest.mark.parametrize("settings", [Containers.OFF], indirect=True)
async def test_an_owner_can_do_without_containers(fake, channel, ada, app, asked, clip):
    """So are the messages of before: their buttons work, and the status goes on in the same message."""
    async with at_work(app):
        for _ in range(3):
            await draw(app, clip)
        message = await shown(fake, channel)
        assert not message.now.v2
        await until(lambda: is_shown(app, asked))
        app.messenger._known = KnownForms()  # as after a restart with another setting
        await (await fake.click(ada, message, "Finish 2")).answered()
        await fake.wait_for(lambda: message.edits)
    assert "Animating a picture" in message.content
    assert not message.deleted
    assert (await reread(app, asked)).status_message_id == message.id


async def test_the_status_is_never_written_into_a_container(fake, channel, ada, app, asked, clip):
    async with at_work(app):
        for _ in range(3):
            await draw(app, clip)
        message = await shown(fake, channel)
        await until(lambda: is_shown(app, asked))
        app.messenger._known = KnownForms()  # as after a restart
        await (await fake.click(ada, message, "Finish 1")).answered()
        await fake.wait_for(lambda: message.deleted)
    [status] = fake.messages(channel)
    assert status.id == (await reread(app, asked)).status_message_id
    assert message.edits == 0


async def delivered(fake, channel, app, clip, **changes):
    """A clip, posted by the loop that posts."""
    here = {"guild": channel.guild.id, "channel_id": channel.id}
    job = await queued(app.queue, **{**here, **changes})
    async with at_work(app, app.deliverer.loop):
        await draw(app, clip, job=job.id)
        done = await until(lambda: _delivered(app, job))
    return done, channel.messages[present(done.message_id)]


async def _delivered(app, job):
    found = await reread(app, job)
    return found if found.state is State.DELIVERED else None


async def test_a_finished_clip_is_plain_because_a_container_would_say_nothing_in_its_notification(
    bot, fake, channel, app, clip
):
    _, message = await delivered(fake, channel, app, clip)
    assert not message.now.v2
    assert message.content.startswith(f"<@{ANN}> `a red boat`")


@pytest.mark.parametrize("settings", [Containers.ALL], indirect=True)
async def test_an_owner_can_have_finished_clips_in_containers(bot, fake, channel, app, clip):
    job, message = await delivered(fake, channel, app, clip, spoiler=True)
    assert kinds(message) == [Component.MEDIA_GALLERY, Component.TEXT_DISPLAY, Component.ROW]
    [item] = media_of(message.components)
    assert item["spoiler"]
    assert item["description"] == "a red boat"
    assert message.now.pings == {str(ANN)}
    assert labels(message) == ["Reroll", "Remix", "Delete", "More…"]
    found = await app.messenger.find_own(channel.id, file_name(job.id), since=job.created_at)
    assert found == message.id


@pytest.mark.parametrize("settings", [Containers.ALL], indirect=True)
async def test_a_container_whose_answer_was_lost_is_found_and_not_posted_again(
    bot, fake, channel, app, clip, monkeypatch
):
    monkeypatch.setattr(fake.rest, "nonce_window", 0.0)
    fake.fail("POST", rf"/channels/{channel.id}/messages$", LostAnswer())
    await delivered(fake, channel, app, clip)
    assert len([one for one in fake.messages(channel) if one.attachments]) == 1


@pytest.mark.parametrize("settings", [Containers.ALL], indirect=True)
async def test_a_clip_is_never_lost_for_its_container(bot, fake, channel, app, clip):
    fake.fail("POST", rf"/channels/{channel.id}/messages$", REFUSED)
    _, message = await delivered(fake, channel, app, clip)
    assert not message.now.v2
    assert "`a red boat`" in message.content
    assert "Reroll" in labels(message)


@pytest.mark.parametrize("settings", [Containers.ALL], indirect=True)
async def test_the_buttons_of_a_clip_in_a_container_do_what_they_do_anywhere(
    bot, fake, channel, ada, app, clip
):
    job, message = await delivered(fake, channel, app, clip, user=ada.id)
    star = next(
        one["custom_id"] for one in walk_components(message.components) if "star" in one.get("custom_id", "")
    )
    assert "Kept" in (await (await fake.click(ada, message, star)).shown()).content
    assert (await (await fake.click(ada, message, "More…")).shown()).components
    await (await fake.click(ada, message, "Delete")).answered()
    await fake.wait_for(lambda: message.deleted)
    assert (await reread(app, job)).deleted_at is not None
