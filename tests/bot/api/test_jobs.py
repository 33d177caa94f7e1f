"""Jobs by the API: asked for, shown, listed, cancelled, fetched."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import io
import json
from unittest import mock

import aiohttp
import discord
import pytest

from bot.job_documents import recipe_of
from bot.supervisor import Supervisor
from db.api.keys import Scope
from db.moderation.reviews import OnWords
from db.states import JobId
from engine.effects.shipped import SHIPPED
from tests.bot.api.serving import TEXT, drawing, serving
from tests.bot.fixtures import count_of, picture
from tests.db.asking import audit_entry
from tests.present import present
from tests.until import until


@pytest.fixture
async def api(app, bot):
    async with serving(app) as served:
        yield served


@pytest.fixture
def guild(channel):
    return channel.guild.id


async def test_a_job_is_taken_shown_drawn_and_fetched(api, app, guild, ada, fake, channel):
    client = await api.client(guild, ada.id)
    asked = await client.post()
    assert asked.status == 202, asked.json
    job = asked.json
    assert asked.headers["Location"] == f"/v1/jobs/{job['id']}"
    assert int(asked.headers["Retry-After"]) >= 1
    assert (job["state"], job["place"], job["channel"]) == ("queued", 1, None)
    early = await client.ask("GET", job["links"]["clip"])
    assert (early.status, early.json["type"]) == (409, "urn:framekiln:problem:not-ready")
    async with drawing(app):
        await until(lambda: is_over(client, job))
    seen = (await client.ask("GET", job["links"]["self"])).json
    assert (seen["state"], seen["progress"], len(seen["takes"])) == ("succeeded", 1.0, 1)
    clip = await client.ask("GET", job["links"]["clip"])
    assert clip.status == 200
    assert clip.headers["Content-Type"] == "video/mp4"
    assert clip.headers["ETag"] == f'"{hashlib.sha256(clip.body).hexdigest()}"'
    assert [place for place in fake.world.channels.values() if fake.messages(place)] == []


async def is_over(client, job) -> bool:
    return (await client.ask("GET", job["links"]["self"])).json["ended_at"] is not None


async def test_a_picture_is_animated(api, app, guild, ada):
    client = await api.client(guild, ada.id)
    form = aiohttp.FormData()
    form.add_field("request", json.dumps({"kind": "animate", "motion": "gentle"}))
    form.add_field("image", picture(), filename="cat.png", content_type="image/png")
    asked = await client.ask("POST", "/v1/jobs", data=form)
    assert (asked.status, asked.json["kind"]) == (202, "animate"), asked.json
    job = present(await app.queue.jobs.get(JobId(asked.json["id"])))
    assert list(job.inputs) == ["picture"]


async def test_a_picture_gets_an_effect(api, app, guild, ada):
    client = await api.client(guild, ada.id)
    offered = (await client.ask("GET", "/v1/engines")).json["effects"]
    assert {"name": "Old film", "about": SHIPPED["old film"].about} in offered
    own = SHIPPED["confetti"].renamed("Payday", "Paper money")
    by = audit_entry("effect added", guild=guild, actor=ada.id)
    await app.queue.effects.add(own.name, own.to_json(), by, job=None, most=20)
    for name in ("old film", "payday"):
        form = aiohttp.FormData()
        form.add_field("request", json.dumps({"kind": "effect", "effect": name}))
        form.add_field("image", picture(), filename="cat.png", content_type="image/png")
        asked = await client.ask("POST", "/v1/jobs", data=form)
        assert asked.status == 202, asked.json
        job = present(await app.queue.jobs.get(JobId(asked.json["id"])))
        effect = present(recipe_of(job).effect)
        assert effect.name.lower() == name


FORMS = (
    ({"request": '{"kind": "effect", "effect": "no such"}', "image": picture()}, 422, "refused"),
    ({"request": '{"kind": "effect", "effect": "old film"}'}, 422, "invalid"),
    ({"request": '{"kind": "effect", "effect": "old film", "seed": 1}', "image": picture()}, 422, "invalid"),
    ({"request": '{"kind": "animate"}'}, 422, "invalid"),
    ({"request": '{"kind": "animate"}', "image": b"no picture"}, 422, "refused"),
    ({"request": '{"kind": "animate"}', "image": b"x" * 1_000_001}, 413, "too-large"),
    ({"request": '{"kind": "animate"}', "image": picture(), "video": b"clip"}, 422, "invalid"),
    ({"request": '{"kind": "animate"}', "image": picture(), "others": b"?"}, 400, "unreadable"),
    ({"request": "[" * 10_000, "image": picture()}, 400, "unreadable"),
    ({"request": '"' + "x" * 70_000, "image": picture()}, 413, "too-large"),
    ({"image": picture()}, 400, "unreadable"),
)
BODIES: tuple[tuple[bytes, dict[str, str], int, str], ...] = (
    (b"{", {}, 400, "unreadable"),
    (b'{"kind": "text2video"}', {}, 422, "invalid"),
    (b'{"kind": "text2video", "prompt": 7}', {}, 422, "invalid"),
    (b'{"kind": "text2video", "prompt": "x", "smooth": "24"}', {}, 422, "invalid"),
    (b'{"kind": "text2video", "prompt": "x", "url": "http://example.org/"}', {}, 422, "invalid"),
    (b'{"kind": "text2video", "prompt": "\\ud800"}', {}, 422, "invalid"),
    (b'{"kind": "text2video", "prompt": "x", "style": "no such"}', {}, 422, "refused"),
    (b'{"kind": "text2video", "prompt": "x", "follow": "pose"}', {}, 422, "refused"),
    (b'{"kind": ["text2video"]}', {}, 422, "invalid"),
    (b"{}", {"Content-Type": "text/plain"}, 415, "media-type"),
    (b"{}", {"Content-Type": "multipart/form-data"}, 400, "unreadable"),
    (b"--x\r\n\r\n", {"Content-Type": "multipart/form-data; boundary=x"}, 400, "unreadable"),
    (b"{}", {"Content-Encoding": "identity, gzip"}, 415, "media-type"),
    (b"x" * 70_000, {}, 413, "too-large"),
    (b"{}", {"Idempotency-Key": "two words"}, 400, "unreadable"),
    (b'{"kind": "text2video", "prompt": "a child, naked"}', {}, 422, "refused"),
    (b'{"kind": "text2video", "prompt": "x", "channel": "77"}', {}, 403, "channel"),
)


async def test_what_will_not_do_is_refused_in_words_and_leaves_nothing(api, app, guild, ada):
    client = await api.client(guild, ada.id)

    def check(told, asked, status: int, kind: str) -> None:
        expected = (status, f"urn:framekiln:problem:{kind}")
        assert (asked.status, asked.json["type"]) == expected, (told, asked.json)
        assert asked.headers["Content-Type"] == "application/problem+json"
        assert asked.json["instance"] == "/v1/jobs"

    for parts, status, kind in FORMS:
        form = aiohttp.FormData(default_to_multipart=True)
        for name, value in parts.items():
            form.add_field(name, io.BytesIO(value) if isinstance(value, bytes) else value)
        check(parts.keys(), await client.ask("POST", "/v1/jobs", data=form), status, kind)
    for body, headers, status, kind in BODIES:
        told = {"Content-Type": "application/json", **headers}
        check(body[:80], await client.ask("POST", "/v1/jobs", data=body, headers=told), status, kind)
    assert await count_of(app) == 0
    assert await app.queue.retention.named_files() == set()


async def test_a_clip_comes_in_ranges_and_not_twice(api, app, guild, ada):
    client = await api.client(guild, ada.id)
    job = (await client.post()).json
    async with drawing(app):
        await until(lambda: is_over(client, job))
    address = job["links"]["clip"]
    whole = await client.ask("GET", address)
    etag, size = whole.headers["ETag"], len(whole.body)

    async def part(wanted: str, **headers: str):
        return await client.ask("GET", address, headers={"Range": wanted, **headers})

    for wanted, first, end in (("bytes=0-4", 0, 5), ("bytes=5-", 5, size), ("bytes=-3", size - 3, size)):
        got = await part(wanted)
        assert (got.status, got.body) == (206, whole.body[first:end])
        assert got.headers["Content-Range"] == f"bytes {first}-{end - 1}/{size}"
    assert (await part(f"bytes={size}-")).status == 416
    assert (await part(f"bytes={size}-")).headers["Content-Range"] == f"bytes */{size}"
    for ignored in ("bytes=5-4", "bytes=0-1,3-4", "lines=1-2", "bytes=-"):
        assert (await part(ignored)).status == 200
    assert (await part("bytes=0-4", **{"If-Range": '"another"'})).body == whole.body
    assert (await part("bytes=0-4", **{"If-Range": etag})).status == 206
    same = await client.ask("GET", address, headers={"If-None-Match": f'"other", {etag}'})
    assert (same.status, same.body) == (304, b"")


async def test_a_deleted_clip_is_gone(api, app, guild, ada):
    client = await api.client(guild, ada.id)
    job = (await client.post()).json
    async with drawing(app):
        await until(lambda: is_over(client, job))
    assert (await client.ask("GET", job["links"]["clip"])).status == 200
    await app.queue.retention.mark_deleted(JobId(job["id"]))
    gone = await client.ask("GET", job["links"]["clip"])
    assert (gone.status, gone.json["type"]) == (410, "urn:framekiln:problem:erased")


async def test_a_job_is_cancelled_once_and_for_all(api, app, guild, ada):
    client = await api.client(guild, ada.id)
    job = (await client.post()).json
    for _ in range(2):
        cancelled = await client.ask("POST", job["links"]["cancel"])
        assert (cancelled.status, cancelled.json["state"]) == (202, "cancelled")
    assert (await client.ask("GET", job["links"]["clip"])).json["type"].endswith(":no-clip")


async def test_pages_follow_each_other(api, guild, ada):
    client = await api.client(guild, ada.id)
    made = [(await client.post()).json["id"] for _ in range(3)]
    first = (await client.ask("GET", "/v1/jobs?limit=2")).json
    assert [job["id"] for job in first["jobs"]] == made[:0:-1]
    second = (await client.ask("GET", f"/v1/jobs?limit=2&cursor={first['cursor']}")).json
    assert ([job["id"] for job in second["jobs"]], second["cursor"]) == (made[:1], None)
    never_given = ("cursor=ab", "cursor=%C3%A4", "cursor=YWZ0ZXI6MDEyMzQ1Njc4OWFiY2RlZg")
    for wrong in ("limit=0", "limit=101", "limit=x", "limit=1&limit=2", "page=2", *never_given):
        assert (await client.ask("GET", f"/v1/jobs?{wrong}")).status == 400, wrong


async def test_a_clip_is_posted_where_the_member_may_post(api, app, guild, ada, fake, channel):
    client = await api.client(guild, ada.id)
    asked = await client.post({**TEXT, "channel": str(channel.id)})
    assert (asked.status, asked.json["channel"]) == (202, str(channel.id)), asked.json
    async with drawing(app):
        await until(lambda: is_over(client, asked.json))
    posted = [message for message in fake.messages(channel) if message.attachments]
    assert len(posted) == 1
    seen = (await client.ask("GET", asked.json["links"]["self"])).json
    assert seen["links"]["message"].endswith(f"/{channel.id}/{posted[0].id}")


async def test_limits_and_what_can_be_asked_for_are_told(api, guild, ada):
    client = await api.client(guild, ada.id)
    before = (await client.ask("GET", "/v1/limits")).json
    await client.post()
    after = (await client.ask("GET", "/v1/limits")).json
    assert (before["waiting"], after["waiting"]) == ({"limit": 3, "left": 3}, {"limit": 3, "left": 2})
    assert after["hour"]["left"] == before["hour"]["left"] - 1
    engines = (await client.ask("GET", "/v1/engines")).json["engines"]
    assert {"camera", "sketch"} <= {engine["name"] for engine in engines}


async def test_the_members_limits_hold(api, guild, ada):
    client = await api.client(guild, ada.id)
    for _ in range(3):
        assert (await client.post()).status == 202
    refused = await client.post()
    assert (refused.status, refused.json["type"]) == (429, "urn:framekiln:problem:limit")
    assert refused.headers["Retry-After"]


async def test_a_key_has_so_many_requests_a_minute(app, bot, guild, ada):
    async with serving(app, per_minute=2) as api:
        client, other = await api.client(guild, ada.id), await api.client(guild, ada.id)
        answers = [await client.ask("GET", "/v1/engines") for _ in range(3)]
        assert [each.status for each in answers] == [200, 200, 429]
        assert answers[0].headers["RateLimit-Policy"] == '"requests";q=2;w=60'
        assert answers[0].headers["RateLimit"].startswith('"requests";r=1;t=')
        assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
        assert (await other.ask("GET", "/v1/engines")).status == 200


async def test_a_request_is_reviewed_as_in_discord(api, app, guild, ada):
    reviews = app.queue.reviews
    rules = dataclasses.replace(await reviews.review_rules(guild), newcomer_days=30.0)
    await reviews.set_review_rules(rules, audit_entry("review", guild=guild))
    asked = await (await api.client(guild, ada.id)).post()
    assert (asked.status, asked.json["state"]) == (202, "held")


async def test_a_member_whom_discord_does_not_know_here_asks_in_vain(api, guild, ada, fake):
    client = await api.client(guild, 12345)
    asked = await client.post()
    assert (asked.status, asked.json["type"]) == (403, "urn:framekiln:problem:not-a-member")


async def test_a_key_with_too_small_a_scope_is_told_so(api, guild, ada):
    client = await api.client(guild, ada.id, Scope.READ)
    asked = await client.post()
    assert (asked.status, asked.json["type"]) == (403, "urn:framekiln:problem:scope")


async def test_a_clip_that_is_held_before_posting_cannot_be_fetched(api, app, guild, ada):
    reviews, queue = app.queue.reviews, app.queue
    client = await api.client(guild, ada.id)
    job = (await client.post()).json
    await app.database.write(lambda connection: connection.execute("UPDATE job SET adult = 1"))
    rules = dataclasses.replace(await reviews.review_rules(guild), words=OnWords.HOLD)
    await reviews.set_review_rules(rules, audit_entry("review", guild=guild))
    async with drawing(app):

        async def held() -> bool:
            return (await client.ask("GET", job["links"]["self"])).json["state"] == "held"

        await until(held)
        clip = await client.ask("GET", job["links"]["clip"])
        assert (clip.status, clip.json["type"]) == (409, "urn:framekiln:problem:not-ready")
        (case,) = await app.database.read("SELECT id FROM job WHERE state = 'held'")
        assert case["id"] == job["id"]
        assert await queue.delivery.release(JobId(job["id"]))
        await app.database.write(lambda connection: connection.execute("UPDATE job SET looked_at = 1"))
        app.signals.released(JobId(job["id"]))
        await until(lambda: is_over(client, job))
    assert (await client.ask("GET", job["links"]["clip"])).status == 200


async def test_a_job_without_a_channel_says_nothing_in_discord(api, app, guild, ada, monkeypatch):
    """Neither while it waits, nor when it fails, nor when its member is erased."""
    client = await api.client(guild, ada.id)
    failed, waits = (await client.post()).json, (await client.post()).json
    await app.queue.claims.fail(JobId(failed["id"]), None, code="E_ENGINE")
    said = mock.AsyncMock()
    monkeypatch.setattr(app.messenger, "send", said)
    monkeypatch.setattr(app.messenger, "send_direct", said)
    supervisor = Supervisor()
    supervisor.add(app.board.loop, app.answers.loop)
    async with supervisor.running():
        app.board.touch(JobId(failed["id"]))
        app.board.touch(JobId(waits["id"]))
        await asyncio.sleep(0.6)  # the board looks four times a second
    assert said.call_args_list == []
    seen = (await client.ask("GET", failed["links"]["self"])).json
    assert (seen["state"], seen["error"]["code"]) == ("failed", "E_ENGINE")
    await app.erasing.ask(ada.id, messages=True, interaction=1, token="t")
    await app.erasing._work()
    assert await app.queue.jobs.jobs_of(ada.id, guild) == []


async def test_a_member_in_time_out_asks_in_vain(api, guild, ada, monkeypatch):
    monkeypatch.setattr(discord.Member, "is_timed_out", lambda _: True)
    asked = await (await api.client(guild, ada.id)).post()
    assert (asked.status, asked.json["type"]) == (403, "urn:framekiln:problem:not-a-member")


async def test_while_discord_is_away_a_job_is_shown_but_none_is_taken(api, app, guild, ada):
    client, other = await api.client(guild, ada.id), await api.client(guild, 77)
    job = (await client.post()).json
    app.messenger.detach()
    assert (await client.ask("GET", job["links"]["self"])).status == 200
    assert (await client.post()).status == 202  # the member was asked for within the last minute
    asked = await other.post()
    assert (asked.status, asked.json["type"]) == (503, "urn:framekiln:problem:away")
    assert asked.headers["Retry-After"]
