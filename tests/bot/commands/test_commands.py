"""The commands as Discord will see them. One that breaks a limit takes all of them down.

The limits are those of https://docs.discord.com/developers/interactions/application-commands.
"""

from __future__ import annotations

import re
import sys
from types import SimpleNamespace
from unittest.mock import AsyncMock, create_autospec

import discord
import pytest
from discord import app_commands

from bot import commands
from bot.client import Framekiln, command_hash
from bot.commands import NO_COMMANDS, queue, setup_all
from bot.commands.animate import pictures_of, why_no_picture
from bot.commands.shared.autocomplete import LISTS
from bot.commands.shared.moderator_group import ModeratorGroup
from bot.discovery import modules_in, subclasses_in
from bot.forecast import Wait
from bot.requests.options import CAMERA, FOLLOW, LENGTH, MOTION, RATE, request_of
from bot.text import messages
from engine.core.capabilities import Capabilities
from engine.core.errors import UserError
from engine.core.recipe import Camera, Follow, Kind, Motion, Quality
from engine.core.request import SECONDS, Length
from engine.planning.plan import PlanLimits
from tests.bot.fixtures import mocked_app

CHAT_INPUT, USER, MESSAGE = 1, 2, 3
SUB_COMMAND, SUB_COMMAND_GROUP = 1, 2
COMMANDS = list(modules_in(commands, leave_out=NO_COMMANDS))
NAME = re.compile(r"[-_'\w]{1,32}")


@pytest.fixture
def app():
    return mocked_app()


@pytest.fixture
async def client(app):
    made = Framekiln(app, guild_id=None)
    yield made
    await made.close()


def told(client):
    return [command.to_dict(client.tree) for command in client.tree.get_commands()]


def options_of(command):
    """The lists of options of a command and of all its subcommands."""
    found = command.get("options", [])
    yield found
    for option in found:
        if option["type"] in {SUB_COMMAND, SUB_COMMAND_GROUP}:
            yield from options_of(option)


def every_text(value):
    """All strings that a member sees in a command."""
    if isinstance(value, dict):
        for key in ("name", "description"):
            yield value.get(key, "")
        for key in ("options", "choices"):
            yield from every_text(value.get(key, []))
    else:
        for each in value:
            yield from every_text(each)


def counted(value):
    """Characters as Discord counts them: names, descriptions and the values of choices."""
    own = sum(len(str(value.get(key) or "")) for key in ("name", "description", "value"))
    return own + sum(counted(each) for key in ("options", "choices") for each in value.get(key, []))


def added_by(setup, app):
    """The commands that a function adds to an empty tree."""
    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents(guilds=True)))
    setup(tree, app)
    return {(getattr(command, "type", None), command.name) for command in tree.get_commands()}


async def test_the_commands_that_members_know_are_there(client):
    names = {(command["type"], command["name"]) for command in told(client)}
    chat = {
        (CHAT_INPUT, name)
        for name in ("animate", "text2video", "restyle", "replay", "jobs", "mydata", "queue")
    }
    assert names >= chat | {(MESSAGE, "Animate this"), (USER, "Animate avatar")}


@pytest.mark.parametrize("module", COMMANDS, ids=lambda module: module.__name__)
def test_every_module_of_the_folder_adds_a_command_to_the_bot(app, module):
    added = added_by(module.setup, app)
    assert added
    assert added <= added_by(setup_all, app)


@pytest.mark.parametrize("module", list(modules_in(queue)), ids=lambda module: module.__name__)
def test_every_module_of_the_queue_adds_commands_of_moderators(app, module):
    kinds = [kind for kind in subclasses_in(queue, ModeratorGroup) if kind.__module__ == module.__name__]
    assert kinds
    names = {command.qualified_name.split()[-1] for command in queue.QueueGroup(app).walk_commands()}
    for kind in kinds:
        own = {command.name for command in kind(app).commands}
        assert own
        assert own <= names


def test_a_new_module_is_a_new_command(app, tmp_path, monkeypatch):
    (tmp_path / "ping.py").write_text(
        "from discord import app_commands\n"
        "def setup(tree, app):\n"
        "    @tree.command(name='ping', description='Say pong')\n"
        "    @app_commands.guild_only()\n"
        "    async def ping(interaction): ...\n"
    )
    monkeypatch.setattr(commands, "__path__", [*commands.__path__, str(tmp_path)])
    try:
        assert (None, "ping") in added_by(setup_all, app)
    finally:
        sys.modules.pop("bot.commands.ping", None)


async def test_every_command_fits_discords_limits(client):
    assert len(told(client)) <= 100
    for command in told(client):
        assert counted(command) <= 8000
        if command["type"] in (MESSAGE, USER):
            assert 1 <= len(command["name"]) <= 32
            assert not command.get("description")
            assert not command.get("options")
            continue
        assert NAME.fullmatch(command["name"])
        assert command["name"] == command["name"].lower()
        assert 1 <= len(command["description"]) <= 100


async def test_every_option_fits_discords_limits(client):
    seen = 0
    for command in told(client):
        for options in options_of(command):
            assert len(options) <= 25
            names = [option["name"] for option in options]
            assert len(names) == len(set(names))
            needed = [option.get("required", False) for option in options]
            assert needed == sorted(needed, reverse=True), "required options come first"
            for option in options:
                seen += 1
                assert NAME.fullmatch(option["name"])
                assert option["name"] == option["name"].lower()
                assert 1 <= len(option["description"]) <= 100
                assert option["description"] != "…", "an option without a description"
                choices = option.get("choices", [])
                assert len(choices) <= 25
                assert not (choices and option.get("autocomplete"))
                assert all(1 <= len(choice["name"]) <= 100 for choice in choices)
                assert all(1 <= len(str(choice["value"])) <= 100 for choice in choices)
    assert seen > 20


async def test_no_text_of_a_command_can_ping(client):
    for text in every_text(told(client)):
        assert not re.search(r"@|<[#&!/]|https?:", text)


async def test_every_command_works_in_servers_only(client):
    for command in client.tree.get_commands():
        # Who has left every server still has a right to their own data.
        assert command.guild_only != (command.name == "mydata"), command.name
    for command in told(client):
        assert command["contexts"] == ([0, 1] if command["name"] == "mydata" else [0])
        assert command["integration_types"] == [0]
        assert command["dm_permission"] is (command["name"] == "mydata")
        assert command["nsfw"] is False


async def test_commands_of_moderators_need_manage_server_by_default(client):
    for command in told(client):
        moderators = command["name"] in {"queue", "Make an effect of this"}
        wanted = discord.Permissions(manage_guild=True).value if moderators else None
        assert command["default_member_permissions"] == wanted


async def test_the_hash_changes_with_a_description_and_with_nothing_else(client, app):
    before = command_hash(client.tree, None)
    again = Framekiln(app, guild_id=None)
    assert command_hash(again.tree, None) == before
    await again.close()
    jobs = client.tree.get_command("jobs")
    jobs.description += "!"
    assert command_hash(client.tree, None) != before


async def test_commands_are_registered_once_for_each_hash(client, app):
    known: dict[str, str] = {}
    app.queue.meta.get.side_effect = known.get
    app.queue.meta.set.side_effect = lambda key, value: known.update({key: value})
    client.tree.sync = AsyncMock(spec_set=client.tree.sync)
    for _ in range(2):
        await client._sync_if_changed()
    assert client.tree.sync.await_count == 1
    client.tree.get_command("jobs").description += "!"
    await client._sync_if_changed()
    assert client.tree.sync.await_count == 2


def request(**changes):
    return request_of(Kind.ANIMATE, engine="auto", **changes)


def test_a_request_without_options_uses_the_described_defaults():
    asked = request()
    assert (asked.motion, asked.camera, asked.quality) == (Motion.NORMAL, Camera.AUTO, Quality.BALANCED)
    assert (asked.seconds, asked.fps, asked.seed, asked.prompt) == (None, None, None, "")
    assert (asked.styles, asked.model, asked.negative, asked.raw) == ((), "", None, False)
    assert (asked.follow, asked.strength) == (None, None)


@pytest.mark.parametrize("words", ["Push-In", "push_in", "push in", " PUSH IN "])
def test_options_forgive_how_a_word_is_written(words):
    assert request(camera=words).camera is Camera.PUSH_IN


def test_a_line_of_the_quality_list_is_its_quality():
    assert request(quality="fast · about 40 s now · nobody is ahead").quality is Quality.FAST


@pytest.mark.parametrize("field", ["motion", "camera", "length", "quality", "follow"])
def test_an_invalid_choice_is_refused_with_the_valid_ones(field):
    with pytest.raises(UserError, match="“warp” is not one of: ") as caught:
        request(**{field: "warp" if field != "camera" else "WARP"})
    assert caught.value.code == "E_OPTION"


def test_every_choice_of_a_list_is_understood():
    assert [request(motion=value).motion for value in MOTION.choices] == list(Motion)
    assert [request(camera=value).camera for value in CAMERA.choices] == list(Camera)
    assert [request(follow=value).follow for value in FOLLOW.choices] == list(Follow)
    assert [request(length=value).seconds for value in LENGTH.choices] == list(SECONDS.values())
    assert [request(smooth=value).fps for value in RATE.choices] == [24.0, 30.0, 60.0]


async def choices(app, typed, length=None, smooth=None):
    interaction = create_autospec(discord.Interaction, instance=True)
    interaction.namespace = SimpleNamespace(length=length, smooth=smooth)
    return await LISTS["quality"](app, interaction, Kind.ANIMATE, typed)


@pytest.fixture
def waiting(app):
    """The parts with one job ahead, and a record of the profiles that were asked for."""
    app.forecaster.for_new.return_value = Wait(position=2, ahead=1, low=30, middle=40, high=50, own=20)
    app.submissions.rules = SimpleNamespace(plan=PlanLimits(fps=30.0))
    app.submissions.engine_for.return_value = "auto"
    app.submissions.capabilities.return_value = Capabilities()
    return app


async def test_the_quality_list_shows_the_wait_before_the_click(waiting):
    shown = await choices(waiting, "")
    assert [choice.value for choice in shown] == list(Quality)
    assert shown[0].name == "fast · about 40 s now · 1 ahead"
    assert [choice.value for choice in await choices(waiting, "fa")] == ["fast"]
    assert await choices(waiting, "warp") == []


async def test_the_quality_list_asks_for_the_length_that_was_chosen(waiting):
    await choices(waiting, "best", Length.LONG.value)
    assert waiting.forecaster.for_new.await_args.args[0].endswith("/240")
    await choices(waiting, "best", Length.LONG.value, 60)
    assert waiting.forecaster.for_new.await_args.args[0].endswith("/480")


async def test_the_quality_list_bears_what_discord_has_not_checked(waiting):
    """While somebody types, the other options come as they stand, finished or not."""
    assert len(await choices(waiting, "", "lo", "6")) == len(Quality)


def attachment(kind, name="file"):
    return create_autospec(discord.Attachment, instance=True, content_type=kind, filename=name)


def message_of(*attachments, forwarded=(), stickers=(), embeds=()):
    snap = create_autospec(
        discord.MessageSnapshot, instance=True, attachments=list(forwarded), embeds=[], stickers=[]
    )
    return create_autospec(
        discord.Message,
        instance=True,
        attachments=list(attachments),
        message_snapshots=[snap],
        embeds=list(embeds),
        stickers=list(stickers),
    )


def test_every_attachment_that_may_be_a_picture_is_tried():
    text, picture, nameless = attachment("text/plain"), attachment("image/png"), attachment(None)
    unknown = attachment("application/octet-stream", "photo.HEIC")
    archive = attachment("application/octet-stream", "photo.zip")
    assert pictures_of(message_of(text, picture)) == (picture,)
    assert pictures_of(message_of(forwarded=[picture])) == (picture,)
    given = (attachment("video/mp4", "a.png"), unknown, archive, nameless, picture)
    assert pictures_of(message_of(*given)) == (unknown, nameless, picture)
    assert pictures_of(message_of(text)) == ()


def test_stickers_and_link_previews_have_words_of_their_own():
    preview = discord.Embed.from_dict({"type": "image", "thumbnail": {"url": "https://example.com/a.png"}})
    assert why_no_picture(message_of()) == messages.NO_PICTURE
    assert why_no_picture(message_of(embeds=[discord.Embed(title="words")])) == messages.NO_PICTURE
    assert why_no_picture(message_of(embeds=[preview])) == messages.ONLY_A_PREVIEW
    assert why_no_picture(message_of(stickers=[object()])) == messages.ONLY_A_STICKER


def member(*, manages=False, roles=(), guild=1, user=7):
    interaction = create_autospec(discord.Interaction, instance=True, guild_id=guild)
    interaction.permissions = discord.Permissions(manage_guild=manages)
    interaction.user = create_autospec(discord.Member, instance=True, id=user)
    interaction.user.roles = [discord.Object(role) for role in roles]
    interaction.type = discord.InteractionType.application_command
    interaction.response.send_message = AsyncMock()
    return interaction


@pytest.mark.parametrize(
    ("asks", "allowed"),
    [
        (member(), False),
        (member(roles=(4,)), False),
        (member(manages=True), True),
        (member(roles=(4, 5)), True),
        (member(manages=True, guild=None), False),
    ],
    ids=["nobody", "another role", "manage server", "the owner's role", "no server"],
)
async def test_each_use_of_the_queue_is_checked_again(client, asks, allowed):
    group = client.tree.get_command("queue")
    assert await group.interaction_check(asks) is allowed
    if not allowed:
        asks.response.send_message.assert_awaited_once_with(messages.NOT_A_MODERATOR, ephemeral=True)


async def test_the_suggestions_of_the_queue_tell_strangers_nothing(client, app):
    group = client.tree.get_command("queue")
    seen = 0
    for command in group.walk_commands():
        for option in getattr(command, "parameters", ()):
            if option.autocomplete:
                seen += 1
                suggest = command._params[option.name].autocomplete
                assert await suggest(command.binding, member(), "") == []
    assert seen >= 6
    app.queue.jobs.waiting.assert_not_awaited()
    app.queue.jobs.in_states.assert_not_awaited()
