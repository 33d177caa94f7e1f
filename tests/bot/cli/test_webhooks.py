"""`framekiln webhooks`, beside a running bot."""

from __future__ import annotations

import asyncio
import base64
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from click.testing import CliRunner
from standardwebhooks import Webhook

from bot.cli.main import main
from db.sqlite.connection import Database
from db.sqlite.lock import taken
from tests.bot.fixtures import queued
from tests.policies import queue_on

SECRET = f"whsec_{base64.b64encode(bytes(32)).decode()}"


@pytest.fixture
def events(tmp_path, monkeypatch) -> list[str]:
    """The ids of two messages; the first was given up."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRAMEKILN_DATA_DIR", str(tmp_path / "data"))

    async def fill():
        async with await Database.open(tmp_path / "data" / "framekiln.db") as db:
            queue = queue_on(db)
            await queue.webhooks.switch(on=True)
            await queued(queue)
            await queued(queue)
            first, second = await queue.webhooks.due(9)
            await queue.webhooks.refused(first.id, "HTTP 500", again=None, blocks=True)
            return [first.id, second.id]

    return asyncio.run(fill())


def run(*words: str):
    return CliRunner().invoke(main, ("webhooks", *words))


def test_messages_are_listed_and_sent_again_while_the_bot_holds_the_database(events, tmp_path):
    with taken(tmp_path / "data" / "framekiln.db"):
        listed = run("list")
        assert listed.exit_code == 0, listed.output
        first, second = listed.output.splitlines()
        assert first.startswith(events[0])
        assert first.endswith("given up, HTTP 500")
        assert second.startswith(events[1])
        assert "to be sent again: 1" in run("resend").output
        assert "given up" not in run("list").output
        assert run("resend", events[0], events[1]).exit_code == 0


def test_an_id_that_does_not_exist_is_said(events):
    found = run("resend", "msg_nothing")
    assert found.exit_code == 1
    assert "1 of them are not waiting" in found.output


def test_without_a_database_there_is_a_clear_error(tmp_path, monkeypatch):
    monkeypatch.setenv("FRAMEKILN_DATA_DIR", str(tmp_path / "nowhere"))
    assert "there is no database" in run("list").output
    assert run("list").exit_code == 1


@pytest.mark.parametrize("status", [204, 500])
def test_a_test_message_is_signed_and_its_answer_told(events, monkeypatch, status):
    got = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append(Webhook(SECRET).verify(body.decode(), dict(self.headers.items())))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        monkeypatch.setenv("FRAMEKILN_WEBHOOK_SECRET", SECRET)
        monkeypatch.setenv("FRAMEKILN_WEBHOOK_URL", f"http://127.0.0.1:{server.server_port}/x")
        monkeypatch.setenv("FRAMEKILN_WEBHOOK_PRIVATE", "1")
        told = run("test")
    assert told.exit_code == (0 if status == 204 else 1)
    assert f"HTTP {status}" in told.output
    assert got[0]["type"] == "framekiln.test"


def test_without_an_address_there_is_nothing_to_test(events):
    assert "FRAMEKILN_WEBHOOK_URL is not set" in run("test").output
