"""What is fetched comes from the service alone, is not too large, and no key goes anywhere else."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from engine.elsewhere.hosted.provider import NoAnswer, NotReached, NotThere, TooMuch
from engine.elsewhere.hosted.wire import Wire
from tests.engine.elsewhere.hosted.conftest import LIMITS
from tests.fake_services.server import CLIP, Work


def wire_to(url: str, *, hosts: tuple[str, ...] = (), **limits) -> Wire:
    return Wire(url, headers={"Authorization": "Bearer key"}, hosts=hosts, limits=replace(LIMITS, **limits))


@pytest.fixture
def clip(services):
    services.works.append(
        Work(id="w", service="fal", body={}, headers={}, query={}, model="m", at=0.0, stage=2)
    )
    return f"{services.url}/clips/w.mp4"


async def test_a_clip_is_fetched(services, clip, tmp_path):
    await wire_to(services.url).download(clip, tmp_path / "clip")
    assert (tmp_path / "clip").read_bytes() == CLIP


async def test_a_clip_that_is_too_large_is_given_up_on_the_way(services, clip, tmp_path):
    services.clip = b"x" * 200_000
    with pytest.raises(TooMuch):
        await wire_to(services.url, max_bytes=100_000).download(clip, tmp_path / "clip")
    assert (tmp_path / "clip").stat().st_size <= 100_000


async def test_no_redirect_is_followed(services, clip, tmp_path):
    services.redirect = f"{services.url}/clips/other.mp4"
    with pytest.raises(TooMuch, match="302"):
        await wire_to(services.url).download(clip, tmp_path / "clip")
    assert services.calls["fetch"] == 1


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://evil.example/clip.mp4",
        "https://replicate.delivery.evil.example/clip.mp4",
        "https://evilreplicate.delivery/clip.mp4",
        "http://replicate.delivery/clip.mp4",
        "file:///etc/passwd",
        "ftp://replicate.delivery/clip.mp4",
        "//replicate.delivery/clip.mp4",
        "https://[::1/clip.mp4",
        "",
    ],
)
async def test_clips_of_strangers_are_not_fetched(tmp_path, address):
    wire = wire_to("https://api.replicate.com", hosts=("replicate.delivery",), private=False)
    with pytest.raises(TooMuch):
        await wire.download(address, tmp_path / "clip")


@pytest.mark.parametrize("place", ["127.0.0.1", "10.0.0.8", "[::1]"])
async def test_a_private_place_is_not_fetched_unless_the_owner_says_so(tmp_path, place):
    wire = wire_to("https://api.replicate.com", hosts=(place.strip("[]"),), private=False)
    with pytest.raises(NotReached, match="not a public address"):
        await wire.download(f"https://{place}/clip", tmp_path / "clip")


async def test_a_service_at_a_private_address_gets_no_key_unless_the_owner_says_so(services):
    with pytest.raises(NotReached, match="not a public address"):
        await wire_to(services.url, private=False).call("GET", "/v1/predictions")
    assert services.calls["list"] == 0


async def test_the_key_goes_to_the_service_only(services, tmp_path):
    """A second server on another port stands for another host."""
    heard: list[web.Request] = []

    async def take(request: web.Request) -> web.Response:
        heard.append(request)
        return web.Response(body=CLIP)

    application = web.Application()
    application.router.add_get("/{path:.*}", take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    other = "http://{}:{}".format(*runner.addresses[0][:2])
    wire = wire_to(services.url)
    with pytest.raises(NoAnswer, match="not its own"):
        await wire.call("GET", f"{other}/requests/1/status")
    assert heard == []
    await wire.download(f"{other}/clip.mp4", tmp_path / "clip")
    assert "Authorization" not in heard[0].headers
    await runner.cleanup()


async def test_a_clip_inside_an_answer_has_the_same_limit(services, tmp_path):
    wire = wire_to(services.url, max_bytes=6)
    await wire.download("data:video/mp4;base64,YWJjZGVm", tmp_path / "clip")
    assert (tmp_path / "clip").read_bytes() == b"abcdef"
    with pytest.raises(TooMuch):
        await wire.download("data:video/mp4;base64,YWJjZGVmZ2hp", tmp_path / "other")
    for garbage in ("????????", "YWJj\u00e4"):
        with pytest.raises(TooMuch, match="no base64"):
            await wire.download(f"data:video/mp4;base64,{garbage}", tmp_path / "third")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((status, NotThere) for status in ("400", "401", "403", "404", "410")),
        *((status, NoAnswer) for status in ("408", "425", "429", "500", "503")),
    ],
)
async def test_a_clip_that_is_gone_is_told_apart(services, clip, tmp_path, status, error):
    services.faults.plan["fetch"] = [status]
    with pytest.raises(error, match=status):
        await wire_to(services.url).download(clip, tmp_path / "clip")


async def test_a_full_disk_is_not_the_services_doing(services, clip, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(OSError, match="no room"):
        await wire_to(services.url).download(clip, tmp_path / "clip")
