"""A command of Discord that asks for a clip, made from its description."""

from __future__ import annotations

import inspect
from typing import Any

import discord
from discord import app_commands

from bot.commands.shared.autocomplete import complete
from bot.commands.shared.offering import offered
from bot.discord_io.door import SLOT, Slot
from bot.discord_io.interactions import Interaction, guild_of, say
from bot.requests.options import PRIVATE, TAKES, ClipCommand, Option, files_of
from bot.services import Services
from bot.text.foreign import refusal
from engine.core.errors import UserError


def add_clip_command(tree: app_commands.CommandTree[Any], services: Services, described: ClipCommand) -> None:
    """Add a command with the options that are described, their choices, and the lists that open.

    discord.py reads a command's options off the signature of its function, so that is made here.
    """

    async def ask(interaction: Interaction, **given: Any) -> None:
        files = files_of(described, given)
        values = {option.name: given[option.name] for option in described.options if option.role is None}
        given_to_it = await services.preferring.added(
            guild_of(interaction), interaction.user.id, described, values
        )
        try:
            request = services.submissions.request_for(described, given_to_it.values, files)
            wished = services.submissions.request_for(described, given_to_it.together, files)
        except UserError as error:
            await say(interaction, refusal(error))
            return
        await services.submissions.ask(
            interaction,
            request,
            files,
            wished=(wished, given_to_it) if given_to_it.defaults else None,
            takes=given.get(TAKES.name) or 0,
            private=bool(given.get(PRIVATE.name)),
        )

    every = (*described.options, *described.asking)
    longest = services.settings.max_prompt
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
    tree.add_command(offered(command, services.settings))
    complete(command, services, described.kind)


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
