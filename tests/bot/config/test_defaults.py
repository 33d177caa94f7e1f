"""What each setting is where nobody sets it, and that what the documents write for one is read."""

from __future__ import annotations

import re
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from bot.config.choices import Containers, DirectMessages, Language, LogFormat, ShareWith
from bot.config.settings import load_settings, unknown_variables, variable
from tests import ROOT

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
