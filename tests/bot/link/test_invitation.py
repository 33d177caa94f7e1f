"""An invitation is one line that survives chat programs, and is refused in words when it is damaged."""

import pytest

from bot.link.errors import BadInvitation
from bot.link.invitation import Invitation

GOOD = Invitation(
    address="[2001:db8::1]:4222",
    worker="abcd2345",
    seed="SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY",
    fingerprint="ab" * 32,
)


def test_what_is_written_is_read_again():
    assert Invitation.from_line(GOOD.line()) == GOOD
    assert (GOOD.host, GOOD.port) == ("2001:db8::1", 4222)
    assert len(GOOD.line()) < 260


def test_a_line_that_a_chat_program_broke_or_quoted_is_read():
    line = GOOD.line()
    assert Invitation.from_line(f"`{line[:70]}\n  {line[70:]}`\n") == GOOD


@pytest.mark.parametrize("cut", [6, 50, 150, len(GOOD.line()) - 1])
def test_a_line_that_is_cut_short_is_refused_in_words(cut):
    with pytest.raises(BadInvitation, match="Copy the whole line"):
        Invitation.from_line(GOOD.line()[:cut])


@pytest.mark.parametrize(
    "line", ["", "hello", "fkw2.abc", "fkw1." + "A" * 2000, "fkw1.e30", "fkw1.W10", "fkw1.ü"]
)
def test_what_is_no_invitation_is_refused(line):
    with pytest.raises(BadInvitation):
        Invitation.from_line(line)


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "example.org"},
        {"address": "example.org:0"},
        {"address": "example.org:65536"},
        {"address": "a b:1"},
        {"worker": "../../ab"},
        {"worker": "ABCD2345"},
        {"seed": "UABC"},
        {"fingerprint": "00"},
    ],
)
def test_each_part_is_checked(wrong):
    parts = {
        "address": GOOD.address,
        "worker": GOOD.worker,
        "seed": GOOD.seed,
        "fingerprint": GOOD.fingerprint,
    }
    with pytest.raises(BadInvitation):
        Invitation(**{**parts, **wrong})


def test_the_key_is_in_no_log():
    assert GOOD.seed not in repr(GOOD)
