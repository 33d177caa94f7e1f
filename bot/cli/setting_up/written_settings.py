"""Writing settings into ``.env`` and ``framekiln.toml`` without touching anything else in them."""

from __future__ import annotations

import io
import json
import os
import re
import secrets
from pathlib import Path

from dotenv import dotenv_values

import system

PRIVATE = 0o600


def written_in_env(path: Path, name: str) -> str | None:
    """What ``.env`` says of a setting; None where it says nothing."""
    return (dotenv_values(stream=io.StringIO(read(path))).get(name) or None) if path.exists() else None


def read(path: Path) -> str:
    """The text of a file, in whatever encoding its byte order mark names."""
    from bot.config.settings import encoding_of  # noqa: PLC0415 - the command line starts without it

    return path.read_text(encoding_of(path))


def with_env(text: str, name: str, value: str) -> str:
    """The text of an ``.env`` in which a setting has this value. All other lines stay as they are."""
    line = f"{name}={_quoted(value)}"
    own = re.compile(rf"^(?:export\s+)?{re.escape(name)}\s*=.*$", re.MULTILINE)
    if own.search(text):
        return own.sub(lambda _: line, text)
    proposed = re.compile(rf"^#\s*{re.escape(name)}\s*=.*$", re.MULTILINE)
    if proposed.search(text):
        return proposed.sub(lambda _: line, text, count=1)
    return f"{text.rstrip()}\n{line}\n".lstrip("\n")


def with_toml(text: str, name: str, value: str) -> str:
    """The text of a TOML file in which a setting has this value. It goes before the first table."""
    line = f"{name} = {json.dumps(value, ensure_ascii=False)}"
    own = re.compile(rf"^{re.escape(name)}\s*=.*$", re.MULTILINE)
    return own.sub(lambda _: line, text, count=1) if own.search(text) else f"{line}\n{text}"


def write(path: Path, text: str, *, mode: int | None = None) -> None:
    """Write a file whole or not at all.

    Args:
        path: the file.
        text: what it holds from now on.
        mode: its permissions; None: those that it has.
    """
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    kept = path.stat().st_mode & 0o777 if path.exists() else 0o644
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            system.set_mode(file.fileno(), kept if mode is None else mode)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _quoted(value: str) -> str:
    plain = re.fullmatch(r"[A-Za-z0-9_./:@%+=,-]*", value)
    return value if plain else "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
