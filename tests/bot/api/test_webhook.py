"""The webhook of a key: a receiver that is down, slow, gone or redirecting; addresses that are refused."""

from __future__ import annotations

import asyncio
import dataclasses
import json

import pytest
from aiohttp import web
from standardwebhooks import Webhook

from bot import serving_policies
from bot.webhooks.key_sender import KeyWebhookSender
from bot.webhooks.sender import PAUSES
from tests.bot.api.serving import drawing, serving
from tests.until import until

ENDED = ["job.accepted", "job.started", "job.succeeded"]


class Receiver:
    """Takes messages, and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.pause = 0.0
        self.url = ""

    async def take(self, request: web.Request) -> web.StreamResponse:
        self.got.append((dict(request.headers), await request.read()))
        await asyncio.sleep(self.pause)
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(status=status, headers={"Location": "/elsewhere"} if status == 302 else {})

    @property
    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.got]


@pytest.fixture
async def receivers():
    """Two receivers, each at an address of its own."""
    made = {name: Receiver() for name in ("one", "other")}
    application = web.Application()
    for name, receiver in made.items():
        application.router.add_route("*", f"/{name}", receiver.take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    for name, receiver in made.items():
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/{name}"
    yield made
    await runner.cleanup()


@pytest.fixture
def receiver(receivers):
    return receivers["one"]


@pytest.fixture
def sender(app):
    policy = dataclasses.replace(serving_policies.for_key_webhooks(app.settings), private=True, seconds=0.3)
    return KeyWebhookSender(
        policy,
        events=app.queue.webhooks,
        hooks=app.queue.api_webhooks,
        signals=app.signals,
        clock=app.clock,
    )


@pytest.fixture
async def api(app, bot):
    async with serving(app, webhook_private=True) as served:
        yield served


@pytest.fixture
def guild(channel):
    return channel.guild.id


async def rounds(sender, count: int = 1) -> None:
    for _ in range(count):
        await sender._one_round()
        await asyncio.gather(*sender._under_way.values())
        await asyncio.sleep(0)


async def one_job(client) -> None:
    job = (await client.post()).json
    await until(lambda: is_over(client, job))


async def is_over(client, job) -> bool:
    return (await client.ask("GET", job["links"]["self"])).json["ended_at"] is not None


async def put(client, url: str):
    return await client.ask("PUT", "/v1/webhook", json={"url": url})


async def test_a_keys_own_jobs_are_told_and_signed(api, app, guild, ada, mod, sender, receivers):
    client, other = await api.client(guild, ada.id), await api.client(guild, mod.id)
    secrets = [(await put(client, receivers["one"].url)).json["secret"]]
    await put(other, receivers["other"].url)
    secrets.append((await put(client, receivers["one"].url)).json["secret"])
    async with drawing(app):
        await one_job(client)
    await rounds(sender)
    assert (receivers["one"].types, receivers["other"].types) == (ENDED, [])
    for headers, body in receivers["one"].got:
        for secret in secrets:  # the old one signs beside the new one for a day
            Webhook(secret).verify(body.decode(), headers)
        assert str(ada.id).encode() not in body
    shown = (await client.ask("GET", "/v1/webhook")).json
    assert (shown["url"], shown["secret"], shown["waiting"]) == (receivers["one"].url, None, 0)


@pytest.mark.parametrize("trouble", ["down", "slow", "redirecting"])
async def test_what_is_not_taken_is_sent_again_in_order_to_an_empty_outbox(
    api, app, guild, ada, mod, sender, receivers, clock, trouble
):
    client, other = await api.client(guild, ada.id), await api.client(guild, mod.id)
    ailing, well = receivers["one"], receivers["other"]
    await put(client, ailing.url)
    await put(other, well.url)
    ailing.statuses = {"down": [500, 503], "slow": [], "redirecting": [302, 302]}[trouble]
    ailing.pause = 0.5 if trouble == "slow" else 0.0
    clock.now = app.clock()
    async with drawing(app):
        await one_job(client)
        await one_job(other)
    await rounds(sender)
    assert (ailing.types, well.types) == (["job.accepted"], ENDED)  # the rest waits, and only for this one
    if trouble == "slow":
        ailing.pause = 0.0
    for pause in PAUSES[:2]:
        clock.now += pause * 1.2
        await rounds(sender)
    told = {headers["webhook-id"]: json.loads(body)["type"] for headers, body in ailing.got}
    assert list(told.values()) == ENDED
    assert (await client.ask("GET", "/v1/webhook")).json["waiting"] == 0


async def test_a_receiver_that_is_gone_is_told_nothing_until_it_is_put_again(
    api, app, guild, ada, sender, receiver
):
    client = await api.client(guild, ada.id)
    await put(client, receiver.url)
    receiver.statuses = [410]
    async with drawing(app):
        await one_job(client)
        await rounds(sender, 2)
        assert len(receiver.got) == 1
        shown = (await client.ask("GET", "/v1/webhook")).json
        assert (shown["refused"], shown["waiting"]) == (True, 0)
        await put(client, receiver.url)
        await one_job(client)
    await rounds(sender)
    assert receiver.types[1:] == ENDED


async def test_an_endpoint_ends_with_its_key_and_by_delete(api, app, guild, ada, sender, receiver):
    client, banned = await api.client(guild, ada.id), await api.client(guild, ada.id)
    await put(client, receiver.url)
    await client.post()
    assert (await client.ask("DELETE", "/v1/webhook")).status == 204
    assert (await client.ask("DELETE", "/v1/webhook")).status == 404
    assert (await client.ask("GET", "/v1/webhook")).status == 404
    await put(banned, receiver.url)
    await banned.post()
    await app.queue.moderation.ban(guild, ada.id, by=1, reason="spam")
    await rounds(sender)
    assert receiver.got == []
    assert await app.database.read("SELECT * FROM webhook_event") == []


async def test_what_is_no_public_address_is_refused(app, bot, guild, ada):
    private = (
        *("127.0.0.1/", "10.1.2.3/", "192.168.0.1/", "169.254.169.254/latest"),
        *("[::1]/", "[::ffff:127.0.0.1]/", "[fd00::1]/", "[64:ff9b::7f00:1]/"),
        *("0.0.0.0/", "224.0.0.1/", "[2002:7f00:1::]/", "100.64.0.1/"),
    )
    odd = (
        "ftp://example.org/",
        "https://",
        "https://me:pw@example.org/",
        "file:///etc/passwd",
        "x",
        "http://a:x/",
    )
    async with serving(app) as api:
        client = await api.client(guild, ada.id)
        for url in (f"http://{place}" for place in private):
            refused = await put(client, url)
            assert (refused.status, refused.json.get("code")) == (422, "E_ADDRESS"), url
        for url in odd:
            assert (await put(client, url)).json["type"] == "urn:framekiln:problem:invalid", url
        assert (await client.ask("GET", "/v1/webhook")).status == 404


async def test_a_name_that_leads_to_a_private_address_is_not_reached(app, bot, guild, ada, receiver, clock):
    async with serving(app) as api:
        client = await api.client(guild, ada.id)
        assert (await put(client, receiver.url.replace("127.0.0.1", "localhost"))).status == 200
        await client.post()
        await rounds(app.key_webhooks)
    assert receiver.got == []
    (event,) = await app.database.read("SELECT error FROM webhook_event")
    assert "not a public address" in event["error"]
