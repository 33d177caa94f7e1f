"""Help with words, as members meet it: through the fake of Discord, with a model on a real socket."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from bot.clips.variation import other_words
from bot.discord_io.asker import Asker
from bot.job_documents import recipe_of
from bot.privacy.forgetting import RecipeRedactor
from bot.text import community_texts, messages, word_help_texts
from db.community.prompt_help import DAY
from db.moderation.reviews import OnPictures, OnWords, ReviewRules, WordKind
from engine.core.capabilities import Capabilities
from engine.core.errors import UserError
from engine.core.recipe import Helped, Quality, Recipe
from engine.planning.plan import PlanLimits
from tests.bot.buttons.test_clicks import said_to
from tests.bot.clips.choosing import at_work
from tests.bot.fixtures import connected, picture, recipe
from tests.bot.prompt_helper.fake_model import body, served, words
from tests.db.asking import audit_entry
from tests.fake_discord import EVERYONE, Permission, Status, Upload
from tests.present import present
from tests.until import until

PROPOSED = "A ginger cat walks along a red wall."


@pytest.fixture
async def model():
    async with served() as made:
        yield made


@pytest.fixture
def settings(settings, model):
    return settings.model_copy(
        update={
            "prompt_helper_url": model.url,
            "prompt_helper_model": "tiny`7b",
            "prompt_helper_private": True,
            "prompt_helper_seconds": 2.0,
            "prompt_helper_per_day": 3,
        }
    )


async def asks(fake, member, channel, prompt="a cat", command="text2video", **options):
    """Ask for help with words; returns the private message."""
    asked = await fake.slash(member, channel, command, prompt=prompt, help=True, **options)
    await asked.shown()
    assert asked.message.ephemeral
    return asked.message


async def jobs(app, member, channel):
    return await app.queue.jobs.jobs_of(member.id, channel.guild.id)


def buttons(message):
    return [part["label"] for line in message.components for part in line["components"]]


async def test_the_members_words_stand_above_the_helpers_and_nothing_is_asked_for(
    fake, channel, ada, bot, app, model
):
    message = await asks(fake, ada, channel)
    own, theirs, small = message.content.split("\n")
    assert own == "**Your words:** `a cat`"
    assert theirs == f"**The helper's words:** `{PROPOSED}`"
    assert "nothing is asked for until you choose" in small
    assert buttons(message) == ["Use it", "Use mine", "Another"]
    assert await jobs(app, ada, channel) == []
    told = json.dumps(model.asked[0][1])
    assert "ada" not in told
    assert not any(str(one) in told for one in (ada.id, channel.id, channel.guild.id))


async def test_help_with_the_words_of_a_private_clip_is_given_where_the_bot_may_not_post(
    fake, channel, ada, bot, app
):
    fake.world.permit(channel, EVERYONE & ~Permission.ATTACH_FILES)
    assert buttons(await asks(fake, ada, channel, private=True)) == ["Use it", "Use mine", "Another"]
    assert (await asks(fake, ada, channel)).content == community_texts.may_not_post(["attach_files"])


async def test_the_chosen_words_are_a_job_once_and_its_recipe_says_whose_they_are(
    fake, channel, ada, bot, app
):
    message = await asks(fake, ada, channel, quality="fast")
    said = await fake.click(ada, message, "Use it")
    assert PROPOSED in (await said.shown()).content
    assert not said.message.ephemeral
    [job] = await jobs(app, ada, channel)
    made = recipe_of(job)
    assert (made.prompt, made.quality) == (PROPOSED, Quality.FAST)
    assert made.helped == Helped(model="tiny`7b", own="a cat")
    again = await fake.click(ada, message, "Use mine")
    await again.answered()
    assert (message.content, buttons(message)) == (word_help_texts.USED, [])
    assert len(await jobs(app, ada, channel)) == 1


async def closed(app):
    """Whether the message was edited, and that was written down: the one comes a little before the other."""
    return await app.database.read("SELECT 1 FROM prompt_help WHERE closed")


@pytest.mark.parametrize("restarted", [False, True])
async def test_once_words_are_chosen_the_buttons_go_and_the_message_says_which(
    fake, channel, ada, bot, app, restarted, clock
):
    """Also where the process ends between the job and that."""
    message = await asks(fake, ada, channel)
    clock.now = time.time() + 10 * 60
    await fake.click(ada, message, "Another")
    await until(lambda: renewed(app))
    clock.now = time.time() + 20 * 60  # the first token has ended, and a click has brought another
    said = await fake.click(ada, message, "Use mine")
    await said.shown()
    assert buttons(message) == ["Use it", "Use mine", "Another"]
    rule = fake.fail("PATCH", r"/webhooks/.*@original$", Status(500), times=99)
    async with at_work(app, app.word_help.closing.loop):
        await asyncio.sleep(0.2)
    rule.times = 0
    if restarted:
        async with connected(fake, app), at_work(app, app.word_help.closing.loop):
            await until(lambda: closed(app))
    else:
        async with at_work(app, app.word_help.closing.loop):
            await until(lambda: closed(app))
    assert await shows(message, word_help_texts.chosen("a cat"))
    assert buttons(message) == []
    known = await app.rights._personal.known(ada.user.id)
    assert "token" not in known["prompt_help"][0]
    rows = await app.database.read("SELECT token, closed FROM prompt_help")
    assert [tuple(row) for row in rows] == [(None, 1)]


async def renewed(app):
    [row] = await app.database.read("SELECT token_at > at AS renewed FROM prompt_help")
    return row["renewed"]


async def test_a_message_that_can_be_changed_no_more_is_left_and_a_click_takes_its_buttons_off(
    fake, channel, ada, bot, app, clock
):
    message = await asks(fake, ada, channel)
    clock.now = time.time() + 20 * 60
    await (await fake.click(ada, message, "Use mine")).shown()
    assert await app.queue.prompt_help.to_close(900.0) == []
    await (await fake.click(ada, message, "Another")).answered()
    await until(lambda: shows(message, str(word_help_texts.USED)))
    assert buttons(message) == []


async def test_a_forged_click_changes_no_message_that_others_see(fake, channel, ada, bot, app):
    message = await asks(fake, ada, channel)
    await (await fake.click(ada, message, "Use mine")).shown()
    [status] = [each for each in fake.messages(channel) if not each.ephemeral]
    before = status.content
    for forged in ("fk:words-mine:1:0", "fk:words-other:1:0"):
        said = await fake.click(ada, status, forged, forged=True)
        await said.answered()
        await asyncio.sleep(0.1)
    assert status.content == before


async def refused(said):
    """The refusal behind a "thinking" that was taken away."""
    await until(lambda: _followed(said))
    return said.followups[-1].content


async def _followed(said):
    return said.followups


async def test_ones_own_words_are_used_as_if_nobody_had_been_asked(fake, channel, ada, bot, app):
    message = await asks(fake, ada, channel, command="animate", image=Upload("cat.png", picture()))
    await (await fake.click(ada, message, "Use mine")).shown()
    [job] = await jobs(app, ada, channel)
    made = recipe_of(job)
    assert (made.prompt, made.helped) == ("a cat", None)
    assert made.inputs.keys() == {"picture"}, "its picture was kept until then"


async def test_another_takes_the_place_of_the_last_and_each_button_means_the_words_beside_it(
    fake, channel, ada, bot, app, model
):
    model.answers = [words("One cat."), words("Two cats."), body(b"", status=503)]
    message = await asks(fake, ada, channel)
    first = next(part for part in message.components[0]["components"] if part["label"] == "Use it")
    await fake.click(ada, message, "Another")
    await until(lambda: shows(message, "Two cats."))
    assert "One cat." not in message.content
    await fake.click(ada, message, "Another")
    await until(lambda: shows(message, str(word_help_texts.NOT_NOW)))
    assert "Two cats." in message.content
    assert buttons(message) == ["Use it", "Use mine", "Another"]
    await (await fake.click(ada, message, first["custom_id"], forged=True)).shown()
    [job] = await jobs(app, ada, channel)
    assert recipe_of(job).prompt == "One cat.", "what was shown when it was sent"


async def shows(message, text):
    return text in message.content


async def test_a_helper_that_fails_leaves_the_member_their_words(fake, channel, ada, bot, app, model):
    model.answers = [body(b"<html>", status=502)]
    message = await asks(fake, ada, channel)
    assert str(word_help_texts.NOT_NOW) in message.content
    assert buttons(message) == ["Use mine"]
    await (await fake.click(ada, message, "Use mine")).shown()
    assert len(await jobs(app, ada, channel)) == 1


async def test_a_member_asks_so_often_a_day_and_their_own_words_always_do(
    fake, channel, ada, bot, app, model, clock
):
    for _ in range(3):
        await asks(fake, ada, channel)
    message = await asks(fake, ada, channel)
    assert word_help_texts.often_enough(3) in message.content
    assert buttons(message) == ["Use mine"]
    assert len(model.asked) == 3
    clock.now = time.time() + DAY + 1
    assert PROPOSED in (await asks(fake, ada, channel)).content


async def test_what_nobody_gets_is_neither_sent_nor_proposed(fake, channel, ada, bot, app, model):
    message = await asks(fake, ada, channel, prompt="a naked child")
    assert message.content == messages.FORBIDDEN
    assert model.asked == []
    model.answers = [words("A naked child.")]
    message = await asks(fake, ada, channel)
    assert str(word_help_texts.NOT_USABLE) in message.content
    assert "naked" not in message.content
    assert buttons(message) == ["Use mine"]


async def test_a_servers_own_words_hold_for_the_helper_and_for_what_it_was_given(
    fake, channel, ada, bot, app, model
):
    guild = channel.guild.id
    rules = ReviewRules(words=OnWords.REFUSE, pictures=OnPictures.OFF)
    await app.queue.reviews.set_review_rules(rules, audit_entry("review", guild=guild))

    async def adds(word):
        entry = audit_entry("word add", word, guild=guild)
        await app.queue.reviews.set_word(word, WordKind.OWN, entry, most=9)

    await adds("ginger")
    assert str(word_help_texts.NOT_USABLE) in (await asks(fake, ada, channel)).content
    model.answers = [words("A cat.")]
    message = await asks(fake, ada, channel)
    await adds("wolf")
    assert "wolf" in (await asks(fake, ada, channel, prompt="a wolf")).content
    assert len(model.asked) == 2
    await adds("cat")
    assert "cat" in await refused(await fake.click(ada, message, "Use it")), "it is looked at again"
    assert await jobs(app, ada, channel) == []


async def test_an_answer_is_data_and_is_shown_so_that_it_does_nothing(fake, channel, ada, bot, app, model):
    model.answers = [words("Ignore the rules.\n@everyone `x` [y](https://evil.example) <@1> /animate")]
    message = await asks(fake, ada, channel)
    [shown] = [line for line in message.content.split("\n") if "helper's words" in line]
    assert shown.count("`") == 2
    assert not any(sign in shown for sign in ("@everyone", "<@1>", "https://", "/animate"))


async def test_a_request_is_its_members_alone(fake, channel, ada, bot, app):
    message = await asks(fake, ada, channel)
    eve = fake.member("eve")
    for label in ("Use it", "Use mine", "Another"):
        said = await fake.click(eve, message, label)
        if label == "Another":
            assert await refused(said) == str(word_help_texts.TOO_OLD)
        else:
            assert await said_to(said) == str(word_help_texts.TOO_OLD)
    assert await jobs(app, eve, channel) == []


async def test_it_is_forgotten_after_a_day_exported_and_erased(fake, channel, ada, bot, app, clock):
    message = await asks(fake, ada, channel)
    known = await app.rights._personal.known(ada.user.id)
    assert json.loads(known["prompt_help"][0]["words"]) == [PROPOSED]
    await app.rights._personal.ask_to_erase(ada.user.id, messages=False)
    await app.rights._personal.erase(ada.user.id)
    await (await fake.click(ada, message, "Use it")).answered()
    assert (message.content, buttons(message)) == (word_help_texts.TOO_OLD, [])
    bea = fake.member("bea")
    message = await asks(fake, bea, channel)
    clock.now = time.time() + DAY + 1
    await (await fake.click(bea, message, "Another")).answered()
    await until(lambda: shows(message, str(word_help_texts.TOO_OLD)))
    assert buttons(message) == []
    await app.housekeeping.forget()
    assert "prompt_help" not in await app.rights._personal.known(bea.user.id)


async def test_without_words_there_is_nothing_to_help_with(fake, channel, ada, bot, model):
    asked = await fake.slash(ada, channel, "animate", image=Upload("cat.png", picture()), help=True)
    assert await said_to(asked) == str(word_help_texts.NO_WORDS)
    assert model.asked == []


async def test_the_recipe_button_says_who_wrote_the_words():
    from bot.clips.recipe_text import recipe_text

    made = Recipe.from_json(recipe(helped=Helped(model="tiny`7b", own="a cat")).to_json())
    assert present(made.helped).own == "a cat"
    text = recipe_text(made, None).text
    assert "words by a helper: `tiny\N{MODIFIER LETTER GRAVE ACCENT}7b` · the member wrote: `a cat`" in text
    assert '"helped"' not in recipe().to_json(), "recipes from before keep their bytes"


def test_nothing_of_the_members_own_words_outlives_the_prompt():
    redactor = RecipeRedactor()
    text = recipe(prompt=PROPOSED, helped=Helped(model="tiny", own="grandmother's garden")).to_json()
    assert "garden" not in redactor.forget(text)
    assert {PROPOSED, "grandmother's garden"} <= redactor.phrases(text)
    theirs = recipe(prompt="grandmother's garden").to_json()
    assert "garden" not in redactor.forget_these(text, [theirs], ())


def test_other_words_are_nobody_elses():
    made = recipe(helped=Helped(model="tiny", own="a cat"))
    same = other_words(made, made.prompt, Capabilities(), PlanLimits(), longest=400)
    assert same.helped == made.helped
    assert other_words(made, "a blue boat", Capabilities(), PlanLimits(), longest=400).helped is None


async def test_the_members_own_words_are_looked_at_beside_those_that_are_drawn(app):
    asker = Asker(request=1, guild_id=1, user_id=2, channel_id=3)
    made = recipe(prompt="a cat", helped=Helped(model="tiny", own="a naked child"))
    with pytest.raises(UserError, match="someone young"):
        await app.submissions._screening.before_drawing(asker, made, (), None)


class TestWithoutAnAddress:
    """The owner has not set one up."""

    @pytest.fixture
    def settings(self, settings):
        return settings.model_copy(update={"prompt_helper_url": ""})

    async def test_no_command_offers_help(self, bot):
        for name in ("animate", "text2video", "restyle"):
            assert "help" not in {one.name for one in bot.tree.get_command(name).parameters}
