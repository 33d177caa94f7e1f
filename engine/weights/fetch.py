"""Getting files over HTTP: patient with what passes, clear about what does not; it goes on after a cut.

Only the standard library is used, so that the weights can be had before the extra ``models`` is installed.
"""

from __future__ import annotations

import errno
import http.client
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from io import FileIO
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from engine.core.errors import Code, EngineError

CHUNK = 1 << 20
LONGEST_PAUSE = 60.0
SMALL = 50_000_000
"""Bytes of the largest page that is read into memory."""

_FORBIDDEN = {401, 403}
_MISSING = {404, 410}
_BUSY = {408, 425, 429, 500, 502, 503, 504}
_PARTIAL, _BAD_RANGE = 206, 416


class FetchFailed(EngineError):
    """Weights could not be had; the text is for the owner and says the way out.

    Attributes:
        code: ``E_GATED`` (the licence must be accepted on the page, or a token is needed), ``E_MISSING``,
            ``E_NETWORK``, ``E_DAMAGED`` (what came is not what was announced), ``E_CHANGED`` (it is not what
            it was), ``E_ROOM`` (the disk), ``E_LICENCE`` (not accepted), ``E_UNSAFE`` (a format that can
            carry code), ``E_PULLING`` (another pull is at work), ``E_LOCK`` (the lock file cannot be read).
        passing: it may work in a moment.
        pause: seconds that the server asked to wait.
    """

    def __init__(self, code: str, text: str, *, passing: bool = False, pause: float = 0.0) -> None:
        super().__init__(text)
        self.code = code
        self.passing = passing
        self.pause = pause


class NoRanges(FetchFailed):
    """The server gives files only whole."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """An answer that was read whole."""

    url: str
    kind: str
    body: bytes


def origin(url: str) -> str:
    """``scheme://host:port``: a credential is sent to its own origin only."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


class Web:
    """A client. Proxies are taken from the environment."""

    def __init__(
        self,
        *,
        credentials: Mapping[str, str] | None = None,
        tries: int = 4,
        timeout: float = 30.0,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Make one.

        Args:
            credentials: origin → value of its Authorization header. No other origin ever sees it.
            tries: failures in a row until it is given up.
            timeout: seconds without a byte.
            wait: takes seconds.
        """
        self._tries = tries
        self._timeout = timeout
        self._wait = wait
        self._credentials = dict(credentials or {})
        self._opener = urllib.request.build_opener(_Redirects(self._credentials))

    def page(self, url: str, accept: str) -> Page:
        """Read something small.

        Raises:
            FetchFailed: it could not be had.
        """
        failures = 0
        while True:
            try:
                with self._open(url, {"Accept": accept}) as answer:
                    body = _read(answer, SMALL)
                    kind = str(answer.headers.get_content_type())
                    return Page(url=str(answer.url), kind=kind, body=body)
            except FetchFailed as error:
                failures += 1
                self._pause_or_raise(error, failures)

    def end_of(self, url: str, size: int) -> tuple[bytes, int]:
        """Read the end of a file.

        Args:
            url: of the file.
            size: bytes to read, at most.

        Returns:
            Its last bytes, and the size of the whole file.

        Raises:
            NoRanges: the server gives files only whole.
            FetchFailed: it could not be had.
        """
        failures = 0
        while True:
            try:
                with self._open(url, {"Range": f"bytes=-{size}"}) as answer:
                    told = re.fullmatch(r"bytes \d+-\d+/(\d+)", str(answer.headers.get("Content-Range", "")))
                    if answer.status != _PARTIAL or told is None:
                        raise NoRanges(Code.NETWORK, f"{origin(url)} does not give parts of files.")
                    return _read(answer, size), int(told[1])
            except FetchFailed as error:
                failures += 1
                self._pause_or_raise(error, failures)

    def download(
        self,
        url: str,
        part: Path,
        size: int | None,
        tell: Callable[[int], None],
        *,
        start: int | None = None,
    ) -> None:
        """Fetch a file, or some of it, into ``part``, going on where an earlier attempt ended.

        Args:
            url: of the file.
            part: what was fetched of it so far, if anything; whole afterwards.
            size: its bytes; None: as the server says.
            tell: told the bytes there are of it now.
            start: the first byte that is wanted, where only ``size`` bytes from there are; None: the file.

        Raises:
            NoRanges: some of it was wanted, and the server gives files only whole.
            FetchFailed: ``part`` then holds what can be gone on with, or is gone.
        """
        failures = 0
        while True:
            before = size_of(part)
            try:
                self._go_on(url, part, size, tell, start)
            except FetchFailed as error:
                failures = 1 if size_of(part) > before else failures + 1
                self._pause_or_raise(error, failures)
            else:
                return

    def _go_on(
        self, url: str, part: Path, size: int | None, tell: Callable[[int], None], start: int | None
    ) -> None:
        have = size_of(part)
        if size is not None and have > size:
            part.unlink()
            have = 0
        if have == size:
            return
        first = have + (start or 0)
        with self._open(url, _range(first, start, size)) as answer:
            if answer.status == _BAD_RANGE:
                part.unlink(missing_ok=True)
                raise FetchFailed(
                    Code.DAMAGED, f"{_name(url)} is shorter than announced.", passing=size is None
                )
            if answer.status != _PARTIAL:
                if start is not None:
                    raise NoRanges(Code.NETWORK, f"{origin(url)} does not give parts of files.")
                have = 0
            elif not _starts_at(answer.headers, first):
                part.unlink(missing_ok=True)
                raise FetchFailed(
                    Code.DAMAGED, f"{origin(url)} sent another part of {_name(url)} than asked.", passing=True
                )
            _take(answer, url, part, have, size, tell)

    def _open(self, url: str, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        if urlsplit(url).scheme not in {"http", "https"}:
            raise FetchFailed(Code.NETWORK, f"{url} is not a web address.")
        request = urllib.request.Request(  # noqa: S310 - the scheme was looked at
            url, headers={"User-Agent": "framekiln", "Accept-Encoding": "identity", **headers}
        )
        if credential := self._credentials.get(origin(url)):
            request.add_unredirected_header("Authorization", credential)
        try:
            answer: http.client.HTTPResponse = self._opener.open(request, timeout=self._timeout)
        except urllib.error.HTTPError as error:
            if error.code == _BAD_RANGE:
                return error  # type: ignore[return-value]  # it has a status and is closed, like any answer
            with error:
                raise _refusal(url, error.code, error.headers) from None
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise FetchFailed(
                Code.NETWORK, f"{origin(url)} cannot be reached: {reason}.", passing=True
            ) from error
        return answer

    def _pause_or_raise(self, error: FetchFailed, failures: int) -> None:
        if not error.passing or failures >= self._tries:
            raise error
        self._wait(min(max(error.pause, 2.0 ** (failures - 1)), LONGEST_PAUSE))


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect with the credential of where it leads, if there is one; never from https to http."""

    def __init__(self, credentials: Mapping[str, str]) -> None:
        self._credentials = credentials

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message,
        newurl: str,
    ) -> urllib.request.Request | None:
        if urlsplit(req.full_url).scheme == "https" and urlsplit(newurl).scheme != "https":
            raise FetchFailed(Code.NETWORK, f"{origin(req.full_url)} redirects to an unprotected address.")
        made = super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]
        credential = self._credentials.get(origin(newurl))
        if made is not None and credential:
            made.add_unredirected_header("Authorization", credential)
        return made


def _take(
    answer: http.client.HTTPResponse,
    url: str,
    part: Path,
    have: int,
    size: int | None,
    tell: Callable[[int], None],
) -> None:
    """Write the rest of a file, of which ``have`` bytes are here."""
    coming = answer.headers.get("Content-Length", "")
    end = have + int(coming) if coming.isdecimal() else size
    if size is not None and end != size:
        part.unlink(missing_ok=True)
        raise FetchFailed(Code.DAMAGED, f"{_name(url)} has {end} bytes; {size} were announced.")
    with _opened(part, "ab" if have else "wb") as file:
        while chunk := _read(answer, CHUNK):
            _write(file, chunk)
            have += len(chunk)
            tell(have)
    if end is not None and have < end:
        raise FetchFailed(Code.NETWORK, f"The connection broke while downloading {_name(url)}.", passing=True)
    if end is not None and have > end:
        part.unlink()
        raise FetchFailed(Code.DAMAGED, f"{_name(url)} is longer than announced.")


def _refusal(url: str, status: int, headers: Message) -> FetchFailed:
    if status in _FORBIDDEN:
        return FetchFailed(Code.GATED, f"{origin(url)} refuses access to {_name(url)} ({status}).")
    if status in _MISSING:
        return FetchFailed(Code.MISSING, f"{origin(url)} does not have {_name(url)} ({status}).")
    asked = str(headers.get("Retry-After", ""))
    pause = float(asked) if asked.isdecimal() else 0.0
    text = f"{origin(url)} answered {status} for {_name(url)}; try again later."
    return FetchFailed(Code.NETWORK, text, passing=status in _BUSY, pause=pause)


def _read(answer: http.client.HTTPResponse, most: int) -> bytes:
    try:
        return answer.read(most)
    except (OSError, http.client.HTTPException) as error:
        raise FetchFailed(Code.NETWORK, f"The connection broke: {error}.", passing=True) from error


def unwritten(path: Path, error: OSError) -> FetchFailed:
    """The error for a file that cannot be written, most likely because the disk is full."""
    return FetchFailed(Code.ROOM, f"{path} cannot be written: {error.strerror}.")


def _opened(path: Path, mode: str) -> FileIO:
    """Unbuffered: of a full disk the file would else be told when it is closed, and again then."""
    try:
        return FileIO(path, mode)
    except OSError as error:
        raise unwritten(path, error) from error


def _write(file: FileIO, chunk: bytes) -> None:
    left = memoryview(chunk)
    try:
        while left:
            left = left[file.write(left) :]
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        text = (
            "The disk is full. The part that was downloaded is kept."
            if full
            else f"It cannot be written: {error.strerror}."
        )
        raise FetchFailed(Code.ROOM, text) from error


def _range(first: int, start: int | None, size: int | None) -> dict[str, str]:
    """The header that asks for a file from byte ``first`` on, or for what is missing of one part of it."""
    last = "" if start is None or size is None else start + size - 1
    return {"Range": f"bytes={first}-{last}"} if first or start is not None else {}


def _starts_at(headers: Message, have: int) -> bool:
    return str(headers.get("Content-Range", "")).startswith(f"bytes {have}-")


def size_of(path: Path) -> int:
    """Bytes of a file; 0 where there is none."""
    return path.stat().st_size if path.exists() else 0


def _name(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[2] or url
