"""What is said on the line is read strictly, whatever was sent."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.link import messages, subjects
from bot.link.errors import NotAMessage
from bot.link.failures import error_of, failure_of
from bot.link.messages import Beat, Done, FailKind, Held, HeldState, Hello, decode, encode
from engine.core.errors import (
    Away,
    EngineClosed,
    EngineDied,
    EngineHung,
    EngineKilled,
    RenderFailed,
    Unsupported,
    UserError,
)
from engine.core.shortages import RanShort, Shortage, shortage_of

BOOT = "0123456789abcdef"
HELD = Held(job=BOOT, claim=3, state=HeldState.RUN, stage="drawing", fraction=0.5)
BEAT = json.loads(encode(Beat(boot=BOOT, seq=1, hold=(HELD,))))
READ_BEAT = messages.FROM_WORKER["beat"]


def with_held(**changes):
    return json.dumps({**BEAT, "hold": [{**BEAT["hold"][0], **changes}]}).encode()


def test_a_message_is_read_as_it_was_written():
    assert decode(READ_BEAT, json.dumps(BEAT).encode()).hold == (HELD,)


def test_fields_of_a_later_release_are_passed_over():
    assert decode(READ_BEAT, with_held(colour="red")).hold == (HELD,)


@pytest.mark.parametrize(
    "changes",
    [
        {"job": "../../etc/passwd"},
        {"job": BOOT.upper()},
        {"claim": 0},
        {"claim": "3"},
        {"claim": 1 << 40},
        {"state": "kept"},
        {"fraction": 1.5},
        {"fraction": None},
        {"take": 0},
        {"stage": "x" * 65},
        {"done": {"size": -5, "sha256": "0" * 64, "seconds": 1, "receipt": ""}},
        {"done": {"size": 10**30, "sha256": "0" * 64, "seconds": 1, "receipt": ""}},
        {"done": {"size": 5, "sha256": "0" * 63, "seconds": 1, "receipt": ""}},
        {"looks": [{"what": "draft.0", "take": 1, "size": 1, "sha256": "0" * 64}]},
        {"looks": [{"what": "../clip", "take": 1, "size": 1, "sha256": "0" * 64}]},
    ],
)
def test_a_field_that_is_not_what_it_should_be_makes_all_of_it_garbage(changes):
    with pytest.raises(NotAMessage):
        decode(READ_BEAT, with_held(**changes))


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b'{"boot": NaN}', b"\xff", b"[" * 60_000, b'{"type":"beat"}', b" " * 70_000],
)
def test_garbage_is_one_error(data):
    for adapter in (*messages.FROM_WORKER.values(), messages.HELLO_ANSWER, messages.FROM_BOT, messages.PULL):
        with pytest.raises(NotAMessage):
            decode(adapter, data)


@given(st.binary(max_size=200))
def test_no_bytes_at_all_raise_anything_else(data):
    with contextlib.suppress(NotAMessage):
        decode(READ_BEAT, data)


def test_the_protocol_of_a_hello_of_any_version_is_read():
    assert messages.protocol_of(b'{"proto": 7, "everything": "else"}') == 7
    with pytest.raises(NotAMessage):
        messages.protocol_of(b'{"proto": "7"}')


def test_a_message_that_is_too_long_is_not_sent():
    done = Done(size=1, sha256="0" * 64, seconds=1, receipt="x" * 16_000)
    held = tuple(Held(job=f"{n:016x}", claim=1, state=HeldState.DONE, done=done) for n in range(5))
    with pytest.raises(NotAMessage, match="at most"):
        encode(Beat(boot=BOOT, seq=1, hold=held))


def test_a_worker_of_todays_date_is_younger_than_none():
    hello = Hello(release="1", boot=BOOT, age=12.5, seq=1, caps=messages.Told())
    assert decode(messages.FROM_WORKER["hello"], encode(hello)) == hello


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (UserError("E_STYLE", "There is no style called {x}."), FailKind.USER),
        (Unsupported("no"), FailKind.UNSUPPORTED),
        (RenderFailed("E_DEVICE", "broken", "trace"), FailKind.ENGINE),
        (EngineDied(-11, "words"), FailKind.CRASH),
        (EngineKilled(-9, "words"), FailKind.KILLED),
        (EngineHung(None, "words"), FailKind.HUNG),
        (EngineClosed("ends"), FailKind.SHUTDOWN),
        (RanShort(Shortage.MEMORY, "trace"), FailKind.SHORTAGE),
    ],
)
def test_an_error_is_the_same_on_the_other_side(error, kind):
    fail = failure_of(error)
    again = error_of(decode(READ_BEAT, with_held(fail=json.loads(fail.model_dump_json()))).hold[0].fail)
    assert fail.kind is kind
    assert type(again) is type(error)
    for name in ("code", "returncode", "shortage"):
        assert getattr(again, name, None) == getattr(error, name, None)


def test_errors_that_are_nobodys_fault_or_not_ours_find_their_kind():
    assert failure_of(Away("there")).kind is FailKind.SHUTDOWN
    assert failure_of(OSError(28, "No space left on device")).code == Shortage.DISK
    assert shortage_of(error_of(failure_of(OSError(28, "x")))) is Shortage.DISK
    bug = failure_of(KeyError("x" * 9000))
    assert (bug.kind, bug.code) == (FailKind.ENGINE, "E_ENGINE")
    assert failure_of(Unsupported("\ud800")).text == "?"


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("fk1.up.abcd2345.beat", ("abcd2345", "beat")),
        ("fk1.up.abcd2345.r.0123", ("abcd2345", "r.0123")),
        ("fk1.dn.abcd2345.beat", None),
        ("fk1.up.ABCD2345.beat", None),
        ("fk1.up.abcd2345", None),
        ("fk2.up.abcd2345.beat", None),
    ],
)
def test_the_subject_says_who_speaks(subject, expected):
    assert subjects.speaker(subject) == expected


@pytest.mark.parametrize(
    ("reply", "may"),
    [
        (subjects.answer_to_worker("abcd2345"), True),
        ("fk1.dn.abcd2346.i.0123", False),
        ("fk1.dn.abcd2345.tell", False),
        ("fk1.dn.abcd2345.i.a.b", False),
        ("fk1.dn.abcd2345.i.*", False),
        ("fk1.dn.abcd2345.i.", False),
        ("", False),
    ],
)
def test_an_answer_goes_to_the_one_who_asked_and_nowhere_else(reply, may):
    assert subjects.may_be_answered("abcd2345", reply) is may
