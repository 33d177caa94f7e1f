"""The gate listens: faults are found, at their second; harmless sounds raise no alarm."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clips.encode import encode
from engine.clips.pcm import read_sound
from engine.core.cancel import CancelToken
from engine.core.sound import RATE, silence
from engine.gate.listening import listen
from tests import sounds

FPS, SECONDS = 24.0, 2.0
FRAMES = round(FPS * SECONDS)

HARMLESS = {
    "a tone": sounds.sine(SECONDS),
    "a tone of full scale": sounds.sine(SECONDS, 100, level=1.0),
    "a deep tone of full scale": sounds.sine(SECONDS, 40, level=1.0),
    "a tone that begins late": sounds.sine(SECONDS, onset=1.5),
    "noise": sounds.noise(SECONDS),
    "soft noise": sounds.noise(SECONDS, level=0.004),
    "music": sounds.music(SECONDS),
    "speech": sounds.speech(SECONDS),
    "one bang": sounds.both(np.exp(-20 * sounds.times(SECONDS)) * sounds.noise(SECONDS)[:, 0]),
    "a few clipped peaks": np.clip(1.02 * sounds.sine(SECONDS, 997, level=1.0), -1, 1),
}


def heard(sound, **more):
    return {one.code: one for one in listen(sound, frames=FRAMES, fps=FPS, **more)}


@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_sound_raises_no_alarm(name):
    assert not heard(HARMLESS[name], seams=[0.5, 1.0, 1.5])


def test_silence_rejects_a_take():
    (found,) = heard(silence(FRAMES * 2000)).values()
    assert (found.code, found.second, found.rejects) == ("sound_is_missing", 0.0, True)


def test_a_hiss_that_nobody_hears_is_silence():
    assert heard(sounds.noise(SECONDS, level=0.0003))["sound_is_missing"].rejects


def test_a_sound_that_is_nearly_all_silent_is_warned_of_where_the_silence_begins():
    blip = silence(4 * RATE)
    blip[: RATE // 20] = sounds.sine(0.05)
    (found,) = listen(blip, frames=96, fps=24)
    assert (found.code, found.rejects) == ("sound_is_missing", False)
    assert found.second == pytest.approx(0.1)


@pytest.fixture
def finished(tmp_path):
    """Encode a sound as that of a finished clip, and read it back."""

    def make(sound, most=9_000_000):
        encode(
            np.full((FRAMES, 32, 32, 3), 90, np.uint8),
            fps=FPS,
            path=tmp_path / "a.mp4",
            metadata={},
            max_bytes=most,
            progress=lambda _: None,
            cancel=CancelToken(),
            sound=sound.astype(np.float32),
        )
        return read_sound(tmp_path / "a.mp4")

    return make


@pytest.mark.parametrize("most", [9_000_000, 60_000])
def test_a_harmless_sound_that_was_encoded_raises_no_alarm(finished, most):
    for name in ("a tone of full scale", "a deep tone of full scale", "a few clipped peaks", "speech"):
        assert not heard(finished(HARMLESS[name], most), encoded=True), name


@pytest.mark.parametrize(("loud", "rejects"), [(1.2, True), (6.0, True), (1.1, False)])
def test_a_clipped_sound_is_still_one_when_it_was_encoded(finished, loud, rejects):
    clipped = sounds.sine(SECONDS)
    clipped[RATE:] = np.clip(loud * sounds.sine(SECONDS, level=1.0)[RATE:], -1, 1)
    read = finished(clipped)
    assert not any(one.rejects for one in heard(read).values())  # the encoder rounds the peaks
    found = heard(read, encoded=True)["sound_is_clipped"]
    assert found.rejects is rejects
    assert 1.0 <= found.second < SECONDS


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_invalid_number_rejects_a_take(bad):
    sound = sounds.sine(SECONDS)
    sound[RATE + 1, 1] = bad
    found = heard(sound)["sound_is_broken"]
    assert found.rejects
    assert found.second == pytest.approx(1, abs=0.001)


def test_a_clipped_second_is_found():
    sound = sounds.sine(SECONDS)
    sound[RATE:] = np.clip(6 * sound[RATE:], -1, 1)
    found = heard(sound)["sound_is_clipped"]
    assert found.rejects
    assert 1.0 <= found.second < SECONDS


def test_what_is_louder_than_full_scale_is_clipped():
    assert heard(sounds.sine(SECONDS, level=3.0))["sound_is_clipped"].rejects


def test_one_channel_that_is_clipped_is_enough():
    sound = sounds.sine(SECONDS)
    sound[:, 1] = np.clip(6 * sound[:, 1], -1, 1)
    assert "sound_is_clipped" in heard(sound)


@pytest.mark.parametrize("kind", [sounds.sine, sounds.music, sounds.speech])
def test_a_click_at_a_seam_is_found_there_and_only_there(kind):
    sound = kind(SECONDS)
    sound[RATE:] += 0.4
    found = heard(sound, seams=[0.5, 1.0])["sound_clicks"]
    assert found.second == 1.0
    assert found.rejects
    assert "sound_clicks" not in heard(sound, seams=[0.5])


@pytest.mark.parametrize(
    ("frames", "rejects"), [(-0.9, None), (0.9, None), (-2, False), (2, False), (-12, True)]
)
def test_a_sound_may_be_one_frame_off(frames, rejects):
    found = heard(sounds.music(SECONDS + frames / FPS)).get("sound_has_another_length")
    assert (None if found is None else found.rejects) is rejects
    if found is not None:
        assert found.second == pytest.approx(SECONDS + min(0, frames / FPS))


def test_an_empty_sound_is_missing_and_too_short():
    assert all(one.rejects for one in listen(silence(0), frames=24, fps=24))
    assert len(listen(silence(0), frames=24, fps=24)) == 2


@pytest.mark.parametrize("sound", [np.zeros((9, 1), np.float32), np.zeros((9, 2)), np.zeros(9, np.float32)])
def test_what_is_no_sound_is_refused(sound):
    with pytest.raises(ValueError, match=r"float32 \[S, 2\]"):
        listen(sound, frames=1, fps=24)
