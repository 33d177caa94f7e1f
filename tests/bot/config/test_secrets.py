"""Tokens and keys: taken where they belong, refused elsewhere, and shown nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli.tables.settings_table import table
from bot.config.plain_values import is_secret
from bot.config.settings import BadSettings, Settings, load_settings, variable
from tests.bot.config.canary import CANARY


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


def test_a_login_in_a_servers_address_is_refused_and_not_repeated(monkeypatch):
    monkeypatch.setenv("FRAMEKILN_COMFYUI", "http://ann:hidden@127.0.0.1:8188")
    with pytest.raises(BadSettings, match="FRAMEKILN_COMFYUI_LOGIN") as caught:
        load_settings()
    assert "hidden" not in str(caught.value)
