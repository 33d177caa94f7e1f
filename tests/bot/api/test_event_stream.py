"""Events as a stream: in order, without a gap after a cut, to an end."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest

from bot.api import event_stream
from db.states import JobId
from tests.bot.api.serving import drawing, serving
from tests.db.asking import audit_entry
from tests.until import PATIENCE, until


@pytest.fixture
async def api(app, bot):
    async with serving(app) as served:
        yield served


@pytest.fixture
def guild(channel):
    return channel.guild.id


class Stream:
    """What a client reads, event by event."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.answer = answer
        self.events: list[tuple[int, str]] = []
        self.other: list[str] = []

    async def read(self, most: int = 1000) -> bool:
        """Read until there are so many events, or the end; whether it is the end."""
        while len(self.events) < most:
            lines = []
            while line := (await self.answer.content.readline()).decode().rstrip("\n"):
                lines.append(line)
            if not lines:
                return True
            said = dict(line.partition(": ")[::2] for line in lines)
            if "id" in said:
                self.events.append((int(said["id"]), said["event"]))
                assert json.loads(said["data"])["type"] == said["event"]
            else:
                self.other += [said.get("event") or lines[0]]
        return False


def watch(client, job, last: int = 0, http=None):
    headers = {"Authorization": f"Bearer {client.key}"}
    if last:
        headers["Last-Event-ID"] = str(last)
    return client._http.get(f"{client.at}{job['links']['events']}", headers=headers)


async def test_a_stream_that_is_cut_goes_on_without_a_gap(api, app, guild, ada, monkeypatch):
    monkeypatch.setattr(event_stream, "LOOK_EVERY", 0.02)
    client = await api.client(guild, ada.id)
    job = (await client.post()).json
    seen: list[tuple[int, str]] = []
    async with drawing(app):
        while True:  # it is cut after each event
            async with watch(client, job, len(seen)) as answer:
                if answer.status == 204:
                    break
                assert answer.headers["Content-Type"] == "text/event-stream"
                stream = Stream(answer)
                await stream.read(1)
                seen += stream.events
    assert seen == [(1, "job.accepted"), (2, "job.started"), (3, "job.succeeded")]


async def test_a_stream_tells_progress_and_ends_with_the_job(api, app, guild, ada):
    client = await api.client(guild, ada.id)
    job = (await client.post()).json
    async with watch(client, job) as answer:
        stream = Stream(answer)
        await stream.read(1)
        entry = audit_entry("hold", guild=guild)
        await app.queue.delivery.hold(JobId(job["id"]), "odd", audit_entry=entry)
        await stream.read(2)
        await client.ask("POST", job["links"]["cancel"])
        assert await stream.read()
    assert [event for _, event in stream.events] == ["job.accepted", "job.held", "job.cancelled"]
    assert "progress" in stream.other


async def test_silence_is_broken_by_comments(api, guild, ada, monkeypatch):
    monkeypatch.setattr(event_stream, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(event_stream, "COMMENT_EVERY", 0.05)
    client = await api.client(guild, ada.id)
    job = (await client.post()).json
    async with watch(client, job) as answer, asyncio.timeout(PATIENCE):
        text = b""
        while text.count(b": still here\n\n") < 2:
            text += await answer.content.readany()


async def test_a_stream_ends_with_its_key(api, app, guild, ada, monkeypatch):
    monkeypatch.setattr(event_stream, "LOOK_EVERY", 0.02)
    client = await api.client(guild, ada.id)
    job = (await client.post()).json
    async with watch(client, job) as answer, asyncio.timeout(PATIENCE):
        await app.queue.moderation.ban(guild, ada.id, by=1, reason="spam")
        await answer.content.read()


async def test_a_key_has_so_many_streams(app, bot, guild, ada):
    async with serving(app, streams=1) as api:
        client = await api.client(guild, ada.id)
        job = (await client.post()).json
        async with watch(client, job) as first:
            await first.content.readline()
            assert (await client.ask("GET", job["links"]["events"])).status == 429

        async def free():
            async with watch(client, job) as again:
                return again.status == 200

        await until(free)


async def test_a_made_up_place_is_refused(api, guild, ada):
    client = await api.client(guild, ada.id)
    job = (await client.post()).json
    asked = await client.ask("GET", job["links"]["events"], headers={"Last-Event-ID": "x"})
    assert asked.status == 400
