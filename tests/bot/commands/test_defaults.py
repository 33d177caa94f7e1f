"""Defaults: added to what a member leaves open, told before the clip is drawn, left out with one click."""

from __future__ import annotations

import json

import pytest

from bot.job_documents import recipe_of
from bot.text import default_texts, messages
from bot.text.wording import speaking
from engine.core.recipe import Kind, Motion, Quality
from tests.bot.buttons.test_clicks import said_to, the_new_job
from tests.bot.fixtures import picture, queued
from tests.fake_discord import Upload
from tests.until import until


async def asks(fake, member, channel, **options):
    """Ask for a clip of a picture; returns the interaction."""
    said = await fake.slash(member, channel, "animate", image=Upload("cat.png", picture()), **options)
    await said.shown()
    return said


async def sets(fake, member, channel, **options):
    """Keep defaults; returns what was said."""
    return await said_to(await fake.slash(member, channel, "defaults set", **options))


async def test_defaults_are_added_told_and_left_out_with_one_click(fake, channel, ada, bot, app):
    await sets(fake, ada, channel, quality="fast", motion="wild")
    said = await asks(fake, ada, channel, motion="gentle")
    [job] = await app.queue.jobs.jobs_of(ada.user.id, channel.guild.id)
    recipe = recipe_of(job)
    assert (recipe.quality, recipe.motion) == (Quality.FAST, Motion.GENTLE), "what is given counts more"
    assert "-# with your defaults: quality `fast`" in said.message.content
    assert "wild" not in said.message.content

    plain = await fake.click(ada, said.message, "Without defaults")
    assert "with your defaults" not in (await plain.shown()).content
    new = await the_new_job(app, [job])
    other = recipe_of(new)
    assert (other.quality, other.motion, other.seed) == (Quality.BALANCED, Motion.GENTLE, recipe.seed)
    assert other.inputs == recipe.inputs
    assert other.width / other.height == pytest.approx(recipe.width / recipe.height, rel=0.02)

    async def over():
        return (await app.queue.jobs.get(job.id)).state.ended

    await until(over)


async def test_defaults_are_told_in_the_words_that_discord_shows_and_with_drafts_too(
    fake, channel, ada, bot, app
):
    with speaking("de"):
        shown = default_texts.listed(
            {"quality": "fast", "camera": "orbit", "length": "short", "smooth": 24, "style": "fast"}
        )
    assert "`schnell`" in shown
    assert "`kreisen`" in shown
    assert "`24 Bilder pro Sekunde`" in shown
    assert shown.count("`fast`") == 1, "the name of a style is the owner's"
    assert "short" not in shown
    await sets(fake, ada, channel, quality="fast")
    asked = await fake.slash(ada, channel, "text2video", prompt="rain", takes=2)
    await fake.wait_for(lambda: asked.message is not None and not asked.message.loading)
    assert "quality `fast`" in asked.message.content
    [job] = await app.queue.jobs.jobs_of(ada.user.id, channel.guild.id)
    assert "quality `fast`" in await app.board._content(job)


async def test_no_moderator_takes_a_members_request_over_by_asking_without_defaults(
    fake, channel, ada, mod, bot, app
):
    await sets(fake, ada, channel, quality="fast")
    said = await asks(fake, ada, channel)
    [job] = await app.queue.jobs.jobs_of(ada.user.id, channel.guild.id)
    answer = await fake.click(mod, said.message, "Without defaults")
    assert (await answer.shown()).content == messages.ITS_MEMBERS_ALONE
    assert await app.queue.jobs.get(job.id) == job
    assert await app.queue.jobs.jobs_of(mod.user.id, channel.guild.id) == []


async def test_a_servers_defaults_hold_where_a_member_has_none_and_only_moderators_set_them(
    fake, channel, ada, mod, bot, app
):
    refused = await sets(fake, ada, channel, motion="wild", server=True)
    assert refused == messages.NOT_A_MODERATOR
    await sets(fake, mod, channel, motion="wild", quality="best", server=True)
    assert (await app.audit.entries(channel.guild.id))[0].action == "defaults"
    await sets(fake, ada, channel, quality="fast")
    await asks(fake, ada, channel)
    [job] = await app.queue.jobs.jobs_of(ada.user.id, channel.guild.id)
    assert (recipe_of(job).quality, recipe_of(job).motion) == (Quality.FAST, Motion.WILD)
    told = await said_to(await fake.slash(ada, channel, "defaults show"))
    assert "**Yours:** quality" in told
    assert "motion `wild`" in told
    await said_to(await fake.slash(ada, channel, "defaults clear"))
    preferred = await app.queue.preferences.of(channel.guild.id, ada.user.id)
    assert (preferred.own, preferred.server) == ({}, {"motion": "wild", "quality": "best"})


async def test_defaults_that_do_not_fit_a_request_keep_nobody_from_a_clip(fake, channel, ada, bot, app):
    await sets(fake, ada, channel, style="ink")
    said = await fake.slash(ada, channel, "text2video", prompt="a red boat")
    await said.shown()
    [job] = await app.queue.jobs.jobs_of(ada.user.id, channel.guild.id)
    assert job.given is None
    assert "with your defaults" not in said.message.content


async def test_defaults_are_part_of_what_is_exported_and_erased(fake, channel, ada, bot, app):
    await sets(fake, ada, channel, quality="fast")
    await asks(fake, ada, channel)
    personal = app.rights._personal
    known = await personal.known(ada.user.id)
    assert json.loads(known["preference"][0]["options"]) == {"quality": "fast"}
    assert "token" not in known["job"][0]


async def test_the_list_of_prompts_has_the_members_own_last_ones_and_nobody_elses(
    fake, channel, ada, bot, app
):
    eve = fake.member("eve")
    for member, prompt in ((ada, "a red boat"), (eve, "a secret"), (ada, "a blue boat"), (ada, "a red boat")):
        await queued(app.queue, member.id, channel.guild.id, recipe={"prompt": prompt})
    await queued(app.queue, ada.id, channel.guild.id, recipe={"prompt": "x" * 101})
    await queued(app.queue, ada.id, channel.guild.id, recipe={"kind": Kind.ANIMATE, "prompt": "a boat"})
    for typed in ("BOAT", ""):
        asked = await fake.autocomplete(ada, channel, "text2video", "prompt", typed)
        await asked.answered()
        assert [choice["value"] for choice in asked.choices] == ["a red boat", "a blue boat"]
