"""Buttons that work after a restart: their ``custom_id`` carries an action and a job's id, never state.

A ``custom_id`` is public and can be replayed, so each click is checked as if it were the first.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from enum import StrEnum
from typing import Any, Self

import discord

from db.jobs.job import Job
from db.states import JobId, State
from engine.core.recipe import Recipe


class Action(StrEnum):
    """What a button does."""

    CANCEL = "cancel"
    WHY = "why"
    REROLL = "reroll"
    REMIX = "remix"
    RECIPE = "recipe"
    DELETE = "delete"
    LIGHTER = "lighter"
    KEEP = "keep"
    REDRAW = "redraw"
    EXTEND = "extend"
    LOOP = "loop"
    STAR = "star"
    DISCARDED = "discarded"
    REPORT = "report"
    STOP = "stop"


Handle = Callable[["discord.Interaction[Any]", Action, JobId], Awaitable[None]]

LOOKS: dict[Action, tuple[str | None, str, discord.ButtonStyle]] = {
    Action.CANCEL: ("Cancel", "✖️", discord.ButtonStyle.secondary),
    Action.WHY: ("Why?", "🕒", discord.ButtonStyle.secondary),
    Action.REROLL: ("Reroll", "🎲", discord.ButtonStyle.primary),
    Action.REMIX: ("Remix", "✏️", discord.ButtonStyle.secondary),
    Action.RECIPE: ("Recipe", "📜", discord.ButtonStyle.secondary),
    Action.DELETE: ("Delete", "🗑️", discord.ButtonStyle.danger),
    Action.LIGHTER: ("Try lighter", "🪶", discord.ButtonStyle.primary),
    Action.KEEP: ("Keep", "👍", discord.ButtonStyle.success),
    Action.REDRAW: ("Reroll", "🎲", discord.ButtonStyle.primary),
    Action.EXTEND: ("Extend", "⏩", discord.ButtonStyle.secondary),
    Action.LOOP: ("Loop", "🔁", discord.ButtonStyle.secondary),
    Action.STAR: (None, "⭐", discord.ButtonStyle.secondary),
    Action.DISCARDED: ("Why discarded?", "🔍", discord.ButtonStyle.secondary),
    Action.REPORT: ("Report", "🚩", discord.ButtonStyle.secondary),
    Action.STOP: ("Stop", "✖️", discord.ButtonStyle.secondary),
}

ON_CLIPS = (
    (Action.REROLL, Action.REMIX, Action.EXTEND, Action.LOOP, Action.STAR),
    (Action.RECIPE, Action.DELETE, Action.REPORT),
)
"""Under a finished clip, row by row; Discord's rows hold five."""

ON_LOOPS = ((Action.EXTEND, Action.STAR), (Action.RECIPE, Action.DELETE, Action.REPORT))
"""A loop is not drawn, so there is nothing to draw anew."""

ON_DRAFTS = (Action.KEEP, Action.REDRAW, Action.STOP)
"""Reroll means something else here: the job that runs is cancelled, and asked for again."""

LIGHTER_HELPS = frozenset({"E_MEMORY", "E_TOO_LARGE", "E_ENGINE"})
"""Failures that a smaller, quicker clip may well avoid."""


def custom_id(action: Action, job: JobId) -> str:
    """The name under which a click comes back."""
    return f"fk:{action}:{job}"


class JobButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"fk:(?P<action>[a-z]+):(?P<job>[0-9a-f]{16})",
):
    """A button that does something with a job. The client knows what, by its ``on_job_button``."""

    def __init__(self, action: Action, job: JobId, *, row: int | None = None) -> None:
        self.action = action
        self.job = job
        label, emoji, style = LOOKS[action]
        super().__init__(
            discord.ui.Button(
                label=label, emoji=emoji, style=style, custom_id=custom_id(action, job), row=row
            )
        )

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],
        item: discord.ui.Item[Any],
        match: re.Match[str],
        /,
    ) -> Self:
        """Make the button again from what a click brings back."""
        del interaction, item
        return cls(Action(match["action"]), JobId(match["job"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Pass the click on."""
        handle: Handle = interaction.client.on_job_button
        await handle(interaction, self.action, self.job)


def row(job: Job, *actions: Action) -> discord.ui.View:
    """A row of buttons for a job."""
    return rows(job, actions)


def rows(job: Job, *lines: Iterable[Action]) -> discord.ui.View:
    """Rows of buttons for a job.

    The view is stopped at once: discord.py keeps views that listen in memory for as long as the process
    lives, and these need not listen, since their clicks are matched by pattern.
    """
    view = discord.ui.View(timeout=None)
    for number, actions in enumerate(lines):
        for action in actions:
            view.add_item(JobButton(action, job.id, row=number if len(lines) > 1 else None))
    view.stop()
    return view


def for_status(job: Job, *, draft: bool = False) -> discord.ui.View | None:
    """The buttons of a status message.

    Args:
        job: whose status it is.
        draft: it shows a first look that nobody has kept yet.
    """
    if job.state is State.RUNNING and draft:
        return row(job, *ON_DRAFTS)
    if job.state in {State.QUEUED, State.HELD}:
        return row(job, Action.CANCEL, Action.WHY)
    if job.state in {State.RUNNING, State.RENDERED}:
        return row(job, Action.CANCEL)
    if job.state is State.FAILED and job.error_code in LIGHTER_HELPS:
        return row(job, Action.LIGHTER)
    return None


def for_clip(job: Job) -> discord.ui.View:
    """The buttons under a finished clip."""
    return rows(job, *(ON_LOOPS if Recipe.from_json(job.recipe).loop else ON_CLIPS))
