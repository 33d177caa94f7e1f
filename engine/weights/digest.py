"""What a file's bytes add up to: ``sha256:…``, or ``git-sha1:…`` as git names a blob."""

from __future__ import annotations

import hashlib
from pathlib import Path

SHA256 = "sha256:"
GIT = "git-sha1:"
CHUNK = 1 << 20


def digest_of(path: Path, kind: str = SHA256) -> str:
    """Read a file and name its content.

    Args:
        path: the file.
        kind: :data:`SHA256`, or :data:`GIT`: the hub knows only that of files that are small.
    """
    if kind == GIT:  # git's own choice; it guards against accidents, and the commit against more
        reckoned = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    else:
        reckoned = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            reckoned.update(chunk)
    return kind + reckoned.hexdigest()


def matches(path: Path, digest: str) -> bool:
    """Whether a file has this digest."""
    return digest_of(path, GIT if digest.startswith(GIT) else SHA256) == digest
