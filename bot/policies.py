"""From the settings to the limits of each part, in that part's own words."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.clips.clip_rules import ClipRules
from bot.clips.drafting import DraftPolicy
from bot.config.settings import Settings
from bot.discord_io.door_limits import DoorLimits
from bot.loops.absence import AbsencePolicy
from bot.loops.delivery import DeliveryLimits
from bot.loops.gpu_release import LeavePolicy
from bot.ops.fetch_eyes import FetchPolicy
from bot.ops.shortages import ShortagePolicy
from bot.requests.submission_policy import SubmissionPolicy
from db.jobs.allowances import Ceilings
from db.jobs.enqueue import EnqueueLimits, StrangerLimits
from db.jobs.fairness import FairShare
from db.jobs.interruptions import StumbleLimits
from db.jobs.retention import RetentionPolicy
from engine.planning.plan import PlanLimits
from engine.planning.upscaling import UpscaleLimits
from engine.rendering.limits import RenderLimits

MINUTE = 60.0
HOUR = 3600.0
GIGABYTE = 10**9


def for_fetching_eyes(settings: Settings) -> FetchPolicy:
    """Whether and for how long the small networks are fetched without being asked for."""
    return FetchPolicy(wanted=settings.fetch_eyes, seconds=settings.fetch_eyes_seconds)


def for_plan(settings: Settings) -> PlanLimits:
    """How long, how large and how smooth a clip may be."""
    return PlanLimits(
        max_seconds=settings.max_seconds,
        fps=settings.fps,
        max_fps=settings.max_fps,
        max_side=settings.max_side,
        upscale=UpscaleLimits(side=settings.max_upscaled_side, frames=settings.max_upscaled_frames),
    )


def for_render(settings: Settings, max_bytes: int) -> RenderLimits:
    """What a render may spend on a file of at most this many bytes."""
    return RenderLimits(
        max_takes=settings.max_takes, max_bytes=max_bytes, max_wasted_seconds=settings.max_wasted_seconds
    )


def for_submissions(settings: Settings) -> SubmissionPolicy:
    """What may be asked for."""
    return SubmissionPolicy(
        limits=for_enqueueing(settings),
        plan=for_plan(settings),
        data_dir=settings.data_dir,
        min_free_disk=settings.min_free_disk,
        max_prompt=settings.max_prompt,
        most_drafts=settings.most_drafts,
        engine=settings.engine,
        per_guild=settings.per_guild_at_once,
        in_line=settings.per_guild_in_line,
        line_seconds=settings.in_line_seconds,
    )


def for_drafts(settings: Settings) -> DraftPolicy:
    """How drafts are drawn, and how long a member may choose."""
    return DraftPolicy(
        seconds=settings.draft_seconds,
        steps=settings.draft_steps,
        choose_seconds=settings.choose_minutes * MINUTE,
    )


def for_door(settings: Settings) -> DoorLimits:
    """How much may be in hand at once."""
    return DoorLimits(
        per_member=settings.per_member_at_once,
        per_guild=settings.per_guild_at_once,
        in_line=settings.per_guild_in_line,
    )


def for_enqueueing(settings: Settings) -> EnqueueLimits:
    """How many jobs may be asked for."""
    return EnqueueLimits(
        per_member_waiting=settings.per_member_waiting,
        per_member_hour=settings.per_member_hour,
        per_member_day=settings.per_member_day,
        per_guild_waiting=settings.per_guild_waiting,
        total_waiting=settings.total_waiting,
        ceilings=Ceilings(
            waiting=settings.most_member_waiting,
            hour=settings.most_member_hour,
            day=settings.most_member_day,
        ),
        strangers=StrangerLimits(
            waiting=settings.stranger_waiting,
            day=settings.stranger_day,
            all_waiting=settings.strangers_waiting,
        ),
    )


def for_leaving(settings: Settings) -> LeavePolicy:
    """When engines of this machine are left out."""
    return LeavePolicy(
        hours=settings.leave_out,
        zone=ZoneInfo(settings.time_zone) if settings.time_zone else None,
        memory=round(settings.leave_out_memory_gb * GIGABYTE),
        grace=settings.leave_out_seconds,
    )


def for_turns(settings: Settings) -> FairShare:
    """Whose turn it is."""
    return FairShare(
        half_life=settings.fair_half_life_hours * HOUR,
        member_stretch=settings.fair_stretch,
        member_most=settings.fair_most_minutes * MINUTE,
        guild_stretch=settings.fair_server_stretch,
        guild_most=settings.fair_server_most_minutes * MINUTE,
        member_running=settings.per_member_running,
    )


def for_finished_clips(settings: Settings) -> ClipRules:
    """How far finished clips may be taken."""
    return ClipRules(
        max_seconds=settings.max_extended_seconds,
        max_starred=settings.max_starred,
        keep_starred_days=settings.keep_starred_days,
    )


def for_stumbles(settings: Settings) -> StumbleLimits:
    """When a job during which engine or bot ended goes last, and when it is set aside."""
    return StumbleLimits(
        crashes=settings.crash_limit,
        restarts=settings.restart_limit,
        goes_last=settings.goes_last_after,
        faults=settings.machine_faults,
    )


def for_shortages(settings: Settings) -> ShortagePolicy:
    """How long is waited for what the machine is short of."""
    return ShortagePolicy(pause_last=settings.shortage_pause_last)


def for_absences(settings: Settings) -> AbsencePolicy:
    """How long is waited for what draws elsewhere and can't be reached."""
    return AbsencePolicy(pause_last=settings.away_pause_last)


def for_retention(settings: Settings) -> RetentionPolicy:
    """How long everything is kept."""
    return RetentionPolicy(
        inputs_days=settings.keep_inputs_days,
        clips_days=settings.keep_clips_days,
        starred_days=settings.keep_starred_days,
        sheets_days=settings.keep_sheets_days,
        prompts_days=settings.keep_prompts_days,
        left_guild_days=settings.keep_left_guild_days,
        set_aside_days=settings.keep_set_aside_days,
        backups=settings.backups,
    )


def for_delivery(settings: Settings) -> DeliveryLimits:
    """How long a clip is tried to be posted."""
    return DeliveryLimits(
        backoff_last=settings.post_backoff_last, give_up_after=settings.give_up_hours * HOUR
    )
