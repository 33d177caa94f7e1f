"""The app that `bot.assembly.app` makes: the one object through which commands and clicks reach the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from inspect import get_annotations
from operator import attrgetter
from typing import TypeVar

from bot.broker.broker import Broker
from bot.clips.clip_rules import ClipRules
from bot.clips.contest_announcements import ContestAnnouncements
from bot.clips.replay import Replays
from bot.clips.sticker import Stickers
from bot.clips.takes import TakesToChoose
from bot.config.settings import Settings
from bot.discord_io.door import Door
from bot.discord_io.member_language import Speakers
from bot.discord_io.messenger import Messenger
from bot.fleet.assembled import AssembledFleet
from bot.forecast import Forecaster
from bot.hosted.service import HostedService
from bot.loops.answers import Answers
from bot.loops.delivery import Deliverer
from bot.loops.engines import Engines
from bot.loops.reels import ReelPoster
from bot.loops.status import StatusBoard
from bot.moderation.case_board import CaseBoard
from bot.moderation.decisions import Decisions
from bot.moderation.screening import Screening
from bot.ops.data_watch import DataWatch
from bot.ops.housekeeping import Housekeeping
from bot.ops.loop_lag import LoopLag
from bot.ops.shortages import Shortages
from bot.privacy.erasing import Erasing
from bot.privacy.rights import Rights
from bot.requests.cancelling import Cancelling
from bot.requests.preferring import Preferring
from bot.requests.server_effects import ServerEffects
from bot.requests.submission import Submissions
from bot.requests.word_help import WordHelp
from bot.signals import JobSignals
from bot.webhooks.key_sender import KeyWebhookSender
from bot.webhooks.sender import WebhookSender
from db.audit.log import Audit
from db.files import Blobs
from db.privacy.departed_guilds import Guilds
from db.queue import Queue
from db.sqlite.connection import Database
from engine.provenance.seal import Sealer

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class App:
    """Everything that a command or a click may reach."""

    settings: Settings
    clock: Callable[[], float]
    database: Database
    queue: Queue
    blobs: Blobs
    audit: Audit
    signals: JobSignals
    messenger: Messenger
    speakers: Speakers
    forecaster: Forecaster
    shortages: Shortages
    data_watch: DataWatch
    engines: Engines
    deliverer: Deliverer
    board: StatusBoard
    preferring: Preferring
    takes: TakesToChoose
    stickers: Stickers
    screening: Screening
    submissions: Submissions
    word_help: WordHelp
    replays: Replays
    effects: ServerEffects
    reel_poster: ReelPoster
    contest_announcements: ContestAnnouncements
    cancelling: Cancelling
    clip_rules: ClipRules
    cases: CaseBoard
    answers: Answers
    decisions: Decisions
    housekeeping: Housekeeping
    guilds: Guilds
    erasing: Erasing
    rights: Rights
    webhooks: WebhookSender
    hosted: HostedService
    fleet: AssembledFleet
    broker: Broker
    key_webhooks: KeyWebhookSender
    sealer: Sealer
    loop_lag: LoopLag
    door: Door

    def part(self, kind: type[T]) -> T:
        """Find the part of this class, among the queue's parts too.

        Raises:
            LookupError: there is none.
        """
        try:
            name = self._names[kind]
        except KeyError:
            raise LookupError(f"the bot has no {kind.__name__}") from None
        found: T = attrgetter(name)(self)
        return found

    @cached_property
    def _names(self) -> Mapping[type, str]:
        """Class → the name of its part; the first, where several are of one class. Clicks look them up."""
        names = [each.name for each in fields(self)]
        names += (f"queue.{name}" for name in get_annotations(Queue))
        found: dict[type, str] = {}
        for name in names:
            for kind in type(attrgetter(name)(self)).__mro__:
                found.setdefault(kind, name)
        return found
