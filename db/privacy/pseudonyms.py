"""Members without their ids: numbers that stand for them, and the list of those who were erased.

A pseudonym is a keyed hash of a member's id. Its key lies beside the database, not in it, so neither a copy
of the database nor a backup tells whom a pseudonym stands for; with the key, a guess can be tested. That much
is needed: a ban, or an opt-out of having one's pictures animated, must find its member again.

The list of the erased lies beside the database too: an older copy of the database that is put back does not
know of an erase, so it is done again there.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from system import sync

FOLDER = "erased"
"""The name of its folder in the data folder."""

KEY = "key"
LIST = "list"
_LINE = re.compile(r"^(-\d+) (\d[\d.e+]*)\n", re.MULTILINE)
_KEY_BYTES = 32
_BITS = 62  # SQLite's integers have 63 and a sign; Discord's ids are positive, pseudonyms are not


@dataclass(frozen=True, kw_only=True)
class Erased:
    """Somebody was erased: ``pseudonym`` stands for them, ``at`` in Unix seconds."""

    pseudonym: int
    at: float


class Pseudonyms:
    """Makes pseudonyms and keeps the list.

    Args:
        data_dir: its folder is made here if it is not there; readable by the owner only.

    Raises:
        OSError: it cannot be read or written.
    """

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._list = self._folder / LIST
        self._key = self._load_or_make_key()
        self._known = {each.pseudonym for each in self.erased()}

    def was_erased(self, user: int) -> bool:
        """Whether a member was ever erased. It is asked at each request, so it reads no file."""
        return bool(self._known) and self.of(user) in self._known

    def of(self, user: int) -> int:
        """A negative number, always the same for a member of this installation."""
        digest = hmac.digest(self._key, str(user).encode(), hashlib.sha256)
        return -1 - (int.from_bytes(digest[:8], "big") >> (64 - _BITS))

    def add(self, user: int, at: float) -> None:
        """Record that a member is erased, before it is done; synced to disk when this returns."""
        new = not self._list.exists()
        torn = not new and not self._list.read_bytes().endswith(b"\n")
        with os.fdopen(os.open(self._list, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
            file.write("\n" * torn + f"{self.of(user)} {at!r}\n")
            file.flush()
            os.fsync(file.fileno())
        if new:
            sync(self._folder)
        self._known.add(self.of(user))

    def erased(self) -> list[Erased]:
        """All erased members, in order. A line that a power cut left incomplete is skipped."""
        if not self._list.exists():
            return []
        return [
            Erased(pseudonym=int(line[1]), at=float(line[2]))
            for line in _LINE.finditer(self._list.read_text("ascii"))
        ]

    def _load_or_make_key(self) -> bytes:
        path = self._folder / KEY
        if not path.exists():
            draft = path.with_suffix(".draft")
            draft.unlink(missing_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_bytes(_KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
            sync(self._folder)
        return path.read_bytes()
