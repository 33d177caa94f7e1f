"""The bot's hand in Discord, over real sockets; and the client around it."""

from __future__ import annotations

import asyncio
import dataclasses
import time

import discord
import pytest

from bot.config.settings import Settings
from bot.discord_io.discord_errors import Trouble
from bot.discord_io.messenger import Messenger
from bot.discord_io.post import ChannelError, Post
from bot.loops.without_discord import Folder
from bot.reconnect import TokenRefused, stay_connected
from tests.bot.fixtures import connected
from tests.fake_discord import EVERYONE, Cut, LostAnswer, Permission, RateLimit, Status, TooLarge, Upload
from tests.present import present
from tests.until import PATIENCE, until


@pytest.fixture
def hand(app, bot):
    return app.messenger


def clip(tmp_path, name="framekiln-1.mp4") -> Post:
    file = tmp_path / "some.blob"
    file.write_bytes(b"a clip")
    return Post(content="<@1> <@2> @everyone", nonce="n", file=file, file_name=name, ping=2)


async def test_a_clip_is_sent_under_its_name_and_pings_one_member_at_most(fake, channel, hand, tmp_path):
    sent = channel.messages[await hand.send(channel.id, clip(tmp_path))]
    assert [one.filename for one in sent.attachments] == ["framekiln-1.mp4"]
    assert sent.now.pings == {"2"}
    plain = channel.messages[await hand.send(channel.id, Post(content="<@1> @everyone", nonce="m"))]
    assert plain.now.pings == set()


async def test_the_same_nonce_is_one_message(fake, channel, hand):
    post = Post(content="status", nonce="same")
    assert await hand.send(channel.id, post) == await hand.send(channel.id, post)


async def test_messages_are_edited_and_deleted_and_what_is_gone_is_as_good_as_deleted(fake, channel, hand):
    sent = await hand.send(channel.id, Post(content="status", nonce="n"))
    await hand.edit(channel.id, sent, "@everyone done", None)
    assert channel.messages[sent].content == "@everyone done"
    assert channel.messages[sent].now.pings == set()
    await hand.delete(channel.id, sent)
    await hand.delete(channel.id, sent)
    assert channel.messages == {}


@pytest.mark.parametrize(
    ("fault", "trouble"),
    [
        (Status(403, 50013), Trouble.NO_ACCESS),
        (Status(404, 10003), Trouble.GONE),
        (TooLarge(), Trouble.TOO_LARGE),
        (Status(400, 30046), Trouble.TOO_OLD),
        (Status(400, 50035), Trouble.REFUSED),
        (Status(401), Trouble.LATER),
    ],
)
async def test_each_no_of_discord_has_its_consequence(fake, channel, hand, fault, trouble):
    fake.fail("POST", r"/messages$", fault, times=10)
    with pytest.raises(ChannelError) as caught:
        await hand.send(channel.id, Post(content="status", nonce="n"))
    assert caught.value.trouble is trouble


@pytest.mark.parametrize("fault", [LostAnswer(), Cut()])
async def test_a_connection_that_dies_may_be_tried_again(fake, channel, hand, fault):
    fake.fail("POST", r"/messages$", fault, times=1)
    with pytest.raises(ChannelError) as caught:
        await hand.send(channel.id, Post(content="status", nonce="n"))
    assert caught.value.trouble is Trouble.LATER


async def test_a_rate_limit_is_waited_for(fake, channel, hand):
    rule = fake.fail("POST", r"/messages$", RateLimit(0.05))
    await hand.send(channel.id, Post(content="status", nonce="n"))
    assert rule.used == 1


async def test_a_call_that_takes_too_long_is_left(fake, channel, hand, monkeypatch):
    monkeypatch.setattr(hand, "_patience", 0.05)
    fake.fail("POST", r"/messages$", RateLimit(5.0))
    with pytest.raises(ChannelError) as caught:
        await hand.send(channel.id, Post(content="status", nonce="n"))
    assert caught.value.trouble is Trouble.LATER


async def test_a_call_that_is_left_during_a_global_limit_does_not_hold_up_all_others(
    fake, channel, hand, monkeypatch
):
    monkeypatch.setattr(hand, "_patience", 0.05)
    fake.fail("POST", r"/messages$", RateLimit(20.0, is_global=True))
    with pytest.raises(ChannelError):
        await hand.send(channel.id, Post(content="status", nonce="n"))
    monkeypatch.setattr(hand, "_patience", 5.0)
    assert await hand.send(channel.id, Post(content="status", nonce="n"))


async def test_a_rate_limit_that_is_too_long_to_wait_for_is_for_later(fake, channel, hand):
    fake.fail("POST", r"/messages$", RateLimit(1800.0))
    with pytest.raises(ChannelError) as caught:
        await asyncio.wait_for(hand.send(channel.id, Post(content="status", nonce="n")), PATIENCE)
    assert caught.value.trouble is Trouble.LATER


async def test_its_own_message_is_found_by_the_files_name(fake, channel, ada, hand, tmp_path):
    before = time.time()
    fake.member_says(ada, channel, "", Upload("framekiln-1.mp4", b"not ours"))
    assert await hand.find_own(channel.id, "framekiln-1.mp4", since=before) is None
    sent = await hand.send(channel.id, clip(tmp_path))
    for number in range(150):
        fake.member_says(ada, channel, f"chatter {number}")
    assert await hand.find_own(channel.id, "framekiln-1.mp4", since=before) == sent
    assert await hand.find_own(channel.id, "framekiln-2.mp4", since=before) is None
    assert await hand.find_own(channel.id, "framekiln-1.mp4", since=before + 3600) is None


async def test_where_it_may_not_look_that_is_said(fake, channel, hand):
    fake.world.permit(channel, EVERYONE & ~Permission.VIEW_CHANNEL)
    with pytest.raises(ChannelError) as caught:
        await hand.find_own(channel.id, "framekiln-1.mp4", since=time.time())
    assert caught.value.trouble is Trouble.NO_ACCESS


async def test_without_a_client_calls_wait_for_the_next_one(fake, channel, app):
    sending = asyncio.create_task(app.messenger.send(channel.id, Post(content="status", nonce="n")))
    await asyncio.sleep(0.05)
    assert not sending.done()
    assert not app.messenger.connected
    async with connected(fake, app):
        assert await sending in channel.messages
        assert app.messenger.connected
    assert not app.messenger.connected


async def test_the_upload_limit_is_the_guilds_as_far_as_it_is_known(fake, hand):
    boosted = fake.guild("Boosted", premium_tier=2)
    await until(lambda: hand.known_upload_limit(boosted.id) == 50 * 2**20)
    assert hand.known_upload_limit(1) == discord.utils.DEFAULT_FILE_SIZE_LIMIT_BYTES
    assert Messenger().known_upload_limit(1) == discord.utils.DEFAULT_FILE_SIZE_LIMIT_BYTES


async def test_commands_are_registered_once_as_long_as_they_do_not_change(fake, channel, app):
    for _ in range(2):
        async with connected(fake, app) as client:
            await asyncio.wait_for(asyncio.shield(present(client._syncing)), PATIENCE)
    assert fake.world.command_syncs == 1


async def test_commands_are_registered_when_discord_is_back(fake, channel, app, monkeypatch):
    monkeypatch.setattr("bot.client.SYNC_BACKOFF", 0.01)
    rule = fake.fail("PUT", r"/commands$", Status(403, 50001), times=2)
    async with connected(fake, app):
        assert rule.used == 2
    assert fake.world.command_syncs == 1


async def test_commands_are_registered_after_an_unexpected_error(fake, channel, app, monkeypatch):
    monkeypatch.setattr("bot.supervisor.RESTART_FIRST", 0.01)
    real, errors = app.queue.meta.get, [LookupError("unexpected")]

    async def get(key):
        if errors:
            raise errors.pop()
        return await real(key)

    monkeypatch.setattr(app.queue.meta, "get", get)
    async with connected(fake, app):
        assert not errors
    assert fake.world.command_syncs == 1


async def test_a_token_that_discord_does_not_know_ends_it(fake, channel, app):
    settings = Settings(_env_file=None, discord_token="wrong", moderator_roles=())
    wrong = dataclasses.replace(app, settings=settings)
    with fake.point(), pytest.raises(TokenRefused):
        await asyncio.wait_for(stay_connected(wrong), PATIENCE)


async def test_a_folder_takes_clips_in_the_place_of_a_channel(tmp_path):
    folder = Folder(tmp_path)
    await folder.send(0, clip(tmp_path))
    assert folder.clip.read_bytes() == b"a clip"
