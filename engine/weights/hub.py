"""The Hugging Face hub: what a repository holds at a commit, and what its cache has of that already.

Described at huggingface.co/docs/hub/api; the cache's layout at
huggingface.co/docs/huggingface_hub/guides/manage-cache.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine.core.errors import Code
from engine.weights.digest import GIT, SHA256
from engine.weights.fetch import FetchFailed, Web, origin

ENDPOINT = "https://huggingface.co"
TRUE = {"1", "ON", "YES", "TRUE"}
"""What the hub's own library takes for yes in the environment."""


@dataclass(frozen=True, kw_only=True)
class RemoteFile:
    """A file as its repository announces it.

    Attributes:
        size: bytes.
        digest: see :mod:`engine.weights.digest`; "" where none is announced.
    """

    path: str
    size: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A repository at one commit."""

    revision: str
    files: Mapping[str, RemoteFile]


class Hub:
    """Asks the hub, and looks into the cache that its own library keeps."""

    def __init__(self, web: Web, *, endpoint: str = ENDPOINT, cache: Path, offline: bool = False) -> None:
        """Make one.

        Args:
            web: knows the token, where there is one.
            endpoint: of the hub or of a mirror.
            cache: the folder of ``models--owner--name``.
            offline: the owner wants nothing to be asked for.
        """
        self._web = web
        self._endpoint = endpoint.rstrip("/")
        self._cache = cache
        self._offline = offline

    def describe(self, repo: str, revision: str) -> Snapshot:
        """What a repository holds.

        Args:
            repo: ``owner/name``.
            revision: a commit or a branch.

        Raises:
            FetchFailed: the hub cannot be reached, or does not let us see it.
        """
        if self._offline:
            raise FetchFailed(
                Code.NETWORK, f"{repo} is not fully downloaded, and HF_HUB_OFFLINE forbids downloading it."
            )
        url = f"{self._endpoint}/api/models/{repo}/revision/{quote(revision, safe='')}?blobs=true"
        try:
            page = self._web.page(url, "application/json")
            told = json.loads(page.body)
            files = [_remote(file) for file in told["siblings"]]
            return Snapshot(revision=str(told["sha"]), files={file.path: file for file in files})
        except FetchFailed as error:
            raise _explained(error, repo) from error
        except (ValueError, KeyError, TypeError) as error:
            text = f"{origin(url)} sent an answer that this program does not understand."
            raise FetchFailed(Code.NETWORK, text) from error

    def download(self, repo: str, revision: str, file: RemoteFile, part: Path, tell: Any) -> None:
        """Fetch a file; see :meth:`engine.weights.fetch.Web.download`."""
        url = f"{self._endpoint}/{repo}/resolve/{revision}/{quote(file.path)}"
        try:
            self._web.download(url, part, file.size, tell)
        except FetchFailed as error:
            raise _explained(error, repo) from error

    def cached(self, repo: str, revision: str) -> Snapshot | None:
        """What the cache holds of a commit, with the digests that its own library was told; None: nothing."""
        folder = self._folder(repo, revision)
        if not folder.is_dir():
            return None
        files = [_kept(folder, path) for path in folder.rglob("*") if path.is_file()]
        return Snapshot(revision=revision, files={file.path: file for file in files})

    def cached_file(self, repo: str, revision: str, path: str) -> Path | None:
        """A file of the cache."""
        file = self._folder(repo, revision) / path
        return file.resolve() if file.is_file() else None

    def _folder(self, repo: str, revision: str) -> Path:
        return self._cache / f"models--{repo.replace('/', '--')}" / "snapshots" / revision


def hub_of(environment: Mapping[str, str], **options: Any) -> Hub:
    """The hub as the usual variables have it: HF_ENDPOINT, HF_TOKEN, HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE.

    Args:
        environment: of the process.
        options: for :class:`engine.weights.fetch.Web`.
    """
    endpoint = environment.get("HF_ENDPOINT") or ENDPOINT
    token = environment.get("HF_TOKEN", "").strip()
    home = environment.get("HF_HOME") or Path(environment.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    cache = Path(environment.get("HF_HUB_CACHE") or Path(home) / "hub").expanduser()
    web = Web(credentials={origin(endpoint): f"Bearer {token}"} if token else {}, **options)
    offline = environment.get("HF_HUB_OFFLINE", "").upper() in TRUE
    return Hub(web, endpoint=endpoint, cache=cache, offline=offline)


def _remote(told: Any) -> RemoteFile:
    large = told.get("lfs")
    digest = SHA256 + large["sha256"] if large else GIT + told["blobId"]
    return RemoteFile(path=str(told["rfilename"]), size=int(told["size"]), digest=digest)


def _kept(folder: Path, path: Path) -> RemoteFile:
    """The cache names its blobs by what the hub said of them: a sha256, or git's name for a small file."""
    blob = path.resolve()
    kind = {64: SHA256, 40: GIT}.get(len(blob.name), "") if re.fullmatch(r"[0-9a-f]+", blob.name) else ""
    digest = kind + blob.name if kind else ""
    return RemoteFile(path=path.relative_to(folder).as_posix(), size=blob.stat().st_size, digest=digest)


def _explained(error: FetchFailed, repo: str) -> FetchFailed:
    page = f"{ENDPOINT}/{repo}"
    if error.code == Code.GATED:
        return FetchFailed(
            Code.GATED,
            f"The authors of {repo} ask for something first, or it is gone. Sign in at {page}, accept what "
            "it asks there, make a token that may read at huggingface.co/settings/tokens, and set HF_TOKEN "
            "to it.",
        )
    if error.code == Code.MISSING:
        return FetchFailed(Code.MISSING, f"{repo} is no longer where it was, or lacks a file; see {page}.")
    return error
