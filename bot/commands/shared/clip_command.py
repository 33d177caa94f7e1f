"""A command of Discord that asks for a clip, made from its description."""

from __future__ import annotations

import inspect
from typing import Any

import discord
from discord import app_commands

from bot.app import App
from bot.commands.shared.autocomplete import complete
from bot.commands.shared.offering import offered
from bot.discord_io.door import SLOT, Slot
from bot.discord_io.interactions import Interaction
from bot.requests.choose_words import propose_words
from bot.requests.command_request import Commanded
from bot.requests.options import ENGINE, HELP, PRIVATE, TAKES, ClipCommand, Option, files_of
from bot.text import messages
from bot.text.wording import CHOICE, translated
from engine.core.request import AUTO


def add_clip_command(tree: app_commands.CommandTree[Any], app: App, described: ClipCommand) -> None:
    """Add a command with the options that are described, their choices, and the lists that open.

    discord.py reads a command's options off the signature of its function, so that is made here.
    """

    async def ask(interaction: Interaction, **given: Any) -> None:
        asked = Commanded(
            command=described,
            values={
                option.name: _in_english(option, given[option.name])
                for option in described.options
                if option.role is None
            },
            files=files_of(described, given),
            takes=given.get(TAKES.name) or 0,
            private=bool(given.get(PRIVATE.name)),
        )
        if given.get(HELP.name):
            await propose_words(interaction, asked)
        else:
            await asked.submit(interaction)

    asking = [option for option in described.asking if option is not HELP or app.word_help.on]
    every = (*described.options, *asking)
    longest = app.settings.max_prompt
    parameters = [parameter_of(option, longest=longest) for option in every]
    first = inspect.Parameter("interaction", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    ask.__signature__ = inspect.Signature([first, *parameters])  # type: ignore[attr-defined]
    command: app_commands.Command[Any, ..., None] = app_commands.Command(
        name=described.name, description=described.about, callback=ask, extras={SLOT: Slot.CLIP}
    )
    about = {option.name: app_commands.locale_str(option.description) for option in every}
    app_commands.describe(**about)(command)
    for option in every:
        if option.choices:
            shown = [
                app_commands.Choice(name=app_commands.locale_str(name), value=value)
                for value, name in option.choices.items()
            ]
            app_commands.choices(**{option.name: shown})(command)
    tree.add_command(offered(command, app.settings))
    complete(command, app, described.kind)


def _in_english(option: Option, value: Any) -> Any:
    """A value as it is in English, where it was typed as the member's own list shows it."""
    if not isinstance(value, str):
        return value
    shown: dict[str, str] = {}
    if option.words is not None:
        shown = {translated(word, CHOICE): word for word in option.words}
    elif option.name == ENGINE.name:
        shown = {str(messages.ANY_ENGINE): AUTO}
    meant = {_name_in(line): english for line, english in shown.items()}
    return meant.get(_name_in(value), value)


def _name_in(line: str) -> str:
    """What a line of a list is about, without what follows a dot."""
    return line.partition("·")[0].strip().casefold()


def parameter_of(option: Option, *, longest: int) -> inspect.Parameter:
    """Make the parameter of an option; ``longest`` characters are let through where it says nothing else."""
    kind: Any = option.kind
    if option.role is not None:
        kind = discord.Attachment
    elif option.most is not None:
        kind = app_commands.Range[option.kind, option.least, option.most]
    elif option.kind is str and not option.choices:
        kind = app_commands.Range[str, 1, option.longest or longest]
    return inspect.Parameter(
        option.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if option.required else None,
        annotation=kind if option.required else kind | None,
    )
