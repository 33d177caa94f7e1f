"""Which buttons a message has: found, put in order, and laid out in Discord's rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TypeVar

import discord

import bot
from bot.buttons.button import Button
from bot.buttons.form import Form
from bot.buttons.job_button import JobButton, Place
from bot.discovery import subclasses_in
from db.jobs.job import Job
from db.states import State
from engine.core.capabilities import Capabilities

T = TypeVar("T")

ROW = 5
"""Buttons in one of Discord's rows."""

NOT_DISCORD = frozenset({"__main__", "cli", "remote"})
"""Importing the first would start the program. The others are the command line and what asks other bots; some
of that needs packages that a bot may do without."""


@cache
def buttons() -> tuple[type[Button], ...]:
    """Every kind of button that the bot has, in their order. They are looked for once."""
    found = _found(Button)  # type: ignore[type-abstract]  # a base to look for, not to make
    return tuple(sorted(found, key=lambda kind: (kind.order, kind.action)))


@cache
def forms() -> tuple[type[Form], ...]:
    """Every kind of form that the bot has."""
    found = _found(Form)  # type: ignore[type-abstract]  # as above
    return tuple(sorted(found, key=lambda kind: kind.prefix))


def button_of(custom_id: str) -> Button | None:
    """Make the button with this ``custom_id`` again; None where there is no such kind of button."""
    for kind in buttons():
        if (match := re.fullmatch(kind.pattern(), custom_id)) is not None:
            return kind.of(match)
    return None


def form_of(custom_id: str) -> type[Form] | None:
    """The kind of form with this ``custom_id``; None where there is no such kind."""
    return next((form for form in forms() if re.fullmatch(form.pattern(), custom_id)), None)


def job_buttons(place: Place | None = None) -> list[type[JobButton]]:
    """The kinds of buttons about jobs, in their order.

    Args:
        place: those that stand there; None: all.
    """
    kinds = [kind for kind in buttons() if issubclass(kind, JobButton)]
    return [kind for kind in kinds if place is None or kind.place is place]


def row(job: Job, *kinds: type[JobButton]) -> discord.ui.View:
    """A message's buttons for a job, in one row if there is room."""
    return _view(job, kinds)


def for_status(job: Job, *, draft: bool = False) -> discord.ui.View | None:
    """The buttons of a status message.

    Args:
        job: whose status it is.
        draft: it shows a first look that is not kept yet.
    """
    if job.state is State.RUNNING and draft:
        return row(job, *job_buttons(Place.DRAFT))
    kinds = [
        kind for kind in job_buttons(Place.STATUS) if job.state in kind.states and kind.stands_under(job)
    ]
    return row(job, *kinds) if kinds else None


def for_clip(job: Job, capabilities: Capabilities | None = None) -> discord.ui.View:
    """The buttons under a finished clip.

    Args:
        job: whose clip it is.
        capabilities: what this machine has; None: no weights. A button for something that it cannot do is
            left out.
    """
    return _view(job, _usable(Place.CLIP, job, capabilities or Capabilities()))


def behind_more(job: Job, capabilities: Capabilities) -> discord.ui.View:
    """The rest of what can be done with a finished clip; arguments as for :func:`for_clip`."""
    return _view(job, _usable(Place.MORE, job, capabilities))


def _usable(place: Place, job: Job, here: Capabilities) -> list[type[JobButton]]:
    return [kind for kind in job_buttons(place) if kind.stands_under(job) and kind.works_with(here)]


def view_of(*lines: Iterable[Button]) -> discord.ui.View:
    """A message's buttons.

    The view is stopped at once: discord.py keeps views that listen in memory for as long as the process
    lives, and these need not listen, since their clicks are matched by pattern.
    """
    view = discord.ui.View(timeout=None)
    for line in lines:
        for button in line:
            view.add_item(button)
    view.stop()
    return view


def _view(job: Job, *lines: Iterable[type[JobButton]]) -> discord.ui.View:
    """Lay the kinds of buttons out, each line in as many rows as it takes."""
    kinds = [list(line) for line in lines]
    rows = [line[start : start + ROW] for line in kinds for start in range(0, len(line), ROW)]
    return view_of(
        *(
            [kind(job.id, row=number if len(rows) > 1 else None) for kind in line]
            for number, line in enumerate(rows)
        )
    )


def _found(base: type[T]) -> Iterator[type[T]]:
    return subclasses_in(bot, base, leave_out=NOT_DISCORD)
