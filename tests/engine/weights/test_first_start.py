from __future__ import annotations

import hashlib
import io
import socket
import zipfile
from dataclasses import replace

import pytest

from engine.families import CATALOGUE
from engine.weights.first_start import PAUSE, Fetched, fetch_missing
from engine.weights.model_spec import WheelSource
from engine.weights.shared import GROUPS
from engine.weights.store import Store
from tests.fake_hub import FakeHub

CONTENT = {"centerface": b"one" * 1000, "u2netp": b"two" * 1000}


class Machine:
    """A machine with an index it can reach; its clock stands still unless a test moves it."""

    def __init__(self, hub, folder):
        self.hub = hub
        self.store = Store(folder)
        self.now = 1e9
        self.told = 0
        self.specs = [self._served(name) for name in CONTENT]

    def _served(self, name):
        """An entry with a member that fits into a test."""
        spec, content = CATALOGUE[name], CONTENT[name]
        source = spec.source
        assert isinstance(source, WheelSource)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(source.member, content)
        file = f"{source.package.replace('-', '_')}-{source.version}-py3-none-any.whl"
        self.hub.wheels[source.package] = {file: buffer.getvalue()}
        digest = hashlib.sha256(content).hexdigest()
        return replace(spec, source=replace(source, sha256=digest, member_size=len(content)))

    def fetch(self, seconds=60.0) -> Fetched:
        return fetch_missing(
            self.specs,
            self.store,
            {"PIP_INDEX_URL": f"{self.hub.url}/simple"},
            seconds=seconds,
            tell=self._tell,
            clock=lambda: self.now,
            wait=lambda _: None,
        )

    def _tell(self):
        self.told += 1


@pytest.fixture
def machine(tmp_path):
    with FakeHub() as hub:
        yield Machine(hub, tmp_path / "models")


def test_what_is_missing_is_fetched_without_a_question_and_told_once(machine):
    assert machine.fetch() == Fetched(names=tuple(CONTENT), missing=())
    assert machine.told == 1
    assert all(machine.store.has(spec) for spec in machine.specs)


def test_what_is_here_costs_nothing(machine, monkeypatch):
    machine.fetch()
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("the network was touched"))
    assert machine.fetch() == Fetched(names=(), missing=())
    assert machine.told == 1


def test_without_a_network_it_is_said_once_a_day_and_nothing_is_raised(machine):
    machine.hub.trouble("simple", status=503)
    came = machine.fetch()
    assert came.missing == tuple(CONTENT)
    assert "503" in came.why
    machine.hub.calm()
    asked = len(machine.hub.asked)
    machine.now += PAUSE - 1
    assert machine.fetch() == Fetched(names=(), missing=tuple(CONTENT))
    assert len(machine.hub.asked) == asked
    assert machine.told == 1
    machine.now += 2
    assert machine.fetch().missing == ()


def test_what_came_before_a_failure_stays(machine):
    machine.hub.trouble("rembg", status=404)
    came = machine.fetch()
    assert (came.names, came.missing) == (("centerface",), ("u2netp",))
    assert machine.store.has(machine.specs[0])


def test_a_slow_download_ends_in_time_and_the_next_goes_on(machine):
    def time_flies():
        machine.told += 1
        machine.now += 61

    machine._tell = time_flies
    assert machine.fetch().missing, "the time began before the network was touched"
    machine._tell = lambda: None
    machine.now += PAUSE
    assert machine.fetch().missing == ()


def test_a_folder_that_cannot_be_written_is_told(machine, tmp_path):
    (tmp_path / "models").write_text("a file, no folder")
    assert "cannot be written" in machine.fetch().why


def test_a_licence_that_a_person_must_accept_is_never_fetched_by_itself(machine):
    machine.specs.append(CATALOGUE["svd"])
    with pytest.raises(ValueError, match="licence"):
        machine.fetch()
    assert all(CATALOGUE[name].licence.free for names in GROUPS.values() for name in names)
