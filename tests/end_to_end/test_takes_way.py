"""Drafts to choose from; the real program is killed while they are drawn, shown, and when one is chosen."""

from __future__ import annotations

import asyncio

import pytest

from bot.text import messages, private_texts, take_texts
from tests.end_to_end.whole_bot import CLIP_SECONDS, QUICK, cat, clips, says


def with_files(discord, channel, count):
    return [each for each in clips(discord, channel) if len(each.attachments) == count]


async def again(bot):
    await bot.kill9()
    await bot.start()
    await bot.wait_ready()


@pytest.mark.slow
async def test_killed_at_each_step_the_drafts_are_shown_once_and_one_clip_is_posted(
    discord, channel, ada, bot
):
    await discord.slash(ada, channel, "animate", image=cat(), takes=2, **QUICK)
    await discord.wait_for(lambda: says(discord, channel, "drawing drafts"), CLIP_SECONDS)
    await asyncio.sleep(1.5)
    await again(bot)

    await discord.wait_for(lambda: with_files(discord, channel, 2), 2 * CLIP_SECONDS)
    await again(bot)

    [shown] = with_files(discord, channel, 2)
    said = messages.STARTING
    while said == messages.STARTING:  # the bot looks for the message that its last life posted
        said = (await (await discord.click(ada, shown, "Finish 2")).shown()).content
        await asyncio.sleep(0.3)
    assert said == take_texts.chosen(2)
    await again(bot)

    await discord.wait_for(lambda: with_files(discord, channel, 1), CLIP_SECONDS)
    await asyncio.sleep(2)
    assert [len(each.attachments) for each in clips(discord, channel)] == [1]


@pytest.mark.slow
async def test_killed_after_private_drafts_were_shown_their_member_chooses_and_the_channel_sees_nothing(
    discord, channel, ada, bot
):
    said = await discord.slash(ada, channel, "animate", image=cat(), takes=2, private=True, **QUICK)
    await discord.wait_for(
        lambda: said.message is not None and len(said.message.attachments) == 2, CLIP_SECONDS
    )
    await again(bot)
    text = ""
    while str(private_texts.COMES_HERE) not in text:  # the row may be late by as long as the bot starts
        await (await discord.click(ada, said.message, "Finish 2")).answered()
        await asyncio.sleep(0.3)
        text = said.message.content
    await again(bot)
    await discord.wait_for(lambda: len(said.message.attachments) == 1, CLIP_SECONDS)
    assert [each for each in discord.messages(channel) if not each.ephemeral] == []
    assert ada.user.id not in discord.world.direct
