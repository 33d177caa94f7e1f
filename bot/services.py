"""What `bot.app` has made: the one object through which commands and clicks reach the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.buttons.clicks import Clicks
from bot.clips.replay import Replays
from bot.config.settings import Settings
from bot.discord_io.messenger import Channels
from bot.forecast import Waits
from bot.loops.delivery import Deliverer
from bot.loops.engine_loop import Studio
from bot.loops.status import StatusBoard
from bot.moderation.case_board import CardBoard
from bot.moderation.decisions import Verdicts
from bot.ops.housekeeping import Housekeeping
from bot.ops.loop_lag import Pulse
from bot.privacy.erasing import Erasing
from bot.privacy.rights import Rights
from bot.requests.submission import Desk
from db.audit.log import Audit
from db.files import Blobs
from db.privacy.departed_guilds import Guilds
from db.queue import Queue
from db.sqlite.connection import Database
from engine.process.host import EngineHost


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Everything that a command or a click may reach."""

    settings: Settings
    database: Database
    queue: Queue
    blobs: Blobs
    audit: Audit
    channels: Channels
    waits: Waits
    studio: Studio
    deliverer: Deliverer
    board: StatusBoard
    desk: Desk
    replays: Replays
    clicks: Clicks
    cards: CardBoard
    verdicts: Verdicts
    host: EngineHost
    housekeeping: Housekeeping
    guilds: Guilds
    erasing: Erasing
    rights: Rights
    pulse: Pulse


def how_it_is(parts: Parts) -> dict[str, Any]:
    """How the bot is doing, in a few plain values."""
    return {
        "engine": parts.host.state.value,
        "engine deaths": parts.host.deaths,
        "card faults in a row": parts.studio.card.in_a_row,
        "discord": "connected" if parts.channels.connected else "away",
        "rendered": parts.studio.rendered,
        "idle between jobs p95 ms": round(parts.studio.idle(0.95) * 1000, 1),
        "loop lag p99 ms": round(parts.pulse.lag(0.99) * 1000, 1),
        "loop lag max ms": round(parts.pulse.lag(1.0) * 1000, 1),
        "database": "whole" if parts.database.rescued is None else str(parts.database.rescued),
        "database calls": parts.database.calls,
        "database seconds": round(parts.database.busy_seconds, 3),
    }
