"""The OpenAPI document fits the routes, and every answer fits the document."""

from __future__ import annotations

import json
import random
import string
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from bot import serving_policies
from bot.api.server import ApiServer
from bot.running import api_server
from db.api.keys import Scope
from tests.bot.api.serving import TEXT, drawing, serving
from tests.until import until

CASES = 150
FIELDS = ("kind", "prompt", "seed", "smooth", "style", "engine", "channel", "more", "raw")
TYPES = (*["application/json"] * 5, "text/plain", "multipart/form-data")


@pytest.fixture
def guild(channel):
    return channel.guild.id


def test_the_document_has_every_route_and_no_other(app):
    server: ApiServer = api_server(app, serving_policies.for_api(app.settings))
    served = {
        (route.method, route.resource.canonical)
        for route in server._application().router.routes()
        if route.resource is not None
    }
    told = {
        (method.upper(), path)
        for path, operations in server.document["paths"].items()
        for method in operations
    }
    assert served == told
    for operation in (each for path in server.document["paths"].values() for each in path.values()):
        assert operation["security"] == [] or {"401", "429", "503"} <= operation["responses"].keys()
    names = [each["operationId"] for path in server.document["paths"].values() for each in path.values()]
    assert len(names) == len(set(names))


class Document:
    """Checks answers."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told
        resource = DRAFT202012.create_resource(told)
        self._registry = Registry().with_resource("urn:document", resource)

    def check(self, path: str, method: str, answer) -> None:
        responses = self.told["paths"][path][method.lower()]["responses"]
        assert str(answer.status) in responses, (method, path, answer.status, answer.body[:300])
        content = responses[str(answer.status)].get("content", {})
        kind = answer.headers.get("Content-Type", "").partition(";")[0]
        if not content:
            assert answer.body == b""
            return
        assert kind in content, (method, path, answer.status, kind)
        if answer.json is not None and content[kind]:
            schema = json.loads(json.dumps(content[kind]["schema"]).replace('"#/', '"urn:document#/'))
            Draft202012Validator(schema, registry=self._registry).validate(answer.json)


def odd(chance: random.Random):
    """A value that somebody may send."""
    return chance.choice(
        [
            None,
            True,
            -1,
            10**30,
            1e308,
            "",
            "0",
            "\x00",
            "é" * 300,
            "".join(chance.choices(string.printable, k=12)),
            [],
            ["text2video"],
            {},
            {"kind": {}},
        ]
    )


def asked(chance: random.Random):
    """A request for a clip, with something in it that may be wrong."""
    made = dict(TEXT)
    for _ in range(chance.randrange(3)):
        made[chance.choice(FIELDS)] = odd(chance)
    return chance.choice([made, made, made, odd(chance)])


async def test_every_answer_to_odd_requests_is_documented(app, bot, guild, ada):
    chance = random.Random(7)
    async with serving(app) as api, drawing(app):
        client = await api.client(guild, ada.id, *Scope)
        job = (await client.post()).json
        await until(lambda: _is_over(client, job))
        document = Document((await client.ask("GET", "/openapi.json")).json)
        for _ in range(CASES):
            path = chance.choice(list(document.told["paths"]))
            method = chance.choice(list(document.told["paths"][path])).upper()
            which = chance.choice([job["id"], "0" * 16, "x", "%00", "é", "a" * 500])
            query = chance.choice(["", "", "?limit=3", "?limit=x", "?cursor=%ff", "?everybody=true", "?a=b"])
            headers = {}
            if chance.random() < 0.3:
                headers = chance.choice(
                    [
                        {"Idempotency-Key": "a"},
                        {"Idempotency-Key": "é"},
                        {"Range": "bytes=99-1"},
                        {"Range": "bytes=9999-"},
                        {"Range": "bytes=0-0"},
                        {"Last-Event-ID": "-1"},
                        {"Authorization": "Bearer x"},
                        {"If-None-Match": "*"},
                    ]
                )
            options = {}
            if method in {"POST", "PUT"}:
                body = asked(chance) if path == "/v1/jobs" else {"url": odd(chance)}
                options["data"] = json.dumps(body)
                headers["Content-Type"] = chance.choice(TYPES)
            answer = await client.ask(
                method, path.replace("{job}", which) + query, headers=headers, **options
            )
            document.check(path, method, answer)
            assert answer.status < 500


async def _is_over(client, job) -> bool:
    return (await client.ask("GET", job["links"]["self"])).json["ended_at"] is not None


async def test_what_is_nowhere_is_a_problem_too(app, bot, guild, ada):
    async with serving(app) as api:
        client = await api.client(guild, ada.id)
        for method, path, status in (
            ("GET", "/", 404),
            ("GET", "/v1/other", 404),
            ("DELETE", "/v1/jobs", 405),
            ("HEAD", "/v1/engines", 405),
        ):
            answer = await client.ask(method, path)
            assert answer.status == status
            assert answer.headers["Content-Type"] == "application/problem+json"
        assert (await client.ask("DELETE", "/v1/jobs")).headers["Allow"] == "GET, POST"
        assert "Access-Control-Allow-Origin" not in (await client.ask("OPTIONS", "/v1/jobs")).headers
