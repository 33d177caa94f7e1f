"""Members' files are for the owner's account alone: pictures, clips, prompts and keys."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import system
from bot.config.paths import OWN_FOLDERS

log = logging.getLogger(__name__)

OTHERS = stat.S_IRWXG | stat.S_IRWXO
"""What the group and everybody else may do."""


@contextmanager
def private_files() -> Iterator[None]:
    """While the block lasts, nobody else may read what this process or its children create."""
    before = os.umask(OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def open_to_others(data: Path) -> Iterator[tuple[Path, int]]:
    """The bot's files and folders in the data folder that others can use, each with its mode.

    Folders of the owner's own are left out, and so is a data folder that is more than that: a home, or a
    folder that everybody shares.
    """
    if not data.is_dir():
        return
    found = [] if _is_shared(data) else [data]
    for entry in sorted(data.iterdir()):
        if entry.is_symlink():
            continue
        if entry.name in OWN_FOLDERS:
            found += [entry, *(each for each in entry.rglob("*") if not each.is_symlink())]
        elif entry.is_file():
            found.append(entry)
    for path in found:
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
        except FileNotFoundError:  # it was a clip that is delivered by now
            continue
        if system.others_may(mode):
            yield path, mode


def close_to_others(data: Path) -> None:
    """Take others' permissions from whatever an older release, a restore or a copy left open."""
    mended, refused = 0, []
    for path, mode in list(open_to_others(data)):
        try:
            path.chmod(mode & ~OTHERS)
            mended += 1
        except OSError as error:
            refused.append(f"{path}: {error.strerror}")
    if mended:
        log.info("%d files and folders in %s are no longer open to other accounts", mended, data)
    if refused:
        log.warning("%d files and folders stay open to other accounts, such as %s", len(refused), refused[0])


def _is_shared(folder: Path) -> bool:
    place = folder.resolve()
    return place in {Path("/"), Path.home().resolve()} or bool(place.stat().st_mode & stat.S_ISVTX)
