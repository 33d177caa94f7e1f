"""The real program, asked where the bot is not: its answer becomes the clip, whatever happens meanwhile."""

from __future__ import annotations

import pytest

from tests.end_to_end.whole_bot import CLIP_SECONDS, QUICK, a_bot, cat

ENV = {"FRAMEKILN_DIRECT_MESSAGES": "anyone"}


@pytest.mark.slow
async def test_killed_after_it_answered_a_group_it_starts_again_and_the_answer_becomes_the_clip(
    discord, tmp_path
):
    trudy = discord.installs(discord.member("trudy", discord.guild("Without the bot", has_bot=False)))
    group = discord.group_channel()
    async with a_bot(discord, tmp_path / "data", ENV) as bot:
        said = await discord.slash(trudy, group, "animate", image=cat(), **QUICK)
        answer = await said.shown()
        await bot.kill9()
        await bot.start()
        await bot.wait_ready()
        await discord.wait_for(lambda: answer.attachments, CLIP_SECONDS)
    assert discord.messages(group) == [answer]
    assert discord.world.direct == {}
