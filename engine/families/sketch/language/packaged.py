"""The data files of the sketch, which come with the package, and the one error that they can raise."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

DATA = Path(__file__).parents[1] / "data"


@cache
def by_language(name: str, *sections: str) -> Mapping[str, Mapping[str, str]]:
    """The sections of a file, each a language → words with gaps between them.

    Raises:
        RuntimeError: it is missing or damaged.
    """
    path = DATA / name
    try:
        read = tomllib.loads(path.read_text("utf-8"))
        return {section: read[section] for section in sections}
    except (OSError, KeyError, ValueError) as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> RuntimeError:
    """What to raise where a data file is missing or damaged."""
    return RuntimeError(
        f"The sketch cannot read {path.name}, which comes with Framekiln ({error}). Install Framekiln again."
    )
