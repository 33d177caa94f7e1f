"""Jobs by the API: asked for, shown, listed, cancelled, fetched."""

from __future__ import annotations

import hashlib

import pytest

from tests.bot.api.serving import drawing, serving
from tests.bot.fixtures import until


@pytest.fixture
async def api(services, bot):
    async with serving(services) as served:
        yield served


@pytest.fixture
def guild(channel):
    return channel.guild.id


async def test_a_job_is_taken_shown_drawn_and_fetched(api, services, guild, ada, fake, channel):
    client = await api.client(guild, ada.id)
    asked = await client.post()
    assert asked.status == 202, asked.json
    job = asked.json
    assert asked.headers["Location"] == f"/v1/jobs/{job['id']}"
    assert int(asked.headers["Retry-After"]) >= 1
    assert (job["state"], job["place"], job["channel"]) == ("queued", 1, None)
    early = await client.ask("GET", job["links"]["clip"])
    assert (early.status, early.json["type"]) == (409, "urn:framekiln:problem:not-ready")
    async with drawing(services):
        await until(lambda: is_over(client, job))
    seen = (await client.ask("GET", job["links"]["self"])).json
    assert (seen["state"], seen["progress"], len(seen["takes"])) == ("succeeded", 1.0, 1)
    clip = await client.ask("GET", job["links"]["clip"])
    assert clip.status == 200
    assert clip.headers["Content-Type"] == "video/mp4"
    assert clip.headers["ETag"] == f'"{hashlib.sha256(clip.body).hexdigest()}"'
    assert fake.messages(channel) == []


async def is_over(client, job) -> bool:
    return (await client.ask("GET", job["links"]["self"])).json["ended_at"] is not None
