"""Whoever uses the bot is recognised before anything is done for them, however they use it.

That is how a ban finds a member again who had been erased. Only asking about one's own data is no use.
"""

from __future__ import annotations

import asyncio

import discord
import pytest

from bot.buttons import rows
from bot.buttons.button import Button
from bot.clips.choose_effect import UseEffect
from bot.clips.contest import OpenBallot, OpenEntry
from bot.clips.remakes import Reroll
from bot.commands.mydata import MY_DATA
from bot.discord_io.post import Post
from bot.guide.page import ShowTopic, TryTopic
from bot.moderation.case_buttons import case_buttons
from bot.privacy.rights import ErasureButton
from bot.requests.choose_words import OtherWords, UseMine, UseTheirs
from bot.text import messages
from db.states import JobId
from tests.bot.commands.uses import JOB, WHO, commands, every_use
from tests.bot.fixtures import picture, queued
from tests.fake_discord import Upload
from tests.until import until

NO_JOB = JobId("0123456789abcdef")


class Noticed(Exception):
    """Raised in place of recognising somebody, so that what would come after it does not happen."""


@pytest.fixture
def noticed(app, monkeypatch):
    """Who was to be recognised."""
    found = []

    async def recognise(user_id):
        found.append(user_id)
        raise Noticed

    monkeypatch.setattr(app.rights, "recognise", recognise)
    return found


async def sign(app, channel, *buttons):
    view = discord.ui.View(timeout=None)
    for button in buttons:
        view.add_item(button)
    view.stop()
    post = Post(content="a sign", nonce=f"sign {buttons[0].custom_id}"[:25], view=view)
    return channel.messages[await app.messenger.send(channel.id, post)]


async def is_an_error(asked):
    return "Error id" in (await asked.shown()).content


async def test_every_command(fake, channel, ada, bot, noticed):
    meant = {id(JOB): NO_JOB, id(WHO): ada}
    names = [name for name in every_use(bot.tree) if not name.startswith(MY_DATA)]
    for name in names:
        options, _ = every_use(bot.tree)[name]
        given = {option: meant.get(id(value), value) for option, value in options.items()}
        assert await is_an_error(await fake.slash(ada, channel, name, **given)), name
    assert noticed == [ada.id] * len(names)


async def test_every_menu(fake, channel, ada, bot, noticed):
    posted = fake.world.member_says(ada, channel, "look", Upload("lake.png", picture()))
    targets = {discord.AppCommandType.message: posted, discord.AppCommandType.user: ada}
    menus = [(menu, target) for kind, target in targets.items() for menu in bot.tree.get_commands(type=kind)]
    for menu, target in menus:
        assert await is_an_error(await fake.context_menu(ada, channel, menu.name, target)), menu.name
    assert noticed == [ada.id] * len(menus)
    assert menus


async def test_every_list_that_opens_while_a_member_types(fake, channel, ada, bot, noticed):
    lists = [
        (command, option)
        for command in commands(bot.tree)
        for option in command.parameters
        if option.autocomplete
    ]
    for number, (command, option) in enumerate(lists, 1):
        typed = await fake.autocomplete(ada, channel, command.qualified_name, option.name, "")
        await fake.wait_for(lambda number=number: len(noticed) == number)
        assert typed.choices is None
    assert noticed == [ada.id] * len(lists)
    assert lists


async def test_every_button(fake, channel, ada, bot, app, noticed):
    made: list[Button] = [kind(NO_JOB) for kind in rows.job_buttons()]
    made += [*(kind(1, NO_JOB) for kind in case_buttons()), UseEffect(1, "Glitch")]
    made += [OpenEntry(), OpenBallot(), UseTheirs(1), UseMine(1), OtherWords(1)]
    made += [ShowTopic("picture"), TryTopic("picture")]
    assert len(made) == len([kind for kind in rows.buttons() if not issubclass(kind, ErasureButton)])
    for button in made:
        message = await sign(app, channel, button)
        assert await is_an_error(await fake.click(ada, message, button.custom_id)), button.custom_id
    assert noticed == [ada.id] * len(made)


async def test_every_form(fake, channel, ada, bot, app, noticed):
    for form in rows.forms():
        words = {"type": 4, "custom_id": form.field, "id": 2, "required": True}
        modal = {
            "custom_id": form.id_for(job=NO_JOB, round=1),
            "components": [{"type": 18, "id": 1, "component": words}],
        }
        source = await sign(app, channel, Reroll(NO_JOB))
        shown = type("Shown", (), {"modal": modal, "channel": channel, "source": source})
        assert await is_an_error(await fake.submit_modal(ada, shown, {form.field: "a blue boat"})), form
    assert noticed == [ada.id] * len(rows.forms())


async def test_a_member_who_asks_about_their_own_data_stays_unknown(fake, channel, ada, bot, app, noticed):
    for name, (options, _) in every_use(bot.tree).items():
        if name.startswith(MY_DATA):
            assert not await is_an_error(await fake.slash(ada, channel, name, **options))
    question = await (await fake.slash(ada, channel, f"{MY_DATA} erase")).shown()
    await (await fake.click(ada, question, "fk:mydata:keep")).answered()
    assert noticed == []


async def test_a_ban_finds_an_erased_member_who_presses_a_button(fake, channel, ada, bot, app):
    await app.queue.moderation.ban(channel.guild.id, ada.id, by=9, reason="spam")
    erasing = asyncio.create_task(app.erasing.loop.run())
    await app.erasing.ask(ada.id, messages=False, interaction=1, token="none")
    app.erasing.answered(ada.id)

    async def unknown():
        return await app.rights._personal.known(ada.id) == {}

    await until(unknown)
    erasing.cancel()
    job = await queued(app.queue, 77, channel.guild.id, channel_id=channel.id)
    message = await sign(app, channel, Reroll(job.id))
    asked = await fake.click(ada, message, Reroll.id_for(job.id))
    assert (await asked.shown()).content == messages.BANNED
