"""The server: HTTP/1.1 with ranges, over real sockets, in a thread of its own."""

from __future__ import annotations

import hashlib
import html
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import unquote, urlsplit

from tests.fake_hub.repos import Repo


@dataclass
class Trouble:
    """What goes wrong with requests whose path matches.

    Attributes:
        path: a regular expression, searched for in the path.
        times: how often; then all is well again.
        status: it is refused with this; 0: it is answered.
        headers: of the refusal.
        cut: the connection breaks after so many bytes of the body.
        short: the file is served as if it ended so many bytes sooner.
        flip: this byte of the file is another.
        ignore_range: the whole file comes, whatever part was asked for.
        shift: a part begins this many bytes after the place that was asked for, and says so.
    """

    path: str
    times: int = 10**9
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    short: int = 0
    flip: int | None = None
    ignore_range: bool = False
    shift: int = 0


@dataclass
class Asked:
    """A request that came in."""

    path: str
    range: str
    authorization: str


class FakeHub:
    """A hub, a package index and a CDN to which files of repositories are redirected.

    Attributes:
        repos: ``owner/name`` → repository.
        wheels: package → file name → bytes.
        tarballs: path → bytes, as npm's registry has them.
        html: the index answers as PEP 503 has it, not as PEP 691.
        asked: all requests, oldest first.
        cdn: a second server, where the large files lie; another origin.
    """

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.wheels: dict[str, dict[str, bytes]] = {}
        self.tarballs: dict[str, bytes] = {}
        self.html = False
        self.asked: list[Asked] = []
        self._troubles: list[Trouble] = []
        self._servers = [_server(self) for _ in range(2)]
        self.url, self.cdn = (f"http://127.0.0.1:{server.server_port}" for server in self._servers)

    def trouble(self, path: str, **how: object) -> None:
        """Order something to go wrong."""
        self._troubles.append(Trouble(path, **how))  # type: ignore[arg-type]

    def calm(self) -> None:
        """All is well from now on."""
        self._troubles.clear()

    def paths(self) -> list[str]:
        """What was asked for."""
        return [asked.path for asked in self.asked]

    def __enter__(self) -> Self:
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def take_trouble(self, path: str) -> Trouble:
        """What goes wrong now, if anything."""
        for trouble in self._troubles:
            if trouble.times > 0 and re.search(trouble.path, path):
                trouble.times -= 1
                return trouble
        return Trouble("")


def _server(hub: FakeHub) -> ThreadingHTTPServer:
    class Handler(_Handler):
        fake = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    return server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: FakeHub

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        range_ = self.headers.get("Range", "")
        self.fake.asked.append(Asked(path, range_, self.headers.get("Authorization", "")))
        trouble = self.fake.take_trouble(path)
        if trouble.status:
            self._send(trouble.status, b"no", headers=trouble.headers)
        elif found := re.fullmatch(r"/api/models/([^/]+/[^/]+)/revision/([^/]+)", path):
            self._describe(found[1], found[2])
        elif found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            self._resolve(found[1], found[2], found[3], trouble)
        elif found := re.fullmatch(r"/blob/([^/]+/[^/]+)/([^/]+)/(.+)", path):
            self._file(self.fake.repos[found[1]].commits[found[2]][found[3]], trouble)
        elif found := re.fullmatch(r"/simple/([^/]+)/", path):
            self._index(found[1])
        elif found := re.fullmatch(r"/packages/([^/]+)/([^/]+)", path):
            self._file(self.fake.wheels[found[1]][found[2]], trouble)
        elif path in self.fake.tarballs:
            self._file(self.fake.tarballs[path], trouble)
        else:
            self._send(404, b"")

    def _describe(self, name: str, revision: str) -> None:
        repo = self._readable(name)
        if repo is None:
            return
        revision = repo.head if revision == "main" else revision
        if revision not in repo.commits:
            self._send(404, b"")
            return
        self._send(200, json.dumps(repo.listing(revision)).encode(), kind="application/json")

    def _resolve(self, name: str, revision: str, path: str, trouble: Trouble) -> None:
        repo = self._readable(name)
        if repo is None:
            return
        data = repo.commits.get(revision, {}).get(path)
        if data is None:
            self._send(404, b"")
        elif path.endswith(repo.lfs):
            self._send(302, b"", headers={"Location": f"{self.fake.cdn}/blob/{name}/{revision}/{path}"})
        else:
            self._file(data, trouble)

    def _readable(self, name: str) -> Repo | None:
        repo = self.fake.repos.get(name)
        if repo is None or (repo.token and self.headers.get("Authorization") != f"Bearer {repo.token}"):
            self._send(401, b"")
            return None
        return repo

    def _index(self, package: str) -> None:
        files = self.fake.wheels.get(package)
        if files is None:
            self._send(404, b"")
            return
        digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
        if self.fake.html:
            links = (
                f'<a href="/packages/{package}/{name}#sha256={digest}">{html.escape(name)}</a>'
                for name, digest in digests.items()
            )
            self._send(200, "\n".join(links).encode(), kind="text/html; charset=utf-8")
            return
        told = [
            {"filename": name, "url": f"../../packages/{package}/{name}", "hashes": {"sha256": digest}}
            for name, digest in digests.items()
        ]
        kind = "application/vnd.pypi.simple.v1+json"
        self._send(200, json.dumps({"meta": {}, "name": package, "files": told}).encode(), kind=kind)

    def _file(self, data: bytes, trouble: Trouble) -> None:
        if trouble.flip is not None:
            data = data[: trouble.flip] + bytes([data[trouble.flip] ^ 1]) + data[trouble.flip + 1 :]
        data = data[: len(data) - trouble.short]
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if asked is None or trouble.ignore_range:
            self._send(200, data, cut=trouble.cut)
            return
        first = int(asked[1]) if asked[1] else max(0, len(data) - int(asked[2]))
        start = first + trouble.shift
        end = min(len(data), int(asked[2]) + 1 if asked[1] and asked[2] else len(data))
        if start >= len(data):
            self._send(416, b"", headers={"Content-Range": f"bytes */{len(data)}"})
            return
        span = f"bytes {start}-{end - 1}/{len(data)}"
        self._send(206, data[start:end], headers={"Content-Range": span}, cut=trouble.cut)

    def _send(
        self,
        status: int,
        body: bytes,
        *,
        kind: str = "application/octet-stream",
        headers: dict[str, str] | None = None,
        cut: int | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if cut is None else body[:cut])
        self.wfile.flush()
        if cut is not None:
            self.close_connection = True
