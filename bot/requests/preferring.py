"""What a member did not ask for and would have: their defaults, or the server's."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.requests.options import (
    CAMERA,
    LENGTH,
    MOTION,
    QUALITY,
    RATE,
    SHAPE,
    SOUND,
    STYLE,
    ClipCommand,
    Option,
    request_of,
)
from db.community.preferences import Preferences, Value
from db.errors import DatabaseError
from db.jobs.job import Job
from engine.core.errors import UserError
from engine.core.recipe import Kind, Quality

log = logging.getLogger(__name__)

QUICK_SECONDS = 0.5
"""How long defaults are waited for. Without them a request is still one."""

PREFERABLE: tuple[Option, ...] = (
    replace(QUALITY, about="Better quality takes longer", choices={one.value: one.value for one in Quality}),
    *(MOTION, CAMERA, LENGTH, SHAPE, RATE, STYLE, SOUND),
)
"""What there may be defaults for."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a command was given, and what was added to it.

    Attributes:
        values: by the names of options, as they were given.
        defaults: those that were added.
    """

    values: Mapping[str, Any]
    defaults: Mapping[str, Value] = field(default_factory=dict)

    @property
    def together(self) -> dict[str, Any]:
        """What is asked for."""
        return {**self.values, **self.defaults}

    def to_json(self) -> str | None:
        """What is stored with the job; None where no default was added."""
        if not self.defaults:
            return None
        values = {name: value for name, value in self.values.items() if value is not None}
        return json.dumps({"values": values, "defaults": dict(self.defaults)}, ensure_ascii=False)


def given_of(job: Job) -> Given | None:
    """What a job's command was given; None where no default was added, or its words were cleared away."""
    if job.given is None:
        return None
    told = json.loads(job.given)
    return Given(values=told["values"], defaults=told["defaults"])


class Preferring:
    """Adds defaults to what a member gives."""

    def __init__(self, preferences: Preferences) -> None:
        """Make one from where they are remembered."""
        self._preferences = preferences

    async def added(self, guild: int, user: int, described: ClipCommand, values: Mapping[str, Any]) -> Given:
        """Add what the member left open and has a default for.

        Args:
            guild: where they ask.
            user: who asks.
            described: the command.
            values: by the names of its options, without files; None where it was left open.
        """
        try:
            async with asyncio.timeout(QUICK_SECONDS):
                preferred = (await self._preferences.of(guild, user)).together
        except (TimeoutError, DatabaseError):
            log.info("the defaults of a member could not be read in time")
            return Given(values=values)
        own = {option.name for option in described.options if option.role is None}
        return Given(
            values=values,
            defaults={
                name: value
                for name, value in preferred.items()
                if name in own and values.get(name) is None and _still_a_choice(name, value)
            },
        )


def _still_a_choice(name: str, value: Value) -> bool:
    """Whether a default can be read; a later version may have other choices."""
    given: dict[str, Any] = {name: value}
    try:
        request_of(Kind.TEXT2VIDEO, **given)
    except (UserError, KeyError, ValueError):
        return False
    return True
