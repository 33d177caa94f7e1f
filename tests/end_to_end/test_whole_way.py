"""The real program as a process, over real sockets, against the fake of Discord."""

from __future__ import annotations

import asyncio
import signal
import sqlite3

import pytest

from engine.clips.encode import read_metadata
from engine.clips.read_clip import read_clip
from engine.core.recipe import Recipe
from engine.provenance.seal import Signature, inspect_clip
from tests.end_to_end.whole_bot import CLIP_SECONDS, ENV, QUICK, cat, clips, commands_known, one_clip, says
from tests.fake_discord.faults import LostAnswer, Status, TooLarge, Truncated
from tests.fake_discord.people import Permission
from tests.fake_discord.process import BotProcess


@pytest.mark.slow
async def test_a_picture_becomes_a_clip_that_pings_only_its_member(discord, channel, ada, bot, tmp_path):
    asked = await discord.slash(ada, channel, "animate", image=cat(), prompt="a cat @everyone", **QUICK)
    await asked.answered(3)
    clip = await one_clip(discord, channel)

    assert clip.now.pings == {str(ada.user.id)}
    assert "AI-generated" in clip.content
    file = tmp_path / "clip.mp4"
    file.write_bytes(clip.attachments[0].data)
    recipe = Recipe.from_json(read_metadata(file)["comment"])
    assert recipe.prompt == "a cat @everyone"
    assert recipe.engine == "camera"
    assert inspect_clip(file).signature is Signature.VALID
    # The status message has become one line that leads to the clip.
    await discord.wait_for(lambda: says(discord, channel, f"/{clip.id}"), 20)
    assert len(discord.messages(channel)) == 2


@pytest.mark.slow
async def test_a_prompt_becomes_a_sketch_that_says_so(discord, channel, ada, bot):
    await discord.slash(ada, channel, "text2video", prompt="a red boat at night", **QUICK)
    clip = await one_clip(discord, channel)
    assert "sketch" in clip.content


@pytest.mark.slow
async def test_killed_in_the_middle_it_starts_again_and_posts_exactly_one_clip(discord, channel, ada, bot):
    await discord.slash(ada, channel, "animate", image=cat(), **QUICK)
    await discord.wait_for(lambda: says(discord, channel, "🎨"), CLIP_SECONDS)
    await bot.kill9()

    await bot.start()
    await bot.wait_ready()
    await one_clip(discord, channel)
    await asyncio.sleep(2)
    assert len(clips(discord, channel)) == 1


@pytest.mark.slow
async def test_an_answer_lost_after_posting_is_not_posted_again(discord, channel, ada, bot):
    discord.rest.nonce_window = 0.0
    rule = discord.fail("POST", rf"/channels/{channel.id}/messages$", LostAnswer())
    await discord.slash(ada, channel, "animate", image=cat(), **QUICK)
    await one_clip(discord, channel)
    await discord.wait_for(lambda: says(discord, channel, "✅"), 30)
    assert rule.used == 1
    assert len(clips(discord, channel)) == 1


@pytest.mark.slow
async def test_a_clip_that_discord_finds_too_large_is_made_smaller(discord, channel, ada, bot):
    discord.fail("POST", rf"/channels/{channel.id}/messages$", TooLarge())
    await discord.slash(ada, channel, "animate", image=cat(), **QUICK)
    await one_clip(discord, channel)
    assert len(clips(discord, channel)) == 1


@pytest.mark.slow
async def test_discord_away_for_a_while_delays_a_clip_and_loses_nothing(discord, channel, ada, bot):
    discord.fail("POST", rf"/channels/{channel.id}/messages$", Status(503), times=3)
    await discord.slash(ada, channel, "animate", image=cat(), **QUICK)
    await one_clip(discord, channel)
    assert len(clips(discord, channel)) == 1


@pytest.mark.slow
async def test_a_download_cut_short_is_refused_in_private_and_nothing_is_queued(
    discord, channel, ada, bot, tmp_path
):
    asked = await discord.slash(ada, channel, "animate", image=cat(fault=Truncated(100)), **QUICK)
    await discord.wait_for(lambda: asked.followups, 30)
    assert asked.followups[-1].ephemeral
    assert discord.messages(channel) == []
    rows = sqlite3.connect(f"file:{tmp_path}/data/framekiln.db?mode=ro", uri=True)
    assert rows.execute("SELECT count(*) FROM job").fetchone() == (0,)
    rows.close()


@pytest.mark.slow
async def test_a_cut_gateway_is_resumed_and_commands_work_again(discord, channel, ada, bot):
    await discord.cut_gateway(code=4000, resumable=True)
    await discord.connected(30)
    await discord.slash(ada, channel, "text2video", prompt="rain", **QUICK)
    await one_clip(discord, channel)


@pytest.mark.slow
async def test_sigterm_puts_the_running_job_back_and_ends_within_ten_seconds(discord, channel, ada, tmp_path):
    env = {**ENV, "FRAMEKILN_STOP_GRACE": "0"}
    async with BotProcess(discord, tmp_path / "data", env=env) as bot:
        await bot.wait_ready()
        await commands_known(discord)
        await discord.slash(ada, channel, "animate", image=cat(), quality="best", length="long")
        await discord.wait_for(lambda: says(discord, channel, "🎨"), CLIP_SECONDS)
        bot.terminate()
        assert await bot.wait(10) == 0
        rows = sqlite3.connect(tmp_path / "data" / "framekiln.db")
        assert rows.execute("SELECT state, crashes FROM job").fetchall() == [("queued", 0)]
        rows.close()


@pytest.mark.slow
async def test_buttons_of_before_a_restart_still_work(discord, channel, ada, bot):
    await discord.slash(ada, channel, "animate", image=cat(), seed=5, **QUICK)
    clip = await one_clip(discord, channel)
    bot.terminate()
    await bot.wait(15)
    await bot.start()
    await bot.wait_ready()

    card = await discord.click(ada, clip, "Recipe")
    await card.answered(5)
    assert "seed `5`" in card.response.message.content
    assert card.response.message.ephemeral

    form = await discord.click(ada, clip, "Remix")
    await form.answered(5)
    bot.terminate()
    await bot.wait(15)
    await bot.start()
    await bot.wait_ready()
    await discord.submit_modal(ada, form, {"fk:prompt": "in the snow"})
    remixed = await one_clip(discord, channel, 2)
    assert "in the snow" in remixed.content

    eve = discord.member("eve")
    refused = await discord.click(eve, clip, "Delete")
    await refused.answered(5)
    assert not clip.deleted
    await discord.click(ada, clip, "Delete")
    await discord.wait_for(lambda: clip.deleted, 10)


@pytest.mark.slow
async def test_a_clip_is_gone_on_with_and_looped_after_a_restart(discord, channel, ada, bot, tmp_path):
    await discord.slash(ada, channel, "animate", image=cat(), **QUICK)
    clip = await one_clip(discord, channel)
    bot.terminate()
    await bot.wait(15)
    await bot.start()
    await bot.wait_ready()

    await discord.click(ada, clip, "Extend")
    longer = await one_clip(discord, channel, 2)
    await discord.click(ada, longer, "Loop")
    loop = await one_clip(discord, channel, 3)
    told = [(message.content, _frames_of(message, tmp_path)) for message in (clip, longer, loop)]
    assert [count for _, count in told[:2]] == [48, 95], told
    assert "4.0 s" in told[1][0]
    assert "1 take" not in told[2][0], "nothing is drawn for a loop"


def _frames_of(message, tmp_path):
    file = tmp_path / "posted.mp4"
    file.write_bytes(message.attachments[0].data)
    return len(read_clip(file).frames)


@pytest.mark.slow
async def test_moderators_run_the_queue_and_members_do_not(discord, channel, ada, bot):
    mod = discord.member("mod", permissions=Permission.MANAGE_GUILD)
    paused = await discord.slash(mod, channel, "queue pause", reason="dinner")
    await paused.answered(5)
    asked = await discord.slash(ada, channel, "animate", image=cat(), **QUICK)
    await discord.wait_for(lambda: says(discord, channel, "paused"), 20)

    stranger = discord.member("stranger", permissions=Permission.MANAGE_GUILD)
    stranger_refused = await discord.slash(stranger, channel, "queue show")
    await stranger_refused.answered(5)
    assert "1 queued" in stranger_refused.response.message.content

    status = asked.messages[0]
    cancelled = await discord.click(ada, status, "Cancel")
    await cancelled.answered(5)
    await discord.wait_for(lambda: says(discord, channel, "Cancelled"), 20)
    resumed = await discord.slash(mod, channel, "queue resume")
    await resumed.answered(5)
    assert clips(discord, channel) == []


@pytest.mark.slow
async def test_logs_hold_neither_the_token_nor_the_prompt(discord, channel, ada, bot):
    await discord.slash(ada, channel, "text2video", prompt="a very secret canary", **QUICK)
    await one_clip(discord, channel)
    bot.terminate()
    await bot.wait(15)
    assert discord.token not in bot.output
    assert "canary" not in bot.output.replace(discord.token, "")


async def test_a_second_bot_on_the_same_folder_is_turned_away(discord, bot, tmp_path):
    second = BotProcess(discord, tmp_path / "data", env=ENV)
    async with second:
        assert await second.wait(20) == 1
    assert "another bot is using" in second.output


async def test_a_wrong_token_ends_the_start_with_one_clear_line(discord, tmp_path):
    async with BotProcess(discord, tmp_path / "data", token="wrong") as bot:
        assert await bot.wait(20) == 1
    assert bot.output.strip().splitlines()[-1].startswith("Discord does not know this token")
    assert "Traceback" not in bot.output


async def test_a_second_signal_ends_it_at_once(discord, channel, ada, tmp_path):
    async with BotProcess(discord, tmp_path / "data", env={**ENV, "FRAMEKILN_STOP_GRACE": "60"}) as bot:
        await bot.wait_ready()
        await commands_known(discord)
        await discord.slash(ada, channel, "animate", image=cat(), quality="best", length="long")
        await discord.wait_for(lambda: says(discord, channel, "🎨"), CLIP_SECONDS)
        bot.terminate()
        await asyncio.sleep(0.5)
        bot._signal(signal.SIGTERM)
        assert await bot.wait(5) == 130
