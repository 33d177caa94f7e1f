"""``framekiln client``, as a process against the API."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest
from aiohttp import web

from bot.remote.api_client import ApiClient, ApiError
from tests import ROOT
from tests.bot.api.serving import drawing, serving
from tests.bot.fixtures import picture

FRAMEKILN = Path(sys.executable).with_name("framekiln")


@pytest.fixture
async def api(app, bot):
    async with serving(app) as served:
        yield served


async def framekiln(api, key, *arguments):
    """Exit status, standard output and standard error."""
    environment = {**os.environ, "FRAMEKILN_API_URL": api.at, "FRAMEKILN_API_KEY": key}
    process = await asyncio.create_subprocess_exec(
        *(FRAMEKILN, "client", *arguments),
        env=environment,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_a_clip_is_asked_for_and_saved(api, app, channel, ada, tmp_path):
    program = await api.client(channel.guild.id, ada.id)
    (tmp_path / "dog.png").write_bytes(picture())
    clip = tmp_path / "dog.mp4"
    asked = ("animate", "--image", str(tmp_path / "dog.png"), "--motion", "gentle", "-o", str(clip))
    async with drawing(app):
        status, out, err = await framekiln(api, program.key, *asked)
    assert (status, out) == (0, f"{clip}\n"), err
    assert "succeeded" in err
    _, listed, _ = await framekiln(api, program.key, "jobs")
    job, *what = listed.split()
    assert what[:2] == ["succeeded", "animate"]
    assert clip.read_bytes() == (await program.ask("GET", f"/v1/jobs/{job}/clip")).body != b""


async def test_a_refusal_ends_the_command_in_words(api, channel, ada):
    key = (await api.client(channel.guild.id, ada.id)).key
    status, _, err = await framekiln(api, key, "text2video")
    assert (status, "Missing: --prompt" in err) == (2, True)
    status, _, err = await framekiln(api, "fk_wrong", "jobs")
    assert (status, "valid key" in err) == (1, True)
    status, _, err = await framekiln(api, "", "jobs")
    assert (status, "framekiln keys add" in err) == (2, True)


async def serve(handler):
    """A server that stands in for one that is unwell."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


@pytest.mark.parametrize("page", ["<h1>Welcome</h1>", "[1, 2]", "", "3"])
async def test_an_address_that_answers_with_something_else_is_told_in_words(page):
    async def answer(request):
        return web.Response(text=page)

    runner, address = await serve(answer)
    try:
        async with ApiClient(address, "fk_key") as client:
            with pytest.raises(ApiError, match="this may be no Framekiln"):
                await client.engines()
    finally:
        await runner.cleanup()


async def test_a_request_whose_answer_is_lost_is_sent_again_under_the_same_key():
    keys = []

    async def lose(request):
        keys.append(request.headers["Idempotency-Key"])
        if len(keys) == 1:
            request.transport.close()
        return web.json_response({"id": "1"}, status=202)

    runner, address = await serve(lose)
    async with ApiClient(address, "fk_x") as api:
        assert await api.ask("text2video", {"prompt": "a fox", "seed": None}, {}) == {"id": "1"}
    await runner.cleanup()
    assert len(keys) == 2
    assert len(set(keys)) == 1


async def test_a_redirect_is_not_followed_and_what_is_no_framekiln_is_called_so():
    async def wander(_):
        return web.Response(status=302, headers={"Location": "http://127.0.0.1:9/"}, text="<html>")

    runner, address = await serve(wander)
    async with ApiClient(address, "fk_x") as api:
        with pytest.raises(ApiError, match="HTTP 302") as refused:
            await api.limits()
        assert refused.value.status == 302
    await runner.cleanup()
    async with ApiClient(address, "fk_x") as api:
        with pytest.raises(ApiError, match="cannot be reached"):
            await api.limits()


@pytest.mark.parametrize("job", ["../engines", "a/b", "", "a?b", "ä"])
async def test_what_is_no_id_never_becomes_a_path(job):
    async with ApiClient("http://127.0.0.1:9", "fk_x") as api:
        with pytest.raises(ApiError, match="not the id"):
            await api.job(job)


def test_json_of_a_problem_becomes_a_sentence():
    from bot.remote.api_client import _refusal

    told = json.dumps({"title": "The request is refused", "detail": "Too long.", "code": "E_SECONDS"})
    error = _refusal(422, told.encode())
    assert (str(error), error.status, error.code) == ("The request is refused. Too long.", 422, "E_SECONDS")
