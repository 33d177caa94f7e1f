"""The lists that open while a member types."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from unittest.mock import create_autospec

import discord
import pytest

from bot.app import App
from bot.commands.shared import autocomplete
from bot.commands.shared.autocomplete import complete
from bot.forecast import Forecaster
from bot.job_documents import recipe_of
from bot.requests.submission import Submissions
from bot.text import messages
from bot.text.languages import LANGUAGES
from bot.text.wording import speaking
from engine.core.capabilities import Capabilities
from engine.core.errors import UserError
from engine.core.recipe import Kind, Quality
from engine.families import FAMILIES
from engine.planning.plan import PlanLimits
from tests.fake_discord import Upload

HERE = Capabilities(
    weights=frozenset({"epicrealism", "animatelcm", "svd-xt"}),
    checkpoints=("Toonish",),
    styles=("Ink wash", "neon", "x" * 101, *(f"style-{number:02}" for number in range(40))),
    slow=True,
)


@pytest.fixture
def known():
    made = create_autospec(App, instance=True)
    made.forecaster = create_autospec(Forecaster, instance=True)
    made.submissions = create_autospec(Submissions, instance=True)
    made.submissions.capabilities.return_value = HERE
    made.submissions.engine_for.return_value = "auto"
    return made


async def listed(known, option, typed="", kind=Kind.TEXT2VIDEO, **told):
    """What the list of an option shows, by way of a command that has one."""
    interaction = create_autospec(discord.Interaction, instance=True)
    interaction.namespace = SimpleNamespace(**told)
    command = create_autospec(discord.app_commands.Command, instance=True)
    command.parameters = [SimpleNamespace(name=option), SimpleNamespace(name="seed")]
    complete(command, known, kind)
    command.autocomplete.assert_called_once_with(option)
    (handler,) = command.autocomplete.return_value.call_args.args
    return await handler(interaction, typed)


async def test_engines_are_those_that_draw_this_kind_here_each_with_what_it_is(known):
    shown = await listed(known, "engine", kind=Kind.ANIMATE)
    assert [choice.value for choice in shown] == ["auto", "svd", "camera"]
    assert shown[1].name == f"svd · {FAMILIES['svd'].about}"
    assert [choice.value for choice in await listed(known, "engine", "ani")] == ["animatediff"]
    assert [choice.value for choice in await listed(known, "engine", kind=Kind.RESTYLE)] == [
        "auto",
        "animatediff",
    ]


async def test_the_first_engine_of_the_list_is_named_and_found_in_the_language_that_is_spoken(known):
    with speaking("de"):
        shown = str(messages.ANY_ENGINE)
        assert shown != messages.ANY_ENGINE
        for typed in ("", shown.lower()[7:]):
            first = (await listed(known, "engine", typed))[0]
            assert (first.name, first.value) == (shown, "auto")


async def test_where_the_owner_chose_the_engine_there_is_no_other(known):
    known.submissions.engine_for.return_value = "camera"
    assert [choice.value for choice in await listed(known, "engine", kind=Kind.ANIMATE)] == ["camera"]


async def test_models_are_the_owners_and_those_of_the_catalogue_that_are_here(known):
    assert [choice.value for choice in await listed(known, "model")] == ["Toonish", "epicrealism"]
    assert [choice.value for choice in await listed(known, "model", "TOON")] == ["Toonish"]
    assert await listed(known, "model", kind=Kind.ANIMATE) == []


async def test_styles_are_at_most_as_many_and_as_long_as_discord_shows(known):
    shown = await listed(known, "style")
    assert len(shown) == 25
    assert all(1 <= len(choice.value) <= 100 for choice in shown)
    assert [choice.value for choice in await listed(known, "style", "ink")] == ["Ink wash"]


async def test_after_a_comma_another_style_is_added_to_those_before(known):
    shown = await listed(known, "style", "Ink wash:0.5, neo")
    assert [choice.value for choice in shown] == ["ink wash:0.5, neon"]
    assert "neon, neon" not in [choice.value for choice in await listed(known, "style", "neon, ")]


async def test_a_list_that_takes_too_long_is_empty(known, monkeypatch):
    monkeypatch.setattr(autocomplete, "LIST_SECONDS", 0.02)

    async def looks_for_its_gpu():
        await asyncio.sleep(60)

    known.submissions.capabilities.side_effect = looks_for_its_gpu
    assert await listed(known, "style") == []


async def test_a_quality_of_an_engine_that_cannot_do_it_has_no_list(known):
    known.submissions.rules = SimpleNamespace(plan=PlanLimits())
    known.submissions.engine_for.side_effect = lambda kind, wanted=None: wanted or "auto"
    assert await listed(known, "quality", kind=Kind.RESTYLE, engine="svd") == []
    known.forecaster.for_new.assert_not_awaited()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_the_lists_show_can_be_typed(fake, channel, ada, app, bot, language):
    """In the member's language, as in English."""
    ada.locale = language
    await (await fake.slash(ada, channel, "text2video", prompt="a red boat", quality="BEST")).shown()
    typed = await fake.autocomplete(ada, channel, "text2video", "quality", "")
    await typed.answered()
    shown = next(one["name"] for one in typed.choices if one["value"] == "best")
    name = shown.split("·")[0].strip()
    again = await fake.autocomplete(ada, channel, "text2video", "quality", name[:2].upper())
    await again.answered()
    assert "best" in [one["value"] for one in again.choices]
    typed = await fake.autocomplete(ada, channel, "text2video", "engine", "")
    await typed.answered()
    engine = typed.choices[0]["name"]
    said = await fake.slash(ada, channel, "text2video", prompt="a boat", quality=name, engine=engine)
    await said.shown()
    made = [recipe_of(job) for job in await app.queue.jobs.jobs_of(ada.user.id, channel.guild.id)]
    assert [(one.quality, one.engine) for one in made] == [(Quality.BEST, "sketch")] * 2


async def test_every_command_opens_the_lists_of_its_options(fake, channel, ada, bot):
    for name, options in {
        "animate": {"quality", "engine"},
        "text2video": {"quality", "engine", "style", "model"},
        "restyle": {"quality", "engine", "style", "model"},
    }.items():
        others = {"image": Upload("cat.png", b"")} if name == "animate" else {}
        for option in options:
            typed = await fake.autocomplete(ada, channel, name, option, "", **others)
            await typed.answered()
            assert typed.choices is not None


async def test_the_owners_engine_is_the_only_one_where_it_draws_the_kind(app):
    submissions = app.submissions
    assert submissions.engine_for(Kind.ANIMATE) == "auto"
    assert submissions.engine_for(Kind.ANIMATE, "Camera · a virtual camera") == "camera"
    submissions.rules = SimpleNamespace(engine="camera")
    assert submissions.engine_for(Kind.ANIMATE) == submissions.engine_for(Kind.ANIMATE, "auto") == "camera"
    assert submissions.engine_for(Kind.TEXT2VIDEO, "sketch") == "sketch"
    with pytest.raises(UserError, match="has chosen “camera”"):
        submissions.engine_for(Kind.ANIMATE, "svd")
