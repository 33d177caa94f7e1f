"""What the gallery knows of Discord: public channels and names, as they are there and as they change."""

from __future__ import annotations

import pytest

from bot.gallery.channels import GalleryWatch
from db.gallery import Choice, Kept, Wanted
from tests.bot.gallery.showing import posted
from tests.until import until

KEPT = Kept(clips_days=7, starred_days=90)


@pytest.fixture
def watch(app):
    return GalleryWatch(app.queue.gallery, app.messenger)


async def shown(app):
    found = await app.queue.gallery.page(Wanted(), KEPT, limit=10, offset=0)
    return [(each.job.channel_id, each.name) for each in found]


async def ask(fake, mod, channel, **options):
    click = await fake.slash(mod, channel, "queue gallery", **options)
    return (await click.shown()).content


async def test_only_channels_that_everybody_can_read_are_shown(app, bot, fake, channel, ada, mod, watch):
    adults = fake.channel(name="late", nsfw=True)
    guild = channel.guild.id
    for place in (channel, adults):
        await posted(app, user=ada.id, guild=guild, channel_id=place.id)
    await posted(app, user=ada.id, guild=guild, channel_id=12345)
    await until(lambda: app.messenger.everybody_sees(guild, adults.id) is False)
    await watch._look()
    assert await shown(app) == []
    assert "now shown" in await ask(fake, mod, channel, show="on")
    assert "already" in await ask(fake, mod, channel, show="on")
    await watch._look()
    assert await shown(app) == [(channel.id, None)]
    fake.world.hide(channel, channel.guild.roles[guild])
    await until(lambda: app.messenger.everybody_sees(guild, channel.id) is False)
    await watch._look()
    assert await shown(app) == []


async def test_nobody_but_a_moderator_decides_and_it_is_in_the_log(app, bot, fake, channel, ada, mod):
    assert "moderator" in await ask(fake, ada, channel, show="on")
    assert not await app.queue.gallery.any_shown()
    assert "not shown" in await ask(fake, mod, channel)
    await ask(fake, mod, channel, show="on", reason="for the fair")
    assert "are shown" in await ask(fake, mod, channel)
    await ask(fake, mod, channel, show="off")
    entries = await app.audit.entries(channel.guild.id)
    assert [(each.action, each.target, each.reason) for each in entries] == [
        ("gallery", "off", ""),
        ("gallery", "on", "for the fair"),
    ]


async def test_members_say_whether_they_are_shown_and_under_which_name(
    app, bot, fake, channel, ada, mod, watch
):
    await ask(fake, mod, channel, show="on")
    await posted(app, user=ada.id, guild=channel.guild.id, channel_id=channel.id)
    await watch._look()
    assert await shown(app) == [(channel.id, None)]
    for choice, expected in ((Choice.NAMED, [(channel.id, "Ada")]), (Choice.HIDDEN, [])):
        click = await fake.slash(ada, channel, "mydata gallery", clips=choice.value)
        assert (await click.shown()).content.startswith("Done.")
        assert await shown(app) == expected


async def test_a_name_is_asked_of_discord_where_it_is_not_known(app, bot, fake, channel, ada, mod, watch):
    await ask(fake, mod, channel, show="on")
    await posted(app, user=ada.id, guild=channel.guild.id, channel_id=channel.id)
    await app.queue.gallery.choose(ada.id, Choice.NAMED)
    await watch._look()
    assert await shown(app) == [(channel.id, "Ada")]


async def test_nothing_changes_while_discord_is_away(app, watch):
    assert app.messenger.everybody_sees(1, 2) is None
    await watch._look()
