"""Having the worker started with the machine: a systemd user unit on Linux, a launchd agent on macOS."""

from __future__ import annotations

import plistlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.worker.ends import FINAL

UNIT = "framekiln-worker.service"
LABEL = "io.framekiln.worker"


@dataclass(frozen=True, kw_only=True)
class ServiceFile:
    """A file that has the system start a worker, and the commands that make the system read it.

    Attributes:
        path: where it goes.
        content: what is in it.
        start: a command.
        watch: the command that shows what the worker prints.
    """

    path: Path
    content: bytes
    start: str
    watch: str

    def write(self) -> None:
        """Put it in its place.

        Raises:
            OSError: it cannot be written.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(self.content)


def service_file(
    *, platform: str, home: Path, folder: Path, settings: Mapping[str, str], command: Sequence[str]
) -> ServiceFile:
    """The file for this system.

    Args:
        platform: as :data:`sys.platform` says it.
        home: of the account.
        folder: the working folder, in which ``.env`` and ``framekiln.toml`` are looked for.
        settings: variables that the worker needs to know.
        command: what to run, with a whole path.
    """
    return (_launchd if platform == "darwin" else _systemd)(home, folder, settings, command)


def _systemd(home: Path, folder: Path, settings: Mapping[str, str], command: Sequence[str]) -> ServiceFile:
    told = "".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in settings.items())
    content = f"""\
[Unit]
Description=Framekiln worker: draws clips for a bot on another machine
After=network-online.target
Wants=network-online.target

[Service]
ExecStart={" ".join(_quoted(word).replace("$", "$$") for word in command)}
WorkingDirectory={_escaped(str(folder))}
{told}Restart=on-failure
RestartSec=10
RestartPreventExitStatus={FINAL}
TimeoutStopSec=60
Nice=5

[Install]
WantedBy=default.target
"""
    return ServiceFile(
        path=home / ".config" / "systemd" / "user" / UNIT,
        content=content.encode(),
        start="systemctl --user daemon-reload && loginctl enable-linger && "
        f"systemctl --user enable --now {UNIT}",
        watch=f"journalctl --user -u {UNIT} -f",
    )


def _launchd(home: Path, folder: Path, settings: Mapping[str, str], command: Sequence[str]) -> ServiceFile:
    path = home / "Library" / "LaunchAgents" / f"{LABEL}.plist"
    notes = home / "Library" / "Logs" / "framekiln-worker.log"
    content = {
        "Label": LABEL,
        "ProgramArguments": list(command),
        "WorkingDirectory": str(folder),
        "EnvironmentVariables": dict(settings),
        "RunAtLoad": True,
        "KeepAlive": {"Crashed": True},
        "StandardErrorPath": str(notes),
        "StandardOutPath": str(notes),
    }
    return ServiceFile(
        path=path,
        content=plistlib.dumps(content),
        start=f"launchctl load -w {path}",
        watch=f"tail -f {notes}",
    )


def _quoted(text: str) -> str:
    """A word of a unit, in quotes; ``%`` stands for itself."""
    inner = _escaped(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inner}"'


def _escaped(text: str) -> str:
    return text.replace("%", "%%")
