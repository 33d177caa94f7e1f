"""Policies for tests: the owner's defaults, or those with a few things changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot import intake_policies, policies
from bot.config.settings import Settings
from bot.intake.clip_intake import ClipIntakeLimits
from bot.intake.picture_intake import IntakeLimits
from bot.intake.sound_intake import SoundIntakeLimits
from bot.loops.delivery import DeliveryLimits
from bot.ops.shortages import Shortages
from db.jobs.enqueue import EnqueueLimits
from db.jobs.fairness import FairShare
from db.jobs.interruptions import StumbleLimits
from db.jobs.retention import RetentionPolicy
from db.queue import Queue
from db.sqlite.connection import Database
from tests.clock import CLOCK

DEFAULTS = Settings.model_construct()
"""What an owner has who has set nothing; neither the environment nor a file is read."""

FAR = replace(
    policies.for_enqueueing(DEFAULTS),
    per_member_waiting=1000,
    per_member_hour=1000,
    per_guild_waiting=1000,
    total_waiting=1000,
)
"""Limits that no test comes near by accident."""


def enqueue_limits(**changes: Any) -> EnqueueLimits:
    return replace(policies.for_enqueueing(DEFAULTS), **changes)


def fair_share(**changes: Any) -> FairShare:
    return replace(policies.for_turns(DEFAULTS), **changes)


def retention(**changes: Any) -> RetentionPolicy:
    return replace(policies.for_retention(DEFAULTS), **changes)


def stumble_limits(**changes: Any) -> StumbleLimits:
    return replace(policies.for_stumbles(DEFAULTS), **changes)


def shortages(**changes: Any) -> Shortages:
    return Shortages(replace(policies.for_shortages(DEFAULTS), **changes), clock=CLOCK)


def delivery_limits(**changes: Any) -> DeliveryLimits:
    return replace(policies.for_delivery(DEFAULTS), **changes)


def intake_limits(**changes: Any) -> IntakeLimits:
    return replace(intake_policies.for_intake(DEFAULTS), **changes)


def clip_intake_limits(**changes: Any) -> ClipIntakeLimits:
    return replace(intake_policies.for_clips(DEFAULTS), **changes)


def sound_intake_limits(**changes: Any) -> SoundIntakeLimits:
    return replace(intake_policies.for_sounds(DEFAULTS), **changes)


def pseudonym_of(user: int) -> int:
    """What stands for a member where no key lies beside the database."""
    return -user - 1_000_000


def queue_on(
    db: Database, clock: Callable[[], float] = CLOCK, pseudonym_of: Callable[[int], int] = pseudonym_of
) -> Queue:
    return Queue(db, fair_share(), pseudonym_of=pseudonym_of, retells=str.__eq__, clock=clock)
