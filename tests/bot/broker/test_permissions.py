"""What each may say and hear, asked of the real broker."""

from __future__ import annotations

import pytest

from tests.bot.broker.conftest import ALICE, BOB, dialling, login_of
from tests.until import until

FORBIDDEN_TO_HEAR = [
    ">",
    "*.*.*.*",
    "fk1.>",
    "fk1.up.>",
    f"fk1.up.{BOB}.>",
    f"fk1.up.{ALICE}.beat",
    "fk1.dn.>",
    "fk1.dn.*.tell",
    f"fk1.dn.{BOB}.>",
    f"fk1.dn.{BOB}.i.*",
    "_INBOX.>",
    "$SYS.>",
]
FORBIDDEN_TO_SAY = [
    f"fk1.up.{BOB}.beat",
    f"fk1.up.{BOB}.r.0123456789abcdef",
    f"fk1.dn.{BOB}.tell",
    f"fk1.dn.{BOB}.i.0123456789abcdef",
    f"fk1.dn.{ALICE}.tell",
    "fk1.dn.all",
    "fk1.up",
    "_INBOX.0123456789abcdef",
    "$SYS.REQ.SERVER.PING",
    "$JS.API.INFO",
]
WORKER_HEARS = [
    (f"fk1.dn.{ALICE}.i.*", f"fk1.dn.{ALICE}.i.0123456789abcdef"),
    (f"fk1.dn.{ALICE}.tell", f"fk1.dn.{ALICE}.tell"),
    (f"fk1.dn.{ALICE}.pull", f"fk1.dn.{ALICE}.pull"),
    ("fk1.dn.all", "fk1.dn.all"),
]
WORKER_SAYS = [f"fk1.up.{ALICE}.{what}" for what in ("hello", "beat", "ask", "file", "r.0123456789abcdef")]


@pytest.mark.parametrize("queue", ["", "q"], ids=["alone", "in a group"])
@pytest.mark.parametrize("subject", FORBIDDEN_TO_HEAR)
async def test_a_worker_hears_nothing_that_is_not_for_it(standing, subject, queue):
    async with (
        dialling(login_of(standing.alice, standing.login)) as worker,
        dialling(login_of(standing.bob, standing.login)) as other,
        dialling(standing.login) as bot,
    ):
        heard = await worker.hears(subject, queue)
        await other.says(f"fk1.up.{BOB}.beat", b"secret")
        await bot.says(f"fk1.dn.{BOB}.tell", b"secret")
        await bot.says(f"fk1.dn.{BOB}.i.0123456789abcdef", b"secret")
        await worker.settle()
        assert await worker.was_refused() == 1
        assert heard == []


@pytest.mark.parametrize("subject", FORBIDDEN_TO_SAY)
async def test_a_worker_says_nothing_in_anothers_name(standing, subject):
    async with (
        dialling(login_of(standing.alice, standing.login)) as worker,
        dialling(login_of(standing.bob, standing.login)) as other,
        dialling(standing.login) as bot,
    ):
        heard = [await bot.hears("fk1.up.>"), await other.hears(f"fk1.dn.{BOB}.>")]
        await worker.says(subject, b"forged")
        await bot.settle()
        await other.settle()
        assert await worker.was_refused() == 1
        assert heard == [[], []]


@pytest.mark.parametrize(("pattern", "subject"), WORKER_HEARS)
async def test_a_worker_hears_the_bot(standing, pattern, subject):
    async with (
        dialling(login_of(standing.alice, standing.login)) as worker,
        dialling(standing.login) as bot,
    ):
        heard = await worker.hears(pattern)
        await bot.says(subject, b"word")
        await until(lambda: heard)
        assert [message.data for message in heard] == [b"word"]
        assert not worker.refused
        assert not bot.refused


@pytest.mark.parametrize("subject", WORKER_SAYS)
async def test_the_bot_hears_a_worker(standing, subject):
    async with (
        dialling(login_of(standing.alice, standing.login)) as worker,
        dialling(standing.login) as bot,
    ):
        heard = await bot.hears("fk1.up.>")
        await worker.says(subject, b"word")
        await until(lambda: heard)
        assert [message.data for message in heard] == [b"word"]
        assert not worker.refused


@pytest.mark.parametrize("subject", ["fk1.dn.>", "_INBOX.>", "$SYS.>", ">"])
async def test_even_the_bot_hears_only_workers(standing, subject):
    async with dialling(standing.login) as bot:
        await bot.hears(subject)
        assert await bot.was_refused() == 1


@pytest.mark.parametrize("subject", [f"fk1.up.{ALICE}.beat", "_INBOX.a", "$SYS.REQ.SERVER.PING"])
async def test_even_the_bot_speaks_only_to_workers(standing, subject):
    async with dialling(standing.login) as bot:
        await bot.says(subject)
        assert await bot.was_refused() == 1


async def test_a_message_that_is_too_large_ends_its_connection_and_no_other(standing):
    async with (
        dialling(login_of(standing.alice, standing.login)) as worker,
        dialling(standing.login) as bot,
    ):
        heard = await bot.hears("fk1.up.>")
        worker.client._max_payload = 1 << 30  # a client that does not look at what the broker takes
        await worker.client.publish(f"fk1.up.{ALICE}.beat", bytes(512 * 1024 + 1))
        await worker.gone()
        await bot.settle()
        assert heard == []


async def test_a_connection_with_too_many_subscriptions_is_ended(standing):
    async with dialling(login_of(standing.alice, standing.login)) as worker:
        for number in range(16):
            await worker.client.subscribe(f"fk1.dn.{ALICE}.i.{number}")
        await worker.settle()
        assert worker.client.is_connected
        await worker.client.subscribe(f"fk1.dn.{ALICE}.i.16")
        await worker.gone()
