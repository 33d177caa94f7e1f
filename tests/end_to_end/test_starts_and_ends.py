"""The real program started, ended, killed and started again."""

from __future__ import annotations

import asyncio
import signal
import sqlite3

import pytest

from engine.clips.read_clip import read_clip
from tests.end_to_end.whole_bot import (
    CLIP_SECONDS,
    ENV,
    QUICK,
    UNHURRIED,
    cat,
    clips,
    commands_known,
    one_clip,
    says,
)
from tests.fake_discord.process import BotProcess


@pytest.mark.slow
async def test_killed_in_the_middle_it_starts_again_and_posts_exactly_one_clip(discord, channel, ada, bot):
    await discord.slash(ada, channel, "animate", image=cat(), **UNHURRIED)
    await discord.wait_for(lambda: says(discord, channel, "🎨"), CLIP_SECONDS)
    await bot.kill9()

    await bot.start()
    await bot.wait_ready()
    await one_clip(discord, channel)
    await asyncio.sleep(2)
    assert len(clips(discord, channel)) == 1


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
async def test_buttons_and_a_form_of_before_a_restart_still_work(discord, channel, ada, bot):
    await discord.slash(ada, channel, "animate", image=cat(), seed=5, **QUICK)
    clip = await one_clip(discord, channel)
    form = await discord.click(ada, clip, "Remix")
    await form.answered()
    bot.terminate()
    await bot.wait(15)
    await bot.start()
    await bot.wait_ready()

    card = await discord.click(ada, clip, "Recipe")
    await card.answered()
    assert "seed `5`" in card.response.message.content
    assert card.response.message.ephemeral

    await discord.submit_modal(ada, form, {"fk:prompt": "in the snow"})
    remixed = await one_clip(discord, channel, 2)
    assert "in the snow" in remixed.content

    eve = discord.member("eve")
    refused = await discord.click(eve, clip, "Delete")
    await refused.answered()
    assert not clip.deleted
    await discord.click(ada, clip, "Delete")
    await discord.wait_for(lambda: clip.deleted)


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
