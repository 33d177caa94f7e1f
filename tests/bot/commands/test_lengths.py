"""Discord itself refuses what is too long: every text that may be typed says how long it may be."""

from __future__ import annotations

import discord

from bot.requests.options import MAX_STYLES_TEXT
from tests.bot.commands.uses import commands


def texts(tree):
    return [
        (command, parameter)
        for command in commands(tree)
        for parameter in command.parameters
        if parameter.type is discord.AppCommandOptionType.string and not parameter.choices
    ]


async def test_every_text_option_says_how_long_it_may_be(bot):
    found = texts(bot.tree)
    assert len(found) > 10
    without = [
        f"{command.qualified_name} {parameter.name}"
        for command, parameter in found
        if not parameter.max_value
    ]
    assert without == []


async def test_words_are_as_long_as_the_owner_lets_them_be(bot, app):
    lengths = {
        (command.name, parameter.name): parameter.max_value
        for command, parameter in texts(bot.tree)
        if command.name in {"animate", "text2video", "restyle"}
    }
    limit = app.settings.max_prompt
    assert lengths["animate", "prompt"] == lengths["text2video", "prompt"] == limit
    assert lengths["restyle", "negative"] == limit
    assert lengths["text2video", "style"] == MAX_STYLES_TEXT
