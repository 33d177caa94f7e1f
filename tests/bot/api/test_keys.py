"""What a key opens, and when it ends: routes × keys, bans, erasures, scopes."""

from __future__ import annotations

import pytest

from db.api.keys import Scope
from db.states import JobId
from tests.bot.api.serving import TEXT, drawing, serving
from tests.bot.fixtures import queued
from tests.db.asking import audit_entry
from tests.present import present
from tests.until import until

OF_A_JOB = (
    ("GET", ""),
    ("GET", "/clip"),
    ("POST", "/cancel"),
    ("GET", "/events"),
)
"""Routes about one job."""


@pytest.fixture
async def api(app, bot):
    async with serving(app) as served:
        yield served


@pytest.fixture
def guild(channel):
    return channel.guild.id


async def test_routes_by_keys(api, app, guild, ada, mod):
    """Every route about a job, asked with every kind of key."""
    keys = {
        "own": await api.client(guild, ada.id),
        "own, in another server": await api.client(guild + 1, ada.id),
        "another member's": await api.client(guild, mod.id),
        "an admin's": await api.client(guild, mod.id, *Scope),
        "an admin's, of another server": await api.client(guild + 1, mod.id, *Scope),
        "none": api.stranger(),
        "one that never was": api.stranger("fk_" + "0" * 8 + "A" * 43),
        "one with a wrong secret": None,
    }
    own = keys["own"]
    keys["one with a wrong secret"] = api.stranger(own.key[:-1] + ("A" if own.key[-1] != "A" else "B"))
    job = (await own.post()).json
    async with drawing(app):
        await until(lambda: is_over(own, job))
    opens = {"own": True, "an admin's": True}
    refused = {"none": 401, "one that never was": 401, "one with a wrong secret": 401}
    for whose, client in keys.items():
        for method, path in OF_A_JOB:
            answer = await client.ask(method, f"/v1/jobs/{job['id']}{path}")
            if opens.get(whose):
                assert answer.status in {200, 202}, (whose, path)
            else:
                assert answer.status == refused.get(whose, 404), (whose, path)
                assert job["id"] not in str({**answer.json, "instance": ""})
        listed = await client.ask("GET", "/v1/jobs")
        if whose in refused:
            assert listed.status == 401
            assert listed.headers["WWW-Authenticate"].startswith("Bearer")
            for method, path in (("POST", "/v1/jobs"), ("GET", "/v1/engines"), ("GET", "/v1/limits")):
                assert (await client.ask(method, path)).status == 401
        else:
            assert [each["id"] for each in listed.json["jobs"]] == ([job["id"]] if whose == "own" else [])
        cursor = await client.ask("GET", "/v1/jobs?cursor=" + cursor_of(job["id"]))
        assert cursor.status == (401 if whose in refused else 200 if whose == "own" else 400), whose
    everybody = await keys["an admin's"].ask("GET", "/v1/jobs?everybody=true")
    assert [each["id"] for each in everybody.json["jobs"]] == [job["id"]]
    assert (await own.ask("GET", "/v1/jobs?everybody=true")).status == 403


async def test_a_private_job_is_its_members_alone(api, app, guild, ada, mod):
    job = await queued(app.queue, ada.id, guild, private=True, token="1:t")
    own, admin = await api.client(guild, ada.id), await api.client(guild, mod.id, *Scope)
    assert (await own.ask("GET", f"/v1/jobs/{job.id}")).status == 200
    assert (await admin.ask("GET", f"/v1/jobs/{job.id}")).status == 404


async def is_over(client, job) -> bool:
    return (await client.ask("GET", job["links"]["self"])).json["ended_at"] is not None


def cursor_of(job: str) -> str:
    from bot.api.job_views import _cursor

    return _cursor(JobId(job))


async def test_a_scope_opens_its_own_routes_only(api, guild, ada):
    needed = {
        ("POST", "/v1/jobs"): Scope.WRITE,
        ("GET", "/v1/jobs"): Scope.READ,
        ("GET", "/v1/jobs/{}"): Scope.READ,
        ("GET", "/v1/jobs/{}/clip"): Scope.CLIPS,
        ("POST", "/v1/jobs/{}/cancel"): Scope.WRITE,
    }
    job = (await (await api.client(guild, ada.id)).post()).json["id"]
    for scope in (Scope.READ, Scope.WRITE, Scope.CLIPS):
        client = await api.client(guild, ada.id, scope)
        for (method, path), wanted in needed.items():
            answer = await client.ask(method, path.format(job), json=TEXT if method == "POST" else None)
            assert (answer.status == 403) == (scope is not wanted), (path, answer.json)


async def test_an_admins_cancel_stands_in_the_log(api, app, guild, ada, mod):
    job = (await (await api.client(guild, ada.id)).post()).json
    admin = await api.client(guild, mod.id, *Scope)
    assert (await admin.ask("POST", job["links"]["cancel"])).json["state"] == "cancelled"
    entry = (await app.audit.entries(guild))[0]
    assert (entry.action, entry.actor_id, entry.target) == ("cancel", mod.id, job["id"])


async def test_a_ban_ends_the_keys(api, app, guild, ada, mod):
    client, elsewhere = await api.client(guild, ada.id), await api.client(guild + 1, ada.id)
    other = await api.client(guild, mod.id)
    await app.queue.moderation.ban(guild, ada.id, by=mod.id, reason="spam")
    assert (await client.post()).status == 401
    assert (await client.ask("GET", "/v1/jobs")).status == 401
    assert (await elsewhere.ask("GET", "/v1/jobs")).status == 200
    assert (await other.ask("GET", "/v1/jobs")).status == 200
    await app.queue.moderation.unban(guild, ada.id)
    assert (await client.ask("GET", "/v1/jobs")).status == 401


async def test_an_erasure_ends_the_keys_at_once(api, app, guild, ada):
    client = await api.client(guild, ada.id)
    job = (await client.post(Idempotency_Key="one")).json
    await app.erasing.ask(ada.id, messages=False, interaction=1, token="t")
    assert (await client.ask("GET", job["links"]["self"])).status == 401
    await app.erasing._work()
    assert await app.queue.api_keys.of_guild(guild) == []
    assert await app.database.read("SELECT * FROM api_request") == []
    erased = present(await app.queue.jobs.get(JobId(job["id"])))
    assert erased.user_id < 0


async def test_a_request_whose_key_ends_meanwhile_makes_no_job(api, app, guild, ada, monkeypatch):
    client = await api.client(guild, ada.id)
    real = app.submissions._planned

    async def and_then(*given):
        planned = await real(*given)
        await app.queue.moderation.ban(guild, ada.id, by=1, reason="spam")
        await app.queue.moderation.unban(guild, ada.id)
        return planned

    monkeypatch.setattr(app.submissions, "_planned", and_then)
    assert (await client.post()).status == 401
    assert sum((await app.queue.jobs.counts()).values()) == 0


async def test_a_closed_queue_takes_nothing(api, app, guild, ada):
    client = await api.client(guild, ada.id)
    await app.queue.moderation.drain(audit_entry("drain", guild=guild))
    asked = await client.post()
    assert (asked.status, asked.json["type"]) == (503, "urn:framekiln:problem:closed")
