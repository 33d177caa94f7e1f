"""Lines of JSON between the engine process and its parent."""

from __future__ import annotations

import math

import pytest

from engine.core.receipt import Outcome, TakeRecord
from engine.core.recipe import Stage
from engine.process import wire

RECORD = TakeRecord(number=1, seed=2, outcome=Outcome.REJECTED, score=3.5, reasons=("it flickers at 0:01",))


@pytest.mark.parametrize(
    "message",
    [
        wire.Hello(version=1),
        wire.Ready(),
        wire.Beat(rss=1),
        wire.Progressed(job="a-1", stage=Stage.DRAWING, fraction=0.5, take=2),
        wire.Discarded(job="a-1", take=RECORD),
        wire.Result(job="a-1", receipt="{}", path="clip.mp4", sha256="0"),
        wire.Failed(job="a-1", failure=wire.Failure.USER, code="E", text="line\nbreak \u2028"),
    ],
)
def test_what_the_child_writes_is_one_line_that_the_parent_reads(message):
    line = wire.encode(message)
    assert line.count(b"\n") == 1
    assert wire.from_child(line) == message


@pytest.mark.parametrize(
    "message",
    [
        wire.Hello(version=1),
        wire.Render(job="a-1", recipe="{}", inputs={"picture": "/p"}, work="/w", limits={"max_takes": 3}),
        wire.Cancel(job="a-1"),
        wire.Shutdown(),
    ],
)
def test_what_the_parent_writes_is_one_line_that_the_child_reads(message):
    assert wire.from_parent(wire.encode(message)) == message


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"[]\n",
        b"\xff\n",
        b"{}\n",
        b'{"type":"beat"}\n',
        b'{"type":"beat","rss":"1"}\n',
        b'{"type":"beat","rss":1,"more":1}\n',
        b'{"type":"shutdown"}\n',
        b'{"type":"ready"}',
        b"[" * 100_000 + b"\n",
    ],
)
def test_anything_else_is_refused(line):
    with pytest.raises(wire.WireError):
        wire.from_child(line)


def test_a_hello_of_a_later_version_can_be_read():
    assert wire.from_child(b'{"type":"hello","version":9,"news":1}\n') == wire.Hello(version=9)


def test_a_message_longer_than_a_line_is_not_written():
    with pytest.raises(wire.WireError, match="at most"):
        wire.encode(wire.Cancel(job="x" * wire.MAX_LINE))


def test_a_score_that_is_not_a_number_crosses():
    record = TakeRecord(number=1, seed=2, outcome=Outcome.REJECTED, score=math.nan)
    read = wire.from_child(wire.encode(wire.Discarded(job="a-1", take=record)))
    assert isinstance(read, wire.Discarded)
    assert math.isnan(read.take.score)
