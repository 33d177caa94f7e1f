"""The real program speaks the language of whom it speaks to, before and after a restart."""

from __future__ import annotations

import json

import pytest

from tests.end_to_end.whole_bot import CLIP_SECONDS, UNHURRIED, cat, one_clip, says


@pytest.mark.slow
async def test_a_german_member_reads_german_in_answers_status_and_clip_after_a_restart_too(
    discord, channel, bot
):
    anna = discord.member("anna", locale="de")
    eve = discord.member("eve", locale="en-GB")
    await discord.slash(anna, channel, "animate", image=cat(), **UNHURRIED)
    await discord.wait_for(lambda: says(discord, channel, "🎨"), CLIP_SECONDS)
    assert says(discord, channel, "**Ein Bild wird animiert**")
    await bot.kill9()

    await bot.start()
    await bot.wait_ready()
    clip = await one_clip(discord, channel)
    assert "KI-generiert" in clip.content
    assert "AI-generated" not in clip.content
    assert "Neu würfeln" in json.dumps(clip.components, ensure_ascii=False)
    said = [version.content for message in discord.messages(channel) for version in message.history]
    assert not [text for text in said if "Animating a picture" in text]

    own = await discord.click(anna, clip, "Mehr…")
    await own.answered()
    assert own.response.message.content == "Was mit diesem Clip noch geht:"
    others = await discord.click(eve, clip, "Mehr…")
    await others.answered()
    assert others.response.message.content == "What else can be done with this clip:"

    told = {command["name"]: command for known in discord.world.commands.values() for command in known}
    names = told["animate"]["name_localizations"]
    assert names["de"] == "animieren"
    assert "en-GB" not in names
    options = {option["name"]: option for option in told["animate"]["options"]}
    assert options["camera"]["name_localizations"]["de"] == "kamera"
