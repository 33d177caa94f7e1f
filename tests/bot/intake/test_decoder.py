import asyncio
import io
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms, ImageDraw

from benchmarks.encoded_pictures import before_idat, chunk, encoded, oriented, png_of, scene
from bot.intake import decoder as module
from bot.intake.decoder import Decoder
from engine.untrusted.headers import PictureLimits, Refusal, Refused
from tests import ROOT
from tests.until import PATIENCE, until

LIMITS = PictureLimits()


def decoder(limits=LIMITS, *, wall_seconds=20.0, at_once=2):
    return Decoder(limits, wall_seconds=wall_seconds, at_once=at_once)


async def decoded(data, limits=LIMITS):
    pixels = await decoder(limits).decode(data)
    return np.frombuffer(pixels.data, np.uint8).reshape(pixels.height, pixels.width, 3)


def child_runs(monkeypatch, program):
    """Put another program in the decoder's place: one that hangs, or that somebody took over."""
    monkeypatch.setattr(module, "_PROGRAM", program)


async def test_pixels_come_through_unchanged():
    assert np.array_equal(await decoded(encoded("PNG")), np.asarray(scene()))


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_a_picture_comes_out_upright(orientation):
    back = {2: [1], 3: [0, 1], 4: [0]}
    upright = np.asarray(scene(96, 80))
    if orientation in {5, 6, 7, 8}:
        upright = upright.transpose(1, 0, 2)
        back = {6: [1], 7: [0, 1], 8: [0]}
    # Flips after a transpose are those of the EXIF table: 5 none, 6 the columns, 7 both, 8 the rows.
    upright = np.flip(upright, tuple(back.get(orientation, ())))
    assert np.array_equal(await decoded(oriented(orientation, "PNG")), upright)


async def test_sixteen_bits_become_eight_by_their_upper_half():
    grey = Image.fromarray(np.full((64, 64), 0x80FF, np.uint16))
    assert np.unique(await decoded(encoded("PNG", grey))).tolist() == [0x80]


async def test_a_colour_profile_is_applied():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = await decoded(encoded("PNG"))
    same = await decoded(encoded("PNG", icc_profile=srgb))
    assert np.abs(same.astype(int) - plain).max() <= 1
    # A profile of another kind of colour cannot be applied: the picture is taken as it is.
    assert np.array_equal(await decoded(encoded("PNG", icc_profile=lab)), plain)


@pytest.mark.parametrize(("ink", "ground"), [((0, 0, 0), 255), ((255, 255, 255), 0)])
async def test_a_drawing_on_nothing_stays_readable(ink, ground):
    sticker = Image.new("RGBA", (64, 64), (*ink, 0))
    sticker.paste((*ink, 255), (16, 16, 48, 48))
    picture = await decoded(encoded("PNG", sticker))
    assert picture[0, 0].tolist() == [ground] * 3
    assert picture[32, 32].tolist() == list(ink)


async def test_what_meets_the_background_decides_which_it_is():
    """A bright disc with a dark rim and dark letters was laid on black, where the letters were gone."""
    logo = Image.new("RGBA", (96, 96), (0, 0, 0, 0))
    pen = ImageDraw.Draw(logo)
    pen.ellipse((10, 4, 86, 76), "white", (40, 42, 90, 255), width=5)
    pen.rectangle((20, 84, 76, 90), (40, 42, 90, 255))
    assert (await decoded(encoded("PNG", logo)))[0, 0].tolist() == [255] * 3


async def test_a_large_picture_comes_out_at_the_working_size():
    limits = replace(LIMITS, max_working_side=100)
    for form in ("PNG", "JPEG", "WEBP"):
        assert (await decoded(encoded(form, scene(800, 400)), limits)).shape == (50, 100, 3)


async def test_of_an_animation_the_first_frame_is_taken():
    first, second = Image.new("RGB", (64, 64), "red"), Image.new("RGB", (64, 64), "blue")
    for form in ("PNG", "WEBP"):
        options = {"lossless": True} if form == "WEBP" else {}
        data = encoded(form, first, save_all=True, append_images=[second], **options)
        assert (await decoded(data))[32, 32].tolist() == [255, 0, 0]


async def test_too_little_memory_is_said_and_survived():
    limits = replace(LIMITS, decode_memory=128 * 2**20)
    if sys.platform != "linux":
        pytest.skip("address space is limited on Linux only")
    with pytest.raises(Refused, match="E_MEMORY"):
        await decoded(png_of(6000, 4000), limits)


async def test_spent_processor_time_is_called_time():
    with pytest.raises(Refused, match="E_TIME"):
        await decoded(png_of(8192, 4800, colour=6), replace(LIMITS, decode_cpu_seconds=0))


async def test_a_decoder_that_hangs_is_killed_with_its_children(monkeypatch, tmp_path):
    note = tmp_path / "pid"
    child_runs(
        monkeypatch,
        "import subprocess, sys; child = subprocess.Popen(['/bin/sleep', '60']);"
        f"open({str(note)!r}, 'w').write(str(child.pid)); child.wait()",
    )
    for wall_seconds in (1.5, PATIENCE):  # on a busy machine it may not have begun before it is over
        with pytest.raises(Refused, match="E_TIME"):
            await decoder(wall_seconds=wall_seconds).decode(encoded("PNG"))
        if note.exists():
            break
    grandchild = int(note.read_text())
    await until(lambda: not _alive(grandchild))


def _alive(pid):
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


async def test_a_cancelled_request_leaves_no_process(monkeypatch, tmp_path):
    note = tmp_path / "pid"
    child_runs(
        monkeypatch,
        f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(60)",
    )
    task = asyncio.create_task(decoder().decode(encoded("PNG")))
    await until(lambda: note.exists() and note.read_text())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not _alive(int(note.read_text()))


@pytest.mark.parametrize(
    "program",
    [
        "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
        "raise SystemExit(3)",
        "print('not json')",
        "print('[]')",
        'print(\'{"peak_bytes": 1, "width": 100000, "height": 100000}\')',
        'print(\'{"peak_bytes": 1, "width": 64, "height": 64}\'); print(\'short\')',
        'print(\'{"peak_bytes": 1, "code": "E_NONSENSE", "facts": {}}\')',
        "print('x' * 10_000_000)",
    ],
)
async def test_a_decoder_that_crashes_or_lies_is_our_fault_not_the_pictures(monkeypatch, caplog, program):
    child_runs(monkeypatch, program)
    with pytest.raises(Refused, match="E_DECODER"):
        await decoder().decode(encoded("PNG"))
    assert "the decoder ended" in caplog.text


async def test_the_decoder_sees_nothing_of_our_environment(monkeypatch):
    monkeypatch.setenv("DISCORD_TOKEN", "canary")
    child_runs(
        monkeypatch,
        "import json, os; names = ' '.join(os.environ);"
        "print(json.dumps({'peak_bytes': 0, 'code': 'E_FORMAT', 'facts': {'looks_like': names}}))",
    )
    with pytest.raises(Refused) as caught:
        await decoder().decode(encoded("PNG"))
    # Python itself may set the locale's name.
    assert caught.value.facts["looks_like"] in {"", "LC_CTYPE"}


async def test_no_more_are_read_at_once_than_allowed(monkeypatch, tmp_path):
    there, go_on = tmp_path / "there", tmp_path / "go on"
    there.mkdir()
    child_runs(
        monkeypatch,
        f"import os, time; own = {str(there)!r} + '/' + str(os.getpid()); open(own, 'w').close()\n"
        f"while not os.path.exists({str(go_on)!r}): time.sleep(0.01)\n"
        "os.remove(own); print('done')",
    )
    reader = decoder(at_once=2)

    async def one():
        with pytest.raises(Refused):
            await reader.decode(b"x")

    everyone = asyncio.gather(*(one() for _ in range(5)))

    def are_there():
        return len(list(there.iterdir()))

    await until(lambda: are_there() == 2)
    await asyncio.sleep(0.3)
    assert are_there() == 2
    go_on.touch()
    await everyone


async def test_the_event_loop_goes_on_while_a_picture_is_read():
    """In seconds of the loop's own thread: how busy the machine is says nothing of the code."""
    data = png_of(4000, 4000)
    rounds, longest = 0, 0.0
    task = asyncio.create_task(decoder().decode(data))
    while not task.done():
        before = time.thread_time()
        await asyncio.sleep(0.005)
        rounds, longest = rounds + 1, max(longest, time.thread_time() - before)
    assert (await task).width == 2048
    assert longest < 0.3
    assert rounds > 10


CONFINED = """
import json, socket, sys
from pathlib import Path
sys.path.append(sys.argv[1])
from engine.untrusted.decode_picture import confine
from engine.untrusted.headers import PictureLimits
confine(PictureLimits())
said = {}
for name, act in {
    "write": lambda: Path(sys.argv[2], "left").write_text("x"),
    "connect": lambda: socket.create_connection(("127.0.0.1", int(sys.argv[3])), 2).close(),
    "memory": lambda: len(bytearray(2 << 30)),
    "files": lambda: [open("/dev/null") for _ in range(20)],
}.items():
    try:
        act()
        said[name] = "done"
    except BaseException as error:
        said[name] = type(error).__name__
print(json.dumps(said))
"""


def test_a_confined_process_can_neither_write_nor_hoard(tmp_path):
    import json
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        answer = subprocess.run(
            [sys.executable, "-I", "-B", "-c", CONFINED, str(ROOT), str(tmp_path), port],
            capture_output=True,
            check=True,
            env={},
        )
    said = json.loads(answer.stdout)
    assert (said["write"], said["files"]) == ("OSError", "OSError")
    assert all(path.stat().st_size == 0 for path in tmp_path.iterdir())
    if sys.platform == "linux":
        assert said["memory"] == "MemoryError"
    if sys.platform == "linux" and os.geteuid() == 0:
        assert said["connect"] == "OSError"


async def test_reading_leaves_no_file_behind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    await decoded(encoded("JPEG"))
    assert list(tmp_path.iterdir()) == []


async def test_a_text_bomb_never_reaches_the_decoder():
    bomb = chunk(b"zTXt", b"a\0\0" + __import__("zlib").compress(bytes(2**26)))
    reader = decoder()
    assert (await reader.decode(before_idat(encoded("PNG"), bomb))).width == 96
    assert reader.reader.peak_bytes < 60 * 2**20


async def test_colours_of_a_cmyk_jpeg_are_the_right_way_round():
    buffer = io.BytesIO()
    Image.new("CMYK", (64, 64), (255, 0, 255, 0)).save(buffer, "JPEG", quality=95)
    red, green, blue = (await decoded(buffer.getvalue()))[32, 32].astype(int)
    assert green > 150 > max(red, blue)


async def test_cv2s_sixteen_bit_colour_is_read():
    data = cv2.imencode(".png", np.full((64, 64, 3), 0x4000, np.uint16))[1].tobytes()
    assert np.unique(await decoded(data)).tolist() == [0x40]


async def test_a_broken_file_is_refused_by_its_code():
    with pytest.raises(Refused) as caught:
        await decoded(encoded("PNG", scene(40, 40)))
    assert caught.value.code is Refusal.SMALL
    assert caught.value.facts == {"width": 40, "height": 40}


@pytest.mark.parametrize(
    ("how", "most"),
    [
        # 7 bytes a pixel on an idle machine; 10 in each of five tries among all other tests on a busy one.
        ({"format": "WEBP", "lossless": True, "quality": 0, "method": 0}, 11),
        ({"format": "PNG", "compress_level": 1}, 4.5),
    ],
)
async def test_a_large_picture_costs_little_more_than_its_pixels(how, most):
    out = io.BytesIO()
    Image.new("RGBA", (4000, 3000), (200, 30, 30, 128)).save(out, **how)
    peaks = []
    for _ in range(2):  # once in many runs, on a busy machine, memory that was given back still counts
        reader = decoder()
        await reader.decode(out.getvalue())
        peaks.append(reader.reader.peak_bytes)
    assert min(peaks) < most * 4000 * 3000 + 60 * 2**20
