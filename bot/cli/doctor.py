"""``framekiln doctor``: what is missing, and how to fix it."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from yarl import URL

from bot.cli.finding import Finding
from bot.cli.folders import examine_folders, looked_for
from bot.cli.rows.broker_findings import examine_workers
from bot.cli.rows.service_findings import examine_services
from bot.config.secrets import has_form_of_token
from bot.config.settings import ENVIRONMENT, BadSettings, Settings, load_settings, unknown_variables, variable
from bot.drawing_policies import local_devices_of, store_of
from bot.elsewhere_policies import owned_environment
from bot.policies import for_leaving
from db.sqlite.connection import OLDEST_SQLITE
from engine.core.request import AUTO

if TYPE_CHECKING:
    from engine.weights.model_spec import Licence

SAFE_SQLITE = (3, 51, 3)
"""Older ones can damage a file that two connections write at once; ours has one. sqlite.org/changes.html."""

DISCORD = "https://discord.com/api"
FFMPEG_SECONDS = 20.0


def examine() -> list[Finding]:
    """Check everything the bot needs."""
    try:
        settings = load_settings()
    except BadSettings as error:
        mend = f"Correct it in {' and in '.join(error.places)}."
        if ENVIRONMENT in error.places:
            mend += " Docker Compose fills the environment from .env."
        wrong = Finding(name="settings", ok=False, blocks=True, text=str(error), mend=mend)
        return [_python(), wrong]
    return [
        _python(),
        *_settings(settings),
        _sqlite(),
        _disk(settings),
        *examine_folders(settings),
        *_set_aside(settings),
        _ffmpeg(),
        _signing(settings),
        *examine_devices(settings),
        *_engines(settings),
        _eyes(settings),
        _nudity(settings),
        *examine_weights(settings),
        *examine_workers(settings),
    ]


def report(findings: list[Finding]) -> str:
    """The findings as lines."""
    lines = [line for finding in findings for line in finding.lines()]
    blocking = sum(finding.blocks for finding in findings)
    things = "problem keeps" if blocking == 1 else "problems keep"
    lines.append("")
    lines.append(f"{blocking} {things} the bot from running." if blocking else "The bot can run.")
    return "\n".join(lines)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(name="python", ok=True, text=version)


def _settings(settings: Settings) -> Iterator[Finding]:
    if settings.discord_token is None:
        yield Finding(
            name="DISCORD_TOKEN",
            ok=False,
            blocks=True,
            text=f"is not set; {looked_for()}",
            mend="Create a bot in Discord's developer portal and put DISCORD_TOKEN=… into .env.",
        )
    elif not has_form_of_token(settings.discord_token.get_secret_value()):
        yield Finding(
            name="DISCORD_TOKEN",
            ok=False,
            wrong=True,
            text="is set, but is no token: one has three parts, with dots between them",
            mend="Under Bot in Discord's developer portal, choose Reset Token, and copy it whole.",
        )
    else:
        yield Finding(name="DISCORD_TOKEN", ok=True, text="is set (it is checked when the bot starts)")
    yield from _proxy()
    where = f"server {settings.discord_guild_id}" if settings.discord_guild_id else "every server"
    yield Finding(name="commands", ok=True, text=f"will be registered in {where}")
    for name in unknown_variables():
        yield Finding(name=name, ok=False, text="is not a setting", mend="Check for a typo.")


def _proxy() -> Iterator[Finding]:
    from bot.proxy import BadProxy, proxy_for, without_password  # noqa: PLC0415 - only needed here

    try:
        proxy = proxy_for(URL(DISCORD))
    except BadProxy as error:
        mend = "Correct it in the environment."
        yield Finding(name="proxy", ok=False, blocks=True, text=str(error), mend=mend)
    else:
        if proxy is not None:
            yield Finding(name="proxy", ok=True, text=f"Discord is reached through {without_password(proxy)}")


def _sqlite() -> Finding:
    version = sqlite3.sqlite_version_info
    if version < OLDEST_SQLITE:
        return Finding(
            name="sqlite",
            ok=False,
            blocks=True,
            text=f"{sqlite3.sqlite_version} is too old",
            mend=f"Use a Python built with SQLite {OLDEST_SQLITE[0]}.{OLDEST_SQLITE[1]} or later.",
        )
    if version < SAFE_SQLITE:
        return Finding(
            name="sqlite",
            ok=True,
            text=f"{sqlite3.sqlite_version} (don't open the database in another program while the bot runs: "
            "versions before 3.51.3 can damage a file that two programs write to)",
        )
    return Finding(name="sqlite", ok=True, text=sqlite3.sqlite_version)


def _disk(settings: Settings) -> Finding:
    folder = settings.data_dir
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB free for {settings.data_dir}"
    if free < settings.min_free_disk:
        mend = "Free some space, or set FRAMEKILN_DATA_DIR to a larger disk."
        return Finding(name="disk", ok=False, blocks=True, text=text, mend=mend)
    return Finding(name="disk", ok=True, text=text)


def _set_aside(settings: Settings) -> Iterator[Finding]:
    """Databases that were damaged, or replaced by a backup: the owner should know."""
    from db.sqlite.rescue import ASIDE  # noqa: PLC0415 - only needed here

    for folder in sorted((settings.data_dir / ASIDE).glob("*/")):
        yield Finding(
            name="database",
            ok=False,
            text=f"an old one was set aside in {folder}",
            mend="Only it has the jobs since the backup. Delete the folder when you no longer need it.",
        )


def _ffmpeg() -> Finding:
    import imageio_ffmpeg  # noqa: PLC0415 - slow to import, and only needed here

    try:
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-encoders"]
        run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=FFMPEG_SECONDS)
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        mend = "Reinstall it: pip install --force-reinstall imageio-ffmpeg"
        return Finding(name="ffmpeg", ok=False, blocks=True, text=str(error), mend=mend)
    if "libx264" not in run.stdout:
        mend = "Unset IMAGEIO_FFMPEG_EXE, or point it at an ffmpeg with libx264."
        return Finding(name="ffmpeg", ok=False, blocks=True, text="cannot encode H.264", mend=mend)
    return Finding(name="ffmpeg", ok=True, text="can encode H.264")


def _signing(settings: Settings) -> Finding:
    from engine.provenance.identity import load_identity  # noqa: PLC0415 - cryptography is only needed here
    from engine.provenance.seal import library  # noqa: PLC0415 - same

    name = "signing"
    if library() is None:
        text = "clips carry their tags but are not signed: c2pa-python cannot be loaded"
        return Finding(name=name, ok=False, text=text, mend="pip install c2pa-python")
    try:
        identity = load_identity(settings.data_dir)
        if identity is None:
            return Finding(name=name, ok=True, text="the key is created when the bot first starts")
        text = f"clips are signed; the key is valid until {identity.expires:%Y}"
        return Finding(name=name, ok=True, text=text)
    except (OSError, ValueError) as error:
        mend = f"Move {settings.data_dir / 'identity'} away; the next start creates a new key."
        return Finding(name=name, ok=False, blocks=True, text=f"the key cannot be used: {error}", mend=mend)


def examine_devices(settings: Settings) -> Iterator[Finding]:
    """The engines of this machine, where it has not just the usual one."""
    devices = local_devices_of(settings)
    if not devices:
        text = "none, because of FRAMEKILN_DEVICES: only servers and services draw"
        yield Finding(name="devices", ok=True, text=text)
    elif len(devices) > 1:
        names = ", ".join(device.name for device in devices)
        yield Finding(name="devices", ok=True, text=f"an engine for each of {names}")
    yield from examine_leaving(settings)


def examine_leaving(settings: Settings) -> Iterator[Finding]:
    """When engines of this machine are left out, and whether one is now."""
    from bot.loops.gpu_release import held_by_others, left_out_by_clock  # noqa: PLC0415 - only needed here

    policy, name = for_leaving(settings), "leaving out"
    devices = local_devices_of(settings)
    for hours in policy.hours:
        text = f"{hours.name} from {hours.begin:%H:%M} to {hours.end:%H:%M}"
        if any(hours.are_for(device.name) for device in devices):
            yield Finding(name=name, ok=True, text=text)
        else:
            names = ", ".join(["all", *(device.name for device in devices)])
            mend = f"Change {variable('leave_out')}; there are: {names}."
            yield Finding(name=name, ok=False, text=f"{text}: there is no such engine", mend=mend)
    for device in devices:
        if (left_out := left_out_by_clock(policy, device.name, time.time())) is not None:
            yield Finding(name=name, ok=True, text=f"{device.name} is {left_out}")
        if policy.memory and device.gpu:
            held = held_by_others(device.gpu)
            text = f"other programs hold {(held or 0) / 1e9:.1f} GB of the memory of {device.name}"
            if held is None:
                text = f"the driver does not tell who holds the memory of {device.name}"
            mend = "" if held is not None else f"Use {variable('leave_out')} instead."
            yield Finding(name=name, ok=held is not None, text=text, mend=mend)


def _engines(settings: Settings) -> Iterator[Finding]:
    from engine.core.device import Device  # noqa: PLC0415
    from engine.elsewhere.owned import owned_families  # noqa: PLC0415 - numpy is only needed here
    from engine.families import CATALOGUE, families_of  # noqa: PLC0415
    from engine.runtime.capabilities import capabilities_of  # noqa: PLC0415

    # The GPU has a line of its own.
    owned = owned_families(owned_environment(settings))
    capabilities = replace(
        capabilities_of(store_of(settings), CATALOGUE, Device(), slow=True),
        added=owned.specs,
        lacking=owned.lacking,
    )
    for fault in owned.faults:
        yield Finding(name="engines", ok=False, wrong=True, text=fault)
    families = families_of(capabilities)
    if settings.engine not in {AUTO, *families}:
        text = f"there is no engine called {settings.engine}, so all engines may be used"
        yield Finding(name="engine", ok=False, text=text, mend=f"Change {variable('engine')}.")
    for name, spec in families.items():
        lack, _, command = (spec.lacks(capabilities) or "").partition("; ")
        text = f"is missing {lack}" if lack else spec.about
        yield Finding(name=f"engine {name}", ok=not lack, text=text, mend=command)
    yield from examine_services(settings, families)
    gpu = shutil.which("nvidia-smi") is not None
    yield Finding(name="gpu", ok=gpu, text="found" if gpu else "none found; engines with models need one")
    if find_spec("torch") is None:
        yield Finding(
            name="torch",
            ok=False,
            text="is not installed; engines with models need it",
            mend="make models (or, without the Makefile: pip install 'framekiln[models]')",
        )


def _eyes(settings: Settings) -> Finding:
    from bot.ops.fetch_eyes import GROUP, eyes  # noqa: PLC0415 - only needed here
    from engine.weights.first_start import missing_of  # noqa: PLC0415

    missing = ", ".join(spec.name for spec in missing_of(eyes(), store_of(settings)))
    text = f"pictures are looked at without {missing}" if missing else "pictures are looked at"
    return Finding(
        name="eyes", ok=not missing, text=text, mend=f"framekiln models pull {GROUP}" if missing else ""
    )


def _nudity(settings: Settings) -> Finding:
    from engine.vision.nudity import ENTRY, FILE  # noqa: PLC0415 - OpenCV is only needed here

    there = (store_of(settings).path(ENTRY) / FILE).is_file()
    text = "pictures and clips are checked" if there else "pictures and clips are not checked"
    mend = "" if there else f"framekiln models pull {ENTRY}"
    return Finding(name="nudity", ok=there, text=text, mend=mend)


def examine_weights(settings: Settings) -> Iterator[Finding]:
    """What is half here, and what the licences of what is here ask for."""
    from engine.families import CATALOGUE  # noqa: PLC0415
    from engine.weights.fetch import FetchFailed  # noqa: PLC0415 - slow to import, and only needed here
    from engine.weights.lock import Lock  # noqa: PLC0415

    store = store_of(settings)
    try:
        Lock(store.folder).records()
    except FetchFailed as error:
        yield Finding(name="weights", ok=False, text=str(error))
    bound: dict[Licence, list[str]] = {}
    for name, spec in CATALOGUE.items():
        if store.has(spec):
            if not spec.licence.free:
                bound.setdefault(spec.licence, []).append(name)
        elif store.path(name).exists() or store.staging(name).exists():
            mend = f"framekiln models pull {name}"
            yield Finding(name=f"weights {name}", ok=False, text="are only partly downloaded", mend=mend)
    for licence, names in bound.items():
        yield Finding(
            name="licence",
            ok=True,
            text=f"{licence.name} ({', '.join(names)}): {licence.commercial} {licence.url}",
        )
