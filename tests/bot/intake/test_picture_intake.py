import asyncio
import errno
import hashlib
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

import cv2
import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from discord.http import Route
from yarl import URL

from benchmarks.encoded_pictures import encoded, oriented, png_of, scene
from benchmarks.hostile_pictures import corpus
from benchmarks.hostile_sweeps import sweeps
from bot.concurrency import asked_by
from bot.intake import download as download_module
from bot.intake import picture_intake as module
from bot.intake import refusals
from bot.intake.download import Downloader, is_discord
from bot.intake.picture_intake import Intake
from bot.intake.refusals import Cause, explain
from engine.core.errors import UserError
from engine.untrusted.headers import PictureLimits, Refusal, Refused
from tests.policies import intake_limits
from tests.present import present
from tests.until import PATIENCE

LIMITS = intake_limits(decode_wall_seconds=30, download_seconds=10)
GOOD = encoded("PNG")
GOOD_SIZE = len(GOOD)


@dataclass(frozen=True, kw_only=True)
class Attached:
    url: str
    size: int


@asynccontextmanager
async def cdn(monkeypatch, handler, limits=LIMITS, folder=None):
    """A server in the place of the API's own host; gives a way to fetch, and the paths asked for."""
    asked = []

    async def answer(request):
        asked.append(request.path)
        return await handler(request)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with TestServer(app) as server, Intake(limits, folder=folder) as intake:
        monkeypatch.setattr(Route, "BASE", str(server.make_url("/api/v10")))

        async def fetch(path="/attachments/1/2/cat.png", size=GOOD_SIZE):
            return await intake.from_attachment(Attached(url=str(server.make_url(path)), size=size))

        yield fetch, asked


async def refused(work):
    with pytest.raises(UserError) as caught:
        await work
    return caught.value


async def test_an_attachment_comes_out_as_pixels_and_nothing_else(monkeypatch):
    async def handler(request):
        assert "Authorization" not in request.headers
        return web.Response(body=oriented(6))

    async with cdn(monkeypatch, handler) as (fetch, asked):
        picture = await fetch(size=len(oriented(6)))
    assert (picture.width, picture.height) == (80, 96)
    assert (picture.facts.width, picture.facts.height) == (80, 96)
    assert picture.sha256 == hashlib.sha256(picture.png).hexdigest()
    assert b"eXIf" not in picture.png
    assert asked == ["/attachments/1/2/cat.png"]


async def test_the_png_holds_the_same_pixels():
    async with Intake(LIMITS) as intake:
        picture = await intake.from_bytes(GOOD)
    png = present(cv2.imdecode(np.frombuffer(picture.png, np.uint8), cv2.IMREAD_COLOR))
    shown = cv2.cvtColor(png, cv2.COLOR_BGR2RGB)
    assert np.array_equal(shown, np.asarray(scene()))


async def test_the_same_file_gives_the_same_digest():
    async with Intake(LIMITS) as intake:
        first, second = await asyncio.gather(intake.from_bytes(GOOD), intake.from_bytes(GOOD + b"trailer"))
    assert first.sha256 == second.sha256


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://cdn.discordapp.com/attachments/1/2/a.png", True),
        ("https://media.discordapp.net/attachments/1/2/a.png", True),
        ("https://cdn.discordapp.com:443/a", True),
        ("https://CDN.discordapp.com/a", True),
        ("http://cdn.discordapp.com/a", False),
        ("https://cdn.discordapp.com:8443/a", False),
        ("https://cdn.discordapp.com.evil.example/a", False),
        ("https://evil.example/cdn.discordapp.com", False),
        ("https://cdn.discordapp.com@evil.example/a", False),
        ("https://user:word@cdn.discordapp.com/a", False),
        ("https://127.0.0.1/a", False),
        ("https://[::1]/a", False),
        ("http://discord.com/a", False),
        ("https://discord.com/a", True),
        ("file:///etc/passwd", False),
        ("ftp://cdn.discordapp.com/a", False),
        ("/attachments/1", False),
    ],
)
def test_only_discords_hosts_are_asked(url, allowed):
    assert is_discord(URL(url)) is allowed


def test_the_host_of_the_api_may_have_files_on_any_port_by_the_same_scheme(monkeypatch):
    monkeypatch.setattr(Route, "BASE", "http://127.0.0.1:4000/api/v10")
    assert is_discord(URL("http://127.0.0.1:5000/a"))
    assert is_discord(URL("http://localhost:5000/a")), "one machine, whatever its name"
    assert not is_discord(URL("https://127.0.0.1:5000/a"))
    assert not is_discord(URL("http://198.51.100.1:4000/a"))
    monkeypatch.setattr(Route, "BASE", "https://chat.example/api/v10")
    assert is_discord(URL("https://chat.example/a"))
    assert not is_discord(URL("https://127.0.0.1/a"))
    assert not is_discord(URL("https://files.chat.example/a"))


@pytest.mark.parametrize("url", ["https://evil.example/a.png", "http://[bad", "not a url"])
async def test_another_host_is_refused_without_asking_it(url):
    async with Intake(LIMITS) as intake:
        error = await refused(intake.from_attachment(Attached(url=url, size=10)))
    assert error.code == "E_DOWNLOAD"
    assert "uploaded to Discord" in str(error)


async def test_a_redirect_is_not_followed(monkeypatch):
    async def handler(request):
        if request.path.startswith("/attachments"):
            return web.Response(status=302, headers={"Location": "/secret"})
        return web.Response(body=GOOD)

    async with cdn(monkeypatch, handler) as (fetch, asked):
        assert (await refused(fetch())).code == "E_DOWNLOAD"
    assert asked == ["/attachments/1/2/cat.png"]


async def test_a_declared_size_over_the_limit_is_refused_without_asking(monkeypatch):
    async def handler(request):
        return web.Response(body=GOOD)

    async with cdn(monkeypatch, handler) as (fetch, asked):
        assert (await refused(fetch(size=LIMITS.max_bytes + 1))).code == "E_BYTES"
    assert asked == []


async def test_a_body_longer_than_the_limit_is_given_up(monkeypatch):
    async def handler(request):
        answer = web.StreamResponse()
        await answer.prepare(request)
        try:
            for _ in range(10_000):
                await answer.write(bytes(65536))
        except ConnectionError:
            pass
        return answer

    async with cdn(monkeypatch, handler, replace(LIMITS, max_bytes=2**20)) as (fetch, asked):
        assert (await refused(fetch())).code == "E_BYTES"
    assert len(asked) == 1


async def test_a_long_body_is_refused_by_its_header(monkeypatch):
    async def handler(request):
        return web.Response(body=bytes(2**21))

    async with cdn(monkeypatch, handler, replace(LIMITS, max_bytes=2**20)) as (fetch, _):
        assert (await refused(fetch())).code == "E_BYTES"


def cut_short(times):
    """Send half, then hang up, so many times; then send all."""
    left = [times]

    async def handler(request):
        if left[0] == 0:
            return web.Response(body=GOOD)
        left[0] -= 1
        answer = web.StreamResponse(headers={"Content-Length": str(len(GOOD))})
        await answer.prepare(request)
        await answer.write(GOOD[: len(GOOD) // 2])
        request.transport.close()
        return answer

    return handler


async def test_a_body_cut_short_is_asked_for_once_more(monkeypatch):
    async with cdn(monkeypatch, cut_short(1)) as (fetch, asked):
        assert (await fetch()).width == 96
    assert len(asked) == 2


async def test_a_body_cut_short_twice_is_refused(monkeypatch):
    async with cdn(monkeypatch, cut_short(2)) as (fetch, asked):
        error = await refused(fetch())
    assert error.code == "E_DOWNLOAD"
    assert "didn't arrive complete" in str(error)
    assert len(asked) == 2


async def test_fewer_bytes_than_declared_are_not_the_whole_picture(monkeypatch):
    async def handler(request):
        return web.Response(body=GOOD)

    async with cdn(monkeypatch, handler) as (fetch, asked):
        assert "didn't arrive complete" in str(await refused(fetch(size=len(GOOD) + 1)))
    assert len(asked) == 2


async def test_a_body_that_drips_is_given_up_in_time(monkeypatch):
    async def handler(request):
        answer = web.StreamResponse()
        await answer.prepare(request)
        try:
            for _ in range(200):
                await answer.write(b"x")
                await asyncio.sleep(0.05)
        except ConnectionError:
            pass
        return answer

    async with cdn(monkeypatch, handler, replace(LIMITS, download_seconds=0.4)) as (fetch, _):
        error = await asyncio.wait_for(refused(fetch()), PATIENCE)
    assert (error.code, "too long to arrive" in str(error)) == ("E_DOWNLOAD", True)


@pytest.mark.parametrize(
    ("status", "tries"), [(404, 1), (403, 1), (500, 2), (503, 2), (429, 2), (204, 1), (206, 1)]
)
async def test_an_http_error_is_refused_with_a_text(monkeypatch, status, tries):
    async def handler(request):
        return web.Response(status=status)

    async with cdn(monkeypatch, handler) as (fetch, asked):
        error = await refused(fetch())
    assert error.code == "E_DOWNLOAD"
    assert ("no longer has" in str(error)) == (status in {403, 404})
    assert len(asked) == tries


async def test_an_unreachable_server_is_refused_with_a_text(monkeypatch, unused_tcp_port):
    monkeypatch.setattr(Route, "BASE", f"http://127.0.0.1:{unused_tcp_port}")
    async with Intake(LIMITS) as intake:
        work = intake.from_attachment(Attached(url=f"http://127.0.0.1:{unused_tcp_port}/a.png", size=10))
        assert (await refused(work)).code == "E_DOWNLOAD"


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    async def handler(request):
        return web.Response(body=GOOD)

    async with cdn(monkeypatch, handler) as (fetch, _):
        assert (await fetch()).width == 96


async def test_bytes_over_the_limit_and_no_bytes_start_no_decoder():
    async with Intake(LIMITS) as intake:
        assert (await refused(intake.from_bytes(b""))).code == "E_EMPTY"
        assert (await refused(intake.from_bytes(bytes(LIMITS.max_bytes + 1)))).code == "E_BYTES"
        assert intake.decoder.reader.peak_bytes == 0


async def test_an_unexpected_error_is_refused_with_a_text_and_logged(monkeypatch, caplog):
    def broken(pixels, store):
        raise RuntimeError("a bug")

    monkeypatch.setattr(module, "_make_anew", broken)
    async with Intake(LIMITS) as intake:
        assert (await refused(intake.from_bytes(GOOD))).code == "E_DECODER"
    assert "a bug" in caplog.text


@pytest.mark.parametrize("code", Refusal)
def test_every_refusal_has_words_without_jargon(code):
    facts: dict[str, Any] = {"cause": Cause.SLOW, "looks_like": "a GIF", "width": 40, "height": 41}
    error = explain(Refused(code, **facts), PictureLimits())
    assert error.code == code
    assert str(error)[0].isupper()
    assert str(error).endswith(".")
    assert not any(
        word in str(error).lower() for word in ("e_", "none", "decode", "header", "chunk", "bytes")
    )


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_of_a_failed_download_has_words(cause):
    assert "icture" in str(explain(Refused(Refusal.DOWNLOAD, cause=cause), PictureLimits()))


def test_a_small_picture_is_told_its_size_and_the_smallest():
    words = str(explain(Refused(Refusal.SMALL, width=40, height=40), PictureLimits()))
    assert words.startswith("That picture is 40×40; the smallest I can animate is 64×64.")


async def test_each_kind_of_hostile_file_gets_its_answer():
    """Two of each kind, and a few of those that are swept; `python -m benchmarks.hostile` sends them all."""
    wrong, decisions = [], set()
    async with Intake(LIMITS) as intake:
        for case in chain(corpus(first=2), islice(sweeps(), 0, None, 97)):
            try:
                await intake.from_bytes(case.data)
                verdict = "ok"
            except UserError as error:
                verdict = error.code
            decisions.add(verdict)
            if case.expected and verdict not in case.expected:
                wrong.append((case.name, verdict))
    assert not wrong
    # The others have tests of their own: here, in test_decoder.py (a limit, a crash), and in test_headers.py.
    elsewhere = {Refusal.EMPTY, Refusal.BYTES, Refusal.DOWNLOAD, Refusal.ASPECT}
    elsewhere |= {Refusal.MEMORY, Refusal.TIME, Refusal.DECODER}
    assert decisions | elsewhere == {*Refusal, "ok"}


async def test_forty_megapixels_are_taken_within_the_limits():
    async with Intake(LIMITS) as intake:
        picture = await intake.from_bytes(png_of(8192, 4882, depth=1, colour=0))
    assert (picture.width, picture.height) == (2048, 1220)


async def test_a_download_goes_to_the_disk_and_leaves_nothing_there(monkeypatch, tmp_path):
    """It has no name in the folder, and it is gone when it has been read, or refused."""
    held = []
    read = Downloader.fetch

    async def looked_at(self, attachment):
        file = await read(self, attachment)
        held.append((file, file.read()))
        file.seek(0)
        assert list(tmp_path.iterdir()) == []
        return file

    async def handler(request):
        return web.Response(body=GOOD if "cat" in request.path else b"no picture")

    monkeypatch.setattr(Downloader, "fetch", looked_at)
    async with cdn(monkeypatch, handler, folder=tmp_path) as (fetch, _):
        assert (await fetch()).width == 96
        assert (await refused(fetch("/attachments/1/2/dog.png", size=5))).code == "E_FORMAT"
    assert [data for _, data in held] == [GOOD, b"no picture"]
    assert all(file.closed for file, _ in held)
    assert list(tmp_path.iterdir()) == []


async def test_a_full_disk_is_not_called_a_broken_picture(monkeypatch):
    async def handler(request):
        return web.Response(body=GOOD)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download_module, "_write", full)
    async with cdn(monkeypatch, handler) as (fetch, _):
        error = await refused(fetch())
    assert (error.code, str(error)) == ("E_DOWNLOAD", refusals._DOWNLOAD[Cause.NO_ROOM])


async def test_members_take_turns_at_downloads_and_decoders(monkeypatch):
    """One member asks for six pictures at once, then another for one: it is the second that is read."""
    asked, go_on = [], asyncio.Event()

    async def handler(request):
        asked.append(request.path)
        await go_on.wait()
        return web.Response(body=GOOD)

    async with cdn(monkeypatch, handler, replace(LIMITS, downloads=1, decoders=1)) as (fetch, _):

        async def ask(member, name):
            asked_by.set(member)
            return await fetch(f"/{name}.png")

        work = [asyncio.create_task(ask(1, f"ann{number}")) for number in range(4)]
        await asyncio.sleep(0.05)
        work.append(asyncio.create_task(ask(2, "ben")))
        await asyncio.sleep(0.05)
        go_on.set()
        await asyncio.gather(*work)
    assert asked[:3] == ["/ann0.png", "/ann1.png", "/ben.png"]
