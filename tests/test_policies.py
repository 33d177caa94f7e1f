"""Every number of the owner's has one default and reaches the code that it is for.

A setting that nothing reads, or a policy's field that nothing reads, is a promise that is not kept. A policy
with defaults of its own hides it when somebody forgets to hand a setting on.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot import drawing_policies, elsewhere_policies, intake_policies, policies, serving_policies
from bot.api.policy import ApiPolicy
from bot.broker.policy import BrokerPolicy
from bot.clips.clip_rules import ClipRules
from bot.clips.drafting import DraftPolicy
from bot.config.choices import Language
from bot.config.gpu_hours import read_hours
from bot.config.settings import Settings
from bot.dashboard.policy import DashboardPolicy
from bot.discord_io.door_limits import DoorLimits
from bot.fleet.checking import CheckPolicy
from bot.fleet.own_weights import SharePolicy
from bot.fleet.policy import FleetPolicy
from bot.gallery.policy import GalleryPolicy
from bot.hosted.policy import HostingPolicy, Overflow
from bot.intake.clip_intake import ClipIntakeLimits
from bot.intake.picture_intake import IntakeLimits
from bot.intake.sound_intake import SoundIntakeLimits
from bot.link.connection import LineLimits
from bot.loops.absence import AbsencePolicy
from bot.loops.delivery import DeliveryLimits
from bot.loops.gpu_release import LeavePolicy
from bot.ops.alert_policy import AlertPolicy
from bot.ops.fetch_eyes import FetchPolicy
from bot.ops.shortages import ShortagePolicy
from bot.prompt_helper.policy import PromptHelperPolicy
from bot.requests.submission_policy import SubmissionPolicy
from bot.web.policy import WebPolicy
from bot.webhooks.policy import WebhookPolicy
from bot.worker.policy import WorkerPolicy, for_worker
from db.jobs.allowances import Ceilings
from db.jobs.enqueue import EnqueueLimits, StrangerLimits
from db.jobs.fairness import FairShare
from db.jobs.interruptions import StumbleLimits
from db.jobs.retention import RetentionPolicy
from engine.elsewhere.comfyui.limits import ServerLimits
from engine.elsewhere.hosted.limits import HostedPolicy, WireLimits
from engine.planning.plan import PlanLimits
from engine.planning.upscaling import UpscaleLimits
from engine.process.watch import HostLimits
from engine.rendering.limits import RenderLimits
from engine.untrusted.clip_headers import ClipLimits
from engine.untrusted.headers import PictureLimits
from engine.untrusted.sound_headers import SoundLimits
from tests.sources import nodes_of, read_ahead

ROOT = Path(__file__).parent.parent
MODULES = sorted(path for room in ("bot", "db", "engine", "system") for path in (ROOT / room).rglob("*.py"))

OWNERS = (
    RetentionPolicy,
    FetchPolicy,
    ShortagePolicy,
    AbsencePolicy,
    StumbleLimits,
    FairShare,
    EnqueueLimits,
    StrangerLimits,
    Ceilings,
    DeliveryLimits,
    DraftPolicy,
    DoorLimits,
    LeavePolicy,
    WebPolicy,
    FleetPolicy,
    SharePolicy,
    WebhookPolicy,
    PromptHelperPolicy,
    WorkerPolicy,
    ApiPolicy,
    GalleryPolicy,
    DashboardPolicy,
    AlertPolicy,
    BrokerPolicy,
    CheckPolicy,
    ClipRules,
    SubmissionPolicy,
    HostingPolicy,
    HostedPolicy,
    Overflow,
    WireLimits,
    IntakeLimits,
    ClipIntakeLimits,
    SoundIntakeLimits,
)
"""Made from the settings alone: they have no defaults."""

ENGINES = (
    PlanLimits,
    UpscaleLimits,
    RenderLimits,
    HostLimits,
    PictureLimits,
    ClipLimits,
    SoundLimits,
    ServerLimits,
    LineLimits,
)
"""The engine is also a library: it keeps documented defaults, and the settings take theirs from it."""

SAME_DEFAULT = {
    "max_takes": (RenderLimits, "max_takes"),
    "max_clip_bytes": (RenderLimits, "max_bytes"),
    "max_wasted_seconds": (RenderLimits, "max_wasted_seconds"),
    "max_seconds": (PlanLimits, "max_seconds"),
    "max_side": (PlanLimits, "max_side"),
    "max_upscaled_side": (UpscaleLimits, "side"),
    "max_upscaled_frames": (UpscaleLimits, "frames"),
    "max_fps": (PlanLimits, "max_fps"),
    "fps": (PlanLimits, "fps"),
    "max_picture_bytes": (PictureLimits, "max_bytes"),
    "max_picture_pixels": (PictureLimits, "max_pixels"),
    "min_picture_side": (PictureLimits, "min_side"),
    "max_picture_side": (PictureLimits, "max_side"),
    "max_picture_aspect": (PictureLimits, "max_aspect"),
    "decode_memory": (PictureLimits, "decode_memory"),
    "max_video_bytes": (ClipLimits, "max_bytes"),
    "max_video_pixels": (ClipLimits, "max_pixels"),
    "max_video_side": (ClipLimits, "max_side"),
    "max_video_seconds": (ClipLimits, "max_seconds"),
    "max_sound_bytes": (SoundLimits, "max_bytes"),
    "max_sound_seconds": (SoundLimits, "max_seconds"),
    "heartbeat_silence": (HostLimits, "heartbeat_silence"),
    "step_silence": (HostLimits, "step_silence"),
    "max_job_seconds": (HostLimits, "job"),
    "comfyui_answer_seconds": (ServerLimits, "answer_seconds"),
    "comfyui_transfer_seconds": (ServerLimits, "transfer_seconds"),
    "comfyui_poll_seconds": (ServerLimits, "poll_seconds"),
    "comfyui_patience_seconds": (ServerLimits, "patience_seconds"),
    "comfyui_stop_seconds": (ServerLimits, "stop_seconds"),
    "comfyui_answer_bytes": (ServerLimits, "answer_bytes"),
    "comfyui_preview_bytes": (ServerLimits, "preview_bytes"),
    "comfyui_clip_bytes": (ServerLimits, "clip_bytes"),
    "comfyui_previews": (ServerLimits, "previews"),
    "comfyui_tries": (ServerLimits, "tries"),
}


def receiver(node: ast.Attribute) -> str:
    """The last name before the attribute: ``self._limits.day`` is read from ``_limits``."""
    value = node.value
    if isinstance(value, ast.Attribute):
        return value.attr
    if isinstance(value, ast.Call):
        return (
            receiver(value.func) if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
        )
    return value.id if isinstance(value, ast.Name) else ""


@cache
def reads() -> list[tuple[Path, str, str]]:
    """Every attribute that the product reads: module, what it is read from, its name."""
    read_ahead(MODULES)
    return [
        (path, receiver(node), node.attr)
        for path in MODULES
        for node in nodes_of(path)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    ]


@cache
def read_from_settings() -> set[str]:
    """What is read from the settings."""
    return {name for _, source, name in reads() if source in {"settings", "_settings", "load_settings"}}


@cache
def read_from_policies() -> set[str]:
    """What is read from a variable, an argument or an attribute with the name of a policy."""
    names = {"limits", "policy", "rules", "share", "default", "ceilings", "owner", "retention", "strangers"}
    return {name for _, source, name in reads() if source.lstrip("_") in names}


def read_by_itself(policy: type) -> set[str]:
    """What the methods of a policy read."""
    return {
        node.attr
        for node in ast.walk(ast.parse(inspect.getsource(policy)))
        if isinstance(node, ast.Attribute) and receiver(node) == "self"
    }


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_read(name):
    assert name in read_from_settings()


@pytest.mark.parametrize(
    ("policy", "name"),
    [(policy, field.name) for policy in (*OWNERS, *ENGINES) for field in dataclasses.fields(policy)],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_every_field_of_a_policy_is_read(policy, name):
    assert name in read_from_policies() | read_by_itself(policy)


@pytest.mark.parametrize("policy", OWNERS, ids=lambda policy: policy.__name__)
def test_a_policy_made_from_settings_has_no_default_of_its_own(policy):
    own = policy.__annotations__
    with_default = [
        field.name
        for field in dataclasses.fields(policy)
        if field.name in own
        and (field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING)
    ]
    assert with_default == []


@pytest.mark.parametrize("policy", [*OWNERS, *ENGINES], ids=lambda policy: policy.__name__)
def test_a_policy_cannot_be_changed_once_it_is_made(policy):
    assert policy.__dataclass_params__.frozen


def other(value: object) -> object:
    """What an owner could have set in the place of a default."""
    if isinstance(value, bool):
        return not value
    if value is None or isinstance(value, Enum | tuple):
        return value
    if isinstance(value, int | float):
        return value + 1
    return value / "other" if isinstance(value, Path) else f"{value} other"


def made_from(settings: Settings) -> list[object]:
    """Every policy of an owner."""
    submissions = policies.for_submissions(settings)
    return [
        policies.for_retention(settings),
        policies.for_turns(settings),
        policies.for_leaving(settings),
        submissions,
        submissions.limits,
        submissions.limits.ceilings,
        submissions.limits.strangers,
        policies.for_delivery(settings),
        policies.for_door(settings),
        serving_policies.for_broker(settings),
        elsewhere_policies.for_checks(settings),
        serving_policies.for_web(settings),
        elsewhere_policies.for_fleet(settings),
        elsewhere_policies.for_sharing(settings),
        for_worker(settings),
        serving_policies.for_api(settings),
        serving_policies.for_gallery(settings),
        serving_policies.for_dashboard(settings),
        serving_policies.for_owner_alerts(settings),
        serving_policies.for_webhooks(settings),
        serving_policies.for_prompt_helper(settings),
        policies.for_stumbles(settings),
        policies.for_shortages(settings),
        policies.for_absences(settings),
        policies.for_finished_clips(settings),
        policies.for_drafts(settings),
        intake_policies.for_intake(settings),
        intake_policies.for_clips(settings),
        intake_policies.for_sounds(settings),
        policies.for_plan(settings),
        policies.for_plan(settings).upscale,
        policies.for_render(settings, settings.max_clip_bytes),
        drawing_policies.for_engine(settings),
        elsewhere_policies.for_comfyui(settings),
        policies.for_fetching_eyes(settings),
        elsewhere_policies.for_hosting(settings),
        elsewhere_policies.for_overflow(settings),
        elsewhere_policies.for_hosted_takes(settings),
        elsewhere_policies.for_wire(settings),
    ]


DEFAULTS = made_from(Settings.model_construct())
OTHER_VALUES: dict[str, Any] = {
    **{name: other(field.default) for name, field in Settings.model_fields.items()},
    "webhook_url": SecretStr("https://other.example"),
    "prompt_helper_url": "https://other.example/v1",
    "prompt_helper_key": SecretStr("other"),
    "security_feed": "https://other.example",
    "webhook_secret": (SecretStr("other"),),
    "replicate_token": SecretStr("other"),
    "fal_key": SecretStr("other"),
    "runpod_key": SecretStr("other"),
    "replicate_webhook_secret": SecretStr("other"),
    "hosted_hosts": ("other.example",),
    "hosted_engines_dir": Path("other"),
    "leave_out": (read_hours("all 18:00-23:00"),),
    "time_zone": "Europe/Berlin",
    "broker_binary": Path("other"),
    "language": Language.POLISH,
}
OTHERS = made_from(Settings.model_construct(**OTHER_VALUES))

FIXED = {
    "SharePolicy": {"trusts"},  # a choice; tests/bot/fleet/test_own_weights.py tries each
    "FleetPolicy": {"grace", "overslept", "ask_seconds", "strange_claims", "garbage"},
    "ClipIntakeLimits": {
        *("decoders", "min_side", "max_aspect", "max_frames", "max_fps", "max_streams", "working_side"),
        *("working_fps", "max_result_bytes", "exact", "timely"),
    },
    "SoundIntakeLimits": {"decoders", "max_streams"},
    "IntakeLimits": {"jpeg_scans", "png_chunks", "max_working_side", "decode_cpu_seconds"},
    "PlanLimits": {"min_seconds", "min_side"},
    "HostedPolicy": {"first_look", "last_look"},
    "HostLimits": {
        *("load", "heartbeat_every", "cancel_grace", "term_grace", "backoff_first", "backoff_last"),
        *("deaths", "deaths_window", "memory"),
    },
}
"""Fields that no setting changes."""


@pytest.mark.parametrize(
    ("default", "changed"),
    list(zip(DEFAULTS, OTHERS, strict=True)),
    ids=[type(one).__name__ for one in DEFAULTS],
)
def test_every_field_of_a_policy_follows_the_owners_settings(default, changed):
    same = {
        field.name
        for field in dataclasses.fields(default)
        if getattr(default, field.name) == getattr(changed, field.name)
    }
    assert same == FIXED.get(type(default).__name__, set())


def test_every_policy_of_an_owner_is_made_from_settings():
    assert {type(one) for one in DEFAULTS} >= set(OWNERS)


def test_every_policy_is_in_this_file():
    """A class whose name says that it is one, and which nobody has put on a list here."""
    named = {
        node.name
        for path in MODULES
        for node in nodes_of(path)
        if isinstance(node, ast.ClassDef) and node.name.endswith(("Limits", "Policy", "Ceilings", "Share"))
    }
    assert named == {policy.__name__ for policy in (*OWNERS, *ENGINES)} - {"ClipRules", "Overflow"} | {
        "OrderLimits"
    }


@pytest.mark.parametrize("name", list(SAME_DEFAULT))
def test_a_default_of_the_engines_is_written_down_once(name):
    """Not only equal: the settings' class names the engine's, so that the two cannot part."""
    policy, field = SAME_DEFAULT[name]
    assert Settings.model_fields[name].default == getattr(policy, field)
    parts = (part for part in Settings.__mro__ if part.__module__.startswith("bot.config"))
    tree = ast.parse("\n".join(map(inspect.getsource, parts)))
    (given,) = (
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name
    )
    assert isinstance(given, ast.Call)
    assert ast.unparse(given.args[0]) == f"{policy.__name__}.{field}"


def test_no_function_of_the_database_has_a_default_for_a_number_of_the_owners():
    """A parameter by the name of a setting or of a policy's field is given by the caller."""
    owners = set(Settings.model_fields) | {
        field.name for policy in OWNERS for field in dataclasses.fields(policy)
    }
    owners |= {"keep", "days"}
    wrong = []
    for path in MODULES:
        for node in nodes_of(path):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and path.is_relative_to(ROOT / "db"):
                arguments = node.args
                plain = arguments.posonlyargs + arguments.args
                defaulted = plain[len(plain) - len(arguments.defaults) :]
                defaulted += [
                    one
                    for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
                    if default is not None
                ]
                wrong += [f"{path.stem}.{node.name}: {one.arg}" for one in defaulted if one.arg in owners]
    assert wrong == []
