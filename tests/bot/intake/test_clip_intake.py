import asyncio
import hashlib
import json
import logging
import re
import socket
import subprocess
import sys
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import imageio_ffmpeg
import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from discord.http import Route

from benchmarks.hostile_clips import PLAYLISTS, clips, filmed, gif, mutants, outside
from bot.config.settings import Settings
from bot.intake import clip_intake as module
from bot.intake.clip_intake import ClipIntake
from bot.intake.clip_refusals import explain
from bot.intake.refusals import Cause
from bot.intake_policies import for_clips
from engine.clips.read_clip import read_clip
from engine.core.errors import UserError
from engine.untrusted import read_video
from engine.untrusted.clip_headers import ClipForm, ClipLimits, ClipRefusal, ClipRefused
from tests.policies import clip_intake_limits

LIMITS = clip_intake_limits(decode_wall_seconds=60, download_seconds=20)
FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()


async def taken(data, limits=LIMITS):
    async with ClipIntake(limits) as intake:
        return await intake.from_bytes(data)


async def refused(data, limits=LIMITS):
    with pytest.raises(UserError) as caught:
        await taken(data, limits)
    return caught.value


def seen(clip, folder):
    """Its frames, as the engine will read them."""
    path = folder / "clip.mp4"
    path.write_bytes(clip.mp4)
    return read_clip(path)


@cache
def corpus():
    return tuple(clips())


def case_of(name):
    return next(case for case in corpus() if case.name == name)


PARTS = 6


def test_the_corpus_has_enough_of_the_hostile_and_some_of_the_good():
    assert sum(case.kind not in {"honest", "odd"} for case in corpus()) >= 50
    assert sum("ok" in case.expected for case in corpus()) >= 20


def test_the_corpus_or_a_test_below_provokes_every_refusal():
    by_file = {next(iter(case.expected)) for case in corpus() if len(case.expected) == 1}
    limits = {ClipRefusal.BYTES, ClipRefusal.MEMORY, ClipRefusal.TIME, ClipRefusal.RECIPE}
    assert by_file | limits | {ClipRefusal.DECODER, ClipRefusal.DOWNLOAD} == {*ClipRefusal, "ok"}


async def test_no_playlist_ever_reaches_ffmpeg(monkeypatch, tmp_path):
    called = tmp_path / "called"
    spy = tmp_path / "ffmpeg"
    spy.write_text(f"#!{sys.executable} -S\nopen({str(called)!r}, 'w').close()\n")
    spy.chmod(0o755)
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", lambda: str(spy))
    for text in PLAYLISTS.values():
        assert (await refused(text % b"file:///etc/passwd")).code == "E_FORMAT"
    assert not called.exists()
    await refused(filmed())
    assert called.exists(), "the spy would have told"


@pytest.mark.parametrize("part", range(PARTS))
async def test_each_clip_is_taken_or_refused_for_its_own_reason(part, caplog, tmp_path):
    wrong = []
    async with ClipIntake(LIMITS) as intake:
        for case in corpus()[part::PARTS]:
            try:
                clip = await intake.from_bytes(case.data)
                answer = "ok"
                # What is handed on can be read, and is what it says.
                shown = seen(clip, tmp_path)
                assert shown.frames.shape[1:] == (clip.height, clip.width, 3)
                assert len(shown.frames) == round(clip.seconds * clip.fps)
                assert shown.fps == pytest.approx(clip.fps, rel=1e-3)
                assert (clip.width % 2, clip.height % 2) == (0, 0)
                assert clip.fps <= LIMITS.working_fps
                assert clip.seconds <= LIMITS.keep_seconds
            except UserError as error:
                answer = error.code
            if answer not in case.expected:
                wrong.append((case.kind, case.name, answer, sorted(case.expected)))
    assert wrong == []
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert intake.reader.peak_bytes < 300 * 2**20


async def test_damaged_clips_never_take_the_reader_down(caplog):
    async with ClipIntake(LIMITS) as intake:
        for case in mutants(40):
            with suppress(UserError):  # E_DECODER is logged
                await intake.from_bytes(case.data)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_the_frames_come_through_in_their_order_and_colours(tmp_path):
    # Red grows from frame to frame; blue is a gradient from left to right.
    data = filmed(source="color=s=128x96:r=12:d=1,format=rgb24,geq=r='N*20':g=0:b='X*2'")
    clip = await taken(data)
    frames = seen(clip, tmp_path).frames.astype(int)
    assert (clip.width, clip.height, clip.fps, clip.seconds) == (128, 96, 12, 1)
    assert np.abs(frames[:, :, :, 0].mean((1, 2)) - np.arange(12) * 20).max() < 6
    assert np.abs(frames[0, :, :, 2].mean(0) - np.arange(128) * 2).max() < 12


async def test_a_fast_clip_loses_frames_and_keeps_its_time(tmp_path):
    # A frame's brightness is its time: 4 a hundredth of a second.
    data = filmed(source="color=s=64x64:r=50:d=0.6,format=gray,geq=lum='T*400'")
    clip = await taken(data)
    frames = seen(clip, tmp_path).frames.astype(int).mean((1, 2, 3))
    times = np.arange(len(frames)) / clip.fps
    assert clip.fps == 24
    assert clip.seconds == pytest.approx(0.6, abs=0.05)
    assert np.abs(frames - times * 400).max() < 0.011 * 400 + 6  # half a source frame, and the codec


async def test_a_turned_clip_comes_out_upright(tmp_path):
    upright = seen(await taken(case_of("turned by a quarter").data), tmp_path).frames[0].astype(int)
    lying = seen(await taken(filmed()), tmp_path).frames[0].astype(int)
    distances = [np.abs(np.rot90(lying, turns) - upright).mean() for turns in (1, 3)]
    assert min(distances) < 4 < max(distances)


async def test_a_large_clip_comes_out_at_the_working_size():
    clip = await taken(filmed(source="testsrc2=s=400x200:r=8:d=0.5"), replace(LIMITS, working_side=100))
    assert (clip.width, clip.height) == (100, 50)


async def test_of_a_long_clip_the_beginning_is_taken():
    clip = await taken(filmed(), replace(LIMITS, keep_seconds=0.5))
    assert clip.seconds == 0.5


async def test_the_same_file_gives_the_same_bytes_and_nothing_of_its_own():
    data = filmed("-metadata", "comment=canary-of-the-camera", "-metadata", "title=canary")
    assert b"canary" in data
    first, second = await taken(data), await taken(data)
    assert first.mp4 == second.mp4
    assert first.sha256 == hashlib.sha256(first.mp4).hexdigest()
    assert b"canary" not in first.mp4


async def test_sound_is_left_out():
    clip = await taken(case_of("with sound").data)
    listing = await asyncio.to_thread(
        subprocess.run,
        [FFMPEG, "-v", "error", "-i", "pipe:0", "-map", "0", "-c", "copy", "-f", "framecrc", "-"],
        input=clip.mp4,
        capture_output=True,
        check=True,
    )
    assert re.findall(rb"#media_type \d: (\w+)", listing.stdout) == [b"video"]


async def test_what_is_too_large_is_not_even_read(monkeypatch):
    monkeypatch.setattr(module, "_PROGRAM", "raise SystemExit(1)")
    assert (await refused(filmed(), replace(LIMITS, max_bytes=1000))).code == "E_BYTES"
    assert (await refused(b"")).code == "E_EMPTY"


async def test_a_clip_that_takes_too_long_is_given_up():
    slow = filmed(source="testsrc2=s=640x480:r=30:d=3")
    assert (await refused(slow, replace(LIMITS, decode_wall_seconds=0.2))).code == "E_TIME"
    assert (await refused(slow, replace(LIMITS, decode_cpu_seconds=0))).code == "E_TIME"


@pytest.mark.skipif(sys.platform != "linux", reason="address space is limited on Linux only")
async def test_a_clip_that_needs_too_much_memory_is_refused_for_that():
    assert (await refused(case_of("four billion time steps").data)).code == "E_MEMORY"


@pytest.mark.parametrize(
    "program",
    [
        "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
        "print('not json')",
        'print(\'{"peak_bytes": 1, "code": "E_NONSENSE", "facts": {}}\')',
        "print('x' * 1_000_000)",
    ],
)
async def test_a_reader_that_crashes_or_lies_is_our_fault_not_the_clips(monkeypatch, caplog, program):
    monkeypatch.setattr(module, "_PROGRAM", program)
    assert (await refused(filmed())).code == "E_DECODER"
    assert "the decoder ended" in caplog.text


GOOD = {
    "width": 64,
    "height": 64,
    "frames": 24,
    "rate": [24, 1],
    "even": True,
    "bytes": 4,
    "peak_bytes": 1,
}
LIES = [
    {"width": 0},
    {"height": 100_000},
    {"frames": 0},
    {"frames": 10_000},
    {"rate": [25, 1]},
    {"rate": [24, 0]},
    {"rate": [0, 1]},
    {"bytes": 10**9},
    {"bytes": 5},
]


@pytest.mark.parametrize("lie", [{}, *LIES], ids=str)
async def test_an_answer_is_believed_only_within_the_limits(monkeypatch, lie):
    answer = json.dumps(GOOD | lie) + "\nmp4!"
    monkeypatch.setattr(module, "_PROGRAM", f"print({answer!r}, end='')")
    if lie:
        assert (await refused(filmed())).code == "E_DECODER"
    else:
        assert (await taken(filmed())).mp4 == b"mp4!"


async def test_the_reader_sees_nothing_of_our_environment_and_can_write_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("DISCORD_TOKEN", "canary")
    spy = tmp_path / "ffmpeg"
    left = tmp_path / "left"
    spy.write_text(
        f"#!{sys.executable} -S\nimport os, sys\n"
        f"open({str(left)!r}, 'w').close()\n"
        "try:\n"
        f"    open({str(left)!r}, 'w').write('x' * 100 + ' '.join(os.environ))\n"
        "except OSError: pass\n"
        "sys.exit(77 if 'DISCORD_TOKEN' in os.environ else 1)\n"
    )
    spy.chmod(0o755)
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", lambda: str(spy))
    assert (await refused(filmed())).code in {"E_CORRUPT", "E_DECODER"}
    assert left.exists()
    assert left.stat().st_size == 0


def _listener():
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.3)
    return server, f"http://127.0.0.1:{server.getsockname()[1]}/x".encode()


def _was_called(server):
    try:
        server.accept()[0].close()
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize("name", PLAYLISTS)
def test_a_playlist_makes_no_connection_even_if_it_reaches_ffmpeg(name):
    """Past the look at the first bytes, and without a network of its own: the options alone must hold."""
    server, address = _listener()
    with server, read_video.nameless_file() as source:
        source.write(PLAYLISTS[name] % address)
        source.flush()
        for form in ClipForm:
            with pytest.raises(ClipRefused):
                read_video._Reader(FFMPEG, source, form, ClipLimits()).look()
        assert not _was_called(server)


def test_a_track_in_another_file_makes_no_connection_even_if_it_reaches_ffmpeg():
    server, address = _listener()
    with server, read_video.nameless_file() as source:
        source.write(b"ffconcat version 1.0\nfile '%s'\n" % address)
        source.flush()
        source.seek(0)
        # The trap is a real one: an ffmpeg that is left to itself does call.
        careless = [FFMPEG, "-nostdin", "-v", "quiet", "-f", "concat", "-safe", "0"]
        careless += ["-protocol_whitelist", "fd,http,tcp", "-i", "fd:", "-f", "null", "-"]
        process = subprocess.Popen(careless, stdin=source.fileno())
        assert _was_called(server)
        process.kill()
        process.wait()
    server, address = _listener()
    with server, read_video.nameless_file() as source:
        source.write(outside(address))
        source.flush()
        with suppress(ClipRefused):
            read_video._Reader(FFMPEG, source, ClipForm.MP4, ClipLimits()).look()
        assert not _was_called(server)


@dataclass(frozen=True, kw_only=True)
class Attached:
    url: str
    size: int


@asynccontextmanager
async def cdn(monkeypatch, body, status=200):
    async def answer(request):
        assert "Authorization" not in request.headers
        return web.Response(body=body, status=status)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with TestServer(app) as server, ClipIntake(LIMITS) as intake:
        monkeypatch.setattr(Route, "BASE", str(server.make_url("/api/v10")))

        async def fetch(size):
            url = str(server.make_url("/attachments/1/2/dance.mp4"))
            return await intake.from_attachment(Attached(url=url, size=size))

        yield fetch


async def test_an_attachment_is_downloaded_and_re_encoded(monkeypatch):
    async with cdn(monkeypatch, gif()) as fetch:
        clip = await fetch(len(gif()))
    assert (clip.width, clip.height) == (96, 96)


async def test_a_failed_download_is_refused_with_the_text_for_clips(monkeypatch):
    async with cdn(monkeypatch, b"", status=404) as fetch:
        with pytest.raises(UserError, match="no longer has that clip") as caught:
            await fetch(10)
        assert caught.value.code == "E_DOWNLOAD"
        with pytest.raises(UserError, match="25 MiB") as caught:
            await fetch(26 * 2**20)
        assert caught.value.code == "E_BYTES"


async def test_only_a_few_are_read_at_once(monkeypatch, tmp_path):
    monkeypatch.setattr(
        module,
        "_PROGRAM",
        f"import os, time; own = {str(tmp_path)!r} + '/' + str(os.getpid()); open(own, 'w').close();"
        "time.sleep(0.3); os.remove(own); print('done')",
    )
    async with ClipIntake(LIMITS) as intake:
        everyone = asyncio.gather(*(intake.from_bytes(b"x") for _ in range(3)), return_exceptions=True)
        most = 0
        while not everyone.done():
            most = max(most, len(list(tmp_path.iterdir())))
            await asyncio.sleep(0.02)
        await everyone
    assert most == 1


def test_an_owners_settings_reach_the_intake():
    settings = Settings(
        max_video_bytes=2000,
        max_video_seconds=3,
        max_seconds=2,
        video_decode_seconds=1.5,
        decode_memory=2**28,
    )
    limits = for_clips(settings)
    assert (limits.max_bytes, limits.max_seconds, limits.keep_seconds) == (2000, 3, 2)
    assert (limits.decode_wall_seconds, limits.decode_cpu_seconds, limits.decode_memory) == (1.5, 2, 2**28)


FACTS: dict[str, Any] = {
    "width": 4096,
    "height": 32,
    "seconds": 31.4,
    "fps": 240.0,
    "codec": "mjpeg",
    "looks_like": "a picture",
}


@pytest.mark.parametrize("code", ClipRefusal)
def test_every_refusal_says_what_is_wrong_and_what_to_do(code):
    error = explain(ClipRefused(code, cause=Cause.SLOW, **FACTS), ClipLimits())
    assert error.code == code.value
    assert re.search(r"lease|helps", str(error))
    assert "None" not in str(error)
    assert len(str(error)) < 200
