"""A member's sound on its way in: what is taken, what comes out, and what is refused in which words."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tempfile
import wave
from functools import cache
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from bot.intake import sound_intake as module
from bot.intake.clip_intake import ClipIntake
from bot.intake.refusals import Cause
from bot.intake.sound_intake import UNREADABLE, SoundIntake
from bot.intake.sound_refusals import explain
from engine.core.errors import UserError
from engine.core.sound import RATE
from engine.untrusted.sound_headers import SoundRefusal, SoundRefused
from tests import sounds
from tests.policies import clip_intake_limits, sound_intake_limits

LIMITS = sound_intake_limits(decode_wall_seconds=60, download_seconds=20)
FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
TONE = ("-f", "lavfi", "-i", "sine=f=997:d=1:r=44100,adelay=500")
FILM = ("-f", "lavfi", "-i", "testsrc=s=96x64:d=1.5:r=24")
FORMS = {
    "mp3": ("-c:a", "libmp3lame"),
    "wav": (),
    "ogg": ("-c:a", "libvorbis"),
    "flac": (),
    "adts": ("-c:a", "aac"),
    "ipod": ("-c:a", "aac"),
    "webm": ("-c:a", "libopus"),
}
"""By ffmpeg's name of the container."""


@cache
def made(form, *options):
    """A tone that begins after half a second, in a file of a kind."""
    command = [FFMPEG, "-v", "error", *(options or (*TONE, *FORMS[form])), "-f", form]
    with tempfile.TemporaryDirectory() as folder:  # an MP4 is not written to a pipe
        path = Path(folder, "made")
        subprocess.run([*command, str(path)], check=True)
        return path.read_bytes()


async def taken(data, limits=LIMITS):
    async with SoundIntake(limits) as intake:
        return await intake.from_bytes(data)


async def refused(data, limits=LIMITS):
    with pytest.raises(UserError) as caught:
        await taken(data, limits)
    return caught.value


def samples(clean):
    with wave.open(io.BytesIO(clean.wav)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE)
        raw = file.readframes(file.getnframes())
    return (np.frombuffer(raw, "<i2").reshape(-1, 2) / 32768).astype(np.float32)


@pytest.mark.parametrize("form", FORMS)
async def test_every_usual_kind_is_taken_with_its_pitch_and_its_start(form):
    clean = await taken(made(form))
    sound = samples(clean)
    assert clean.seconds == pytest.approx(1.5, abs=0.06)
    assert not clean.silent
    assert sounds.onset(sound) == pytest.approx(0.5, abs=1 / 24)
    assert sounds.frequency(sound[round(0.6 * RATE) :]) == pytest.approx(997, abs=3)


@pytest.mark.parametrize("tags", [(b"\0", 300), (b"\x10", 10_000)], ids=["one", "with a foot"])
@pytest.mark.parametrize("form", ["adts", "flac", "mp3"])
async def test_a_file_may_begin_with_a_tag(form, tags):
    flags, size = tags
    foot = 10 if flags == b"\x10" else 0
    tag = b"ID3\x04\0" + flags + bytes((0, 0, size >> 7, size & 0x7F)) + bytes(size + foot)
    assert samples(await taken(tag + made(form))) == pytest.approx(samples(await taken(made(form))))


@pytest.mark.parametrize("channels", ["1", "2"])
async def test_a_sound_is_as_loud_as_it_came(channels):
    tone = ("-f", "lavfi", "-i", "aevalsrc=0.4*sin(2*PI*500*t)|0.4*sin(2*PI*500*t):d=0.5:s=44100")
    mono = ("-af", "pan=mono|c0=c0") if channels == "1" else ()
    sound = samples(await taken(made("wav", *tone, *mono)))
    assert np.abs(sound[RATE // 10 : RATE // 3]).max() == pytest.approx(0.4, abs=0.01)


async def test_of_a_long_sound_the_first_seconds_are_kept():
    clean = await taken(made("wav"), sound_intake_limits(keep_seconds=0.75))
    assert clean.seconds == 0.75
    assert sounds.onset(samples(clean)) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        (b"", "E_EMPTY", "is empty"),
        (b"no sound at all, but a text", "E_FORMAT", "MP3, WAV, OGG, FLAC or M4A"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "E_FORMAT", "looks like a picture"),
        (b"#EXTM3U\nhttp://127.0.0.1/a.mp3\n", "E_FORMAT", "looks like a playlist"),
        (b"ID3" + bytes(400), "E_CORRUPT", "is damaged"),
        (b"RIFF\0\0\0\0WAVE" + bytes(40), "E_CORRUPT", "is damaged"),
        (b"OggS" + bytes(400), "E_CORRUPT", "is damaged"),
        (b"fLaC" + bytes(400), "E_CORRUPT", "is damaged"),
    ],
)
async def test_a_wrong_file_is_refused_in_plain_words(data, code, says):
    error = await refused(data)
    assert error.code == code
    assert says in str(error)


@pytest.mark.parametrize("form", ["gif", "mp4"])
async def test_a_film_without_sound_has_none(form):
    error = await refused(made(form, *FILM))
    assert error.code == "E_NOSOUND"
    assert "no sound in it" in str(error)


async def test_a_sound_that_is_too_long_or_too_large_is_refused_with_the_limit():
    error = await refused(made("wav"), sound_intake_limits(max_seconds=1.0))
    assert error.code == "E_DURATION"
    assert "the limit is 1" in str(error)
    error = await refused(made("wav"), sound_intake_limits(max_bytes=2048))
    assert error.code == "E_BYTES"
    assert "too large" in str(error)


async def test_a_format_of_sound_that_is_not_known_is_named():
    error = await refused(made("wav", *TONE, "-c:a", "adpcm_ms"))
    assert error.code == "E_CODEC"
    assert "adpcm_ms" in str(error)


async def test_a_silent_sound_is_taken_and_known_to_be_silent():
    assert (await taken(made("wav", "-f", "lavfi", "-i", "anullsrc=d=0.5"))).silent


async def test_nothing_of_the_file_but_its_samples_comes_in():
    clean = await taken(made("mp3", *TONE, "-metadata", "artist=SECRET", *FORMS["mp3"]))
    assert b"SECRET" in made("mp3", *TONE, "-metadata", "artist=SECRET", *FORMS["mp3"])
    assert b"SECRET" not in clean.wav
    assert len(clean.wav) <= round(clean.seconds * RATE) * 4 + 64


async def test_a_clip_comes_with_its_sound_where_that_begins_with_the_picture():
    late = ("-itsoffset", "0.25", *FILM, *TONE)
    data = made("mp4", *late, "-c:v", "libx264", "-c:a", "aac")
    async with ClipIntake(clip_intake_limits(decode_wall_seconds=60)) as clips, SoundIntake(LIMITS) as intake:
        clip, sound = await clips.with_sound(data, intake)
    assert clip.notes == ()
    assert sound is not None
    assert sounds.onset(samples(sound)) == pytest.approx(0.25, abs=1 / 24)


async def test_a_clip_whose_sound_cannot_be_read_is_taken_without():
    data = made("mov", *FILM, *TONE, "-c:v", "libx264", "-c:a", "adpcm_ms", "-shortest")
    async with ClipIntake(clip_intake_limits(decode_wall_seconds=60)) as clips, SoundIntake(LIMITS) as intake:
        clip, sound = await clips.with_sound(data, intake)
    assert clip.notes == (UNREADABLE,)
    assert sound is None


@pytest.mark.parametrize(
    "answer",
    [
        'b"nonsense"',
        """b'{"samples": 5, "silent": false, "bytes": 9999999}' + bytes(99)""",
        """b'{"samples": 99999999, "silent": false, "bytes": 399999999}'""",
        """b'{"samples": 100, "silent": false, "bytes": 444}'""",
        "(_ for _ in ()).throw(SystemExit(3))",
    ],
)
async def test_an_answer_that_makes_no_sense_is_never_believed(answer, monkeypatch, caplog):
    monkeypatch.setattr(
        module, "_PROGRAM", f"import sys; sys.stdin.buffer.read(); sys.stdout.buffer.write({answer} + b'\\n')"
    )
    assert (await refused(made("wav"))).code == "E_DECODER"
    assert "decoder" in caplog.text


async def test_a_decoder_that_fails_says_at_which_sound(monkeypatch, caplog):
    answer = json.dumps({"code": "E_DECODER", "facts": {}, "detail": "a traceback"})
    monkeypatch.setattr(module, "_PROGRAM", f"import sys; sys.stdin.buffer.read(); print({answer!r})")
    data = made("wav")
    assert (await refused(data)).code == "E_DECODER"
    assert f"sound {hashlib.sha256(data).hexdigest()}: the decoder failed\na traceback" in caplog.text


async def test_a_sound_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(module, "_PROGRAM", "import time; time.sleep(60)")
    assert (await refused(made("wav"), sound_intake_limits(decode_wall_seconds=0.3))).code == "E_TIME"


def test_every_refusal_has_words():
    facts: dict[SoundRefusal, dict[str, str | float]] = {
        SoundRefusal.FORMAT: {"looks_like": "a picture"},
        SoundRefusal.CODEC: {"codec": "odd"},
        SoundRefusal.DURATION: {"seconds": 700.0},
        SoundRefusal.DOWNLOAD: {"cause": Cause.SLOW},
    }
    for code in SoundRefusal:
        words = str(explain(SoundRefused(code, **facts.get(code, {})), LIMITS))
        assert words.endswith((".", "helps.")), words
        assert code.value not in words
