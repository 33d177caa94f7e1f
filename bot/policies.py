"""From the settings to the limits of each part, in that part's own words."""

from __future__ import annotations

import math
from dataclasses import replace
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from bot import drawing_policies
from bot.api.policy import ApiPolicy
from bot.broker.policy import BrokerPolicy
from bot.clips.clip_rules import ClipRules
from bot.clips.drafting import DraftPolicy
from bot.config.settings import Settings
from bot.dashboard.policy import DashboardPolicy
from bot.discord_io.door_limits import DoorLimits
from bot.drawing_policies import local_environment, whole
from bot.fleet.bucket import Pace
from bot.fleet.checking import CheckPolicy
from bot.fleet.policy import FleetPolicy
from bot.gallery.policy import GalleryPolicy
from bot.hosted.policy import HostingPolicy, Overflow
from bot.intake.clip_intake import ClipIntakeLimits
from bot.intake.picture_intake import IntakeLimits
from bot.intake.sound_intake import SoundIntakeLimits
from bot.loops.absence import AbsencePolicy
from bot.loops.delivery import DeliveryLimits
from bot.loops.leave_out import LeavePolicy
from bot.ops.alert_policy import AlertPolicy
from bot.ops.fetch_eyes import FetchPolicy
from bot.ops.shortages import ShortagePolicy
from bot.requests.submission_policy import SubmissionPolicy
from bot.web.policy import WebPolicy
from bot.webhooks.policy import WebhookPolicy
from db.gallery import Kept
from db.jobs.allowances import Ceilings
from db.jobs.enqueue import EnqueueLimits
from db.jobs.fairness import FairShare
from db.jobs.retention import RetentionPolicy
from db.jobs.stumbles import StumbleLimits
from engine.elsewhere.comfyui.limits import ServerLimits
from engine.elsewhere.hosted.families import SERVICES_VARIABLE, TABLES_VARIABLE
from engine.elsewhere.hosted.limits import HostedPolicy, WireLimits
from engine.elsewhere.hosted.money import micros
from engine.elsewhere.owned import COMFYUI_VARIABLE, WORKFLOWS_VARIABLE
from engine.planning.plan import PlanLimits
from engine.planning.upscaling import UpscaleLimits
from engine.rendering.limits import RenderLimits

MINUTE = 60.0
HOUR = 3600.0
GIGABYTE = 10**9
CLIP_DECODERS = 1
"""Clips, and sounds, that are read at the same time: reading a clip keeps every processor busy."""
JUDGED_BYTES = 512 * 2**20
"""The most that a clip may grow to when it is decoded for the owner; frames without loss are large."""
FIRST_LOOK, LAST_LOOK = 1.0, 10.0
"""Seconds between two looks at a take that a service draws."""
FIRST_LEASE_GRACE, OVERSLEPT = 3.0, 2.0
"""Seconds: more for a worker's first word after a start; a sleep of the bot's own that counts for nobody."""
SMALLEST_SIDE = 16
"""Pixels: first looks are small."""
ASK_SECONDS = 20.0
"""For which a worker's ask is held."""
STRANGE_CLAIMS, GARBAGE = 20, 10
"""More than an honest worker ever names that are not its own, or sends that are no messages."""


allows_slow_models = drawing_policies.allows_slow_models
for_engine = drawing_policies.for_engine
local_devices_of = drawing_policies.local_devices_of
store_of = drawing_policies.store_of


def for_broker(settings: Settings) -> BrokerPolicy:
    """How the broker is run."""
    return BrokerPolicy(
        binary=settings.broker_binary,
        host=str(settings.broker_host),
        port=settings.broker_port,
        connections=settings.broker_connections,
        log_bytes=settings.broker_log_bytes,
    )


def for_checks(settings: Settings) -> CheckPolicy:
    """How closely clips of machines are looked at that are not the owner's."""
    return CheckPolicy(
        first=settings.worker_judged_first,
        share=settings.worker_judged_share,
        seconds=settings.worker_check_seconds,
        max_bytes=settings.max_clip_bytes,
        max_takes=settings.max_takes,
        nudity=settings.nudity_score,
    )


def for_checked_clips(settings: Settings) -> ClipIntakeLimits:
    """What a clip may be that such a machine drew: no more than any clip that is made."""
    side = max(settings.max_side, settings.max_upscaled_side)
    seconds = max(settings.max_seconds, settings.max_extended_seconds) + 1
    return replace(
        to_judge(settings),
        max_bytes=settings.max_clip_bytes,
        max_pixels=side * side,
        min_side=SMALLEST_SIDE,
        max_side=side,
        working_side=side,
        max_seconds=seconds,
        keep_seconds=seconds,
        max_frames=math.ceil(seconds * settings.max_fps),
        max_fps=settings.max_fps + 1,
        working_fps=math.ceil(settings.max_fps),
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
        look_seconds=settings.look_seconds,
        decoders=settings.decoders,
        downloads=settings.downloads,
        waiting=settings.files_waiting,
    )


def for_clips(settings: Settings) -> ClipIntakeLimits:
    """What a clip may be. No more of it is kept than the longest clip that is made."""
    return ClipIntakeLimits(
        max_bytes=settings.max_video_bytes,
        max_pixels=settings.max_video_pixels,
        max_side=settings.max_video_side,
        max_seconds=settings.max_video_seconds,
        keep_seconds=settings.max_seconds,
        download_seconds=settings.download_seconds,
        decode_wall_seconds=settings.video_decode_seconds,
        decode_cpu_seconds=math.ceil(settings.video_decode_seconds),
        decode_memory=settings.decode_memory,
        decoders=CLIP_DECODERS,
        downloads=settings.downloads,
        waiting=settings.files_waiting,
    )


def for_sounds(settings: Settings) -> SoundIntakeLimits:
    """What a sound may be. No more of it is kept than the longest clip that is made."""
    return SoundIntakeLimits(
        max_bytes=settings.max_sound_bytes,
        max_seconds=settings.max_sound_seconds,
        keep_seconds=settings.max_seconds,
        download_seconds=settings.download_seconds,
        decode_wall_seconds=settings.sound_decode_seconds,
        decode_cpu_seconds=math.ceil(settings.sound_decode_seconds),
        decode_memory=settings.decode_memory,
        decoders=CLIP_DECODERS,
        downloads=settings.downloads,
        waiting=settings.files_waiting,
    )


def to_judge(settings: Settings) -> ClipIntakeLimits:
    """What a clip may be that the owner has judged: every frame counts, and none may be changed."""
    limits = for_clips(settings)
    return replace(
        limits,
        exact=True,
        keep_seconds=limits.max_seconds,
        working_side=limits.max_side,
        working_fps=math.ceil(limits.max_fps),
        max_result_bytes=JUDGED_BYTES,
    )


def to_hear(settings: Settings) -> SoundIntakeLimits:
    """What a clip may be that the owner has listened to: all of its sound is kept."""
    clips = to_judge(settings)
    return replace(
        for_sounds(settings),
        max_bytes=clips.max_bytes,
        max_seconds=clips.max_seconds,
        keep_seconds=clips.keep_seconds,
    )


def from_elsewhere(settings: Settings) -> ClipIntakeLimits:
    """What a clip may be that another machine drew: every frame counts, and it may be large."""
    return replace(to_judge(settings), max_bytes=settings.comfyui_clip_bytes)


def for_hosted_clips(settings: Settings) -> ClipIntakeLimits:
    """The same for one that a service drew."""
    return replace(to_judge(settings), max_bytes=settings.hosted_clip_bytes)


def for_comfyui(settings: Settings) -> ServerLimits:
    """What a ComfyUI server may take of our time and memory."""
    return ServerLimits(
        answer_seconds=settings.comfyui_answer_seconds,
        transfer_seconds=settings.comfyui_transfer_seconds,
        poll_seconds=settings.comfyui_poll_seconds,
        patience_seconds=settings.comfyui_patience_seconds,
        stop_seconds=settings.comfyui_stop_seconds,
        answer_bytes=settings.comfyui_answer_bytes,
        preview_bytes=settings.comfyui_preview_bytes,
        clip_bytes=settings.comfyui_clip_bytes,
        previews=settings.comfyui_previews,
        tries=settings.comfyui_tries,
    )


def engine_environment(settings: Settings) -> dict[str, str]:
    """What the bot's engine process must know of the settings; see :mod:`engine.runtime.context`."""
    return {**local_environment(settings, settings.data_dir), **owned_environment(settings)}


def owned_environment(settings: Settings) -> dict[str, str]:
    """What names the families that the owner adds; see :func:`engine.elsewhere.owned.owned_families`."""
    folder = settings.workflows_dir
    hosting = for_hosting(settings)
    return {
        WORKFLOWS_VARIABLE: "" if folder is None else str(whole((folder,))[0]),
        COMFYUI_VARIABLE: ",".join(settings.comfyui),
        TABLES_VARIABLE: "" if hosting.tables is None else str(hosting.tables),
        SERVICES_VARIABLE: ",".join(hosting.names) if settings.hosted_budget else "",
    }


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
    )


def for_drafts(settings: Settings) -> DraftPolicy:
    """How drafts are drawn, and how long a member may choose."""
    return DraftPolicy(
        seconds=settings.draft_seconds,
        steps=settings.draft_steps,
        choose_seconds=settings.choose_minutes * MINUTE,
    )


def for_web(settings: Settings) -> WebPolicy:
    """Where the status page is served."""
    return WebPolicy(host=str(settings.web_host), port=settings.web_port)


def for_api(settings: Settings) -> ApiPolicy:
    """Where the API is served, and what it allows."""
    return ApiPolicy(
        host=str(settings.api_host),
        port=settings.api_port,
        per_minute=settings.api_per_minute,
        streams=settings.api_streams,
        upload_seconds=settings.api_upload_seconds,
        repeat_hours=settings.api_repeat_hours,
        webhook_private=settings.api_webhook_private,
        event_days=settings.api_event_days,
    )


def for_dashboard(settings: Settings) -> DashboardPolicy:
    """Who may log in to the dashboard, and for how long."""
    return DashboardPolicy(seconds=settings.dashboard_hours * HOUR, tries=settings.dashboard_tries)


def for_owner_alerts(settings: Settings) -> AlertPolicy:
    """What the owner is told by direct message."""
    return AlertPolicy(
        wanted=settings.owner_alerts,
        free_disk=settings.alert_free_disk,
        feed=settings.security_feed or "",
    )


def for_gallery(settings: Settings) -> GalleryPolicy:
    """What the gallery shows and allows."""
    return GalleryPolicy(
        kept=Kept(clips_days=settings.keep_clips_days, starred_days=settings.keep_starred_days),
        at_once=settings.gallery_at_once,
        stills=settings.gallery_stills,
    )


def for_webhooks(settings: Settings) -> WebhookPolicy:
    """Where events go."""
    return WebhookPolicy(
        url="" if settings.webhook_url is None else settings.webhook_url.get_secret_value(),
        secrets=tuple(each.get_secret_value() for each in settings.webhook_secret),
        private=settings.webhook_private,
        seconds=settings.webhook_seconds,
        keep_days=settings.webhook_keep_days,
    )


def for_hosting(settings: Settings) -> HostingPolicy:
    """Which services there are."""

    def bare(secret: SecretStr | None) -> str:
        return "" if secret is None else secret.get_secret_value()

    return HostingPolicy(
        replicate=bare(settings.replicate_token),
        fal=bare(settings.fal_key),
        runpod=bare(settings.runpod_key),
        endpoint=settings.runpod_endpoint,
        replicate_url=settings.replicate_url,
        fal_url=settings.fal_url,
        runpod_url=settings.runpod_url,
        jwks_url=settings.fal_jwks_url,
        public_url=settings.hosted_webhook_url,
        webhook_secret=bare(settings.replicate_webhook_secret),
        tables=None if settings.hosted_engines_dir is None else whole((settings.hosted_engines_dir,))[0],
    )


def for_overflow(settings: Settings) -> Overflow:
    """When clips are made at a service because the wait here is long."""
    return Overflow(minutes=settings.overflow_minutes, engine=settings.overflow_engine)


def for_hosted_takes(settings: Settings) -> HostedPolicy:
    """What may be bought, and how long a service is waited for."""
    return HostedPolicy(
        budget=micros(settings.hosted_budget),
        takes=settings.hosted_takes,
        longest=settings.hosted_minutes * MINUTE,
        away=settings.hosted_away_seconds,
        search=settings.hosted_search_seconds,
        first_look=FIRST_LOOK,
        last_look=LAST_LOOK,
    )


def for_wire(settings: Settings) -> WireLimits:
    """What is sent to a service and taken from it."""
    return WireLimits(
        seconds=settings.hosted_answer_seconds,
        fetch_seconds=settings.hosted_fetch_seconds,
        max_bytes=settings.hosted_clip_bytes,
        private=settings.hosted_private,
        hosts=settings.hosted_hosts,
    )


def for_key_webhooks(settings: Settings) -> WebhookPolicy:
    """How the owners of API keys are told; addresses and secrets are their own."""
    return WebhookPolicy(
        url="",
        secrets=(),
        private=settings.api_webhook_private,
        seconds=settings.webhook_seconds,
        keep_days=settings.webhook_keep_days,
    )


def for_door(settings: Settings) -> DoorLimits:
    """How much may be in hand at once."""
    return DoorLimits(per_member=settings.per_member_at_once, per_guild=settings.per_guild_at_once)


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
    )


def for_shortages(settings: Settings) -> ShortagePolicy:
    """How long is waited for what the machine is short of."""
    return ShortagePolicy(pause_last=settings.shortage_pause_last)


def for_absences(settings: Settings) -> AbsencePolicy:
    """How long is waited for what draws elsewhere and can't be reached."""
    return AbsencePolicy(pause_last=settings.away_pause_last)


def for_fleet(settings: Settings) -> FleetPolicy:
    """How workers are dealt with."""
    return FleetPolicy(
        lease=settings.worker_lease_seconds,
        beat=settings.worker_beat_seconds,
        grace=FIRST_LEASE_GRACE,
        overslept=OVERSLEPT,
        apart=settings.worker_apart_minutes * MINUTE,
        pace=Pace(rate=settings.worker_messages_per_second, burst=settings.worker_messages_at_once),
        ask_seconds=ASK_SECONDS,
        transfers=settings.worker_transfers,
        losses=settings.worker_losses,
        bad_clips=settings.worker_bad_clips,
        strange_claims=STRANGE_CLAIMS,
        garbage=GARBAGE,
        remembered=settings.worker_remembered_hours * HOUR,
        max_seconds=settings.max_job_seconds,
    )


def for_retention(settings: Settings) -> RetentionPolicy:
    """How long everything is kept."""
    return RetentionPolicy(
        inputs_days=settings.keep_inputs_days,
        clips_days=settings.keep_clips_days,
        starred_days=settings.keep_starred_days,
        previews_days=settings.keep_sheets_days,
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
