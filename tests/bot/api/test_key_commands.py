"""Keys made, listed and ended by members, moderators and the owner."""

from __future__ import annotations

import re
from contextlib import closing

import pytest
from click.testing import CliRunner

from bot.cli.main import main
from bot.config.paths import DATABASE
from tests.bot.api.serving import Client, serving
from tests.present import present

KEY = re.compile(r"fk_[0-9a-f]{8}[A-Za-z0-9_-]{43}")


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"api_port": 1, "api_keys": 2})


@pytest.fixture
def guild(channel):
    return channel.guild.id


def found(text: str) -> str:
    return present(KEY.search(text))[0]


async def told(fake, member, channel, command: str, /, **options) -> str:
    asked = await fake.slash(member, channel, command, **options)
    await asked.answered()
    assert asked.message.ephemeral
    return asked.message.content


async def test_a_member_makes_keys_once_moderators_allow_it(fake, bot, app, channel, guild, ada, mod):
    assert "can't make API keys" in await told(fake, ada, channel, "apikey create", name="my script")
    assert "Only moderators" in await told(fake, ada, channel, "queue api open")
    assert "can make API keys now" in await told(fake, mod, channel, "queue api open")
    made = await told(fake, ada, channel, "apikey create", name="my @everyone `script`")
    key = found(made)
    assert "@everyone" not in made.replace("@\u200beveryone", "")
    assert KEY.search(await told(fake, ada, channel, "apikey list")) is None
    async with serving(app) as api:
        client = Client(api.http, api.at, key)
        assert (await client.post()).status == 202
        await told(fake, ada, channel, "apikey create", name="another")
        assert "You can have 2" in await told(fake, ada, channel, "apikey create", name="a third")
        assert key[3:11] in await told(fake, mod, channel, "queue api keys")
        assert "no such key" in await told(fake, mod, channel, "apikey remove", key=key[3:11])
        assert (await client.ask("GET", "/v1/jobs")).status == 200
        assert "has ended" in await told(fake, mod, channel, "queue api revoke", key=key[3:11])
        assert (await client.ask("GET", "/v1/jobs")).status == 401
    actions = [entry.action for entry in await app.audit.entries(guild)]
    assert actions == ["api revoke", "api open"]
    own = await app.queue.api_keys.of_member(guild, ada.id)
    assert "has ended" in await told(fake, ada, channel, "apikey remove", key=own[0].id)
    assert "no API keys" in await told(fake, ada, channel, "apikey list")


def test_a_bot_without_the_api_shows_no_command_for_it(app):
    from bot.client import Framekiln

    def names(port: int) -> set[str]:
        changed = app.settings.model_copy(update={"api_port": port})
        import dataclasses

        client = Framekiln(dataclasses.replace(app, settings=changed), guild_id=None)
        return {command.qualified_name for command in client.tree.walk_commands()}

    assert names(1) - names(0) == {
        *("apikey", "apikey create", "apikey list", "apikey remove"),
        *("queue api", "queue api open", "queue api close", "queue api keys", "queue api revoke"),
    }


async def test_the_owner_makes_and_ends_keys_beside_the_running_bot(bot, app, guild, ada, mod, monkeypatch):
    monkeypatch.setenv("FRAMEKILN_DATA_DIR", str(app.settings.data_dir))
    monkeypatch.setenv("FRAMEKILN_API_KEYS", "1")

    def run(*arguments: str):
        return CliRunner().invoke(main, ["keys", *arguments])

    assert "There are no keys" in run("list").output
    made = run("add", str(guild), str(ada.id), "--name", "script")
    key = found(made.output)
    async with serving(app) as api:
        client = Client(api.http, api.at, key)
        assert (await client.ask("GET", "/v1/jobs")).status == 200
        assert "1 are allowed" in run("add", str(guild), str(ada.id)).output
        line = run("list").output
        assert key[3:11] in line
        assert key not in line
        assert "clips:read jobs:read jobs:write" in line
        assert run("remove", key[3:11]).exit_code == 0
        assert run("remove", key[3:11]).exit_code == 1
        assert (await client.ask("GET", "/v1/jobs")).status == 401
        await app.queue.moderation.ban(guild, ada.id, by=1, reason="spam")
        assert "blocked" in run("add", str(guild), str(ada.id)).output
        admin = run("add", str(guild), str(mod.id), "--scope", "admin", "--scope", "jobs:read")
        admin_client = Client(api.http, api.at, found(admin.output))
        assert (await admin_client.ask("GET", "/v1/jobs?everybody=true")).status == 200


async def test_no_file_of_the_database_holds_a_key(bot, app, guild, ada):
    _, text = await app.queue.api_keys.add(guild, ada.id, "k", [], most=5)
    await app.database.fold()
    with closing((app.settings.data_dir / DATABASE).open("rb")) as file:
        assert text[11:].encode() not in file.read()
