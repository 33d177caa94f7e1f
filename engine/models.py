"""The weights that Framekiln knows by name: where they come from, and what their licence allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class HubSource:
    """Files of a repository on the Hugging Face hub.

    Attributes:
        repo: ``owner/name``.
        files: the ones that are needed, as paths in the repository.
        revision: a commit, 40 hex digits; "" where none was pinned yet: the owner's first pull pins it.
        sha256: file → hex digest, as far as known.
    """

    repo: str
    files: tuple[str, ...]
    revision: str = ""
    sha256: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class WheelSource:
    """One file inside a Python package's wheel."""

    package: str
    version: str
    member: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Licence:
    """What an owner agrees to.

    Attributes:
        name: SPDX, or the name its authors gave it.
        url: where its text is.
        commercial: in a sentence, whether clips may be made for money.
    """

    name: str
    url: str
    commercial: str


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """Weights.

    Attributes:
        name: as ``framekiln models pull`` takes it.
        about: one line.
        source: where they come from.
        licence: what was agreed to.
        size: bytes to download, about.
    """

    name: str
    about: str
    source: HubSource | WheelSource
    licence: Licence
    size: int


CATALOGUE: Mapping[str, ModelSpec] = {}
