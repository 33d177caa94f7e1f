"""The page of ``/help``, which one member sees: in a container, or plainly where there is none."""

from __future__ import annotations

import asyncio
import io
import logging
import re
from typing import Any, Self

import discord

from bot.buttons.button import Button, Look
from bot.buttons.rows import view_of
from bot.config.choices import Containers
from bot.config.settings import Settings
from bot.discord_io.asker import asker_of
from bot.discord_io.containers import container, gallery, rows_of, words
from bot.discord_io.discord_errors import Trouble, trouble_of
from bot.discord_io.door import Manner, Slot
from bot.discord_io.interactions import Interaction, say
from bot.discord_io.permissions import is_moderator
from bot.discord_io.whereabouts import guild_of, spot_of
from bot.guide.topics import DRAFTS, EFFECT, PICTURE, PROMPT, TOPICS, Topic, topics_for
from bot.intake.attachment import Uploaded
from bot.requests.options import request_of
from bot.requests.server_effects import ServerEffects
from bot.requests.submission import Submissions, shows_drafts
from bot.text.foreign import refusal
from bot.text.help import help_texts
from bot.threaded_open import opened_in_thread
from engine.core.errors import UserError
from engine.core.recipe import Kind, Role

log = logging.getLogger(__name__)


class _HelpButton(Button):
    """A button of the help. Its ``custom_id`` names a topic."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        super().__init__(f"fk:{self.action}:{topic}")

    @classmethod
    def pattern(cls) -> str:
        """Match ``fk:<action>:<topic>``."""
        return f"fk:{cls.action}:(?P<topic>[a-z]{{1,20}})"

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """Make the button again from what a click brings back."""
        return cls(match["topic"])


class ShowTopic(_HelpButton):
    """Show one topic in the place of the one before."""

    action = "help"
    look = Look("Help", None)
    manner = Manner(outside=True)

    async def click(self, interaction: Interaction) -> None:
        """Show it, if this member may see it."""
        if self.topic not in _topics(interaction):
            await say(interaction, help_texts.NOT_HERE)
            return
        await show(interaction, self.topic)


class TryTopic(_HelpButton):
    """Ask for what the example shows, as if the member had typed it."""

    action = "try"
    look = Look("Try it", "▶️", discord.ButtonStyle.primary)
    manner = Manner(slot=Slot.CLIP, outside=True)

    async def click(self, interaction: Interaction) -> None:
        """Submit it: limits, words, reviews and the fair order don't know the difference."""
        topic = TOPICS.get(self.topic)
        if topic is None or not topic.tried or self.topic not in _topics(interaction):
            await say(interaction, help_texts.NOT_HERE)
            return
        try:
            await _submit(interaction, self.topic)
        except UserError as error:
            await say(interaction, refusal(error))


async def _submit(interaction: Interaction, topic: str) -> None:
    submissions = interaction.client.part(Submissions)
    if topic == "words":
        engine = submissions.engine_for(Kind.TEXT2VIDEO)
        await submissions.ask(interaction, request_of(Kind.TEXT2VIDEO, engine=engine, prompt=PROMPT))
        return
    with await opened_in_thread(PICTURE.open, "rb") as file:
        picture = Uploaded(file, PICTURE.stat().st_size)
        if topic == "effects":
            effects = interaction.client.part(ServerEffects)
            await effects.use(interaction, await effects.named(guild_of(interaction), EFFECT), picture)
            return
        request = request_of(Kind.ANIMATE, engine=submissions.engine_for(Kind.ANIMATE))
        takes = min(DRAFTS, submissions.rules.most_drafts) if topic == "takes" else 0
        await submissions.ask(interaction, request, {Role.PICTURE: picture}, takes=takes)


def _topics(interaction: Interaction) -> list[str]:
    settings = interaction.client.part(Settings)
    return topics_for(
        moderator=is_moderator(interaction, settings.moderator_roles),
        takes=settings.most_drafts > 1 and shows_drafts(asker_of(interaction)),
        effects=spot_of(interaction) is None,
    )


async def show(interaction: Interaction, topic: str | None = None) -> None:
    """Show a topic, or the start, to the member who asked and to nobody else.

    Args:
        interaction: the command, or a click on a page, which changes then.
        topic: one that they may see; None: the start.
    """
    names, page = _topics(interaction), None if topic is None else TOPICS[topic]
    before = interaction.message
    wanted = interaction.client.part(Settings).components_v2 is not Containers.OFF
    if wanted and (before is None or before.flags.components_v2):
        try:
            await _answer(interaction, {"view": _contained(names, topic, page)}, page)
        except discord.HTTPException as error:
            if trouble_of(error.status, error.code) is not Trouble.REFUSED or before is not None:
                raise
            log.warning("the help was not taken as a container, so it is shown plainly: %s", error)
        else:
            return
    text = help_texts.START if page is None else page.text
    plain = {"content": str(text), "view": view_of(_buttons(names, topic, page))}
    await _answer(interaction, plain, page)


async def _answer(interaction: Interaction, said: dict[str, Any], page: Topic | None) -> None:
    shown = () if page is None else page.shown
    data = [await asyncio.to_thread(one.path.read_bytes) for one in shown]
    files = [
        discord.File(io.BytesIO(each), filename=one.name, description=str(one.alt))
        for each, one in zip(data, shown, strict=True)
    ]
    if interaction.message is None:
        await interaction.response.send_message(**said, files=files, ephemeral=True)
    else:
        await interaction.response.edit_message(**said, attachments=files)


def _contained(names: list[str], topic: str | None, page: Topic | None) -> discord.ui.LayoutView:
    buttons = _buttons(names, topic, page)
    if page is None:
        return container(words(help_texts.START), *rows_of(buttons))
    tried, others = (buttons[:1], buttons[1:]) if page.tried else ([], buttons)
    shown = [gallery(*page.shown)] if page.shown else []
    return container(words(page.text), *shown, *rows_of(tried), *rows_of(others))


def _buttons(names: list[str], topic: str | None, page: Topic | None) -> list[_HelpButton]:
    """*Try it*, if the page has it, then the other topics."""
    tried: list[_HelpButton] = [TryTopic(topic)] if topic and page and page.tried else []
    others = []
    for name in names:
        button = ShowTopic(name)
        button.item.label = str(TOPICS[name].label)
        button.item.disabled = name == topic
        others.append(button)
    return [*tried, *others]
