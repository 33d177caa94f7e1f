"""A sound on its way through clips: into the file and back, joined, looped, cut, and made smaller."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clips.encode import LEAST_SOUND_BITS, SOUND_BITS, encode, sound_bits
from engine.clips.mp4 import has_sound, measure
from engine.clips.pcm import resampled
from engine.clips.read_clip import read_clip
from engine.clips.shrink import shrink
from engine.clips.sound_seams import crossed, joined_sound, looped_sound
from engine.core.cancel import CancelToken
from engine.core.sound import FADE_SECONDS, RATE, fitted, samples_for, silence
from engine.gate.listening import listen
from tests import sounds

FPS = 24
FRAME = RATE // FPS


def frames_of(count, side=32):
    rows, columns = np.mgrid[:side, : side + count]
    wide = np.stack([columns * 3 % 256, rows * 5 % 256, (columns + rows) % 256], axis=-1).astype(np.uint8)
    return np.stack([wide[:, i : i + side] for i in range(count)])


def made(path, count, sound, *, fps=FPS, max_bytes=2**20, frames=None):
    return encode(
        frames_of(count) if frames is None else frames,
        fps=fps,
        path=path,
        metadata={},
        max_bytes=max_bytes,
        progress=lambda _: None,
        cancel=CancelToken(),
        sound=sound,
    )


def heard_in(clip):
    """The sound of a clip that must have one."""
    assert clip.sound is not None
    return clip.sound


def test_a_tone_comes_back_with_its_pitch_its_start_and_its_length(tmp_path):
    clip = made(tmp_path / "clip.mp4", 48, sounds.sine(2, 997, onset=0.75))
    back = read_clip(clip.path)
    assert clip.sound
    assert len(back.frames) == 48
    assert abs(len(heard_in(back)) - 2 * RATE) <= FRAME
    assert sounds.onset(heard_in(back)) == pytest.approx(0.75, abs=1 / FPS)
    assert sounds.frequency(heard_in(back)[RATE:]) == pytest.approx(997, abs=3)


@pytest.mark.parametrize(("fps", "count"), [(23.976, 31), (30, 45), (60, 61)])
def test_sound_and_picture_are_equally_long_at_any_rate(tmp_path, fps, count):
    clip = made(tmp_path / "clip.mp4", count, sounds.noise(samples_for(count, fps) / RATE), fps=fps)
    back = read_clip(clip.path)
    assert abs(len(heard_in(back)) / RATE - len(back.frames) / back.fps) <= 1 / fps


def test_equal_sounds_make_equal_bytes_and_others_do_not(tmp_path):
    first, again = (made(tmp_path / f"{name}.mp4", 12, sounds.music(0.5)).sha256 for name in "ab")
    assert first == again
    assert made(tmp_path / "c.mp4", 12, sounds.speech(0.5)).sha256 != first


def test_a_silent_clip_has_no_track_of_sound(tmp_path):
    clip = made(tmp_path / "clip.mp4", 12, None)
    assert not clip.sound
    assert not has_sound(clip.path)
    assert read_clip(clip.path).sound is None


@pytest.mark.parametrize("sound", [None, sounds.noise(0.5)])
def test_a_clips_size_and_length_are_read_off_its_index(tmp_path, sound):
    clip = made(tmp_path / "clip.mp4", 12, sound)
    back = read_clip(clip.path)
    _, high, wide, _ = back.frames.shape
    *size, seconds = measure(clip.path)
    assert size == [wide, high]
    assert seconds == pytest.approx(12 / back.fps, abs=0.05)


def test_what_the_gate_let_through_is_made_fit_for_a_file(tmp_path):
    loud = sounds.sine(0.5, level=3)
    loud[7] = np.nan
    back = heard_in(read_clip(made(tmp_path / "clip.mp4", 12, loud).path))
    assert np.isfinite(back).all()
    assert np.abs(back).max() < 1.5


@pytest.mark.parametrize("sound", [sounds.sine(1), silence(0), np.zeros((RATE // 2, 1), np.float32)])
def test_a_sound_that_does_not_go_with_the_frames_is_refused(tmp_path, sound):
    with pytest.raises(ValueError, match="sound"):
        made(tmp_path / "clip.mp4", 12, sound)


def test_the_byte_limit_counts_the_sound(tmp_path):
    grain = np.random.default_rng(1).integers(0, 256, (24, 96, 96, 3), dtype=np.uint8)
    clip = made(tmp_path / "clip.mp4", 24, sounds.noise(1), max_bytes=60_000, frames=grain)
    assert clip.size <= 60_000
    assert has_sound(clip.path)
    assert any("kbit/s" in told for told in clip.ladder)


def test_the_sound_goes_only_if_nothing_else_fits(tmp_path):
    clip = made(tmp_path / "clip.mp4", 48, sounds.noise(2), max_bytes=6_000)
    assert not clip.sound
    assert not has_sound(clip.path)
    assert any(told.startswith("no sound") for told in clip.ladder)


def test_the_sounds_bits_follow_the_room():
    assert sound_bits(4, 9_500_000) == SOUND_BITS
    assert sound_bits(10, 100_000) == LEAST_SOUND_BITS
    assert LEAST_SOUND_BITS < sound_bits(10, 1_000_000) < SOUND_BITS


def test_a_smaller_file_keeps_the_sound(tmp_path):
    grain = np.random.default_rng(1).integers(0, 256, (24, 96, 96, 3), dtype=np.uint8)
    source = made(tmp_path / "clip.mp4", 24, sounds.sine(1, 997), frames=grain, max_bytes=2**21).path
    shrink(source, tmp_path / "small.mp4", max_bytes=source.stat().st_size // 3)
    back = read_clip(tmp_path / "small.mp4")
    assert (tmp_path / "small.mp4").stat().st_size <= source.stat().st_size // 3
    assert sounds.frequency(heard_in(back)) == pytest.approx(997, abs=3)
    assert abs(len(heard_in(back)) - RATE) <= FRAME


@pytest.mark.parametrize("rate", [16_000, 24_000, 44_100, RATE])
def test_a_models_rate_becomes_ours(rate):
    at = np.arange(rate) / rate
    tone = resampled(0.5 * np.sin(2 * np.pi * 997 * at), rate)
    assert tone.dtype == np.float32
    assert tone.shape[1] == 2
    assert abs(len(tone) - RATE) <= 2
    assert sounds.frequency(tone) == pytest.approx(997, abs=2)
    assert np.abs(tone[RATE // 4 : RATE // 2]).max() == pytest.approx(0.5, abs=0.01)


def test_what_has_more_channels_than_two_is_no_sound():
    with pytest.raises(ValueError, match="no sound has the shape"):
        resampled(np.zeros((9, 3)), 16_000)


def test_a_sound_is_cut_without_a_click_or_followed_by_silence():
    tone = sounds.sine(1)
    assert fitted(tone, RATE) is tone
    short, long = fitted(tone, RATE // 3), fitted(tone, 2 * RATE)
    assert len(short) == RATE // 3
    assert np.abs(short[-1]).max() < 0.01
    assert np.array_equal(short[: RATE // 4], tone[: RATE // 4])
    assert np.array_equal(long[: RATE - round(FADE_SECONDS * RATE)], tone[: -round(FADE_SECONDS * RATE)])
    assert not long[RATE:].any()
    assert not any(one.code == "sound_clicks" for one in listen(long, frames=48, fps=24, seams=[1.0]))


@pytest.mark.parametrize(("before", "part"), [(48, 25), (1, 2), (31, 62)])
@pytest.mark.parametrize("fps", [24.0, 29.97])
def test_a_longer_clip_has_both_sounds_and_no_click(before, part, fps):
    old = sounds.sine(samples_for(before, fps) / RATE, 443.7)
    new = np.roll(sounds.sine(samples_for(part, fps) / RATE, 713), 17, axis=0)  # it begins at a peak
    whole = joined_sound(old, new, before_frames=before, part_frames=part, fps=fps)
    assert whole is not None
    assert len(whole) == samples_for(before + part - 1, fps)
    seam = (before - 1) / fps
    assert not listen(whole, frames=before + part - 1, fps=fps, seams=[seam, before / fps])
    if before > 20:
        assert sounds.frequency(whole[: len(old) // 2]) == pytest.approx(443.7, abs=4)
        assert sounds.frequency(whole[len(old) :]) == pytest.approx(713, abs=4)


@pytest.mark.parametrize("silent", ["before", "part", "both"])
def test_a_silent_half_stays_silent(silent):
    tone = sounds.sine(1)
    old, new = (None if silent in {name, "both"} else tone for name in ("before", "part"))
    whole = joined_sound(old, new, before_frames=24, part_frames=24, fps=24)
    assert (whole is None) == (silent == "both")
    if whole is None:
        return
    assert len(whole) == samples_for(47, 24)
    assert not listen(whole, frames=47, fps=24, seams=[23 / 24])
    quiet = whole[: RATE // 2] if silent == "before" else whole[-RATE // 2 :]
    assert not quiet.any()


def test_a_hard_cut_in_place_of_the_seam_is_heard():
    """What the seam is for: without it the gate finds a click."""
    cut = np.concatenate([sounds.sine(1, 440), 0.5 - sounds.sine(1, 700)])
    assert any(one.code == "sound_clicks" for one in listen(cut, frames=48, fps=24, seams=[1.0]))


@pytest.mark.parametrize("start", [0.0, 0.01, 0.4, 1.9])
@pytest.mark.parametrize("seconds", [0.5, 1.6, 2.0, 3.9])
@pytest.mark.parametrize("hertz", [443.7, 97.3])
def test_a_loop_is_heard_without_a_seam(hertz, start, seconds):
    sound = sounds.sine(2.0, hertz)
    ring = looped_sound(sound, start=round(start * RATE), samples=round(seconds * RATE))
    assert len(ring) == round(seconds * RATE)
    twice = np.concatenate([ring, ring])
    found = listen(twice, frames=round(2 * seconds * FPS), fps=FPS, seams=[seconds])
    assert "sound_clicks" not in {one.code for one in found}
    assert "sound_is_missing" not in {one.code for one in found}


def test_a_loop_begins_with_the_sound_at_its_start():
    ring = looped_sound(sounds.sine(2, 997, onset=1), start=RATE // 2, samples=RATE)
    assert sounds.onset(ring[RATE // 4 :]) + 0.25 == pytest.approx(0.5, abs=0.005)


@pytest.mark.parametrize("over", [0, 1, 5])
def test_two_sounds_share_what_they_were_told_to(over):
    assert len(crossed(sounds.sine(0.1), sounds.sine(0.2), over)) == round(0.3 * RATE) - over


def test_sounds_share_no_more_than_there_is():
    with pytest.raises(ValueError, match="cannot share"):
        crossed(silence(3), silence(9), 4)
