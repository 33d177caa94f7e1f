"""From the settings to what the bot serves to others, whom it tells what, and how long it waits for them."""

from __future__ import annotations

from bot.api.policy import ApiPolicy
from bot.broker.policy import BrokerPolicy
from bot.config.settings import Settings
from bot.dashboard.policy import DashboardPolicy
from bot.gallery.policy import GalleryPolicy
from bot.loops.answers import LAST_PAUSE
from bot.loops.delivery import NO_ACCESS_BACKOFF
from bot.moderation.case_board import UNREACHABLE_SECONDS
from bot.ops.alert_policy import AlertPolicy
from bot.prompt_helper.policy import PromptHelperPolicy
from bot.web.policy import WebPolicy
from bot.webhooks.policy import WebhookPolicy
from bot.webhooks.sender import LONGEST_PAUSE
from db.gallery import Kept
from db.jobs.retention import LongestWaits

MINUTE = 60.0
HOUR = 3600.0


def for_broker(settings: Settings) -> BrokerPolicy:
    """How the broker is run."""
    return BrokerPolicy(
        binary=settings.broker_binary,
        host=str(settings.broker_host),
        port=settings.broker_port,
        connections=settings.broker_connections,
        log_bytes=settings.broker_log_bytes,
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
        language=settings.language,
    )


def for_prompt_helper(settings: Settings) -> PromptHelperPolicy:
    """Which model is asked for other words."""
    return PromptHelperPolicy(
        url=settings.prompt_helper_url,
        model=settings.prompt_helper_model,
        bearer="" if settings.prompt_helper_key is None else settings.prompt_helper_key.get_secret_value(),
        seconds=settings.prompt_helper_seconds,
        tokens=settings.prompt_helper_tokens,
        per_day=settings.prompt_helper_per_day,
        at_once=settings.prompt_helper_at_once,
        private=settings.prompt_helper_private,
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


def for_key_webhooks(settings: Settings) -> WebhookPolicy:
    """How the owners of API keys are told; addresses and secrets are their own."""
    return WebhookPolicy(
        url="",
        secrets=(),
        private=settings.api_webhook_private,
        seconds=settings.webhook_seconds,
        keep_days=settings.webhook_keep_days,
    )


def for_clock(settings: Settings) -> LongestWaits:
    """What is further ahead than anything is waited for, a clock that was wrong has written."""
    return LongestWaits(
        posting=max(NO_ACCESS_BACKOFF, settings.post_backoff_last),
        telling=LAST_PAUSE,
        asking=UNREACHABLE_SECONDS,
        sending=LONGEST_PAUSE,
        choosing=settings.choose_minutes * MINUTE,
    )
