"""Files cross the line in pieces; a transfer that is cut goes on at its byte, and what comes is proven."""

import asyncio
import hashlib
import os

import pytest

from bot.link.connection import Message
from bot.link.errors import Declined, LineDown, NoAnswer, WrongContent
from bot.link.pieces import FIRST_PIECE, SMALLEST_PIECE, Gathered, Incoming, Pace, declined, fetch, read_piece

DATA = os.urandom(1_000_000)
SIZE = len(DATA)
DIGEST = hashlib.sha256(DATA).hexdigest()


class Far:
    """The other side: gives pieces of a file, and fails when it is told to."""

    def __init__(self, path, fails=()):
        self.path = path
        self.fails = list(fails)
        self.asked = []
        self.under_way = 0
        self.most = 0

    async def ask(self, offset, length):
        self.asked.append((offset, length))
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        if self.fails and (error := self.fails.pop(0)) is not None:
            raise error
        data, headers = read_piece(self.path, offset, length)
        return Message(subject="", reply="", data=data, headers=headers)


@pytest.fixture
def far(tmp_path):
    path = tmp_path / "far"
    path.write_bytes(DATA)
    return Far(path)


def incoming(tmp_path, size=SIZE, sha256=DIGEST):
    return Incoming(tmp_path / "here", size=size, sha256=sha256)


async def test_a_file_arrives_whole_two_pieces_at_a_time(far, tmp_path):
    here = incoming(tmp_path)
    await fetch(here, far.ask)
    assert here.path.read_bytes() == DATA
    assert far.most == 2
    assert far.asked[0] == (0, FIRST_PIECE)
    assert max(length for _, length in far.asked) <= 256 * 1024


async def test_a_transfer_goes_on_where_it_was_cut_off(far, tmp_path):
    here = incoming(tmp_path)
    far.fails = [None, None, None, LineDown("cut")]
    with pytest.raises(LineDown):
        await fetch(here, far.ask)
    assert 0 < here.offset < len(DATA)
    cut, far.asked = here.offset, []
    await fetch(here, far.ask)
    assert far.asked[0][0] == cut
    assert here.path.read_bytes() == DATA


async def test_a_piece_that_is_lost_is_asked_for_again_by_itself(far, tmp_path):
    far.fails = [None, NoAnswer("lost")]
    await fetch(incoming(tmp_path), far.ask)
    offsets = [offset for offset, _ in far.asked]
    assert len(offsets) == len(set(offsets)) + 1


async def test_a_piece_that_never_comes_ends_the_attempt(far, tmp_path):
    far.fails = [NoAnswer("lost")] * 50
    with pytest.raises(NoAnswer):
        await fetch(incoming(tmp_path), far.ask)


async def test_another_file_is_not_taken_for_the_one_that_was_promised(far, tmp_path):
    with pytest.raises(WrongContent):
        await fetch(incoming(tmp_path, sha256="0" * 64), far.ask)


async def test_a_file_that_is_shorter_than_promised_is_found_out_at_the_piece(far, tmp_path):
    with pytest.raises(WrongContent, match="instead of"):
        await fetch(incoming(tmp_path, size=len(DATA) + 1), far.ask)


async def test_more_than_was_promised_is_not_written(tmp_path):
    here = incoming(tmp_path, size=10)
    with pytest.raises(WrongContent):
        await here.take(b"x" * 11)
    await here.settle()
    assert not here.path.exists()


async def test_what_the_disk_would_not_take_is_written_when_it_does(far, tmp_path):
    here = Incoming(tmp_path / "later" / "here", size=SIZE, sha256=DIGEST)
    with pytest.raises(FileNotFoundError):
        await fetch(here, far.ask)
    assert here.whole
    here.path.parent.mkdir()
    asked = len(far.asked)
    await fetch(here, far.ask)
    assert here.path.read_bytes() == DATA
    assert len(far.asked) == asked


async def test_a_transfer_that_another_process_began_goes_on_where_it_ended(far, tmp_path):
    here = incoming(tmp_path)
    here.path.write_bytes(DATA[:700_001])
    here.resume()
    await fetch(here, far.ask)
    assert far.asked[0] == (700_001, FIRST_PIECE)
    assert here.path.read_bytes() == DATA


async def test_a_beginning_that_is_not_the_files_is_found_out_at_the_end(far, tmp_path):
    here = incoming(tmp_path)
    here.path.write_bytes(b"x" * 700_001)
    here.resume()
    with pytest.raises(WrongContent):
        await fetch(here, far.ask)


async def test_a_machine_that_was_quick_is_asked_for_large_pieces_from_the_beginning(far, tmp_path):
    pace = Pace()
    await fetch(incoming(tmp_path), far.ask, pace)
    far.asked.clear()
    gathered = Gathered(size=SIZE, sha256=DIGEST)
    await fetch(gathered, far.ask, pace)
    assert bytes(gathered.data) == DATA
    assert far.asked[0] == (0, 256 * 1024)


async def test_an_empty_file_arrives(far, tmp_path):
    far.path.write_bytes(b"")
    here = incoming(tmp_path, size=0, sha256=hashlib.sha256().hexdigest())
    await fetch(here, far.ask)
    assert here.path.read_bytes() == b""


async def test_a_reason_for_no_piece_is_heard(far, tmp_path):
    far.path.unlink()
    with pytest.raises(Declined, match="No such file"):
        await fetch(incoming(tmp_path), far.ask)


def test_a_declined_piece_is_not_an_empty_one():
    data, headers = declined("because")
    assert (data, dict(headers)) == (b"", {"no": "because"})


def test_slow_pieces_get_smaller_and_quick_ones_larger():
    pace = Pace()
    for _ in range(9):
        pace.took(0.01)
    assert pace.piece == 256 * 1024
    pace.took(0.6)
    assert pace.piece == 256 * 1024
    for _ in range(9):
        pace.took(2.0)
    assert pace.piece == SMALLEST_PIECE
