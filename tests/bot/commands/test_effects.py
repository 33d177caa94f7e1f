"""Effects, from the menu to the job: through the fake of Discord."""

from __future__ import annotations

import json

import pytest

from bot.job_documents import recipe_of
from bot.requests import server_effects
from bot.text import effect_texts, messages, privacy_texts
from bot.text.languages import LANGUAGES
from bot.text.wording import in_words, speaking
from db.states import State
from engine.core.errors import UserError
from engine.core.recipe import Camera, Effect, Kind
from engine.effects.effect_recipe import EffectRecipe
from engine.effects.shipped import SHIPPED
from tests.bot.commands.uses import MIST
from tests.bot.fixtures import count_of, picture, rendered
from tests.db.asking import audit_entry
from tests.fake_discord import Upload
from tests.present import present

LAKE = Upload("lake.png", picture())


async def newest(app, member, channel):
    [job, *_] = await app.queue.jobs.jobs_of(member.id, channel.guild.id)
    return job


async def clip_in(app, channel, member, **changes):
    """A finished clip, posted."""
    made = {"kind": Kind.ANIMATE, "engine": "camera", "prompt": "", **changes}
    job = await rendered(
        app.queue,
        app.blobs,
        user=member.id,
        guild=channel.guild.id,
        channel_id=channel.id,
        recipe=made,
    )
    assert await app.queue.delivery.begin_posting(job.id)
    await app.queue.delivery.record_posted(job.id, 4242)
    return present(await app.queue.jobs.get(job.id))


async def test_an_effect_is_a_job_with_its_recipe(fake, channel, ada, app, bot):
    await (
        await fake.slash(ada, channel, "effect", effect="snow GLOBE · cold · about 9 s", image=LAKE)
    ).shown()
    recipe = recipe_of(await newest(app, ada, channel))
    assert recipe.effect == Effect(name="Snow globe", look="snow globe", loops=True)
    assert (recipe.engine, recipe.camera) == ("camera", Camera.STILL)


async def typed(fake, member, channel, text):
    asked = await fake.autocomplete(member, channel, "effect", "effect", text)
    await asked.answered()
    return asked.choices


async def test_the_list_finds_by_name_and_tells_what_it_is_and_how_long_it_takes(fake, channel, ada, bot):
    every = await typed(fake, ada, channel, "")
    assert [one["value"] for one in every] == [effect.name for effect in SHIPPED.values()]
    [one] = await typed(fake, ada, channel, "FILM")
    assert one["value"] == "Old film"
    assert one["name"].startswith("Old film · Brown, scratched")
    assert "about" in one["name"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_effect_can_be_typed_as_the_list_shows_it(fake, channel, ada, app, bot, language):
    ada.locale = language
    shown = next(one["name"] for one in await typed(fake, ada, channel, "") if one["value"] == "Snow globe")
    said = await fake.slash(ada, channel, "effect", effect=shown.split("·")[0].upper(), image=LAKE)
    await said.shown()
    assert present(recipe_of(await newest(app, ada, channel)).effect).name == "Snow globe"


async def test_an_unknown_effect_is_refused_and_nothing_is_asked_for(fake, channel, ada, app, bot):
    said = await (await fake.slash(ada, channel, "effect", effect="@everyone", image=LAKE)).shown()
    assert said.ephemeral
    assert "no effect called" in said.content
    assert await count_of(app) == 0


@pytest.fixture
def shown(fake, channel):
    return fake.member_says(fake.member("ben"), channel, "look", LAKE)


async def test_the_menu_of_a_picture_has_a_button_for_each_effect(fake, channel, ada, app, bot, shown):
    menu = await (await fake.context_menu(ada, channel, "Effect…", shown)).shown()
    assert menu.ephemeral
    await (await fake.click(ada, menu, "Glitch")).shown()
    assert present(recipe_of(await newest(app, ada, channel)).effect).look == "glitch"


async def test_the_menu_calls_effects_by_their_names_in_the_members_language(
    fake, channel, ada, app, bot, shown
):
    ada.locale = "de"
    menu = await (await fake.context_menu(ada, channel, "Effect…", shown)).shown()
    with speaking("de"):
        names = [in_words(effect.name) for effect in SHIPPED.values()]
    assert [one["label"] for one in buttons_of(menu)] == names
    assert "Schneekugel" in names
    await (await fake.click(ada, menu, "Schneekugel")).shown()
    assert present(recipe_of(await newest(app, ada, channel)).effect).look == "snow globe"


async def test_an_old_menu_says_so(fake, channel, ada, app, bot, shown, monkeypatch):
    menu = await (await fake.context_menu(ada, channel, "Effect…", shown)).shown()
    monkeypatch.setattr(server_effects, "PICK_SECONDS", -1.0)
    said = await (await fake.click(ada, menu, "Glitch")).shown()
    assert said.content == effect_texts.TOO_OLD
    assert await count_of(app) == 0


async def test_another_members_menu_is_closed_to_whoever_forges_its_button(
    fake, channel, ada, app, bot, shown
):
    menu = await (await fake.context_menu(ada, channel, "Effect…", shown)).shown()
    [button] = [one for one in buttons_of(menu) if one["label"] == "Glitch"]
    said = await (await fake.click(fake.member("eve"), menu, button["custom_id"])).shown()
    assert said.content == effect_texts.TOO_OLD
    assert await count_of(app) == 0


def buttons_of(message):
    return [button for row in message.components for button in row["components"]]


async def test_a_picture_of_a_member_who_forbids_it_gets_no_menu(fake, channel, ada, app, bot, shown):
    ben = fake.member("ben2")
    theirs = fake.member_says(ben, channel, "mine", LAKE)
    menu = await (await fake.context_menu(ada, channel, "Effect…", theirs)).shown()
    await (await fake.slash(ben, channel, "mydata pictures", others="forbid")).shown()
    late = await (await fake.click(ada, menu, "Glitch")).shown()
    refused = await (await fake.context_menu(ada, channel, "Effect…", theirs)).shown()
    assert late.content == refused.content == privacy_texts.NOT_THEIRS_TO_ANIMATE
    assert await count_of(app) == 0


async def test_a_message_without_a_picture_is_told_so(fake, channel, ada, bot):
    bare = fake.member_says(ada, channel, "no picture")
    said = await (await fake.context_menu(ada, channel, "Effect…", bare)).shown()
    assert said.content == messages.NO_PICTURE


async def form_of(fake, channel, mod, app, job):
    message = fake.member_says(mod, channel, "clip")
    await app.database.write(
        lambda connection: connection.execute(
            "UPDATE job SET message_id = ? WHERE id = ?", (message.id, job.id)
        )
    )
    asked = await fake.context_menu(mod, channel, "Make an effect of this", message)
    await asked.answered()
    return asked


async def test_a_moderator_makes_an_effect_of_a_clip_and_members_use_it(fake, channel, ada, mod, app, bot):
    job = await clip_in(
        app, channel, ada, camera=Camera.ORBIT, effect=Effect(name="x", look="glitch", amount=0.5)
    )
    asked = await form_of(fake, channel, mod, app, job)
    said = await (await fake.submit_modal(mod, asked, {"fk:name": "Broken telly\nlike at grandma's"})).shown()
    assert said.content == effect_texts.made("Broken telly")
    await (await fake.slash(ada, channel, "effect", effect="broken TELLY", image=LAKE)).shown()
    recipe = recipe_of(await newest(app, ada, channel))
    assert (recipe.camera, recipe.effect) == (
        Camera.ORBIT,
        Effect(name="Broken telly", look="glitch", amount=0.5),
    )
    [entry, *_] = await app.audit.entries(channel.guild.id)
    assert (entry.action, entry.actor_id) == ("effect add", mod.id)


async def test_members_can_make_no_effect_by_menu_or_by_a_forged_form(fake, channel, ada, mod, app, bot):
    job = await clip_in(app, channel, ada)
    said = await (await form_of(fake, channel, ada, app, job)).shown()
    assert said.content == messages.NOT_A_MODERATOR
    asked = await form_of(fake, channel, mod, app, job)
    forged = await (await fake.submit_modal(ada, asked, {"fk:name": "Mine"})).shown()
    assert forged.content == messages.NOT_A_MODERATOR
    assert await app.queue.effects.of_guild(channel.guild.id) == {}


@pytest.mark.parametrize("name", ["", "@everyone", "Old film"])
async def test_a_name_that_cannot_be_is_refused_in_words(fake, channel, ada, mod, app, bot, name):
    asked = await form_of(fake, channel, mod, app, await clip_in(app, channel, ada))
    said = await (await fake.submit_modal(mod, asked, {"fk:name": name})).shown()
    assert said.content
    assert await app.queue.effects.of_guild(channel.guild.id) == {}


async def test_a_name_that_is_too_long_is_refused_in_the_members_language(fake, channel, ada, mod, app, bot):
    asked = await form_of(fake, channel, mod, app, await clip_in(app, channel, ada))
    said = await (await fake.submit_modal(mod, asked, {"fk:name": "x" * 33})).shown()
    assert said.content == "An effect's name has at most 32 characters."
    for data in (MIST.replace(b"Mist", b"x" * 33), MIST.replace(b'"Mist"', b"7")):
        with pytest.raises(UserError) as refused:
            EffectRecipe.from_json(data)
        assert "should" not in refused.value.args[0]
        assert "input" not in refused.value.args[0]


async def test_a_server_has_so_many_effects_and_no_name_twice(fake, channel, mod, app, bot):
    app.effects.most = 1
    answers = []
    for data in (MIST, MIST, MIST.replace(b"Mist", b"Fog")):
        asked = await fake.slash(
            mod, channel, "queue effects import", file=Upload("x.framekiln-effect", data)
        )
        answers.append((await asked.shown()).content)
    assert answers == [effect_texts.made("Mist"), effect_texts.TAKEN, effect_texts.full(1)]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no effect's file"),
        (b"{", "no JSON object"),
        (b"x" * 20_000, "no effect's file"),
        (MIST.replace(b'"amount": 1.0', b'"amount": 7'), "amount"),
        (MIST.replace(b'"look"', b'"lok"'), "lok"),
        (MIST.replace(b"old film", b"kaleidoscope"), "kaleidoscope"),
        (MIST.replace(b'"camera": "auto"', b'"camera": "auto", "@everyone": 1'), "no such field"),
        (MIST.replace(b'"engine": "camera"', b'"engine": "nothing"'), "nothing"),
    ],
)
async def test_a_bad_file_is_refused_and_says_what_is_wrong(fake, channel, mod, app, bot, data, says):
    asked = await fake.slash(mod, channel, "queue effects import", file=Upload("x.framekiln-effect", data))
    said = await asked.shown()
    assert said.ephemeral
    assert says in said.content
    assert await app.queue.effects.of_guild(channel.guild.id) == {}


async def test_a_shared_file_is_taken_by_another_server(fake, channel, mod, app, bot):
    shared = await (await fake.slash(mod, channel, "queue effects share", effect="confetti")).shown()
    [file] = shared.attachments
    data = json.loads(file.data)
    again = EffectRecipe.from_json(json.dumps({**data, "name": "Party"}))
    assert again.look == "confetti"


async def test_renaming_and_removing_are_logged(fake, channel, mod, app, bot):
    await (
        await fake.slash(mod, channel, "queue effects import", file=Upload("m.framekiln-effect", MIST))
    ).shown()
    await (
        await fake.slash(mod, channel, "queue effects rename", effect="mist", name="Fog", about="thick")
    ).shown()
    assert [one.about for one in (await app.effects.own_of(channel.guild.id)).values()] == ["thick"]
    await (await fake.slash(mod, channel, "queue effects remove", effect="FOG")).shown()
    assert await app.effects.own_of(channel.guild.id) == {}
    actions = [entry.action for entry in await app.audit.entries(channel.guild.id)]
    assert actions == ["effect remove", "effect rename", "effect add"]


async def test_an_erase_takes_effects_away_that_were_made_of_the_members_clips(channel, ada, mod, app, bot):
    job = await clip_in(app, channel, ada, prompt="a secret")
    effect = EffectRecipe.of(recipe_of(job), "Hers")
    entry = audit_entry("effect add", guild=channel.guild.id, actor=mod.id)
    await app.queue.effects.add("Hers", effect.to_json(), entry, job=job.id, most=9)
    await app.erasing._personal.erase(ada.id)
    assert await app.queue.effects.of_guild(channel.guild.id) == {}
    assert job.state is State.DELIVERED
