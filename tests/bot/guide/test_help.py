"""``/help``, as a member meets it: pages with examples, each of which can be tried."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageSequence

from bot.clips.choosing import container_for
from bot.config.choices import Containers
from bot.discord_io.containers import contained
from bot.discord_io.post import Attached, Post
from bot.guide.topics import PROMPT, TOPICS, topics_for
from bot.job_documents import recipe_of
from bot.text.help import help_texts
from bot.text.take_texts import question, small_print
from engine.core.recipe import Kind
from engine.effects.flashes import count_flashes
from tests.bot.fixtures import queued
from tests.fake_discord import Status
from tests.fake_discord.limits import media_of, message_faults, walk_components
from tests.until import until

TRIED = [name for name, topic in TOPICS.items() if topic.tried]


@pytest.fixture
def settings(settings, request):
    return settings.model_copy(update={"components_v2": getattr(request, "param", Containers.AUTO)})


async def opened(fake, member, channel):
    """The help, as the command shows it."""
    return await (await fake.slash(member, channel, "help")).shown()


def labels(message):
    return [one["label"] for one in walk_components(message.components) if "label" in one]


async def test_help_is_private_and_each_page_takes_the_place_of_the_one_before(bot, fake, channel, ada, mod):
    message = await opened(fake, ada, channel)
    assert message.ephemeral
    assert message.now.v2
    assert labels(message) == ["From a picture", "From words", "Drafts to choose from", "Effects", "My data"]
    for name in topics_for(moderator=False, takes=True):
        await (await fake.click(ada, message, f"fk:help:{name}")).answered()
        await fake.wait_for(lambda page=TOPICS[name].text: message.words == page)
        assert len(media_of(message.components)) == len(message.attachments) == len(TOPICS[name].shown)
        assert all(item["description"] for item in media_of(message.components))
        assert ("Try it" in labels(message)) is TOPICS[name].tried
    assert "For moderators" in labels(await opened(fake, mod, channel))
    click = await fake.click(ada, message, "fk:help:moderators", forged=True)
    assert (await click.shown()).content == help_texts.NOT_HERE


@pytest.mark.parametrize("settings", [Containers.OFF], indirect=True)
async def test_without_containers_the_pages_say_and_show_the_same(bot, fake, channel, ada):
    message = await opened(fake, ada, channel)
    await (await fake.click(ada, message, "Drafts to choose from")).answered()
    await fake.wait_for(lambda: message.content == TOPICS["takes"].text)
    assert [one.filename for one in message.attachments] == ["picture.gif", "draft-2.gif", "draft-3.gif"]
    await (await fake.click(ada, message, "My data")).answered()
    await fake.wait_for(lambda: message.attachments == ())
    assert not message.now.v2


async def test_help_that_is_not_taken_as_a_container_comes_plainly(bot, fake, channel, ada):
    fake.fail("POST", "/interactions/.*/callback", Status(400, 50035, "Invalid Form Body"))
    message = await opened(fake, ada, channel)
    await (await fake.click(ada, message, "From words")).answered()
    await fake.wait_for(lambda: message.content == TOPICS["words"].text)
    assert not message.now.v2


@pytest.mark.parametrize("name", TRIED)
async def test_trying_an_example_is_a_request_like_any_other(bot, fake, channel, ada, app, name):
    message = await opened(fake, ada, channel)
    await (await fake.click(ada, message, f"fk:help:{name}")).answered()
    await fake.wait_for(lambda: "Try it" in labels(message))
    said = await fake.click(ada, message, "Try it")
    await said.answered()
    [job] = await until(lambda: app.queue.jobs.jobs_of(ada.id, channel.guild.id))
    recipe = recipe_of(job)
    assert job.kind == (Kind.TEXT2VIDEO if name == "words" else Kind.ANIMATE)
    assert recipe.prompt == (PROMPT if name == "words" else "")
    assert job.takes == (3 if name == "takes" else 0)
    assert bool(recipe.effect) is (name == "effects")
    assert not said.message.ephemeral  # the clip is for all to see, as ever


async def test_an_example_counts_against_its_members_limits(bot, fake, channel, ada, app):
    for _ in range(app.settings.per_member_waiting):
        await queued(app.queue, user=ada.id, guild=channel.guild.id)
    message = await opened(fake, ada, channel)
    await (await fake.click(ada, message, "From a picture")).answered()
    await fake.wait_for(lambda: "Try it" in labels(message))
    assert "You already have" in (await (await fake.click(ada, message, "Try it")).shown()).content


@pytest.mark.parametrize(
    "file", {one.path for topic in TOPICS.values() for one in topic.shown}, ids=lambda path: path.stem
)
def test_an_example_is_small_moves_and_does_not_flash(file):
    with Image.open(file) as gif:
        assert max(gif.size) <= 320
        frames = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(gif)]
    assert len({frame.tobytes() for frame in frames}) > 10
    assert not count_flashes(np.stack(frames), 10.0, loops=True).too_many
    assert file.stat().st_size < 200_000


async def test_no_container_has_more_parts_or_words_than_discord_takes(queue, tmp_path):
    """The longest of each kind; the pages of the help are checked by the fake as they are shown."""
    job = await queued(queue)
    files = [Attached(path=tmp_path, name=f"{n}.mp4", alt="x" * 2000) for n in range(4)]
    asked = question(job.user_id, "w" * 1500, numbers=[1, 2, 3, 4], of=4)
    layouts = [
        container_for(job, [1, 2, 3, 4], files, asked, small_print(1440)),
        contained(Post(content="x" * 2000, nonce="n"), None),
    ]
    for layout in layouts:
        components = layout.to_components()
        assert message_faults({"components": components, "flags": 1 << 15}) == []
        assert layout.is_finished()
