"""What the owner can do on the dashboard. Each action is in the audit log, under the owner."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from bot.loops.engines import Engines
from bot.seats import Restarts
from bot.signals import JobSignals
from bot.text.prompts import clean_prompt
from db.audit.log import Audit, AuditEntry
from db.moderation.actions import Moderation
from db.states import EVERYWHERE, OWNER

log = logging.getLogger(__name__)

LONGEST_REASON = 200
NOTHING = "nothing"


class NoSuchAction(Exception):
    """Nobody can do that."""


class Actions:
    """Does what the owner wants, in every server."""

    def __init__(
        self, *, moderation: Moderation, audit: Audit, engines: Engines, signals: JobSignals
    ) -> None:
        """Make one.

        Args:
            moderation: pauses and drains.
            audit: the log.
            engines: can be restarted.
            signals: wake the loops.
        """
        self._moderation = moderation
        self._audit = audit
        self._engines = engines
        self._signals = signals
        self._restarts: set[asyncio.Task[None]] = set()

    async def do(self, action: str, *, seat: str, reason: str) -> str:
        """Do something, and return the word for what was done.

        Args:
            action: pause, drain, resume or restart.
            seat: the engine that is to be restarted.
            reason: for the log.

        Raises:
            NoSuchAction: there is no such action or engine.
        """
        entry = _entry(action, "", clean_prompt(reason, LONGEST_REASON))
        match action:
            case "pause":
                changed, word = await self._moderation.pause(entry), "paused"
            case "drain":
                changed, word = await self._moderation.drain(entry), "draining"
            case "resume":
                changed, word = await self._moderation.resume(entry), "resumed"
            case "restart":
                return await self._restart(replace(entry, target=seat))
            case _:
                raise NoSuchAction(action)
        self._signals.released()
        return word if changed else NOTHING

    async def _restart(self, entry: AuditEntry) -> str:
        """Begin to restart an engine: its process has some seconds to end."""
        name = entry.target
        engine = next((seat.engine for seat in self._engines.seats if seat.name == name), None)
        if not isinstance(engine, Restarts):
            raise NoSuchAction(name)
        await self._audit.note(entry)
        log.info("the owner restarts the engine %s", name)
        task = asyncio.create_task(engine.restart("the owner restarts it"), name="restart of an engine")
        self._restarts.add(task)
        task.add_done_callback(self._restarts.discard)
        return "restarted"


def _entry(action: str, target: str, reason: str) -> AuditEntry:
    return AuditEntry(guild_id=EVERYWHERE, actor_id=OWNER, action=action, target=target, reason=reason)
