"""From the settings to the limits of each part, in that part's own words."""

from __future__ import annotations

from bot.deliver import DeliveryLimits
from bot.desk import DeskRules
from bot.intake import IntakeLimits
from bot.settings import Settings
from db.enqueue import EnqueueLimits
from engine.backends import BACKENDS
from engine.host import HostLimits
from engine.plan import PlanLimits

HOUR = 3600.0


def for_engine(settings: Settings) -> HostLimits:
    """How long the engine process is waited for."""
    return HostLimits(
        heartbeat_silence=settings.heartbeat_silence,
        step_silence=settings.step_silence,
        job=settings.max_job_seconds,
    )


def for_intake(settings: Settings) -> IntakeLimits:
    """What a picture may be."""
    return IntakeLimits(
        max_bytes=settings.max_picture_bytes,
        max_pixels=settings.max_picture_pixels,
        min_side=settings.min_picture_side,
        max_side=settings.max_picture_side,
        max_aspect=settings.max_picture_aspect,
        download_seconds=settings.download_seconds,
        decode_wall_seconds=settings.decode_seconds,
        decode_memory=settings.decode_memory,
        decoders=settings.decoders,
    )


def for_desk(settings: Settings) -> DeskRules:
    """What may be asked for."""
    return DeskRules(
        limits=EnqueueLimits(
            per_member_waiting=settings.per_member_waiting,
            per_member_hour=settings.per_member_hour,
            per_guild_waiting=settings.per_guild_waiting,
            total_waiting=settings.total_waiting,
        ),
        plan=PlanLimits(max_seconds=settings.max_seconds),
        engines=tuple(BACKENDS),
        data_dir=settings.data_dir,
        min_free_disk=settings.min_free_disk,
        max_prompt=settings.max_prompt,
        fps=settings.fps,
        engine=settings.engine,
    )


def for_delivery(settings: Settings) -> DeliveryLimits:
    """How long a clip is tried to be posted."""
    return DeliveryLimits(
        backoff_last=settings.post_backoff_last, give_up_after=settings.give_up_hours * HOUR
    )
