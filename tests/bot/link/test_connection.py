"""The line over a real broker: who may speak, who is trusted, and what a dead connection may hold up."""

import asyncio
import contextlib
from types import SimpleNamespace

import pytest
from nats.aio.client import Client
from nats.errors import Error

from bot.link import subjects
from bot.link.connection import Line, Message, _end
from bot.link.errors import LineDown, LoginRefused, NoAnswer, NobodyThere, WrongPrint
from tests.fleet.broker import Broker
from tests.fleet.relay import Relay
from tests.fleet.small_bot import QUICK
from tests.until import PATIENCE, until

ONE, OTHER = "aaaa2222", "bbbb3333"


@pytest.fixture
def broker(tmp_path):
    made = Broker(folder=tmp_path)
    made.add(ONE)
    made.add(OTHER)
    made.start()
    yield made
    made.kill()


class Listening:
    """A line, and what came over it."""

    def __init__(self, login, answers, hears):
        self.got: list[Message] = []
        self.downs: list[Exception] = []
        self.reply = None
        self.line = Line(
            login,
            answers=answers,
            hears=dict.fromkeys(hears, self._hear),
            limits=QUICK,
            on_down=self.downs.append,
        )

    def _hear(self, message):
        self.got.append(message)
        return None if self.reply is None else self.reply(message)

    async def comes_down_with(self, kind):
        await until(lambda: any(isinstance(error, kind) for error in self.downs))


def bot_of(broker, **login):
    return Listening(broker.login(**login), subjects.ANSWERS_TO_BOT, [subjects.FROM_WORKERS])


def worker_of(broker, name=ONE, hears=None, **login):
    heard = hears or [subjects.down(name, "tell"), subjects.TO_ALL]
    return Listening(broker.login(name, **login), subjects.answers_to_worker(name), heard)


@contextlib.asynccontextmanager
async def running(*listening, up=True):
    tasks = [asyncio.create_task(each.line.run()) for each in listening]
    try:
        if up:
            async with asyncio.timeout(PATIENCE):
                for each in listening:
                    await each.line.up.wait()
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def asking(worker, name=ONE, what="beat", seconds=PATIENCE):
    return worker.line.request(
        subjects.up(name, what), b"?", reply=subjects.answer_to_worker(name), seconds=seconds
    )


def answering(bot):
    def reply(message):
        return bot.line.publish(message.reply, b"!")

    bot.reply = reply


@pytest.mark.parametrize("name", ["connect", "subscribe", "flush"])
@pytest.mark.parametrize("fails", [False, True])
async def test_a_line_ends_though_the_library_swallows_its_cancellation(broker, monkeypatch, name, fails):
    """wait_for() can, up to Python 3.11: a keeper then waited for its line for ever."""
    reached, real = asyncio.Event(), getattr(Client, name)

    async def deaf(self, *args, **named):
        result = await real(self, *args, **named)
        if not reached.is_set():
            reached.set()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(10)
            if fails:
                raise Error("nats: something went wrong")
        return result

    monkeypatch.setattr(Client, name, deaf)
    task = asyncio.create_task(bot_of(broker).line.run())
    async with asyncio.timeout(PATIENCE):
        await reached.wait()
    task.cancel()
    await asyncio.wait({task}, timeout=PATIENCE)
    assert task.cancelled()


async def test_a_question_is_answered(broker):
    bot, worker = bot_of(broker), worker_of(broker)
    answering(bot)
    async with running(bot, worker):
        assert (await asking(worker)).data == b"!"
        assert bot.got[0].subject == "fk1.up.aaaa2222.beat"


async def test_where_nobody_listens_is_told_from_an_empty_answer(broker):
    worker = worker_of(broker)
    async with running(worker):
        with pytest.raises(NobodyThere):
            await asking(worker)


async def test_an_answer_that_does_not_come_is_missed_after_its_time(broker):
    bot, worker = bot_of(broker), worker_of(broker)
    async with running(bot, worker):
        with pytest.raises(NoAnswer):
            await asking(worker, seconds=0.2)


async def test_one_slow_message_holds_up_no_other(broker):
    bot, worker = bot_of(broker), worker_of(broker)

    async def reply(message):
        if message.subject.endswith("file"):
            await asyncio.sleep(10 * PATIENCE)
        await bot.line.publish(message.reply, b"!")

    bot.reply = reply
    async with running(bot, worker):
        slow = asyncio.create_task(asking(worker, what="file"))
        assert (await asking(worker)).data == b"!"
        slow.cancel()


async def test_a_worker_can_neither_speak_for_another_nor_listen_to_it(broker):
    bot = bot_of(broker)
    one = worker_of(
        broker, hears=[subjects.down(OTHER, "tell"), "fk1.up.>", "_INBOX.>", ">", subjects.TO_ALL]
    )
    other = worker_of(broker, OTHER)
    async with running(bot, one, other):
        for subject in (
            subjects.up(OTHER, "beat"),
            subjects.down(OTHER, "tell"),
            subjects.TO_ALL,
            "_INBOX.x",
        ):
            await one.line.publish(subject, b"forged")
        await bot.line.publish(subjects.down(OTHER, "tell"), b"for the other alone")
        await bot.line.publish(subjects.TO_ALL, b"for all")
        await one.line.publish(subjects.up(ONE, "beat"), b"its own")
        await until(lambda: bot.got and one.got and len(other.got) == 2)
        await asyncio.sleep(0.1)
    assert [message.data for message in bot.got] == [b"its own"]
    assert {message.subject for message in one.got} == {subjects.TO_ALL}
    assert [message.data for message in other.got] == [b"for the other alone", b"for all"]


async def test_a_wrong_print_is_refused_before_a_word_is_said(broker, tmp_path):
    other = Broker(folder=tmp_path / "other", port=broker.port)
    other.workers = dict(broker.workers)
    worker = worker_of(other)
    async with running(worker, up=False):
        await worker.comes_down_with(WrongPrint)
    assert not worker.line.up.is_set()
    assert "authentication" not in (tmp_path / "broker.log").read_text().lower()


async def test_a_server_that_speaks_in_the_clear_is_not_spoken_to(broker):
    said = []

    async def serve(reader, writer):
        writer.write(b'INFO {"server_id":"x","nonce":"abc","max_payload":1048576,"headers":true}\r\n')
        with contextlib.suppress(OSError):
            while data := await reader.read(1000):
                said.append(data)
                writer.write(b"PONG\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    worker = worker_of(broker, port=server.sockets[0].getsockname()[1])
    async with running(worker, up=False):
        await worker.comes_down_with(LineDown)
    server.close()
    assert not worker.line.up.is_set()
    assert not any(b"CONNECT" in data for data in said)


async def test_who_takes_the_brokers_place_later_is_not_spoken_to(broker):
    """The certificate is fetched once; each connection trusts that one alone."""
    bot, worker = bot_of(broker), worker_of(broker)
    async with running(bot, worker):
        broker.kill()
        forged = Broker(folder=broker.folder / "forged", port=broker.port)
        forged.workers = dict(broker.workers)
        forged.start()
        try:
            await asyncio.sleep(1.0)
            assert not worker.line.up.is_set()
        finally:
            forged.kill()
        broker.start()
        async with asyncio.timeout(PATIENCE):
            await worker.line.up.wait()


async def test_a_removed_worker_is_cut_off_and_an_added_one_let_in_without_disturbing_others(broker):
    bot, one, other = bot_of(broker), worker_of(broker), worker_of(broker, OTHER)
    answering(bot)
    async with running(bot, one, other):
        broker.remove(OTHER)
        broker.add("cccc4444")
        broker.reload()
        await other.comes_down_with(LoginRefused)
        third = worker_of(broker, "cccc4444")
        async with running(third):
            assert (await asking(third, "cccc4444")).data == b"!"
        assert (await asking(one)).data == b"!"
        assert not one.downs
        assert not bot.downs


async def test_an_answer_under_way_outlives_a_reload(broker):
    bot, worker = bot_of(broker), worker_of(broker)

    async def reply(message):
        broker.reload()
        await asyncio.sleep(0.3)
        await bot.line.publish(message.reply, b"late")

    bot.reply = reply
    async with running(bot, worker):
        assert (await asking(worker)).data == b"late"


async def test_a_dead_connection_under_unsent_bytes_is_given_up_and_made_anew(broker):
    """nats-py would wait for those bytes, for as long as the line says nothing."""
    bot = bot_of(broker)
    answering(bot)
    async with Relay(broker.port) as relay:
        worker = worker_of(broker, port=relay.port)
        async with running(bot, worker):
            relay.stall()
            for _ in range(40):
                await worker.line.publish(subjects.up(ONE, "r.x"), b"x" * 250_000)
            await worker.comes_down_with(LineDown)
            relay.heal()
            async with asyncio.timeout(PATIENCE):
                await worker.line.up.wait()
            assert (await asking(worker)).data == b"!"


async def test_what_is_said_without_a_connection_is_refused_and_not_said_later(broker):
    bot, worker = bot_of(broker), worker_of(broker)
    async with running(bot, worker):
        broker.kill()
        await worker.comes_down_with(LineDown)
        with pytest.raises(LineDown):
            await worker.line.publish(subjects.up(ONE, "beat"), b"too early")
        broker.start()
        async with asyncio.timeout(PATIENCE):
            await worker.line.up.wait()
            await bot.line.up.wait()
        await worker.line.publish(subjects.up(ONE, "beat"), b"now")
        await until(lambda: bot.got)
    assert [message.data for message in bot.got] == [b"now"]


async def test_questions_that_wait_hear_at_once_that_the_line_is_lost(broker):
    bot, worker = bot_of(broker), worker_of(broker)
    async with running(bot, worker):
        question = asyncio.create_task(asking(worker, seconds=60))
        await asyncio.sleep(0.1)
        broker.kill()
        with pytest.raises(LineDown):
            await asyncio.wait_for(question, PATIENCE)


async def test_a_transport_that_has_lost_what_it_would_abort_ends_no_line():
    """As in Python 3.11.2: the line went down with it, and the worker too."""

    class Lost:
        transport = property(lambda self: self)

        def abort(self):
            raise AttributeError("'NoneType' object has no attribute '_abort'")

    closed = []

    async def close():
        closed.append(1)

    await _end(SimpleNamespace(_transport=SimpleNamespace(_io_writer=Lost()), close=close))  # type: ignore[arg-type]
    assert closed
