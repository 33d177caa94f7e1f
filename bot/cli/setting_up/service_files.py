"""What keeps the bot running: a unit for systemd, or a file for Docker Compose."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

UNIT_NAME = "framekiln.service"
SECONDS = 20.0

COMPOSE = """\
# docker compose up -d                       without a GPU
# docker compose --profile gpu up -d gpu     with a GPU
x-bot: &bot
  env_file: .env
  restart: unless-stopped
  stop_grace_period: 20s
  init: true
services:
  bot:
    <<: *bot
    image: ghcr.io/framekiln/framekiln:{version}
    volumes: ["data:/data"]
  gpu:
    <<: *bot
    profiles: [gpu]
    image: ghcr.io/framekiln/framekiln:{version}-cuda
    volumes: ["data:/data", "models:/models"]
    deploy:
      resources:
        reservations:
          devices: [{{driver: nvidia, count: 1, capabilities: [gpu]}}]
volumes:
  data:
  models:
"""

UNIT = """\
[Unit]
Description=Framekiln, a Discord bot that makes short clips
After=network-online.target
Wants=network-online.target

[Service]
ExecStart={program} run
WorkingDirectory={folder}
Restart=on-failure
RestartSec=5
TimeoutStopSec=30
NoNewPrivileges=true
UMask=0077

[Install]
WantedBy=default.target
"""


def unit_path() -> Path:
    """Where a user's own units are."""
    config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(config) / "systemd" / "user" / UNIT_NAME


def unit(folder: Path) -> str:
    """A unit that runs this program in a folder.

    Raises:
        ValueError: a path holds what systemd would read as something else.
    """
    program = Path(sys.executable).parent / "framekiln"
    command = str(program) if program.exists() else f"{sys.executable} -m bot"
    paths = f"{command}{folder}"
    if "%" in paths or '"' in paths or "\n" in paths or "\\" in paths:
        raise ValueError(f"systemd could not read this path: {folder}")
    quoted = f'"{program}"' if program.exists() else f'"{sys.executable}" -m bot'
    return UNIT.format(program=quoted, folder=folder)


def enable() -> str:
    """Have systemd read the unit, and start it with the user's session. Returns why not; "" for no reason."""
    tool = shutil.which("systemctl")
    if tool is None:
        return "systemctl is not here"
    for words in (("daemon-reload",), ("enable", UNIT_NAME)):
        try:
            subprocess.run(
                [tool, "--user", *words], check=True, capture_output=True, text=True, timeout=SECONDS
            )
        except subprocess.CalledProcessError as error:
            return (error.stderr or f"systemctl {words[0]} failed").strip()
        except (OSError, subprocess.SubprocessError) as error:
            return str(error)
    return ""


def compose(version: str) -> str:
    """A file for Docker Compose with the images of a release."""
    return COMPOSE.format(version=version)
