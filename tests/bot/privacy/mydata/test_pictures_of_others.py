"""Members who forbid that others use their pictures; servers that the bot has left."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import create_autospec

import discord
from yarl import URL

from bot.intake.avatars import avatar_of
from bot.intake.download import is_discord
from bot.text import messages, privacy_texts
from engine.core.recipe import Role
from tests.bot.fixtures import connected, picture, queued
from tests.bot.privacy.mydata.bench import given
from tests.fake_discord import Upload
from tests.present import present
from tests.until import until


async def test_others_cannot_animate_pictures_of_a_member_who_forbids_it(fake, channel, ada, eve, bot, app):
    posted = fake.world.member_says(ada, channel, "look", Upload("cat.png", picture()))
    asked = await fake.slash(ada, channel, "mydata pictures", others="forbid")
    assert (await asked.shown()).content == privacy_texts.MAY_NOT_ANIMATE

    refused = await (await fake.context_menu(eve, channel, "Animate this", posted)).shown()
    assert (refused.content, refused.ephemeral) == (privacy_texts.NOT_THEIRS_TO_ANIMATE, True)
    own = await (await fake.context_menu(ada, channel, "Animate this", posted)).shown()
    assert own.content != privacy_texts.NOT_THEIRS_TO_ANIMATE

    asked = await fake.slash(ada, channel, "mydata pictures", others="allow")
    assert (await asked.shown()).content == privacy_texts.MAY_ANIMATE
    allowed = await (await fake.context_menu(eve, channel, "Animate this", posted)).shown()
    assert allowed.content != privacy_texts.NOT_THEIRS_TO_ANIMATE


async def test_others_cannot_animate_the_avatar_of_a_member_who_forbids_it(fake, channel, ada, eve, bot, app):
    bare = await (await fake.context_menu(eve, channel, "Animate avatar", ada)).shown()
    assert (bare.content, bare.ephemeral) == (messages.NO_AVATAR, True)
    ada.user.avatar = picture((300, 300))
    allowed = await (await fake.context_menu(eve, channel, "Animate avatar", ada)).shown()
    assert "Animating a picture" in allowed.content
    [job] = await app.queue.jobs.waiting()
    assert (job.user_id, list(job.inputs)) == (eve.id, [Role.PICTURE])
    assert app.blobs.exists(job.inputs[Role.PICTURE])

    await (await fake.slash(ada, channel, "mydata pictures", others="forbid")).shown()
    refused = await (await fake.context_menu(eve, channel, "Animate avatar", ada)).shown()
    assert (refused.content, refused.ephemeral) == (privacy_texts.NOT_THEIR_AVATAR, True)
    own = await (await fake.context_menu(ada, channel, "Animate avatar", ada)).shown()
    assert "Animating a picture" in own.content
    assert len(await app.queue.jobs.waiting()) == 2


def test_an_avatar_comes_from_discords_own_host_and_stands_still():
    state: Any = SimpleNamespace()  # an asset only keeps it
    moving = discord.Asset._from_avatar(state, 5, "a_0123")
    here = discord.Asset._from_guild_avatar(state, 7, 5, "0456")
    plain = discord.Asset._from_default_avatar(state, 2)
    for shown, path in ((moving, "/avatars/5/a_0123.png"), (here, "/guilds/7/users/5/avatars/0456.png")):
        made = present(avatar_of(create_autospec(discord.Member, display_avatar=shown, default_avatar=plain)))
        assert URL(made.url) == URL(f"https://cdn.discordapp.com{path}?size=1024")
        assert is_discord(URL(made.url))
    assert avatar_of(create_autospec(discord.Member, display_avatar=plain, default_avatar=plain)) is None


async def test_a_guild_that_was_left_is_noted_and_one_that_is_away_is_not(fake, channel, ada, bot, app):
    await given(app, ada, channel)
    guild = channel.guild.id
    fake.world.emit("GUILD_DELETE", {"id": str(guild), "unavailable": True})
    await until(lambda: bot.get_guild(guild).unavailable)
    assert await app.guilds.to_forget(days=-1) == []
    fake.world.emit("GUILD_DELETE", {"id": str(guild)})
    await until(lambda: noted(app, [guild]))
    fake.world.emit("GUILD_CREATE", channel.guild.payload(channel.guild.members[fake.world.bot.id]))
    await until(lambda: noted(app, []))


async def test_a_guild_that_was_left_while_the_bot_was_away_is_noted_at_the_next_connection(
    fake, channel, ada, app
):
    job, digest = await given(app, ada, channel)
    await queued(app.queue, guild=5, inputs={Role.PICTURE: digest})
    async with connected(fake, app):
        await until(lambda: noted(app, [5]))
    assert await app.guilds.forget(5) == 1
    assert await app.queue.jobs.get(job.id) == job


async def noted(app, guilds):
    return await app.guilds.to_forget(days=-1) == guilds
