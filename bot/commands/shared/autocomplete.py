"""The lists that open while a member types: what this machine has, and what each quality costs in time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Mapping
from typing import Any

from discord import app_commands

from bot.app import App
from bot.discord_io.interactions import Interaction
from bot.discord_io.whereabouts import guild_of
from bot.requests import style_names
from bot.requests.options import SMOOTH, seconds_of
from bot.seats import lane_of
from bot.text import messages
from bot.text.wording import CHOICE, translated
from engine.core.errors import UserError
from engine.core.recipe import Kind, Quality, Recipe
from engine.core.request import AUTO, SECONDS, Length, Request, Subject
from engine.families import families_of
from engine.planning.choice import engines_for
from engine.planning.plan import plan

Choices = list[app_commands.Choice[str]]
Lister = Callable[[App, Interaction, Kind, str], Awaitable[Choices]]

MOST = 25
LONGEST = 100
"""Discord's limits of a list, and of each of its names and values."""

LOOKED_AT = 100
"""Of a member's requests, for the words of the last ones."""

LIST_SECONDS = 2.0
"""Discord waits three seconds for a list. Right after a start the engine process may not know its GPU yet."""

PICTURE = Subject(sha256="", width=1600, height=900)
CLIP = Subject(sha256="", width=1600, height=900, seconds=SECONDS[Length.NORMAL])
"""Files of the usual shape and length, for an estimate before there are any."""


def complete(
    command: app_commands.Command[Any, ..., None],
    app: App,
    kind: Kind,
    *,
    leave_out: Collection[str] = (),
) -> None:
    """Let a command's options open their lists, as far as it has them.

    Args:
        command: whose options.
        app: the bot's parts.
        kind: what it asks for.
        leave_out: options that have choices of their own.
    """
    lists = LISTS.keys() - set(leave_out) - (set() if kind is Kind.TEXT2VIDEO else {"prompt"})
    for option in {parameter.name for parameter in command.parameters} & lists:
        command.autocomplete(option)(_within_time(LISTS[option], app, kind))


def _within_time(
    lister: Lister, app: App, kind: Kind
) -> Callable[[Interaction, str], Coroutine[Any, Any, Choices]]:
    async def choices(interaction: Interaction, current: str) -> Choices:
        try:
            async with asyncio.timeout(LIST_SECONDS):
                return await lister(app, interaction, kind, current.strip().lower())
        except TimeoutError:
            return []

    return choices


async def _qualities(app: App, interaction: Interaction, kind: Kind, typed: str) -> Choices:
    """The qualities that start with what was typed, in English or as shown, each with the wait now."""
    capabilities = await app.submissions.capabilities()
    choices = []
    for quality in Quality:
        if any(name.lower().startswith(typed) for name in (quality, translated(quality, CHOICE))):
            request = _so_far(app, interaction, kind, quality)
            subject = PICTURE if kind is Kind.ANIMATE else None
            reference = CLIP if kind is Kind.RESTYLE else None
            try:
                recipe = plan(
                    request,
                    subject,
                    reference=reference,
                    capabilities=capabilities,
                    limits=app.submissions.rules.plan,
                )
            except UserError:
                return []  # the command itself will say why
            wait = await app.forecaster.for_new(
                recipe.profile,
                guild_of(interaction),
                interaction.user.id,
                lane=lane_of(recipe, families_of(capabilities)),
                engine=recipe.engine,
            )
            name = messages.quality_choice(quality.value, wait)
            choices.append(app_commands.Choice(name=name[:LONGEST], value=quality.value))
    return choices


def _so_far(app: App, interaction: Interaction, kind: Kind, quality: Quality) -> Request:
    """What has been chosen. Discord sends the other options as they stand, finished or not."""
    told = interaction.namespace
    try:
        seconds = seconds_of(getattr(told, "length", None))
        engine = app.submissions.engine_for(kind, getattr(told, "engine", None))
    except UserError:
        seconds, engine = None, app.submissions.engine_for(kind)
    smooth = getattr(told, "smooth", None)
    fps = next((float(rate) for rate in SMOOTH if rate == smooth), None)
    return Request(kind=kind, quality=quality, seconds=seconds, fps=fps, engine=engine)


async def _engines(app: App, interaction: Interaction, kind: Kind, typed: str) -> Choices:
    """What can draw this kind here, each with what it is."""
    del interaction
    chosen = app.submissions.engine_for(kind)
    capabilities = await app.submissions.capabilities()
    families = families_of(capabilities)
    if chosen != AUTO:
        return _listed([(messages.engine_choice(chosen, families[chosen].about), chosen)], typed)
    here = [families[name] for name in engines_for(capabilities)]
    lines = [
        (messages.engine_choice(spec.name, spec.about), spec.name) for spec in here if kind in spec.kinds
    ]
    return _listed([(str(messages.ANY_ENGINE), AUTO), *lines], typed)


async def _models(app: App, interaction: Interaction, kind: Kind, typed: str) -> Choices:
    """The models that may be chosen for this kind."""
    del interaction
    return _listed(
        ((name, name) for name in style_names.models_here(await app.submissions.capabilities(), kind)),
        typed,
    )


async def _styles(app: App, interaction: Interaction, kind: Kind, typed: str) -> Choices:
    """The owner's styles; after a comma, those that can still be added."""
    del interaction, kind
    before, comma, last = typed.rpartition(",")
    taken = {part.split(":")[0].strip() for part in before.split(",")}
    there_are = (
        name
        for name in style_names.styles_here(await app.submissions.capabilities())
        if name.lower() not in taken
    )
    lead = f"{before}{comma} " if comma else ""
    return _listed(((lead + name, lead + name) for name in there_are), lead + last.strip())


async def _prompts(app: App, interaction: Interaction, kind: Kind, typed: str) -> Choices:
    """What this member asked for lately, the newest first. Nobody else sees it; an erase takes it away."""
    known = await app.queue.jobs.recipes_of(interaction.user.id, kind, LOOKED_AT)
    prompts = dict.fromkeys(" ".join(Recipe.from_json(recipe).prompt.split()) for recipe in known)
    return _listed(((prompt, prompt) for prompt in prompts if prompt), typed)


def _listed(lines: Iterable[tuple[str, str]], typed: str) -> Choices:
    """Those of the lines (name, value) that hold what was typed, as many as Discord shows."""
    found = [(name, value) for name, value in lines if typed in name.lower() and len(value) <= LONGEST]
    return [app_commands.Choice(name=name[:LONGEST], value=value) for name, value in found[:MOST]]


LISTS: Mapping[str, Lister] = {
    "prompt": _prompts,
    "quality": _qualities,
    "engine": _engines,
    "model": _models,
    "style": _styles,
}
