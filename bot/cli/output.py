"""The one way in which the command line writes a file that an owner asked for.

The file appears whole or not at all, and nothing of the bot's own is ever overwritten.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.config.paths import DATABASE, OWN_FOLDERS
from system import sync

if TYPE_CHECKING:
    from PIL.Image import Image

PRIVATE = 0o600
ORDINARY = 0o666
"""Less what the owner's umask takes away."""


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a file holds.

    Attributes:
        what: its name in a sentence.
        suffixes: the endings that fit, in lower case; the first is the one to propose.
        mode: the permissions of the file, before the umask.
    """

    what: str
    suffixes: tuple[str, ...]
    mode: int = ORDINARY


CLIP = Content(what="an MP4 clip", suffixes=(".mp4",))
PICTURE = Content(what="a picture", suffixes=(".png", ".jpg", ".jpeg", ".webp"))
BACKUP = Content(
    what="a database", suffixes=(".db", ".sqlite", ".sqlite3", ".bak", ".backup", ""), mode=PRIVATE
)
CALIBRATION = Content(what="a calibration", suffixes=(".json",), mode=PRIVATE)

REPLACEABLE = frozenset(CLIP.suffixes + PICTURE.suffixes)
"""Endings of files in the data folder that cannot be the bot's own."""


class CannotSave(click.ClickException):
    """The file cannot be saved there; the text names it and says why.

    Attributes:
        why: the reason alone.
    """

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} cannot be written: {why}")
        self.why = why


class OutputFile:
    """A file that a command is about to write.

    Attributes:
        path: where it appears.
    """

    def __init__(
        self,
        path: Path,
        content: Content,
        *,
        data: Path,
        inputs: Iterable[Path] = (),
        may_replace: bool = True,
        own: bool = False,
    ) -> None:
        """Look at the place before any work is done for it.

        Args:
            path: where the file appears; ``~`` is the owner's home. Its folder is made.
            content: what it holds.
            data: the bot's data folder.
            inputs: the files that the command reads.
            may_replace: whether a file that is there may be replaced.
            own: the file is one of the bot's own.

        Raises:
            CannotSave: it must not or cannot be written there.
        """
        self.path = _at_home(path)
        self._content = content
        self._data = data
        self._inputs = tuple(inputs)
        self._may_replace = may_replace
        self._own = own
        self._look()
        with _told(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._start().unlink()

    @contextmanager
    def draft(self) -> Iterator[Path]:
        """An empty file to write to. It takes the name when the block ends well, and goes when it doesn't.

        Raises:
            CannotSave: the disk is full, or something else has come in the way.
        """
        with _told(self.path):
            draft = self._start()
            try:
                yield draft
                self._look()
                sync(draft)
                draft.replace(self.path)
                sync(self.path.parent)
            finally:
                draft.unlink(missing_ok=True)

    def _start(self) -> Path:
        draft = self.path.with_name(f".framekiln-{secrets.token_hex(6)}.part")
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, self._content.mode))
        return draft

    def _look(self) -> None:
        """Raise where the file must not be written."""
        path = self.path
        if path.suffix.lower() not in self._content.suffixes:
            raise CannotSave(
                path, f"it will be {self._content.what}; end the name in {self._content.suffixes[0]}"
            )
        with _told(path):
            if path.is_symlink():
                raise CannotSave(path, f"it is a link; give the file itself, {path.readlink()}")
            if path.is_dir():
                raise CannotSave(path, "it is a folder; add a file name")
            there = path.exists()
            if there and not path.is_file():
                raise CannotSave(path, "it is not an ordinary file")
            if there and any(path.samefile(given) for given in self._inputs):
                raise CannotSave(path, "it is the file to read from; give another name")
            if not self._own and is_own(path, self._data):
                raise CannotSave(path, "it belongs to the bot; give another name")
        if there and not self._may_replace:
            raise CannotSave(path, "there is a file already; give another name, or add --force")


def save_picture(picture: Image, output: OutputFile) -> None:
    """Save a picture in the format that the file's name asks for.

    Raises:
        CannotSave: the disk is full, or something else has come in the way.
    """
    from PIL.Image import registered_extensions  # noqa: PLC0415 - the command line starts without it

    form = registered_extensions()[output.path.suffix.lower()]
    with output.draft() as draft:
        picture.save(draft, form, optimize=True)


def is_own(path: Path, data: Path) -> bool:
    """Whether a file is, or would be, one of the bot's own in its data folder, under whichever name.

    Raises:
        OSError: a folder cannot be read.
    """
    place = path.parent.resolve() / path.name
    home = data.resolve()
    if place.is_relative_to(home):
        inside = place.relative_to(home)
        if inside.parts[0] in OWN_FOLDERS or inside.name.startswith(DATABASE):
            return True
        if len(inside.parts) == 1 and place.exists() and place.suffix.lower() not in REPLACEABLE:
            return True
    if not path.exists() or not home.is_dir():
        return False
    # Another name of the same file: a hard link, a mount, a file system that takes A for a.
    ours = [each for each in home.iterdir() if each.is_file() and each.suffix.lower() not in REPLACEABLE]
    ours += [each for folder in OWN_FOLDERS for each in (home / folder).glob("**/*") if each.is_file()]
    return any(path.samefile(each) for each in ours)


def no_database(path: Path) -> click.ClickException:
    """What a command says that needs the database, where there is none."""
    return click.ClickException(
        f"there is no database at {path.absolute()}. It is made when framekiln run first starts; where it is "
        "somewhere else, set FRAMEKILN_DATA_DIR, or run this in the bot's folder."
    )


def data_dir() -> Path:
    """The bot's data folder.

    Raises:
        click.ClickException: a setting is wrong.
    """
    from bot.config.settings import BadSettings, load_settings  # noqa: PLC0415 - --help starts without it

    try:
        return load_settings().data_dir
    except BadSettings as error:
        raise click.ClickException(f"A setting is wrong. {error}") from error


def _at_home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise CannotSave(path, "there is no such user") from None


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Give what the disk says in its own words, with the name that the owner knows."""
    try:
        yield
    except OSError as error:
        raise CannotSave(path, error.strerror or str(error)) from error
    except sqlite3.Error as error:
        raise CannotSave(path, str(error)) from error
