from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from ipaddress import IPv4Address
from pathlib import Path
from types import FunctionType

import pytest

from bot.cli.tables.settings_table import page, table
from bot.config.choices import Containers, DirectMessages, Language, LogFormat, ShareWith
from bot.config.plain_values import is_secret
from bot.config.settings import BadSettings, Settings, load_settings, unknown_variables, variable
from tests import ROOT

CANARY = "canary-" + "x" * 30


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    """No setting of the machine that runs the tests, and no file of its working folder."""
    for name in os.environ:
        if name.startswith(("FRAMEKILN_", "DISCORD_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


DEFAULTS = {
    "discord_token": None,
    "discord_guild_id": None,
    "data_dir": Path("data"),
    "models_dir": Path("models"),
    "extra_checkpoints": (),
    "extra_styles": (),
    "workflows_dir": None,
    "fetch_eyes": True,
    "fetch_eyes_seconds": 120.0,
    "webhook_secret": (),
    "webhook_url": None,
    "webhook_private": False,
    "webhook_seconds": 20.0,
    "most_drafts": 4,
    "draft_seconds": 2.0,
    "draft_steps": 0.34,
    "choose_minutes": 30.0,
    "webhook_keep_days": 7.0,
    "first_times": True,
    "prompt_helper_url": "",
    "prompt_helper_model": "",
    "prompt_helper_key": None,
    "prompt_helper_private": False,
    "prompt_helper_seconds": 20.0,
    "prompt_helper_tokens": 300,
    "prompt_helper_per_day": 20,
    "prompt_helper_at_once": 2,
    "language": Language.AUTO,
    "worker_judged_first": 20,
    "worker_judged_share": 1.0,
    "worker_check_seconds": 120.0,
    "broker_binary": None,
    "broker_host": IPv4Address(0),
    "broker_port": 4222,
    "broker_connections": 2000,
    "broker_log_bytes": 5_000_000,
    "devices": "auto",
    "per_member_running": 2,
    "member_share": 0.75,
    "leave_out": (),
    "components_v2": Containers.AUTO,
    "direct_messages": DirectMessages.OFF,
    "stranger_day": 3,
    "stranger_waiting": 1,
    "strangers_waiting": 20,
    "time_zone": "",
    "leave_out_memory_gb": 0.0,
    "leave_out_seconds": 60.0,
    "away_pause_last": 120.0,
    "comfyui": (),
    "comfyui_login": None,
    "comfyui_poll_seconds": 2.0,
    "comfyui_answer_seconds": 30.0,
    "comfyui_transfer_seconds": 600.0,
    "comfyui_patience_seconds": 30.0,
    "comfyui_stop_seconds": 10.0,
    "comfyui_answer_bytes": 16_000_000,
    "comfyui_preview_bytes": 4_000_000,
    "comfyui_clip_bytes": 200_000_000,
    "comfyui_previews": 6,
    "comfyui_tries": 3,
    "worker_beat_seconds": 2.0,
    "worker_lease_seconds": 10.0,
    "worker_apart_minutes": 10.0,
    "worker_losses": 4,
    "machine_faults": 10,
    "worker_bad_clips": 3,
    "worker_messages_per_second": 25.0,
    "worker_messages_at_once": 200,
    "worker_transfers": 32,
    "share_weights": ShareWith.OWN,
    "share_weights_bytes": 8_000_000_000,
    "worker_remembered_hours": 24.0,
    "web_port": 0,
    "web_host": IPv4Address("127.0.0.1"),
    "replicate_token": None,
    "fal_key": None,
    "runpod_key": None,
    "runpod_endpoint": "",
    "hosted_budget": 0.0,
    "hosted_takes": 2,
    "hosted_minutes": 30.0,
    "hosted_away_seconds": 60.0,
    "hosted_search_seconds": 120.0,
    "hosted_answer_seconds": 60.0,
    "hosted_fetch_seconds": 300.0,
    "hosted_clip_bytes": 200_000_000,
    "hosted_engines_dir": None,
    "hosted_hosts": (),
    "hosted_private": False,
    "replicate_url": "https://api.replicate.com",
    "fal_url": "https://queue.fal.run",
    "fal_jwks_url": "https://rest.alpha.fal.ai/.well-known/jwks.json",
    "runpod_url": "https://api.runpod.ai",
    "hosted_webhook_url": "",
    "replicate_webhook_secret": None,
    "overflow_minutes": 0.0,
    "overflow_engine": "",
    "api_port": 0,
    "api_host": IPv4Address("127.0.0.1"),
    "api_keys": 5,
    "api_per_minute": 120,
    "api_streams": 5,
    "api_upload_seconds": 60.0,
    "api_repeat_hours": 24.0,
    "api_event_days": 7.0,
    "dashboard": False,
    "dashboard_hours": 12.0,
    "dashboard_tries": 10,
    "owner_alerts": True,
    "alert_free_disk": 2_000_000_000,
    "security_feed": None,
    "gallery": False,
    "gallery_at_once": 16,
    "gallery_stills": 500,
    "api_webhook_private": False,
    "device": "auto",
    "models_memory": 0,
    "memory_steps": 4,
    "attention": "auto",
    "clips_at_once": 2,
    "compile_models": False,
    "compile_ahead": 60.0,
    "compiled_bytes": 5_000_000_000,
    "rife_on_cpu": False,
    "engine": "auto",
    "log_level": "INFO",
    "log_format": LogFormat.TEXT,
    "log_backlog": 1_000_000,
    "moderator_roles": (),
    "per_member_waiting": 3,
    "per_member_hour": 20,
    "per_member_day": 86_400.0,
    "most_member_waiting": 20,
    "most_member_hour": 100,
    "most_member_day": 86_400.0,
    "word_languages": ("en",),
    "per_guild_waiting": 50,
    "total_waiting": 500,
    "fair_half_life_hours": 6.0,
    "fair_stretch": 10.0,
    "fair_most_minutes": 120.0,
    "fair_server_stretch": 1.0,
    "fair_server_most_minutes": 60.0,
    "min_free_disk": 500_000_000,
    "max_takes": 3,
    "max_wasted_seconds": 600,
    "calibrate_clips": 40,
    "max_seconds": 10.0,
    "max_extended_seconds": 16.0,
    "max_side": 1920,
    "max_upscaled_side": 1920,
    "max_upscaled_frames": 300,
    "max_fps": 60.0,
    "fps": 24.0,
    "max_clip_bytes": 9_900_000,
    "max_picture_bytes": 10 * 2**20,
    "max_picture_pixels": 40_000_000,
    "min_picture_side": 64,
    "max_picture_side": 8192,
    "max_picture_aspect": 4.0,
    "decode_seconds": 10.0,
    "decode_memory": 2**30,
    "download_seconds": 20.0,
    "decoders": 2,
    "max_video_bytes": 25 * 2**20,
    "max_video_pixels": 1920 * 1088,
    "max_video_side": 2048,
    "max_video_seconds": 30.0,
    "look_seconds": 4.0,
    "video_decode_seconds": 30.0,
    "max_sound_bytes": 26_214_400,
    "max_sound_seconds": 600.0,
    "sound_decode_seconds": 20.0,
    "max_prompt": 400,
    "heartbeat_silence": 15.0,
    "step_silence": 120.0,
    "max_job_seconds": 1800.0,
    "crash_limit": 2,
    "restart_limit": 5,
    "goes_last_after": 3,
    "shortage_pause_last": 30.0,
    "reserve_bytes": 8 * 2**20,
    "stop_grace": 5.0,
    "worker_dir": Path("~/.framekiln/worker").expanduser(),
    "worker_keep_seconds": 3600.0,
    "worker_clips_waiting": 3,
    "worker_weights_bytes": 20_000_000_000,
    "worker_refused_seconds": 300.0,
    "status_interval": 4.0,
    "post_backoff_last": 60.0,
    "give_up_hours": 48.0,
    "nudity_score": 0.8,
    "keep_inputs_days": 7.0,
    "keep_clips_days": 7.0,
    "keep_prompts_days": 30.0,
    "keep_left_guild_days": 30.0,
    "keep_set_aside_days": 30.0,
    "keep_starred_days": 90.0,
    "keep_sheets_days": 7.0,
    "max_effects": 12,
    "reel_clips": 5,
    "max_starred": 50,
    "max_reports": 10,
    "exports_waiting": 20,
    "downloads": 4,
    "files_waiting": 100,
    "per_member_at_once": 1,
    "per_guild_at_once": 10,
    "per_guild_in_line": 100,
    "in_line_seconds": 30.0,
    "backups": 7,
}


def test_each_default_is_the_documented_one():
    assert load_settings().model_dump() == DEFAULTS


def test_the_environment_comes_before_dotenv_and_that_before_the_toml(monkeypatch):
    Path("framekiln.toml").write_text("per_member_waiting = 11\nper_member_hour = 12\ntotal_waiting = 13\n")
    Path(".env").write_text("FRAMEKILN_PER_MEMBER_WAITING=21\nFRAMEKILN_PER_MEMBER_HOUR=22\n")
    monkeypatch.setenv("FRAMEKILN_PER_MEMBER_WAITING", "31")
    settings = load_settings()
    assert (settings.per_member_waiting, settings.per_member_hour, settings.total_waiting) == (31, 22, 13)
    assert load_settings(per_member_waiting=41).per_member_waiting == 41


def test_discords_two_keep_their_usual_names(monkeypatch):
    Path(".env").write_text(f"DISCORD_TOKEN={CANARY}\nDISCORD_GUILD_ID=123456789012345678\n")
    settings = load_settings()
    assert settings.discord_token is not None
    assert settings.discord_token.get_secret_value() == CANARY
    assert settings.discord_guild_id == 123456789012345678


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_token_counts_as_unset(monkeypatch, blank):
    monkeypatch.setenv("DISCORD_TOKEN", blank)
    monkeypatch.setenv("DISCORD_GUILD_ID", "")
    assert load_settings().discord_token is None
    assert load_settings().discord_guild_id is None


@pytest.mark.parametrize("written", [f" {CANARY}\n", f'"{CANARY}"', f"'{CANARY}' "])
def test_the_token_loses_the_blanks_and_quotes_of_a_copied_line(monkeypatch, written):
    monkeypatch.setenv("DISCORD_TOKEN", written)
    token = load_settings().discord_token
    assert token is not None
    assert token.get_secret_value() == CANARY


def test_the_token_is_never_shown(monkeypatch):
    monkeypatch.setenv("DISCORD_TOKEN", CANARY)
    settings = load_settings()
    monkeypatch.setenv("FRAMEKILN_FPS", "slow")
    with pytest.raises(BadSettings) as caught:
        load_settings()
    shown = [repr(settings), str(settings), settings.model_dump_json(), str(caught.value), table()]
    shown += [str(caught.value.__cause__), repr(caught.value.__cause__)]
    assert not [text for text in shown if CANARY in text]


def test_a_token_of_the_wrong_kind_is_refused_without_being_shown():
    Path("framekiln.toml").write_text("discord_token = 123454321\n")
    with pytest.raises(BadSettings, match=r"^DISCORD_TOKEN: ") as caught:
        load_settings()
    assert "123454321" not in f"{caught.value}{caught.value.__cause__}"


@pytest.mark.parametrize(
    ("written", "read"),
    [("1", (1,)), ("1,2", (1, 2)), (" 1 , 2 ,", (1, 2)), (",", ())],
)
def test_moderator_roles_are_numbers_between_commas(monkeypatch, written, read):
    monkeypatch.setenv("FRAMEKILN_MODERATOR_ROLES", written)
    assert load_settings().moderator_roles == read


def test_moderator_roles_are_a_list_in_the_toml():
    Path("framekiln.toml").write_text("moderator_roles = [1, 2]\n")
    assert load_settings().moderator_roles == (1, 2)


LISTS = {
    "moderator_roles": "1, 2",
    "word_languages": "de, en",
    "leave_out": "GPU 1 18:00-23:00, all 1:00-2:00",
    "extra_checkpoints": "one, two",
    "extra_styles": "one, two",
    "webhook_secret": "whsec_" + "a" * 32 + ",whsec_" + "b" * 32,
    "comfyui": "http://127.0.0.1:8188, http://comfy.example.org:8188",
    "hosted_hosts": "one.example, two.example",
}


@pytest.mark.parametrize("source", ["the environment", ".env"])
def test_every_list_stands_between_commas(monkeypatch, source):
    for field, written in LISTS.items():
        monkeypatch.setenv(variable(field), written)
    if source == ".env":
        Path(".env").write_text("".join(f"{variable(f)}={written}\n" for f, written in LISTS.items()))
        for field in LISTS:
            monkeypatch.delenv(variable(field))
    settings = load_settings()
    assert [len(getattr(settings, field)) for field in LISTS] == [2] * len(LISTS)
    assert set(LISTS) == {name for name, value in DEFAULTS.items() if isinstance(value, tuple)}


def documented():
    """Settings that the documents give a value, with those of the lines around them."""
    for document in sorted((ROOT / "docs").glob("**/*.md")):
        block: dict[str, str] = {}
        for line in [*document.read_text("utf-8").splitlines(), ""]:
            written = re.split(r" (?=FRAMEKILN_|framekiln )", line.strip())
            given = [re.fullmatch(r"((?:FRAMEKILN|DISCORD)_\w+)=(.+)", each) for each in written]
            if given[0] and "..." not in line:  # dots stand for what is secret
                values = {each[1]: each[2].strip('"') for each in given if each}
                block |= {name: each.replace(RANDOM, "a" * 32) for name, each in values.items()}
            elif block:
                yield pytest.param(block, id=f"{document.stem} {next(iter(block))}")
                block = {}


RANDOM = "$(openssl rand -base64 32)"


@pytest.mark.parametrize("block", list(documented()))
def test_what_the_documents_write_for_a_setting_is_read(monkeypatch, block):
    for name, value in block.items():
        monkeypatch.setenv(name, value)
    load_settings()
    assert unknown_variables() == []


METHOD = (classmethod, staticmethod, property, FunctionType)


def test_no_two_parts_of_the_settings_have_a_method_of_the_same_name():
    """The later one would be lost: of two validators of one name, pydantic keeps one."""
    ours = [part for part in Settings.__mro__ if part.__module__.startswith("bot.config")]
    own = [name for part in ours for name, value in vars(part).items() if isinstance(value, METHOD)]
    named = Counter(name for name in own if not name.startswith("__"))
    assert "_is_no_token" in named
    assert [name for name, times in named.items() if times > 1] == []


WRONG = {
    "worker_judged_first": ["-1", "all"],
    "worker_judged_share": ["-0.1", "1.1"],
    "worker_check_seconds": ["9"],
    "broker_host": ["workers.example.org"],
    "broker_port": ["0", "65536"],
    "broker_connections": ["9", "many"],
    "broker_log_bytes": ["99999"],
    "discord_guild_id": ["my server", "1.5"],
    "engine": ["warp drive", "Camera"],
    "device": ["tpu", "CUDA"],
    "models_memory": ["-1", "24 GB"],
    "memory_steps": ["-1", "10"],
    "attention": ["fast", "Flash"],
    "clips_at_once": ["0", "3"],
    "compile_models": ["perhaps"],
    "compile_ahead": ["-1", "86401"],
    "compiled_bytes": ["-1", "5 GB"],
    "fetch_eyes": ["perhaps"],
    "first_times": ["perhaps"],
    "prompt_helper_url": ["example.com", "ftp://example.org", "https://example.org/v1?a=1", "https://[x"],
    "prompt_helper_model": ["m" * 101],
    "prompt_helper_private": ["perhaps"],
    "prompt_helper_seconds": ["0", "121", "soon"],
    "prompt_helper_tokens": ["15", "8193", "some"],
    "prompt_helper_per_day": ["0", "1001", "two"],
    "prompt_helper_at_once": ["0", "101", "two"],
    "language": ["German", "DE", "xx"],
    "fetch_eyes_seconds": ["0", "4000", "soon"],
    "webhook_secret": ["whsec_c2hvcnQ=", "whsec_?", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="],
    "webhook_url": ["example.com", "ftp://example.org", "https://ann:word@example.org", "https://[x"],
    "comfyui": [
        "127.0.0.1:8188",
        "ftp://example.org",
        "http://x:port",
        "http://x/?a=1",
        "http://x:8188, http://x:8188/",
    ],
    "most_drafts": ["-1", "5"],
    "draft_seconds": ["0.4"],
    "draft_steps": ["0", "1.1"],
    "choose_minutes": ["0", "1441"],
    "devices": ["gpu", "0,x"],
    "per_member_running": ["0"],
    "member_share": ["0", "1.1"],
    "direct_messages": ["on", "strangers"],
    "stranger_day": ["0", "1001"],
    "stranger_waiting": ["0", "101"],
    "strangers_waiting": ["0", "10001"],
    "leave_out": ["GPU 1", "18:00-23:00", "GPU 1 18-23", "GPU 1 25:00-26:00"],
    "time_zone": ["Atlantis/Poseidonis", "../etc/passwd"],
    "leave_out_memory_gb": ["-1", "1001", "much"],
    "leave_out_seconds": ["-1", "90000"],
    "away_pause_last": ["0"],
    "comfyui_login": ["hidden", "ann:wo\nrd"],
    "comfyui_poll_seconds": ["0", "61"],
    "comfyui_answer_seconds": ["0"],
    "comfyui_transfer_seconds": ["0"],
    "comfyui_patience_seconds": ["-1"],
    "comfyui_stop_seconds": ["0"],
    "comfyui_answer_bytes": ["10"],
    "comfyui_preview_bytes": ["10"],
    "comfyui_clip_bytes": ["10"],
    "comfyui_previews": ["-1", "51"],
    "comfyui_tries": ["-1"],
    "worker_beat_seconds": ["0.1", "61"],
    "worker_lease_seconds": ["3", "3601"],
    "worker_apart_minutes": ["0", "1441"],
    "worker_losses": ["0", "101"],
    "machine_faults": ["0", "1001"],
    "worker_bad_clips": ["0", "1001"],
    "worker_messages_per_second": ["1", "10001"],
    "worker_messages_at_once": ["1", "100001"],
    "worker_transfers": ["0", "129"],
    "share_weights": ["everybody"],
    "share_weights_bytes": ["0"],
    "worker_remembered_hours": ["-1", "8761"],
    "webhook_private": ["maybe"],
    "webhook_seconds": ["0", "61"],
    "webhook_keep_days": ["3", "91"],
    "runpod_endpoint": ["end/1", "a b"],
    "hosted_budget": ["-1", "a lot", "nan"],
    "hosted_takes": ["0", "11"],
    "hosted_minutes": ["0", "1441"],
    "hosted_away_seconds": ["0", "3601"],
    "hosted_search_seconds": ["-1", "3601"],
    "hosted_answer_seconds": ["0", "601"],
    "hosted_fetch_seconds": ["0", "3601"],
    "hosted_clip_bytes": ["999999", "1 GB"],
    "hosted_private": ["perhaps"],
    "replicate_url": ["replicate.com", "ftp://replicate.com"],
    "fal_url": ["fal.run"],
    "fal_jwks_url": ["fal.ai/jwks"],
    "runpod_url": ["runpod.ai"],
    "hosted_webhook_url": ["http://bot.example", "bot.example"],
    "replicate_webhook_secret": ["whsec_c2hvcnQ=", "secret"],
    "overflow_minutes": ["-1", "10081"],
    "overflow_engine": ["no slash"],
    "web_port": ["-1", "65536", "http"],
    "web_host": ["example.org", "1.2.3", "127.0.0.1:80"],
    "api_port": ["-1", "65536", "http"],
    "api_host": ["example.org", "1.2.3", "127.0.0.1:80"],
    "api_keys": ["0", "101", "many"],
    "api_per_minute": ["0", "100001", "many"],
    "api_streams": ["0", "1001", "many"],
    "api_upload_seconds": ["0", "3601", "soon"],
    "api_repeat_hours": ["23", "721", "a day"],
    "api_webhook_private": ["perhaps"],
    "api_event_days": ["0", "91", "a week"],
    "dashboard": ["perhaps"],
    "dashboard_hours": ["0", "169", "a day"],
    "dashboard_tries": ["0", "1001", "many"],
    "owner_alerts": ["perhaps"],
    "alert_free_disk": ["-1", "much"],
    "security_feed": ["http://example.org/releases.json", "releases"],
    "gallery": ["perhaps"],
    "gallery_at_once": ["0", "1001", "many"],
    "gallery_stills": ["-1", "100001", "many"],
    "rife_on_cpu": ["2"],
    "log_level": ["LOUD"],
    "components_v2": ["on", "AUTO"],
    "log_format": ["xml"],
    "log_backlog": ["9999", "1 MB"],
    "moderator_roles": ["@mods", "1;2"],
    "max_fps": ["7.9", "61"],
    "fps": ["7.9", "61", "nan", "many"],
    "max_seconds": ["0.9", "61"],
    "max_extended_seconds": ["0.9", "121"],
    "max_side": ["63", "1921"],
    "max_upscaled_side": ["127", "3841", "12.5"],
    "max_upscaled_frames": ["7", "3601"],
    "max_takes": ["0", "21"],
    "max_wasted_seconds": ["0"],
    "calibrate_clips": ["9", "few"],
    "max_clip_bytes": ["99999"],
    "max_picture_bytes": ["1023"],
    "max_picture_pixels": ["4095"],
    "min_picture_side": ["15"],
    "max_picture_side": ["255"],
    "max_picture_aspect": ["0.5"],
    "decode_seconds": ["0", "inf"],
    "decode_memory": ["1000"],
    "download_seconds": ["0"],
    "max_video_bytes": ["1023"],
    "max_video_pixels": ["4095"],
    "max_video_side": ["255"],
    "max_video_seconds": ["0.5"],
    "max_sound_bytes": ["1023"],
    "max_sound_seconds": ["0.5"],
    "sound_decode_seconds": ["0"],
    "look_seconds": ["0"],
    "video_decode_seconds": ["0"],
    "max_prompt": ["19", "1001"],
    "heartbeat_silence": ["1"],
    "step_silence": ["4"],
    "max_job_seconds": ["9"],
    "stop_grace": ["-1"],
    "worker_keep_seconds": ["59", "86401"],
    "worker_clips_waiting": ["0", "9"],
    "worker_weights_bytes": ["-1"],
    "worker_refused_seconds": ["0", "86401"],
    "status_interval": ["0.5"],
    "post_backoff_last": ["0"],
    "give_up_hours": ["0"],
    "keep_starred_days": ["0"],
    "keep_sheets_days": ["0"],
    "max_effects": ["-1", "14"],
    "reel_clips": ["0", "11"],
    "max_starred": ["0"],
    "max_reports": ["0"],
    "exports_waiting": ["0"],
    "downloads": ["0"],
    "files_waiting": ["0"],
    "per_member_at_once": ["0"],
    "per_guild_at_once": ["0", "few"],
    "per_guild_in_line": ["-1", "many"],
    "in_line_seconds": ["0", "301", "soon"],
    "fair_half_life_hours": ["0"],
    "fair_stretch": ["-1"],
    "fair_most_minutes": ["-1"],
    "fair_server_stretch": ["-1"],
    "fair_server_most_minutes": ["-1"],
    "nudity_score": ["-0.1", "1.1"],
    "keep_inputs_days": ["-1"],
    "keep_clips_days": ["-1"],
    "keep_prompts_days": ["-1"],
    "keep_left_guild_days": ["-1"],
    "keep_set_aside_days": ["0"],
    "backups": ["-1", "some"],
    "shortage_pause_last": ["0", "long"],
    "reserve_bytes": ["-1", "8 MB"],
    "min_free_disk": ["-1", "1 GB"],
    "per_member_day": ["-1", "all"],
    "most_member_waiting": ["-1", "two"],
    "word_languages": ["english", "zz", "en,zz"],
    "most_member_hour": ["-1", "two"],
    "most_member_day": ["-1", "all"],
} | {
    name: ["0", "two"]
    for name in (
        *("per_member_waiting", "per_member_hour", "per_guild_waiting", "total_waiting"),
        *("decoders", "crash_limit", "restart_limit", "goes_last_after"),
    )
}


SECRETS = {"comfyui_login", "webhook_secret", "webhook_url", "replicate_webhook_secret"}
"""Settings whose value no error repeats."""


@pytest.mark.parametrize(("field", "value"), [(field, value) for field in WRONG for value in WRONG[field]])
def test_a_wrong_value_is_one_line_that_names_its_setting(monkeypatch, field, value):
    monkeypatch.setenv(variable(field), value)
    with pytest.raises(BadSettings) as caught:
        load_settings()
    text = str(caught.value)
    assert text.startswith(f"{variable(field)}: ")
    assert (value.split(";")[0] in text) is (field not in SECRETS)
    assert "\n" not in text
    assert "pydantic" not in text


def test_every_setting_that_can_be_wrong_is_tried():
    any_text = {
        "discord_token",
        "data_dir",
        "models_dir",
        "broker_binary",
        "extra_checkpoints",
        "extra_styles",
        "workflows_dir",
        "worker_dir",
        "replicate_token",
        "fal_key",
        "runpod_key",
        "prompt_helper_key",
        "hosted_engines_dir",
        "hosted_hosts",
    }
    assert set(WRONG) == set(Settings.model_fields) - any_text


def test_folders_stand_between_commas_and_keep_their_blanks(monkeypatch):
    monkeypatch.setenv("FRAMEKILN_EXTRA_CHECKPOINTS", " /srv/comfy ui/checkpoints , ~/more,")
    Path("framekiln.toml").write_text('extra_styles = ["old loras", "loras"]\n')
    settings = load_settings()
    assert settings.extra_checkpoints == (Path("/srv/comfy ui/checkpoints"), Path.home() / "more")
    assert settings.extra_styles == (Path("old loras"), Path("loras"))


def path_fields():
    """Every setting that holds a folder, or several."""
    return [name for name, field in Settings.model_fields.items() if "Path" in str(field.annotation)]


def test_the_settings_that_hold_folders_are_found():
    assert {"data_dir", "models_dir", "extra_checkpoints", "extra_styles"} <= set(path_fields())


def folders(settings, field):
    value = getattr(settings, field)
    return value if isinstance(value, tuple) else (value,)


@pytest.mark.parametrize("field", path_fields())
@pytest.mark.parametrize("source", ["environment", ".env", "framekiln.toml"])
def test_a_tilde_is_home_in_every_folder_and_every_source(tmp_path, monkeypatch, field, source):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    if source == "environment":
        monkeypatch.setenv(variable(field), "~/fk data")
    elif source == ".env":
        Path(".env").write_text(f"{variable(field)}=~/fk data\n")
    else:
        list_or_text = '["~/fk data"]' if field.startswith("extra") else '"~/fk data"'
        Path("framekiln.toml").write_text(f"{field} = {list_or_text}\n")
    assert folders(load_settings(), field) == (tmp_path / "home/fk data",)


@pytest.mark.parametrize("field", path_fields())
@pytest.mark.parametrize("value", ["~nobody-here/fk", "$HOME/fk", "${HOME}/fk", "%USERPROFILE%/fk"])
def test_a_folder_that_nobody_could_mean_is_refused(monkeypatch, field, value):
    monkeypatch.setenv(variable(field), value)
    with pytest.raises(BadSettings, match=f"^{variable(field)}: (begins with|names a variable)"):
        load_settings()


def test_a_tilde_inside_a_name_stays_as_it_is(monkeypatch):
    monkeypatch.setenv("FRAMEKILN_DATA_DIR", "/srv/fk~1")
    assert load_settings().data_dir == Path("/srv/fk~1")


ENCODINGS = ["utf-8", "utf-8-sig", "utf-16"]
"""The last two begin with a byte order mark."""


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_byte_order_mark_does_not_hide_the_first_line_of_a_file(encoding):
    Path(".env").write_text(f"DISCORD_TOKEN={CANARY}\nFRAMEKILN_FSP=1\n", encoding)
    Path("framekiln.toml").write_text("fps = 30\n# ümlaut\n", encoding)
    settings = load_settings()
    assert settings.discord_token is not None
    assert settings.discord_token.get_secret_value() == CANARY
    assert settings.fps == 30
    assert unknown_variables() == ["FRAMEKILN_FSP"]


def set_in(source, field, value, monkeypatch):
    if source == "the environment":
        monkeypatch.setenv(variable(field), value)
    elif source == ".env":
        Path(".env").write_text(f"{variable(field)}={value}\n")
    elif source == "framekiln.toml":
        Path("framekiln.toml").write_text(f'{field} = "{value}"\n')
    return {field: value} if source == "the command line" else {}


@pytest.mark.parametrize("source", ["the environment", ".env", "framekiln.toml", "the command line"])
@pytest.mark.parametrize("field", ["fps", "discord_guild_id", "discord_token", "moderator_roles"])
def test_a_wrong_value_says_where_it_was_set(monkeypatch, source, field):
    given = set_in(source, field, "many", monkeypatch)
    if field == "discord_token":  # any text may be one
        Path("framekiln.toml").write_text("discord_token = 1\n")
        given, source = {}, "framekiln.toml"
        monkeypatch.delenv("DISCORD_TOKEN", raising=False)
        Path(".env").unlink(missing_ok=True)
    with pytest.raises(BadSettings) as caught:
        load_settings(**given)
    assert caught.value.places == (source,)
    assert str(caught.value).endswith(f"(set in {source})")


def test_a_wrong_value_is_looked_for_in_the_place_that_wins(monkeypatch):
    Path("framekiln.toml").write_text("fps = 30\n")
    Path(".env").write_text("FRAMEKILN_FPS=many\nFRAMEKILN_BACKUPS=\n")
    monkeypatch.setenv("FRAMEKILN_BACKUPS", "-1")
    with pytest.raises(BadSettings) as caught:
        load_settings()
    assert caught.value.places == (".env", "the environment")


# All have the shape of the real thing and are made up.
BOT = "MTAw" * 6 + ".G" + "abcde" + "." + "kQ4" * 12
MFA = "mfa." + "aB3" * 20
TOKENS = [BOT, "hf_" + "aB3" * 11, "ghp_" + "aB3" * 12, MFA]


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("source", ["the environment", "framekiln.toml"])
def test_a_token_in_a_wrong_setting_is_refused_and_never_shown(monkeypatch, token, source):
    """In all of them at once, so that one start tries them all."""
    fields = [name for name in Settings.model_fields if name != "discord_token"]
    Path("framekiln.toml").write_text("".join(f'{field} = "{token}"\n' for field in fields))
    if source == "the environment":
        for field in fields:
            monkeypatch.setenv(variable(field), token)
    with pytest.raises(BadSettings) as caught:
        load_settings()
    shown = f"{caught.value}{caught.value.__cause__}"
    assert token[4:20] not in shown
    a_bots = token in {BOT, MFA}  # other services' tokens may well be right in a setting for a secret
    fields = [field for field in fields if a_bots or not is_secret(Settings.model_fields, field)]
    assert [field for field in fields if f"{variable(field)}: looks like a token" not in shown] == []


# Of services that docs/prompt-helper.md and docs/hosted.md name, and of others with the same API.
KEYS = {
    "prompt_helper_key": [
        *(
            "sk-proj-" + "aB3_" * 39,
            "sk-ant-api03-" + "aB3-" * 24,
            "sk-or-v1-" + "a3" * 32,
            "sk-" + "a3" * 16,
        ),
        *("hf_" + "aB3" * 11, "github_pat_" + "aB3" * 27, "gsk_" + "aB3" * 17),
    ],
    "replicate_token": ["r8_" + "aB3" * 12],
    "fal_key": ["0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f:" + "a3" * 16],
    "runpod_key": ["rpa_" + "AB3" * 14],
    "replicate_webhook_secret": ["whsec_" + "aB3+" * 8],
    "webhook_secret": ["whsec_" + "aB3/" * 8],
    "webhook_url": ["https://discord.com/api/webhooks/1000/" + "aB3" * 10 + "-sk_" + "aB3" * 10],
    "comfyui_login": ["owner:sk-" + "aB3" * 10],
}


@pytest.mark.parametrize(("field", "key"), [(field, key) for field, keys in KEYS.items() for key in keys])
def test_the_key_of_a_service_is_taken_where_it_belongs(monkeypatch, field, key):
    if field == "webhook_url":  # its messages are signed
        monkeypatch.setenv(variable("webhook_secret"), *KEYS["webhook_secret"])
    monkeypatch.setenv(variable(field), key)
    assert key in {secret.get_secret_value() for secret in load_settings().secrets()}


def test_there_is_a_key_for_every_secret():
    secret = {field for field in Settings.model_fields if is_secret(Settings.model_fields, field)}
    assert secret == {"discord_token", *KEYS}


@pytest.mark.parametrize("piece", ["aB3" * 8, BOT.partition(".")[0], BOT.rpartition(".")[2]])
def test_what_may_be_a_piece_of_a_secret_is_not_repeated(monkeypatch, piece):
    monkeypatch.setenv("FRAMEKILN_FPS", piece)
    Path("framekiln.toml").write_text(f"{piece} = 1\n")
    with pytest.raises(BadSettings) as caught:
        load_settings()
    Path("framekiln.toml").unlink()
    with pytest.raises(BadSettings) as again:
        load_settings()
    assert piece not in f"{caught.value}{again.value}"


def test_the_usual_rate_is_one_that_members_may_ask_for(monkeypatch):
    monkeypatch.setenv("FRAMEKILN_MAX_FPS", "30")
    assert load_settings(fps=30.0).fps == 30.0
    with pytest.raises(
        BadSettings, match="FRAMEKILN_FPS: must be at most 30, the limit set by FRAMEKILN_MAX_FPS"
    ):
        load_settings(fps=31.0)


def test_two_wrong_values_are_both_named(monkeypatch):
    monkeypatch.setenv("FRAMEKILN_FPS", "1")
    monkeypatch.setenv("FRAMEKILN_BACKUPS", "-1")
    with pytest.raises(BadSettings, match=r"FRAMEKILN_FPS: .*; FRAMEKILN_BACKUPS: "):
        load_settings()


@pytest.mark.parametrize("name", ["auto", "camera", "sketch"])
def test_the_owner_can_choose_the_engine(monkeypatch, name):
    monkeypatch.setenv("FRAMEKILN_ENGINE", name)
    assert load_settings().engine == name


def test_the_log_level_can_be_lower_case(monkeypatch):
    monkeypatch.setenv("FRAMEKILN_LOG_LEVEL", "debug")
    assert load_settings().log_level == "DEBUG"


def test_a_toml_key_that_does_not_exist_is_named():
    Path("framekiln.toml").write_text("fps = 24\nframes_per_second = 24\n")
    with pytest.raises(BadSettings, match=r"^framekiln\.toml .*: frames_per_second$"):
        load_settings()


@pytest.mark.parametrize("content", [b"fps = = 24\n", b"fps = '\xff'\n"])
def test_a_toml_that_cannot_be_read_is_one_line(content):
    Path("framekiln.toml").write_bytes(content)
    with pytest.raises(BadSettings, match=r"\Aframekiln\.toml cannot be read: [^\n]+\Z"):
        load_settings()


def test_a_dotenv_that_cannot_be_read_is_one_line():
    Path(".env").write_bytes(b"FRAMEKILN_ENGINE=\xff\n")
    with pytest.raises(BadSettings, match=r"\A\.env cannot be read: [^\n]+\Z"):
        load_settings()


def test_variables_that_look_like_ours_and_are_not_are_found(monkeypatch):
    monkeypatch.setenv("FRAMEKILN_FPS", "24")
    monkeypatch.setenv("FRAMEKILN_FSP", "24")
    Path(".env").write_text("FRAMEKILN_KEEP_CLIP_DAYS=3\nFRAMEKILN_KEEP_CLIPS_DAYS=3\nOTHER=1\n")
    assert unknown_variables() == ["FRAMEKILN_FSP", "FRAMEKILN_KEEP_CLIP_DAYS"]


def test_run_ends_with_the_line_and_without_a_traceback(tmp_path):
    code = "from bot.cli.main import main; main(['run'])"
    environment = os.environ | {
        "FRAMEKILN_MAX_TAKES": "none",
        "DISCORD_TOKEN": CANARY,
        "PYTHONPATH": str(ROOT),
    }
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr.startswith("A setting is wrong. FRAMEKILN_MAX_TAKES: ")
    assert run.stderr.count("\n") == 1


def test_the_page_of_settings_is_the_one_that_the_class_makes():
    assert (ROOT / "docs/settings.md").read_text("utf-8") == page(), (
        "run: python -m bot.cli.tables.settings_table"
    )


def test_every_setting_has_a_meaning_and_a_row():
    rows = table().splitlines()[2:]
    assert len(rows) == len(Settings.model_fields)
    by_name = {row.split("`")[1]: row for row in rows}
    for name, field in Settings.model_fields.items():
        row = by_name[variable(name)]
        assert field.description
        assert field.description.endswith(".")
        assert row.count("|") == 4


def test_every_secret_is_hidden_from_the_log(monkeypatch):
    monkeypatch.setenv("DISCORD_TOKEN", CANARY)
    monkeypatch.setenv("FRAMEKILN_WEBHOOK_SECRET", f"whsec_{'A' * 40},whsec_{'B' * 40}")
    monkeypatch.setenv("FRAMEKILN_WEBHOOK_URL", "https://example.org/hidden-path")
    for name in ("REPLICATE_TOKEN", "FAL_KEY", "RUNPOD_KEY"):
        monkeypatch.setenv(f"FRAMEKILN_{name}", f" {name} of ours ")
    monkeypatch.setenv("FRAMEKILN_REPLICATE_WEBHOOK_SECRET", f"whsec_{'C' * 40}")
    monkeypatch.setenv("FRAMEKILN_COMFYUI_LOGIN", "ada:hidden word")
    monkeypatch.setenv("FRAMEKILN_PROMPT_HELPER_KEY", "PROMPT_HELPER_KEY of ours")
    settings = load_settings()
    told = {each.get_secret_value() for each in settings.secrets()}
    assert told == {
        CANARY,
        "ada:hidden word",
        f"whsec_{'A' * 40}",
        f"whsec_{'B' * 40}",
        "https://example.org/hidden-path",
        *("REPLICATE_TOKEN of ours", "FAL_KEY of ours", "RUNPOD_KEY of ours", "PROMPT_HELPER_KEY of ours"),
        f"whsec_{'C' * 40}",
    }
    assert (
        len([name for name in Settings.model_fields if "SecretStr" in repr(Settings.model_fields[name])]) == 9
    )
    assert not any(secret in repr(settings) for secret in told)


def test_a_prompt_helper_needs_the_name_of_a_model(monkeypatch):
    monkeypatch.setenv("FRAMEKILN_PROMPT_HELPER_URL", "http://localhost:11434/v1")
    with pytest.raises(BadSettings, match="FRAMEKILN_PROMPT_HELPER_MODEL"):
        load_settings()
    monkeypatch.setenv("FRAMEKILN_PROMPT_HELPER_MODEL", "tiny")
    assert load_settings().prompt_helper_url == "http://localhost:11434/v1"
    monkeypatch.setenv("FRAMEKILN_PROMPT_HELPER_URL", "https://ann:word@example.org/v1")
    with pytest.raises(BadSettings) as caught:
        load_settings()
    assert "word" not in str(caught.value)


def test_a_login_in_a_servers_address_is_refused_and_not_repeated(monkeypatch):
    monkeypatch.setenv("FRAMEKILN_COMFYUI", "http://ann:hidden@127.0.0.1:8188")
    with pytest.raises(BadSettings, match="FRAMEKILN_COMFYUI_LOGIN") as caught:
        load_settings()
    assert "hidden" not in str(caught.value)


def test_commands_of_one_server_alone_and_direct_messages_exclude_each_other(monkeypatch):
    monkeypatch.setenv("DISCORD_GUILD_ID", "123456789012345678")
    load_settings()
    monkeypatch.setenv("FRAMEKILN_DIRECT_MESSAGES", "servers")
    with pytest.raises(BadSettings, match="FRAMEKILN_DIRECT_MESSAGES"):
        load_settings()
