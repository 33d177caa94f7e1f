"""The same request twice: one job."""

from __future__ import annotations

import asyncio
from collections import Counter
from unittest.mock import Mock

import pytest

from db.api import requests as requests_module
from db.states import JobId
from engine.core.errors import Code, UserError
from tests.bot.api.serving import TEXT, serving
from tests.bot.fixtures import count_of
from tests.fake_discord import EVERYONE, Permission
from tests.until import until

DAY = 86_400.0


@pytest.fixture
async def api(app, bot):
    async with serving(app) as served:
        yield served


@pytest.fixture
def guild(channel):
    return channel.guild.id


async def test_the_same_key_gives_the_same_job_and_no_limit_stands_in_its_way(api, app, guild, ada):
    client = await api.client(guild, ada.id)
    first = [await client.post(Idempotency_Key=f"key {n}".replace(" ", "-")) for n in range(3)]
    assert [each.status for each in first] == [202, 202, 202]
    assert (await client.post(Idempotency_Key="key-3")).status == 429
    for before, n in zip(first, range(3), strict=True):
        again = await client.post(Idempotency_Key=f"key-{n}")
        assert (again.status, again.json["id"]) == (202, before.json["id"])
        assert again.headers["Idempotency-Replayed"] == "true"
        assert again.headers["Location"] == before.headers["Location"]
    assert await count_of(app) == 3


async def test_another_body_under_the_same_key_is_refused(api, app, guild, ada):
    client = await api.client(guild, ada.id)
    await client.post(Idempotency_Key="a")
    other = await client.post({**TEXT, "prompt": "a tree"}, Idempotency_Key="a")
    assert (other.status, other.json["type"]) == (422, "urn:framekiln:problem:other-body")
    assert await count_of(app) == 1


async def test_another_client_may_use_the_same_key(api, app, guild, ada, mod):
    one, other = await api.client(guild, ada.id), await api.client(guild, mod.id)
    ids = {(await client.post(Idempotency_Key="a")).json["id"] for client in (one, other)}
    assert len(ids) == 2


async def test_a_refusal_is_repeated_but_a_limit_is_not(api, app, guild, ada):
    client = await api.client(guild, ada.id)
    wrong = {**TEXT, "style": "no such"}
    first = await client.post(wrong, Idempotency_Key="a")
    again = await client.post(wrong, Idempotency_Key="a")
    assert (again.status, again.json) == (422, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Content-Type"] == "application/problem+json"
    jobs = [(await client.post()).json for _ in range(3)]
    assert (await client.post(Idempotency_Key="b")).status == 429
    await client.ask("POST", jobs[0]["links"]["cancel"])
    assert (await client.post(Idempotency_Key="b")).status == 202


async def test_what_somebody_can_end_is_no_answer_for_ever(
    api, app, fake, channel, guild, ada, mod, monkeypatch
):
    client = await api.client(guild, ada.id)
    asked = {**TEXT, "channel": str(channel.id)}
    fake.world.permit(channel, EVERYONE & ~Permission.ATTACH_FILES)

    async def refused():
        answer = await client.post(asked, Idempotency_Key="a")
        return answer.json["type"].endswith(":channel")

    await until(refused)
    fake.world.permit(channel, EVERYONE)

    async def taken():
        return (await client.post(asked, Idempotency_Key="a")).status == 202

    await until(taken)
    other = await api.client(guild, mod.id)
    for code in (Code.CONSENT, Code.BUDGET, Code.NO_ENGINE, Code.FEATURE, Code.WEIGHTS):
        with monkeypatch.context() as patch:
            patch.setattr(app.submissions, "plan", Mock(side_effect=UserError(code, "not now")))
            assert (await other.post(Idempotency_Key=code)).json["code"] == code
        again = await other.post(Idempotency_Key=code)
        assert again.status == 202
        await other.ask("POST", again.json["links"]["cancel"])


async def test_of_many_at_once_one_is_done(app, bot, guild, ada, monkeypatch):
    monkeypatch.setattr(app.door, "_limits", type(app.door._limits)(per_member=50, per_guild=50, in_line=0))
    async with serving(app) as api:
        client = await api.client(guild, ada.id)
        answers = await asyncio.gather(*(client.post(Idempotency_Key="a") for _ in range(10)))
    statuses = Counter(each.status for each in answers)
    assert statuses.keys() <= {202, 409}
    assert len({each.json["id"] for each in answers if each.status == 202}) == 1
    assert await count_of(app) == 1


async def test_a_request_that_a_kill_interrupted_makes_one_job(api, app, guild, ada, monkeypatch):
    """Whether the kill came before the job was stored or after."""
    client = await api.client(guild, ada.id)
    for number, stored in enumerate((False, True)):
        monkeypatch.setattr(requests_module, "_LIFE", f"life {number}")
        jobs = await count_of(app)
        real = app.queue.api_requests.answered

        async def killed(*_, **__):
            raise SystemError

        async def nothing(*_, **__):
            return None

        with monkeypatch.context() as patch:
            patch.setattr(app.queue.api_requests, "answered", killed)
            patch.setattr(app.queue.api_requests, "forget", nothing)
            if not stored:
                patch.setattr(app.submissions, "submit", killed)
            assert (await client.post(Idempotency_Key=f"key-{number}")).status == 500
        assert app.queue.api_requests.answered == real
        assert await count_of(app) == jobs + stored
        assert (await client.post(Idempotency_Key=f"key-{number}")).status == 409
        monkeypatch.setattr(requests_module, "_LIFE", f"life {number} and one")
        again = await client.post(Idempotency_Key=f"key-{number}")
        assert again.status == 202
        assert await count_of(app) == jobs + 1


async def test_a_key_is_remembered_for_a_day(api, app, guild, ada, clock):
    client = await api.client(guild, ada.id)
    first = await client.post(Idempotency_Key="a")
    clock.now = app.clock() + DAY - 60
    assert (await client.post(Idempotency_Key="a")).json["id"] == first.json["id"]
    clock.now = app.clock() + 120
    assert (await client.post(Idempotency_Key="a")).json["id"] != first.json["id"]


async def test_the_job_of_a_repeat_may_be_erased(api, app, guild, ada):
    client = await api.client(guild, ada.id)
    job = (await client.post(Idempotency_Key="a")).json["id"]
    await app.database.write(
        lambda connection: connection.execute("UPDATE job SET user_id = -1 WHERE id = ?", (JobId(job),))
    )
    assert (await client.post(Idempotency_Key="a")).status == 410
