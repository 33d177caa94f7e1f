"""One use of every slash command: written here, or else made from the types of what it requires."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import discord
from discord import app_commands

from bot.app import App
from db.jobs.job import Job
from db.states import State
from engine.effects.effect_recipe import EffectRecipe
from tests.bot.fixtures import picture, queued
from tests.db.asking import audit_entry
from tests.fake_discord import Upload
from tests.fake_discord.people import Member
from tests.present import present

MIST = EffectRecipe(name="Mist", about="grey", look="old film", engine="camera").to_json().encode()

WHO, JOB = object(), object()
"""Stand for the member, and for the job, that a command is about."""


@dataclass(frozen=True, kw_only=True)
class Use:
    """One use of a command.

    Attributes:
        start: where its job stands before.
        says: part of what a moderator hears.
        action: what stands in the log; None: nothing.
        becomes: where the job stands after.
    """

    name: str
    options: dict[str, Any] = field(default_factory=dict)
    start: State = State.QUEUED
    says: str = ""
    action: str | None = None
    becomes: State | None = None


USES = (
    Use(name="show", says="1 queued"),
    Use(name="stats", says="The last 7 days"),
    Use(name="why", options={"job": JOB}, says="No takes of this clip were discarded"),
    Use(name="audit", says="the chain is intact"),
    Use(name="pause", options={"reason": "lunch"}, says="Paused", action="pause"),
    Use(name="drain", options={"reason": "closing"}, says="no new ones", action="drain"),
    Use(name="resume", says="Running again", action="resume"),
    Use(name="clear", says="Cancelled 1", action="clear", becomes=State.CANCELLED),
    Use(name="cancel", options={"job": JOB}, action="cancel", becomes=State.CANCELLED),
    Use(name="move", options={"job": JOB, "place": 1}, says="place 1", action="move"),
    Use(name="hold", options={"job": JOB, "reason": "odd"}, action="hold", becomes=State.HELD),
    Use(name="release", options={"job": JOB}, start=State.HELD, action="release", becomes=State.QUEUED),
    Use(name="retry", options={"job": JOB}, start=State.CANCELLED, action="retry", becomes=State.QUEUED),
    Use(
        name="quarantine",
        options={"job": JOB, "reason": "odd"},
        action="quarantine",
        becomes=State.QUARANTINED,
    ),
    Use(
        name="ban",
        options={"member": WHO, "reason": "spam"},
        says="can no longer use me here",
        action="ban",
        becomes=State.CANCELLED,
    ),
    Use(name="unban", options={"member": WHO}, says="can use me again", action="unban"),
    Use(name="limit show", says="default for each member: 3 waiting"),
    Use(name="limit set", options={"waiting": 5, "turn": "FIRST"}, says="5 waiting", action="limit"),
    Use(name="limit set", options={"whom": WHO, "day": 600}, says="600 s of drawing time", action="limit"),
    Use(name="review", says="no review channel is set"),
    Use(name="review", options={"new_members": 3}, says="3 days", action="review"),
    Use(name="services", says="uses no service"),
    Use(name="words add", options={"word": "Gr0mpf"}, says="grompf", action="word add"),
    Use(name="words allow", options={"word": "nude"}, says="nude", action="word allow"),
    Use(
        name="words remove",
        options={"word": "nude"},
        says="no longer on this server's lists",
        action="word remove",
    ),
    Use(name="words list", says="grompf"),
    Use(name="showcase now", says="no showcase"),
    Use(name="showcase off", says="no showcase"),
    Use(name="showcase contest-end", says="no contest"),
    Use(name="effects list", says="no effects of its own"),
    Use(name="effects rename", options={"effect": "Old film", "name": "New film"}, says="comes with me"),
    Use(name="effects remove", options={"effect": "Old film"}, says="comes with me"),
    Use(name="effects share", options={"effect": "Old film"}, says="as a file"),
    Use(
        name="effects import",
        options={"file": Upload("mist.framekiln-effect", MIST)},
        says="everybody here can use",
        action="effect add",
    ),
    Use(name="limit clear", says="Done", action="limit clear"),
)
"""Commands of moderators, after ``/queue``. What is not here is used with what it requires, and no more."""

BY_NAME = {use.name: use for use in USES}

MEMBERS_USES: dict[str, dict[str, Any]] = {
    "animate": {"image": Upload("lake.png", picture())},
    "text2video": {"prompt": "a red boat"},
    "restyle": {"video": Upload("clip.mp4", b"no clip"), "prompt": "in ink"},
    "effect": {"effect": "Old film", "image": Upload("lake.png", picture())},
    "replay": {"file": Upload("clip.mp4", b"no clip")},
    "jobs": {},
    "mydata export": {},
    "mydata erase": {},
    "mydata pictures": {"others": "forbid"},
    "mydata services": {"send": "allow"},
}
"""What commands of members are given. What is not here gets what it requires."""


def commands(tree: app_commands.CommandTree[Any]) -> list[app_commands.Command[Any, ..., Any]]:
    """Every slash command that can be given, groups' own commands included."""
    return [command for command in tree.walk_commands() if isinstance(command, app_commands.Command)]


def filled(command: app_commands.Command[Any, ..., Any]) -> dict[str, Any]:
    """The options that a command requires, each with a value of its type."""
    return {parameter.name: _value(parameter) for parameter in command.parameters if parameter.required}


def _value(parameter: app_commands.Parameter) -> Any:
    if parameter.choices:
        return parameter.choices[0].value
    kinds = discord.AppCommandOptionType
    if parameter.type in {kinds.user, kinds.mentionable}:
        return WHO
    if parameter.type is kinds.string:
        shortest, longest = int(parameter.min_value or 1), int(parameter.max_value or 100)
        return JOB if parameter.name == "job" else "a red boat".ljust(shortest, "s")[:longest]
    least = 1 if parameter.min_value is None else parameter.min_value
    plain = {
        kinds.integer: int(least),
        kinds.number: float(least),
        kinds.boolean: True,
        kinds.attachment: Upload("lake.png", picture()),
    }
    assert parameter.type in plain, f"give the command with {parameter.name} a use in {__name__}"
    return plain[parameter.type]


def uses_of_moderators(tree: app_commands.CommandTree[Any]) -> list[Use]:
    """The uses above, and one of each command of moderators that has none there."""
    names = {command.qualified_name: command for command in commands(tree)}
    others = {
        name.removeprefix("queue "): command for name, command in names.items() if name.startswith("queue ")
    }
    others = {name: command for name, command in others.items() if name not in BY_NAME}
    return [*USES, *(Use(name=name, options=filled(command)) for name, command in others.items())]


def every_use(tree: app_commands.CommandTree[Any]) -> dict[str, tuple[dict[str, Any], State]]:
    """What every command is given, by its full name, and where its job stands before."""
    found = {f"queue {use.name}": (use.options, use.start) for use in uses_of_moderators(tree)}
    for command in commands(tree):
        name = command.qualified_name
        if name not in found:
            given = MEMBERS_USES[name] if name in MEMBERS_USES else filled(command)
            found[name] = (given, State.DELIVERED)
    return found


def options(use: Use, job: Job, member: Member) -> dict[str, Any]:
    meant = {JOB: job.id, WHO: member}
    return {name: meant.get(value, value) for name, value in use.options.items()}


async def brought(app: App, member: Member, state: State) -> Job:
    """A job of the member that stands in this state."""
    job = await queued(app.queue, member.id, member.guild.id)
    if state is State.HELD:
        await app.queue.delivery.hold(job.id, "a look")
    elif state is State.CANCELLED:
        await app.queue.claims.cancel(job.id)
    return present(await app.queue.jobs.get(job.id))


async def ready_for(use: Use, app: App, member: Member) -> Job:
    """Nothing of the last use is left, and this one's finds what it is about."""
    guild = member.guild.id
    done = audit_entry("tidy up", guild=guild)
    await app.queue.moderation.resume(done)
    await app.queue.moderation.clear(done)
    await app.queue.moderation.unban(guild, member.id)
    job = await brought(app, member, use.start)
    if use.name == "unban":
        await app.queue.moderation.ban(guild, member.id, by=1, reason="spam")
    elif use.name == "resume":
        await app.queue.moderation.pause(done)
    return job
