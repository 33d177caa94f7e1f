"""Messages of services over real sockets: those that are theirs wake, and nothing else does."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook

from bot.hosted.policy import HostingPolicy
from bot.hosted.receiver import LARGEST, Receiver
from engine.elsewhere.hosted.limits import WireLimits

NOW = 1_790_000_000.0
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(32)).decode()
BODY = json.dumps({"status": "succeeded"}).encode()
LIMITS = WireLimits(seconds=5.0, fetch_seconds=5.0, max_bytes=100_000, private=True, hosts=())


class Bot:
    """A receiver that is served, and fal's keys beside it."""

    def __init__(self) -> None:
        self.woken: list[str] = []
        self.keys = [Ed25519PrivateKey.generate()]
        self.fetched = 0
        self.url = ""

    def make(self, **changes: str) -> Receiver:
        accounts = {"replicate": "k", "fal": "k", "runpod": "k", "endpoint": "e", "webhook_secret": SECRET}
        policy = HostingPolicy(
            **{**accounts, **changes},
            replicate_url="",
            fal_url="",
            runpod_url="",
            jwks_url=f"{self.url}/jwks.json",
            public_url="https://bot.example/hooks",
            tables=None,
        )
        return Receiver(policy, LIMITS, wake=self.woken.append, clock=lambda: NOW)

    async def jwks(self, _: web.Request) -> web.Response:
        self.fetched += 1
        public = (key.public_key().public_bytes_raw() for key in self.keys)
        rows = [
            {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(key).decode().rstrip("=")}
            for key in public
        ]
        return web.json_response({"keys": rows})


@pytest.fixture
async def bot():
    """The receiver is made once its own address, where the keys are, is known."""
    made = Bot()
    application = web.Application(client_max_size=4 * LARGEST)
    holder: dict[str, Receiver] = {}

    async def take(request: web.Request) -> web.StreamResponse:
        return await holder["receiver"]._take(request)

    application.add_routes(
        [web.get("/jwks.json", made.jwks), web.post("/services/{service}/{purchase}", take)]
    )
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = "http://{}:{}".format(*runner.addresses[0][:2])
    holder["receiver"] = made.make()
    yield made
    await runner.cleanup()


async def send(bot: Bot, service: str, headers: dict[str, str], body: bytes = BODY) -> int:
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{bot.url}/services/{service}/p1", data=body, headers=headers) as answer,
    ):
        return answer.status


def of_replicate(name: str = "msg_1", *, at: float = NOW, secret: str = SECRET) -> dict[str, str]:
    signature = Webhook(secret).sign(name, datetime.fromtimestamp(at, UTC), BODY.decode())
    return {"webhook-id": name, "webhook-timestamp": str(int(at)), "webhook-signature": signature}


def of_fal(key: Ed25519PrivateKey, *, at: float = NOW) -> dict[str, str]:
    signed = "\n".join(("r1", "u1", str(int(at)), hashlib.sha256(BODY).hexdigest())).encode()
    return {
        "X-Fal-Webhook-Request-Id": "r1",
        "X-Fal-Webhook-User-Id": "u1",
        "X-Fal-Webhook-Timestamp": str(int(at)),
        "X-Fal-Webhook-Signature": key.sign(signed).hex(),
    }


async def test_a_message_of_the_service_wakes_once(bot):
    assert await send(bot, "replicate", of_replicate()) == 204
    assert await send(bot, "replicate", of_replicate()) == 409, "a replay"
    assert await send(bot, "fal", of_fal(bot.keys[0])) == 204
    assert await send(bot, "fal", of_fal(bot.keys[0])) == 409, "a replay"
    assert await send(bot, "runpod", {}) == 204, "it signs nothing, and its address can't be guessed"
    assert bot.woken == ["p1"] * 3


async def test_a_message_of_anybody_else_wakes_nothing(bot):
    stranger = Ed25519PrivateKey.generate()
    refused = [
        ("replicate", {}),
        ("replicate", of_replicate(secret=OTHER)),
        ("replicate", of_replicate(at=NOW - 301)),
        ("replicate", {**of_replicate(), "webhook-id": "msg_2"}),
        ("fal", {}),
        ("fal", of_fal(stranger)),
        ("fal", of_fal(bot.keys[0], at=NOW - 301)),
        ("fal", of_replicate()),
    ]
    assert [await send(bot, *each) for each in refused] == [401] * len(refused)
    assert await send(bot, "replicate", of_replicate(), b"another body") == 401
    assert await send(bot, "nobody", of_replicate()) == 404
    assert await send(bot, "replicate", of_replicate(), b"x" * (LARGEST + 1)) == 413
    assert bot.woken == []
    assert bot.fetched == 1, "forged messages don't make us fetch the keys again and again"


async def test_a_service_gets_an_address_only_where_its_messages_can_be_checked(bot):
    assert bot.make().address("replicate", "p1") == "https://bot.example/hooks/services/replicate/p1"
    assert bot.make(webhook_secret="").address("replicate", "p1") == ""
    assert bot.make(webhook_secret="").address("fal", "p1") != ""
