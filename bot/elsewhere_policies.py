"""From the settings to what is needed for takes that other machines and services draw."""

from __future__ import annotations

from pydantic import SecretStr

from bot.config.choices import ShareWith
from bot.config.settings import Settings
from bot.drawing_policies import local_environment, whole
from bot.fleet.bucket import Pace
from bot.fleet.checking import CheckPolicy
from bot.fleet.own_weights import SharePolicy
from bot.fleet.policy import FleetPolicy
from bot.hosted.policy import HostingPolicy, Overflow
from db.fleet.workers import Trust
from engine.elsewhere.comfyui.limits import ServerLimits
from engine.elsewhere.hosted.families import SERVICES_VARIABLE, TABLES_VARIABLE
from engine.elsewhere.hosted.limits import HostedPolicy, WireLimits
from engine.elsewhere.hosted.money import micros
from engine.elsewhere.owned import COMFYUI_VARIABLE, WORKFLOWS_VARIABLE

MINUTE = 60.0
HOUR = 3600.0
FIRST_LOOK, LAST_LOOK = 1.0, 10.0
"""Seconds between two looks at a take that a service draws."""
FIRST_LEASE_GRACE, OVERSLEPT = 3.0, 2.0
"""Seconds: more for a worker's first word after a start; a sleep of the bot's own that counts for nobody."""
ASK_SECONDS = 20.0
"""For which a worker's ask is held."""
STRANGE_CLAIMS, GARBAGE = 20, 10
"""More than an honest worker ever names that are not its own, or sends that are no messages."""


def for_checks(settings: Settings) -> CheckPolicy:
    """How closely clips of machines are looked at that are not the owner's."""
    return CheckPolicy(
        first=settings.worker_judged_first,
        share=settings.worker_judged_share,
        seconds=settings.worker_check_seconds,
        max_bytes=settings.max_clip_bytes,
        max_takes=settings.max_takes,
        max_wasted_seconds=settings.max_wasted_seconds,
        nudity=settings.nudity_score,
    )


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


def for_sharing(settings: Settings) -> SharePolicy:
    """Which workers may have a copy of the owner's checkpoints and styles."""
    nobody, *levels = ShareWith
    shared = levels[: list(ShareWith).index(settings.share_weights)]
    return SharePolicy(
        trusts=frozenset(Trust(level) for level in shared if level is not nobody),
        most_bytes=settings.share_weights_bytes,
    )


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
        faults=settings.machine_faults,
        bad_clips=settings.worker_bad_clips,
        strange_claims=STRANGE_CLAIMS,
        garbage=GARBAGE,
        remembered=settings.worker_remembered_hours * HOUR,
        max_seconds=settings.max_job_seconds,
    )
