"""Events reach a receiver over real sockets: signed, in order, once in effect."""

from __future__ import annotations

import asyncio
import base64
import json

import pytest
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from bot.signals import JobSignals
from bot.webhooks.policy import WebhookPolicy
from bot.webhooks.sender import PAUSES, Outlet, WebhookSender
from db.jobs.job import Hold
from db.jobs.webhooks import NEVER, JobEvent, listens_again, send_again, waiting
from db.privacy.departed_guilds import Guilds
from tests.clock import CLOCK
from tests.db.asking import enqueued, rendered, running

SECRET, NEXT = (f"whsec_{base64.b64encode(bytes([byte]) * 32).decode()}" for byte in (1, 2))


class Receiver:
    """Takes messages, and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[web.Response] = []
        self.url = ""

    async def take(self, request: web.Request) -> web.StreamResponse:
        self.got.append((dict(request.headers), await request.read()))
        return self.answers.pop(0) if self.answers else web.Response()

    @property
    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.got]


@pytest.fixture
async def receiver():
    made = Receiver()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", made.take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    made.url = f"http://{host}:{port}/hook"
    yield made
    await runner.cleanup()


def sender_to(queue, url, *, secrets=(SECRET,), **changes) -> WebhookSender:
    policy = {"url": url, "secrets": secrets, "private": True, "seconds": 5.0, "keep_days": 7.0, **changes}
    return WebhookSender(
        WebhookPolicy(**policy), events=queue.webhooks, meta=queue.meta, signals=JobSignals(), clock=CLOCK
    )


async def delivered(queue, message=5):
    job = await rendered(queue)
    await queue.delivery.begin_posting(job.id)
    await queue.delivery.record_posted(job.id, message)
    return job


async def left(queue) -> list[JobEvent]:
    return await queue.webhooks._db.look(lambda connection: waiting(connection, 100))


async def rounds(sender, count=1) -> None:
    for _ in range(count):
        await sender._one_round()


async def test_a_job_is_told_from_its_beginning_to_its_end(queue, receiver):
    sender = sender_to(queue, receiver.url)
    await sender.begin()
    job = await delivered(queue)
    await rounds(sender)
    assert receiver.types == ["job.accepted", "job.started", "job.succeeded"]
    first, last = (json.loads(body) for _, body in (receiver.got[0], receiver.got[-1]))
    assert first["data"] == {"job": job.id, "state": "queued", "guild": "100", "channel": "7"}
    assert last["data"]["url"] == "https://discord.com/channels/100/7/5"
    assert last["timestamp"].endswith("Z")
    assert await left(queue) == []


@pytest.mark.parametrize(
    ("end", "types"),
    [
        ("cancel", ["job.accepted", "job.cancelled"]),
        ("fail", ["job.accepted", "job.started", "job.failed"]),
        ("hold", ["job.accepted", "job.held"]),
        ("held from the start", ["job.accepted", "job.held"]),
        ("delete", ["job.accepted", "job.started", "job.succeeded", "job.erased"]),
    ],
)
async def test_every_other_end_is_told_too(queue, receiver, end, types):
    sender = sender_to(queue, receiver.url)
    await sender.begin()
    match end:
        case "cancel":
            await queue.claims.cancel((await enqueued(queue)).id)
        case "fail":
            job = await running(queue)
            await queue.claims.fail(job.id, job.claim, code="E_ENGINE")
        case "hold":
            await queue.delivery.hold((await enqueued(queue)).id, "new member")
        case "held from the start":
            await enqueued(queue, hold=Hold(reason="new member"))
        case "delete":
            job = await delivered(queue)
            await queue.retention.mark_deleted(job.id)
    await rounds(sender)
    assert receiver.types == types


async def test_a_signature_is_what_the_standard_says(queue, receiver):
    sender = sender_to(queue, receiver.url, secrets=(NEXT, SECRET))
    await sender.begin()
    await enqueued(queue)
    await rounds(sender)
    ((headers, body),) = receiver.got
    for secret in (SECRET, NEXT):  # while one replaces the other, a receiver may know either
        assert Webhook(secret).verify(body.decode(), headers)["type"] == "job.accepted"
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.decode() + " ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(f"whsec_{base64.b64encode(bytes(32)).decode()}").verify(body.decode(), headers)


async def test_no_message_holds_words_or_a_member(queue, receiver):
    sender = sender_to(queue, receiver.url)
    await sender.begin()
    await enqueued(queue, user=987_654_321, recipe='{"prompt": "a lighthouse"}', key="interaction secret")
    await rounds(sender)
    ((_, body),) = receiver.got
    assert not {word for word in (b"987654321", b"lighthouse", b"secret") if word in body}
    assert len(body) < 1000


async def test_without_an_address_nothing_is_written_down(queue):
    sender = sender_to(queue, "")
    await sender.begin()
    await delivered(queue)
    assert await left(queue) == []


async def test_what_was_left_goes_with_the_address(queue, receiver):
    await sender_to(queue, receiver.url).begin()
    await enqueued(queue)
    assert len(await left(queue)) == 1
    await sender_to(queue, "").begin()
    assert await left(queue) == []


async def test_while_the_receiver_is_down_everything_waits_in_order(queue, receiver):
    sender = sender_to(queue, receiver.url)
    await sender.begin()
    CLOCK.now = 1_000_000.0
    await delivered(queue)
    receiver.answers = [web.Response(status=500), web.Response(status=500)]
    await rounds(sender, 3)
    assert len(receiver.got) == 1  # the others were not tried
    for pause in PAUSES[:2]:
        CLOCK.now += pause * 1.2
        await rounds(sender)
    assert receiver.types == ["job.accepted"] * 3 + ["job.started", "job.succeeded"]
    assert {headers["webhook-id"] for headers, _ in receiver.got[:3]} == {receiver.got[0][0]["webhook-id"]}
    assert await left(queue) == []


async def test_a_restart_tries_at_once(queue, receiver):
    sender = sender_to(queue, receiver.url)
    await sender.begin()
    await enqueued(queue)
    receiver.answers = [web.Response(status=500)]
    await rounds(sender, 2)
    assert len(receiver.got) == 1
    again = sender_to(queue, receiver.url)
    await again.begin()
    await rounds(again)
    assert receiver.types == ["job.accepted"] * 2
    assert await left(queue) == []


async def test_a_message_that_is_refused_for_itself_does_not_hold_up_the_rest(queue, receiver):
    sender = sender_to(queue, receiver.url)
    await sender.begin()
    await delivered(queue)
    receiver.answers = [web.Response(status=422)]
    await rounds(sender)
    assert receiver.types == ["job.accepted", "job.started", "job.succeeded"]
    (event,) = await left(queue)
    assert (event.type, event.tries, event.error) == ("job.accepted", 1, "HTTP 422")


async def test_a_message_is_given_up_after_the_last_try_and_can_be_sent_again(queue, receiver):
    sender = sender_to(queue, receiver.url)
    await sender.begin()
    CLOCK.now = 1_000_000.0
    await enqueued(queue)
    receiver.answers = [web.Response(status=500) for _ in range(len(PAUSES) + 1)]
    for pause in (*PAUSES, 0.0):
        await rounds(sender)
        CLOCK.now += pause * 1.2
    (event,) = await left(queue)
    assert event.is_given_up
    assert len(receiver.got) == event.tries == len(PAUSES) + 1
    await rounds(sender)
    assert len(receiver.got) == event.tries
    assert await queue.webhooks._db.write(send_again) == 1
    await rounds(sender)
    assert await left(queue) == []


async def test_a_message_that_is_given_up_holds_up_no_other(queue):
    await queue.webhooks.switch(on=True)
    for _ in range(2):
        await enqueued(queue)
    first, second = await queue.webhooks.due(9)
    await queue.webhooks.refused(first.id, "HTTP 503", again=60.0, blocks=True)
    assert await queue.webhooks.due(9) == []
    await queue.webhooks.refused(first.id, "HTTP 503", again=None, blocks=True)
    assert await queue.webhooks.due(9) == [second]


async def test_an_old_message_is_forgotten(queue, receiver):
    sender = sender_to(queue, receiver.url, keep_days=4.0)
    await sender.begin()
    await enqueued(queue)
    receiver.answers = [web.Response(status=500)]
    await rounds(sender)
    (event,) = await left(queue)
    CLOCK.now = event.at + 4 * 86_400 + 1
    await rounds(sender)
    assert await left(queue) == []
    assert len(receiver.got) == 1


async def test_a_look_writes_nothing_where_nothing_happened(queue, db, receiver):
    sender = sender_to(queue, receiver.url)
    await sender.begin()
    await rounds(sender)
    before = db.calls
    await rounds(sender, 5)
    assert db.calls == before + 5, "each look is one read"


async def test_a_server_that_is_forgotten_takes_its_messages_along(queue, db, receiver):
    await sender_to(queue, receiver.url).begin()
    await enqueued(queue)
    (event,) = await left(queue)
    assert await Guilds(db, clock=CLOCK).forget(event.guild) == 1
    assert await left(queue) == []


@pytest.mark.parametrize(("said", "waits"), [("600", 600.0), ("86400", 86_400.0), ("9999999", 86_400.0)])
async def test_a_receiver_says_how_long_to_wait_up_to_a_day(queue, receiver, said, waits):
    sender = sender_to(queue, receiver.url)
    await sender.begin()
    CLOCK.now = 1_000_000.0
    await enqueued(queue)
    receiver.answers = [web.Response(status=429, headers={"Retry-After": said})]
    await rounds(sender)
    (event,) = await left(queue)
    assert event.due_at == 1_000_000.0 + waits


async def test_a_receiver_that_is_gone_is_left_alone_until_it_takes_a_test(queue, receiver):
    sender = sender_to(queue, receiver.url)
    await sender.begin()
    await enqueued(queue)
    receiver.answers = [web.Response(status=410)]
    await rounds(sender)
    await sender.begin()  # the next start
    await enqueued(queue)
    await rounds(sender)
    assert len(receiver.got) == 1
    assert await left(queue) == []
    assert (await Outlet(sender._policy, clock=CLOCK).test()).error == ""
    await queue.webhooks._db.write(listens_again)
    await sender.begin()
    await enqueued(queue)
    await rounds(sender)
    assert receiver.types == ["job.accepted", "framekiln.test", "job.accepted"]


async def test_another_address_is_tried_although_the_last_was_gone(queue, receiver):
    gone = sender_to(queue, receiver.url)
    await gone.begin()
    await enqueued(queue)
    receiver.answers = [web.Response(status=410)]
    await rounds(gone)
    sender = sender_to(queue, receiver.url + "/other")
    await sender.begin()
    await enqueued(queue)
    await rounds(sender)
    assert len(receiver.got) == 2


async def test_a_redirection_is_not_followed(queue, receiver):
    sender = sender_to(queue, receiver.url)
    await sender.begin()
    await enqueued(queue)
    receiver.answers = [web.Response(status=307, headers={"Location": "/other"})]
    await rounds(sender)
    assert len(receiver.got) == 1
    assert (await left(queue))[0].error == "HTTP 307"


async def test_a_receiver_that_does_not_answer_is_not_waited_for(queue):
    async def silent(reader, writer):
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        sender = sender_to(queue, f"http://{host}:{port}", seconds=0.1)
        await sender.begin()
        await enqueued(queue)
        await rounds(sender)
    assert (await left(queue))[0].error == "no answer in time"


async def test_no_private_address_is_reached_unless_the_owner_says_so(queue, receiver):
    for url in (receiver.url, receiver.url.replace("127.0.0.1", "localhost")):
        sender = sender_to(queue, url, private=False)
        await sender.begin()
        await enqueued(queue)
        await rounds(sender)
        assert receiver.got == []
        assert "not a public address" in (await left(queue))[0].error
        await queue.webhooks.switch(on=False)


async def test_a_receiver_that_is_not_there_is_named_by_its_host_only(queue, unused_tcp_port, caplog):
    sender = sender_to(queue, f"http://127.0.0.1:{unused_tcp_port}/secret-path")
    await sender.begin()
    await enqueued(queue)
    await rounds(sender)
    assert (await left(queue))[0].due_at < NEVER
    assert "was not taken" in caplog.text
    assert "secret-path" not in caplog.text


async def test_an_event_is_written_by_the_statement_that_moves_its_job(queue, db):
    """A transaction that fails leaves neither."""
    await queue.webhooks.switch(on=True)

    def fails(connection):
        connection.execute("UPDATE job SET state = 'running'")
        raise RuntimeError

    await enqueued(queue)
    with pytest.raises(RuntimeError):
        await db.write(fails)
    assert [event.type for event in await left(queue)] == ["job.accepted"]
