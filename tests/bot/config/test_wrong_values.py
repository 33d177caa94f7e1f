"""A wrong value of each setting is refused in one line that names the setting."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bot.config.settings import BadSettings, Settings, load_settings, variable
from tests import ROOT
from tests.bot.config.canary import CANARY

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


def test_two_wrong_values_are_both_named(monkeypatch):
    monkeypatch.setenv("FRAMEKILN_FPS", "1")
    monkeypatch.setenv("FRAMEKILN_BACKUPS", "-1")
    with pytest.raises(BadSettings, match=r"FRAMEKILN_FPS: .*; FRAMEKILN_BACKUPS: "):
        load_settings()


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
