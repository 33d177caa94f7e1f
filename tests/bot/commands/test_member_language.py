"""The language in which a member wants to be spoken to, whatever their Discord is in."""

from __future__ import annotations

import pytest

from bot.config.choices import Language
from bot.text import default_texts, messages
from bot.text.languages import LANGUAGES, OWN_NAMES
from bot.text.wording import say_as, speaking
from db.errors import AskedBeforeErase, DatabaseError
from tests.bot.api.serving import serving
from tests.bot.buttons.test_clicks import said_to
from tests.bot.clips.choosing import at_work, labels
from tests.bot.fixtures import connected, picture
from tests.fake_discord import Upload
from tests.present import present
from tests.until import until


async def chooses(fake, member, channel, language):
    return await said_to(await fake.slash(member, channel, "defaults language", language=language))


def in_language(code, text):
    with speaking(code):
        return str(text)


async def asks(fake, member, channel, **options):
    said = await fake.slash(member, channel, "animate", image=Upload("cat.png", picture()), **options)
    await said.shown()
    return said


async def test_every_language_can_be_chosen_by_its_own_name(fake, channel, ada, bot):
    assert set(OWN_NAMES) == set(LANGUAGES)
    told = await chooses(fake, ada, channel, "日本語")
    with speaking("ja"):
        assert told == default_texts.language_kept("ja")
    shown = await said_to(await fake.slash(ada, channel, "defaults show"))
    assert OWN_NAMES["ja"] in shown


async def test_a_member_is_spoken_to_in_the_language_they_chose_and_as_their_discord_again(
    fake, channel, ada, bot, app
):
    await chooses(fake, ada, channel, "Deutsch")
    eve, other = fake.member("eve"), fake.channel(name="other")
    assert await said_to(await fake.slash(ada, other, "jobs")) == in_language("de", messages.NOTHING_YET)
    assert await said_to(await fake.slash(eve, other, "jobs")) == messages.NOTHING_YET
    said = await asks(fake, ada, channel)
    [job] = await app.queue.jobs.jobs_of(ada.user.id, channel.guild.id)
    assert job.language == "de"
    with speaking("de"):
        cancel = say_as("button", "Cancel")
    assert cancel in labels(said.message)
    mine = await (await fake.slash(ada, channel, "jobs")).shown()
    assert labels(mine) == [f"{cancel} {job.id[:6]}"]
    assert await chooses(fake, ada, channel, "as my Discord") == default_texts.language_kept(None)
    assert await said_to(await fake.slash(ada, channel, "defaults show")) == default_texts.NONE_YET


async def test_what_is_said_later_of_an_earlier_request_is_in_the_new_language(fake, channel, ada, bot, app):
    """After a restart, too, and where it is said directly."""
    await asks(fake, ada, channel, private=True)
    [job] = await app.queue.jobs.jobs_of(ada.user.id, channel.guild.id)
    await chooses(fake, ada, channel, "Français")
    claimed = present(await app.queue.claims.claim())
    await app.queue.claims.fail(job.id, claimed.claim, code="E_BROKEN")
    async with connected(fake, app), at_work(app, app.answers.loop):
        direct = fake.world.direct_channel(ada.user)
        await fake.wait_for(lambda: direct.messages)
    [told] = direct.messages.values()
    assert in_language("fr", messages.CAUSES["E_BROKEN"]) in told.content


async def test_the_owners_language_for_everybody_counts_more(fake, channel, ada, app, monkeypatch):
    settings = app.settings.model_copy(update={"language": Language.POLISH})
    monkeypatch.setattr(app.speakers, "_chosen", Language.POLISH)
    object.__setattr__(app, "settings", settings)
    async with connected(fake, app):
        told = await chooses(fake, ada, channel, "Deutsch")
    assert told == in_language("pl", default_texts.ONE_LANGUAGE)
    assert await app.queue.member_languages.of(ada.user.id) is None


async def test_the_choice_is_exported_and_erased_and_cannot_be_made_by_what_came_before(
    fake, channel, ada, bot, app
):
    languages, personal = app.queue.member_languages, app.rights._personal
    await chooses(fake, ada, channel, "Türkçe")
    assert (await personal.known(ada.user.id))["member_language"][0]["language"] == "tr"
    question = await (await fake.slash(ada, channel, "mydata erase")).shown()
    await app.erasing.begin()
    async with at_work(app, app.erasing.loop):
        await fake.click(ada, question, "fk:mydata:erase")

        async def gone():
            return await languages.of(ada.user.id) is None

        await until(gone)
    with pytest.raises(AskedBeforeErase):
        await languages.keep(ada.user.id, "tr", now="tr", interaction=1)


async def test_a_choice_that_cannot_be_read_keeps_nobody_from_an_answer(
    fake, channel, ada, bot, app, monkeypatch
):
    async def broken(*_):
        raise DatabaseError("gone")

    monkeypatch.setattr(app.queue.member_languages, "of", broken)
    assert await said_to(await fake.slash(ada, channel, "jobs")) == messages.NOTHING_YET


async def test_what_a_program_asks_for_is_told_in_its_members_language(fake, channel, ada, bot, app):
    await chooses(fake, ada, channel, "Italiano")
    async with serving(app) as api:
        client = await api.client(channel.guild.id, ada.id)
        made = await client.post()
    job = await app.queue.jobs.get(made.json["id"])
    assert job.language == "it"
