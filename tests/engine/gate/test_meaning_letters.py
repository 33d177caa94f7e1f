"""Text that turns into gibberish, and text that only moves, leaves or is covered."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from benchmarks.meaning_faults import captioned, garbled, zoomed
from engine.gate.clip import Clip
from engine.gate.meaning import FAULTS, Fault, find_faults, look
from engine.gate.meaning.letters import Followed
from engine.vision.text_reader import Words
from engine.vision.text_regions import TextLine
from tests.engine.gate.drawn_face import eyes, mesh

LENGTH = 12


@pytest.fixture(scope="module")
def plain():
    rng = np.random.default_rng(5)
    small = rng.uniform(60, 160, (12, 18, 3)).astype(np.float32)
    scene = cv2.resize(small, (360, 240), interpolation=cv2.INTER_CUBIC).clip(0, 255).astype(np.uint8)
    return np.repeat(scene[None], LENGTH, axis=0)


def line(plain):
    left, top, right, bottom = captioned(plain, np.random.default_rng(3))[1]
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return TextLine(corners=np.array(corners, np.float32), certainty=0.9)


def found(frames, plain, *, words=None):
    seen = find_faults(Clip(frames, None, 8), eyes([mesh()], faces=0, lines=(line(plain),), read=words))
    return {fault.code: fault.value for fault in seen}


def test_letters_that_turn_into_gibberish_are_found_the_worse_the_surer(plain):
    values = [
        found(garbled(plain, strength, np.random.default_rng(3)), plain).get("text_garbled", 0.0)
        for strength in (1, 2, 3)
    ]
    assert values[1] >= FAULTS["text_garbled"].warn
    assert values[2] >= FAULTS["text_garbled"].reject
    assert values[0] < values[1]


def still(frames):
    return frames


def pans(frames):
    return np.stack([np.roll(frame, 3 * t, axis=1) for t, frame in enumerate(frames)])


def covered(frames):
    """Something with stripes of other tones moves in front of the letters."""
    made = frames.copy()
    stripes = np.where(np.arange(frames.shape[2]) % 12 < 6, 30, 190).astype(np.uint8)
    for t, frame in enumerate(made):
        frame[:, : 40 * t] = stripes[: 40 * t, None]
    return made


def gone(frames):
    left = frames[:, :1].repeat(frames.shape[1], axis=1)  # a row without letters, all over the frame
    return np.concatenate([frames[: LENGTH // 2], left[LENGTH // 2 :]])


def leaves(frames):
    """The letters leave the frame, and something of their tones comes in where they first stood."""
    left, top, right, bottom = captioned(frames, np.random.default_rng(3))[1]
    made = frames.copy()
    for t, down in enumerate((0, 0, 0, 0, 0, 0, 13, 16, 20, 60, 60, 60)):
        made[t, down:] = frames[t, : frames.shape[1] - down]
        if down > bottom - top:
            made[t, top:bottom, left:right] = frames[t, top:bottom, left:right][:, ::-1]
    return made


def wipes_itself_away(frames):
    """A mark's letters go, and something bright with fine stripes moves where some of them stood."""
    left, top, right, bottom = captioned(frames, np.random.default_rng(3))[1]
    made, wide = frames.copy(), right - left
    for t, frame in enumerate(made[3:]):
        frame[top - 2 : bottom + 2, left - 2 : right + 2] = frames[0, top - 3, left - 2 : right + 2]
        at = left + int(wide * (0.3 + 0.1 * (t % 2)))
        for n, x in enumerate(range(at - wide // 5, at + wide // 5, 4)):
            cv2.line(frame, (x, top), (x + 2, bottom), (255 * (n % 2),) * 3, 2)
    return made


@pytest.mark.parametrize("change", [still, zoomed, pans, covered, gone, leaves, wipes_itself_away])
def test_letters_that_stay_move_are_covered_or_go_are_no_gibberish(plain, change):
    captions = captioned(plain, np.random.default_rng(3))[0]
    assert found(change(captions), plain) == {}


def says(frames, first, later):
    """A reader that reads the first words plainly in the first frame, and the others after it."""

    def read(picture):
        at_first = np.array_equal(picture, frames[0])
        return Words(text=first, certainty=0.97) if at_first else later

    return read


def test_what_never_was_text_is_not_garbled(plain):
    broken = garbled(plain, 3, np.random.default_rng(3))
    assert found(broken, plain, words=Words(text="l", certainty=0.3)) == {}
    read = says(broken, "HELLO", Words(text="", certainty=0))
    assert "text_garbled" in found(broken, plain, words=read)


@pytest.mark.parametrize(
    ("text", "certainty", "told"),
    [
        ("AND THEN SHE SAID", 0.95, False),
        ("AND THEN SHE SAID", 0.7, True),
        ("OME MDRE MEFTLNC", 0.92, True),
    ],
    ids=["the next subtitle", "letters that hardly are any", "the same words, bent"],
)
def test_other_words_in_the_place_of_a_line_are_no_gibberish(plain, text, certainty, told):
    frames = garbled(plain, 3, np.random.default_rng(3))
    words = says(frames, "ONE MORE MEETING", Words(text=text, certainty=certainty))
    assert ("text_garbled" in found(frames, plain, words=words)) is told


@pytest.mark.parametrize(
    ("text", "certainty"), [("One more meeting", 0.7), ("ONEMOREMEETINC", 0.7), ("E MORE MEE", 0.98)]
)
def test_a_line_that_still_can_be_read_is_no_gibberish(plain, text, certainty):
    """Whatever moves behind its letters; a reader misses spaces, large letters and one in ten."""
    frames = garbled(plain, 3, np.random.default_rng(3))
    words = says(frames, "ONE MORE MEETING", Words(text=text, certainty=certainty))
    assert found(frames, plain, words=words) == {}


@pytest.mark.parametrize(("lost", "told"), [(0.45, False), (0.55, True)])
def test_letters_that_nobody_can_read_have_to_lose_more_of_their_shape(plain, monkeypatch, lost, told):
    caption = line(plain)
    fault = Fault(code="text_garbled", value=lost, frame=LENGTH - 1, box=caption.box)
    followed = Followed(line=caption, fault=fault, there=caption)
    monkeypatch.setattr(look, "follow_lines", lambda *_: iter([followed]))
    assert FAULTS["text_garbled"].warn < lost
    assert ("text_garbled" in found(plain, plain)) is told


def test_a_line_that_was_read_when_it_was_found_is_not_read_again(plain):
    frames = garbled(plain, 3, np.random.default_rng(3))
    known = replace(line(plain), words=Words(text="ONE MORE MEETING", certainty=0.97))
    seen, asked = eyes([mesh()], faces=0, lines=(known,)), []
    seen.text = lambda picture, *, side: (known,) if np.array_equal(picture, frames[0]) else ()

    def read(picture, _):
        asked.append(np.array_equal(picture, frames[0]))
        return Words(text="m", certainty=0.3)

    seen.read = read
    assert "text_garbled" in {fault.code for fault in find_faults(Clip(frames, None, 8), seen)}
    assert asked
    assert not any(asked)


def test_words_beside_a_broken_line_do_not_excuse_it(plain):
    """A ticker runs under a caption; it is read well, and is another line."""
    frames, caption = garbled(plain, 3, np.random.default_rng(3)), line(plain)
    down = np.array((0, 0.6 * caption.height), np.float32)
    ticker = TextLine(corners=caption.corners + down, certainty=0.9)
    seen = eyes([mesh()], faces=0, lines=(caption,))
    seen.text = lambda picture, *, side: (caption,) if np.array_equal(picture, frames[0]) else (ticker,)
    broken, whole = Words(text="m", certainty=0.3), Words(text="BREAKING NEWS", certainty=0.97)
    at_first = says(frames, "one more meeting", broken)
    seen.read = lambda picture, one: whole if one is ticker else at_first(picture)
    codes = {fault.code for fault in find_faults(Clip(frames, None, 8), seen)}
    assert "text_garbled" in codes


@pytest.mark.parametrize(("certainty", "told"), [(0.95, False), (0.6, True)])
def test_the_next_subtitle_is_looked_for_where_the_one_before_stood(plain, monkeypatch, certainty, told):
    """A line whose letters are gone is followed to somewhere else."""
    frames, caption = captioned(plain, np.random.default_rng(3))[0], line(plain)
    away = replace(caption, corners=caption.corners - caption.corners[0])
    lost = Fault(code="text_garbled", value=0.9, frame=LENGTH - 1, box=away.box)
    monkeypatch.setattr(
        look, "follow_lines", lambda *_: iter([Followed(line=caption, fault=lost, there=away)])
    )
    frames[-1, 0, 0] = 0  # a picture of its own
    seen = eyes([mesh()], faces=0, lines=(caption,))
    words = says(frames, "one more meeting", Words(text="AND THEN", certainty=certainty))
    seen.read = lambda picture, _: words(picture)
    codes = {fault.code for fault in find_faults(Clip(frames, None, 8), seen)}
    assert ("text_garbled" in codes) is told
