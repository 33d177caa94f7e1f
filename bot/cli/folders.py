"""What ``framekiln doctor`` says of the folders: it tries to write in each of them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import system
from bot.cli.finding import Finding
from bot.config.paths import BACKUPS, BLOBS, DATABASE, OUTBOX, SPOOL
from bot.config.settings import ENV_FILE, Settings
from bot.ops.file_modes import open_to_others

TEMPORARY = ("TMPDIR", "TEMP", "TMP")
"""The variables that name the folder of temporary files; the first that is set."""


def looked_for() -> str:
    """Where the settings are looked for: whoever is in another folder than they think reads which one."""
    folder = Path.cwd()
    there = ENV_FILE.is_file()
    return f"{ENV_FILE} was read in {folder}" if there else f"there is no {ENV_FILE} in {folder}"


def examine_folders(settings: Settings) -> Iterator[Finding]:
    """Whether the bot can write where it has to, and whether nobody else reads there."""
    data = settings.data_dir
    whole = _tried("data", data, "Set FRAMEKILN_DATA_DIR to a folder that this account may write in.")
    yield whole
    if whole.ok:
        yield from _inside(data)
        yield from _privacy(data)
    yield _models(settings.models_dir)
    yield _temporary()


def _inside(data: Path) -> Iterator[Finding]:
    """A bot that ran once as root leaves folders that the next one cannot use."""
    for name in (SPOOL, BLOBS, BACKUPS, OUTBOX):
        folder = data / name
        if folder.exists() or folder.is_symlink():
            found = _tried(name, folder, f"Move {folder} away, or let this account own it.")
            if name == SPOOL or not found.ok:
                yield found
    for ending in ("", "-wal", "-shm", ".lock"):
        file = data / (DATABASE + ending)
        if file.exists() and (why := _refusal_of_file(file)):
            mend = f"Let this account own it: {system.take_back(data)}"
            yield Finding(name=file.name, ok=False, blocks=True, text=why, mend=mend)


def _privacy(data: Path) -> Iterator[Finding]:
    found = sum(1 for _ in open_to_others(data))
    if found:
        text = f"other accounts can use {found} of the bot's files and folders in {data}"
        yield Finding(name="privacy", ok=False, text=text, mend="The next start of the bot mends that.")


def _models(folder: Path) -> Finding:
    """A bot draws with what is there already; only ``models pull`` has to write."""
    mend = "Set FRAMEKILN_MODELS_DIR to a folder that this account may write in."
    found = _tried("models", folder, mend)
    if found.ok:
        return found
    text = f"{found.text}; nothing can be downloaded to it"
    return Finding(name="models", ok=False, wrong=True, text=text, mend=mend)


def _temporary() -> Finding:
    name = next((each for each in TEMPORARY if os.environ.get(each)), "")
    if name:
        found = _tried(
            name, Path(os.environ[name]), f"Set {name} to a folder that this account may write in."
        )
        if found.ok:
            return found
    try:
        used = tempfile.gettempdir()
    except FileNotFoundError as error:
        mend = "Set TMPDIR to a folder that this account may write in."
        return Finding(name="temporary files", ok=False, blocks=True, text=str(error.strerror), mend=mend)
    if not name:
        return _tried("temporary files", Path(used), "Set TMPDIR to a folder that this account may write in.")
    return Finding(name=name, ok=False, wrong=True, text=f"{found.text}; {used} is used", mend=found.mend)


def _tried(name: str, folder: Path, mend: str) -> Finding:
    """Write a file there and delete it; where the folder is not there yet, see whether it could be made."""
    place = folder.absolute()
    there = next(each for each in (place, *place.parents) if each.exists() or each.is_symlink())
    try:
        if not there.is_dir():
            what = "a file" if there.exists() else "a link that leads nowhere"
            why = f"{there} is {what}, not a folder"
        elif there != place:
            with tempfile.TemporaryDirectory(prefix=".framekiln-", dir=there):
                return Finding(name=name, ok=True, text=f"{folder} will be made")
        else:
            with tempfile.NamedTemporaryFile(prefix=".framekiln-", dir=there) as file:
                file.write(b"x")
                file.flush()
                os.fsync(file.fileno())
            return Finding(name=name, ok=True, text=f"{folder} can be written")
    except OSError as error:
        why = f"{error.strerror}{_owner(there)}"
    return Finding(name=name, ok=False, blocks=True, text=f"{folder} cannot be written: {why}", mend=mend)


def _refusal_of_file(file: Path) -> str | None:
    try:
        with file.open("r+b"):
            return None
    except OSError as error:
        return f"{file} cannot be written: {error.strerror}{_owner(file)}"


def _owner(path: Path) -> str:
    """Whose it is, where it is not ours."""
    try:
        owner, we = system.other_owner(path)
    except OSError:
        return ""
    return f"; it belongs to {owner}, and this is {we}" if owner else ""
