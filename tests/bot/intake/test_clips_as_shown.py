"""Clips as people send them, and as players and Discord show them."""

import io
import json
import subprocess
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import imageio_ffmpeg
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from bot.cli.main import main
from bot.cli.owners_files import read_owners_clip, read_owners_picture
from bot.intake.clip_intake import ClipIntake
from bot.intake_policies import for_checked_clips, to_judge, to_upscale
from engine.clips.read_clip import read_clip
from engine.core.errors import UserError
from engine.untrusted.clip_colours import ClipColours
from engine.untrusted.clip_packets import read_packets, streams_in
from tests.chart import QUADRANTS, TO_BT2020, TO_P3, chart, hlg, is_the_chart, light, pq, srgb
from tests.policies import DEFAULTS, clip_intake_limits

LIMITS = clip_intake_limits(decode_wall_seconds=60, download_seconds=20)
FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "4")
LIGHT = light(chart())
BT709, HDR10 = ("bt709", "bt709", "bt709"), ("bt2020", "smpte2084", "bt2020nc")


def filmed(frames, *options, suffix="mp4", rate=12, matrix="bt709", tags=None):
    """A clip of frames: uint8 or uint16 ``[T, H, W, 3 or 4]``. Tags: primaries, transfer and matrix."""
    kind = {(1, 3): "rgb24", (1, 4): "rgba", (2, 3): "rgb48le"}[frames.dtype.itemsize, frames.shape[3]]
    filters = f"scale=out_color_matrix={matrix}:out_range=tv:flags=accurate_rnd"
    if kind == "rgb48le":
        filters += ",format=yuv420p10le"
    if tags is not None:
        filters += ",setparams=color_primaries={}:color_trc={}:colorspace={}".format(*tags)
    with TemporaryDirectory() as folder:
        path = Path(folder, f"clip.{suffix}")
        command = [FFMPEG, "-nostdin", "-v", "error", "-f", "rawvideo", "-pix_fmt", kind]
        command += ["-s", f"{frames.shape[2]}x{frames.shape[1]}", "-r", str(rate), "-i", "pipe:0"]
        command += ["-vf", filters, *options, str(path)]
        made = subprocess.run(command, input=frames.tobytes(), capture_output=True, check=False)
        assert made.returncode == 0, made.stderr
        return path.read_bytes()


def still(picture, frames=6):
    return np.repeat(picture[None], frames, axis=0)


async def taken(data, tmp_path, limits=LIMITS):
    async with ClipIntake(limits) as intake:
        clip = await intake.from_bytes(data)
    path = tmp_path / "taken.mp4"
    path.write_bytes(clip.mp4)
    return clip, read_clip(path).frames


def sixteen_bits(signal):
    return still(np.rint(np.clip(signal, 0, 1) * 65535).astype("<u2"))


DECLARED = {
    "HLG": (hlg(LIGHT @ TO_BT2020.T), "bt2020", ("bt2020", "arib-std-b67", "bt2020nc")),
    "PQ": (pq(LIGHT @ TO_BT2020.T), "bt2020", HDR10),
    "PQ whose matrix is not told": (pq(LIGHT @ TO_BT2020.T), "bt2020", ("bt2020", "smpte2084", "unknown")),
    "SDR of BT.2020": (srgb(LIGHT @ TO_BT2020.T), "bt2020", ("bt2020", "bt2020-10", "bt2020nc")),
    "P3": (srgb(LIGHT @ TO_P3.T), "bt709", ("smpte432", "bt709", "bt709")),
    "BT.601": (chart() / 255, "bt601", ("smpte170m", "smpte170m", "smpte170m")),
    "only the primaries are told": (chart() / 255, "bt709", ("bt709", "unknown", "unknown")),
}


@pytest.mark.parametrize("name", DECLARED)
async def test_the_colours_that_a_clip_declares_become_those_of_srgb(name, tmp_path):
    signal, matrix, tags = DECLARED[name]
    data = filmed(sixteen_bits(signal), *H264, matrix=matrix, tags=tags)
    _, frames = await taken(data, tmp_path)
    assert all(is_the_chart(frame, within=8) for frame in frames)


async def test_hdr_in_webm_is_toned_too(tmp_path):
    vp9 = ("-c:v", "libvpx-vp9", "-cpu-used", "8", "-crf", "4", "-b:v", "0")
    data = filmed(sixteen_bits(pq(LIGHT @ TO_BT2020.T)), *vp9, suffix="webm", matrix="bt2020", tags=HDR10)
    _, frames = await taken(data, tmp_path)
    assert is_the_chart(frames[0], within=8)


@pytest.mark.parametrize(
    ("size", "matrix"),
    [
        ((1280, 720), "bt709"),
        ((720, 1280), "bt709"),
        ((720, 576), "bt601"),
    ],
)
async def test_a_clip_without_tags_is_taken_as_players_take_it(size, matrix, tmp_path):
    data = filmed(still(chart(*size), 2), *H264, "-pix_fmt", "yuv420p", matrix=matrix, tags=("unknown",) * 3)
    _, frames = await taken(data, tmp_path)
    assert is_the_chart(frames[0], within=6)


def test_what_a_frame_is_said_to_be_only_chooses_from_a_table():
    line = "[Parsed_showinfo_0 @ 0x1]"
    told = f"{line} n: 0 fmt:yuv420p10le s:64x64\n{line} color_trc:smpte2084,evil=1"
    colours = ClipColours.read(told, width=64, height=64)
    assert colours.colour.is_plain
    assert "evil" not in colours.filters(size="w=2:h=2", ground=None)
    assert ClipColours.read("color_trc:smpte2084", width=64, height=64).colour.is_plain, (
        "the file's own words"
    )


def numbered(count, *, size=(96, 64)):
    """Frames that tell their number by their brightness."""
    return np.stack([np.full((size[1], size[0], 3), 20 + 200 * at // count, np.uint8) for at in range(count)])


def numbers(frames, count):
    return np.rint((frames.astype(float).mean((1, 2, 3)) - 20) / 200 * count).astype(int).tolist()


def trimmed(data, *options):
    with TemporaryDirectory() as folder:
        source, path = Path(folder, "long.mp4"), Path(folder, "trimmed.mp4")
        source.write_bytes(data)
        command = [FFMPEG, "-nostdin", "-v", "error", *options, "-i", str(source), "-c", "copy", str(path)]
        subprocess.run(command, check=True)
        return path.read_bytes()


@pytest.mark.parametrize(
    "codec", [(*H264, "-g", "240"), ("-c:v", "libx264", "-bf", "3", "-g", "240", "-crf", "4")]
)
async def test_a_trimmed_clip_is_as_long_as_it_is_shown(codec, tmp_path):
    whole = filmed(numbered(80), *codec, "-pix_fmt", "yuv420p", rate=2)
    data = trimmed(whole, "-ss", "30")
    assert len(data) > len(whole) * 0.9, "the frames before the cut are still in the file"
    clip, frames = await taken(data, tmp_path)
    assert clip.seconds == pytest.approx(10, abs=0.5)
    assert min(numbers(frames[:1], 80)) >= 59
    with pytest.raises(UserError, match="40 seconds"):
        await taken(whole, tmp_path)


async def test_frames_that_are_not_shown_count_towards_no_limit(tmp_path):
    whole = filmed(numbered(60), *H264, "-g", "240", "-pix_fmt", "yuv420p", rate=30)
    limits = clip_intake_limits(decode_wall_seconds=60, download_seconds=20, max_frames=20)
    with pytest.raises(UserError, match="more than 20 frames"):
        await taken(whole, tmp_path, limits)
    clip, frames = await taken(trimmed(whole, "-ss", "1.5"), tmp_path, limits)
    assert (clip.seconds, len(frames)) == (pytest.approx(0.5, abs=0.05), 12)


def gif(*delays):
    """Frames of growing brightness with delays in hundredths of a second."""
    drawn = [Image.fromarray(frame) for frame in numbered(len(delays))]
    buffer = io.BytesIO()
    drawn[0].save(
        buffer,
        "GIF",
        save_all=True,
        append_images=drawn[1:],
        duration=[10 * delay for delay in delays],
        loop=0,
    )
    return buffer.getvalue()


def with_delay(data, delay):
    """Pillow leaves a delay of 0 out, so it is written afterwards."""
    made = bytearray(data)
    at = made.find(b"\x21\xf9\x04")
    while at >= 0:
        made[at + 4 : at + 6] = delay.to_bytes(2, "little")
        at = made.find(b"\x21\xf9\x04", at + 8)
    return bytes(made)


@pytest.mark.parametrize(("delay", "shown"), [(0, 10), (1, 10), (2, 2)])
async def test_a_gif_runs_at_the_pace_of_browsers(delay, shown, tmp_path):
    clip, frames = await taken(with_delay(gif(*[10] * 10), delay), tmp_path)
    assert clip.seconds == pytest.approx(shown / 10, abs=0.06)
    if shown == 10:
        assert numbers(frames, 10) == list(range(10))


async def test_a_gif_may_lack_its_end_and_nothing_else(tmp_path):
    clip, frames = await taken(gif(*[10] * 10)[:-1], tmp_path)
    assert (clip.seconds, len(frames)) == (1.0, 10)
    with pytest.raises(UserError, match="missing"):
        await taken(gif(*[10] * 10)[:-3], tmp_path)


async def test_a_clip_that_stands_still_for_a_while_keeps_its_pace_where_it_moves(tmp_path):
    halts = ("-vf", "setpts='if(lt(N,12),N/24,N/24+2)/TB'", "-fps_mode", "vfr", "-enc_time_base", "1:24000")
    data = filmed(numbered(24), *H264, "-pix_fmt", "yuv420p", *halts, rate=24)
    clip, frames = await taken(data, tmp_path)
    seen = numbers(frames, 24)
    assert (clip.fps, clip.seconds) == (24, pytest.approx(3, abs=0.1))
    assert seen[:12] == list(range(12))
    assert seen[-12:] == list(range(12, 24))


UNEVEN = gif(*[10] * 10, 70, 30)
"""Its last two frames stand for longer than the others."""


async def test_what_is_upscaled_stays_with_its_sound_and_is_not_changed_where_it_need_not_be(tmp_path):
    limits = to_upscale(DEFAULTS)
    clip, frames = await taken(UNEVEN, tmp_path, limits)
    assert (clip.fps, clip.seconds, clip.even) == (10, pytest.approx(2, abs=0.01), True)
    assert numbers(frames, 12) == [*range(10), *[10] * 7, *[11] * 3]
    slides, frames = await taken(gif(200, 300), tmp_path, limits)
    assert (slides.seconds, len(frames)) == (5, 40)
    steady, frames = await taken(gif(*[4] * 6), tmp_path, limits)
    assert (steady.fps, numbers(frames, 6)) == (25, list(range(6)))


def test_judge_and_sheet_say_that_frames_come_unevenly(tmp_path):
    clip, even, sheet = tmp_path / "uneven.gif", tmp_path / "even.gif", tmp_path / "sheet.png"
    clip.write_bytes(UNEVEN)
    even.write_bytes(gif(*[10] * 12))
    told = ("do not follow each other evenly" in command(*words).output for words in (
        ("judge", clip), ("judge", clip, "--json"), ("sheet", clip, "-o", sheet), ("judge", even),
        ("sheet", even, "-o", sheet),
    ))  # fmt: skip
    assert [*told] == [True, True, True, False, False]


def test_judge_takes_a_clip_of_slides(tmp_path):
    clip = tmp_path / "slides.gif"
    clip.write_bytes(gif(200, 200, 200))
    assert (len(read_owners_clip(clip).frames), read_owners_clip(clip).fps) == (3, 0.5)


@pytest.mark.parametrize("limits", [to_judge(DEFAULTS), for_checked_clips(DEFAULTS)], ids=["judge", "check"])
@pytest.mark.parametrize(
    ("size", "frames"), [((1920, 1920), 2), ((1920, 64), 2), ((64, 1920), 2), ((64, 64), 16 * 60)]
)
async def test_every_clip_that_is_made_can_be_judged_and_checked(size, frames, limits, tmp_path):
    data = filmed(np.zeros((frames, *size[::-1], 3), np.uint8), *H264, "-pix_fmt", "yuv420p", rate=60)
    clip, seen = await taken(data, tmp_path, limits)
    assert ((clip.width, clip.height), clip.fps, len(seen)) == (size, 60, frames)


def rate_of(times, unit):
    listing = "\n".join(f"0, {at}, {at}, 1, 9, 0x0" for at in times)
    told = f"#tb 0: {unit}\n#media_type 0: video\n#codec_id 0: h264\n#dimensions 0: 64x64\n{listing}"
    return read_packets(told, streams_in(told), keep_seconds=10).working_rate(24)


@pytest.mark.parametrize(
    ("times", "unit", "rate"),
    [
        ([round(at * 1000 / 15) for at in range(60)], "1/1000", 15),  # 66 and 67 ms in turn
        ([round(at * 1000 / 12) for at in range(60)], "1/1000", 12),
        ([at * 1001 for at in range(60)], "1/24000", 24),
        ([at + 3 * (at > 30) for at in range(60)], "1/15", 15),  # three frames were dropped
        ([at if at < 20 else 20 + 4 * (at - 20) for at in range(60)], "1/20", 20),  # a third is lively
        ([at * 100 + (at * 37 % 60) for at in range(100)], "1/1200", 12),  # times that tremble
        ([0, 0, 1, 1, 2, 2], "1/10", 10),  # two at once
        ([0, 5], "1/1", 8),  # a slide show
    ],
)
def test_the_rate_is_that_of_the_lively_parts(times, unit, rate):
    assert float(rate_of(times, unit)) == pytest.approx(rate, rel=0.02 if unit == "1/1200" else 0.002)


def sticker(ink, hidden):
    """A box of ink on nothing, whose hidden colour must never be seen."""
    picture = np.zeros((96, 128, 4), np.uint8)
    picture[..., :3] = hidden
    picture[24:72, 32:96] = (*ink, 255)
    return still(picture)


ALPHA = {
    "VP9": (
        "webm",
        ("-c:v", "libvpx-vp9", "-cpu-used", "8", "-crf", "8", "-b:v", "0", "-pix_fmt", "yuva420p"),
    ),
    "VP8": (
        "webm",
        ("-c:v", "libvpx", "-cpu-used", "8", "-b:v", "4M", "-auto-alt-ref", "0", "-pix_fmt", "yuva420p"),
    ),
    "ProRes 4444": ("mov", ("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le")),
    "QuickTime Animation": ("mov", ("-c:v", "qtrle", "-pix_fmt", "argb")),
}


DARK, BRIGHT = ((180, 30, 20), 255), ((240, 230, 90), 0)
"""An ink, and the ground that shows it."""


@pytest.mark.parametrize(
    ("name", "ink", "ground"),
    [("VP9", *DARK), ("VP8", *BRIGHT), ("ProRes 4444", *BRIGHT), ("QuickTime Animation", *DARK)],
)
async def test_a_transparent_clip_lies_on_a_ground_that_shows_it(name, ink, ground, tmp_path):
    suffix, options = ALPHA[name]
    data = filmed(sticker(ink, (0, 255, 0)), *options, suffix=suffix, matrix="bt601")
    _, frames = await taken(data, tmp_path)
    assert np.abs(frames[:, :16].astype(int) - ground).max() <= 6, "no hidden green"
    assert np.abs(frames[:, 40:56, 48:80].astype(int) - ink).max() <= 14


async def test_a_bright_clip_with_a_dark_rim_lies_on_white(tmp_path):
    picture = sticker((40, 42, 90), (0, 255, 0))
    picture[:, 32:64, 40:88, :3] = 255
    suffix, options = ALPHA["QuickTime Animation"]
    _, frames = await taken(filmed(picture, *options, suffix=suffix), tmp_path)
    assert np.abs(frames[:, :16].astype(int) - 255).max() <= 6


async def test_a_transparent_gif_lies_on_a_ground_too(tmp_path):
    drawn = [Image.fromarray(frame) for frame in sticker((180, 30, 20), (0, 255, 0))]
    buffer = io.BytesIO()
    drawn[0].save(
        buffer, "GIF", save_all=True, append_images=[drawn[1], drawn[0].rotate(90)], duration=100, disposal=2
    )
    _, frames = await taken(buffer.getvalue(), tmp_path)
    assert np.abs(frames[0][:16].astype(int) - 255).max() <= 6


async def test_a_clip_that_could_be_transparent_and_is_not_stays_as_it_is(tmp_path):
    opaque = np.dstack([chart(), np.full((96, 128), 255, np.uint8)])
    suffix, options = ALPHA["QuickTime Animation"]
    _, frames = await taken(filmed(still(opaque), *options, suffix=suffix), tmp_path)
    assert is_the_chart(frames[0], within=6)


def command(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def moving(count=24, *, size=(128, 96)):
    """The chart, wandering."""
    wide = chart(size[0] + 2 * count, size[1])
    return np.stack([wide[:, 2 * at : 2 * at + size[0]] for at in range(count)])


def test_judge_and_sheet_read_hdr_as_the_intake_does(tmp_path):
    clip = tmp_path / "hlg.mp4"
    clip.write_bytes(
        filmed(
            sixteen_bits(hlg(LIGHT @ TO_BT2020.T)),
            *H264,
            matrix="bt2020",
            tags=("bt2020", "arib-std-b67", "bt2020nc"),
        )
    )
    assert is_the_chart(read_owners_clip(clip).frames[0], within=8)
    made = command("sheet", clip, "-o", tmp_path / "sheet.png")
    assert made.exit_code == 0, made.output
    sheet = np.asarray(Image.open(tmp_path / "sheet.png").convert("RGB")).reshape(-1, 3).astype(int)
    for colour in QUADRANTS:
        assert (np.abs(sheet - colour).max(1) <= 10).mean() > 0.02, "each colour of the chart is on the sheet"


@pytest.mark.parametrize("rate", [8, 60, "24000/1001", "30000/1001", "60000/1001"])
def test_judge_sees_every_frame_of_a_clip_unchanged(rate, tmp_path):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(filmed(moving(), *H264, "-pix_fmt", "yuv420p", rate=rate, tags=BT709))
    seen, stored = read_owners_clip(clip), read_clip(clip)
    assert np.array_equal(seen.frames, stored.frames)
    assert seen.fps == pytest.approx(stored.fps)


def test_judge_refuses_what_is_no_clip_and_never_judges_one_frame_alone(tmp_path):
    one, picture, short = tmp_path / "one.mp4", tmp_path / "plain.png", tmp_path / "short.mp4"
    one.write_bytes(filmed(moving(1), *H264, "-pix_fmt", "yuv420p"))
    Image.fromarray(chart()).save(picture)
    short.write_bytes(filmed(moving(3), *H264, "-pix_fmt", "yuv420p", rate=60))
    for path, words in ((one, "still picture"), (picture, "looks like a picture")):
        answer = command("judge", path)
        assert (answer.exit_code, words in answer.output) == (2, True), answer.output
        assert path.name in answer.output
    assert json.loads(command("judge", short, "--json").output)["frames"] == 2


def test_judge_refuses_a_bomb_before_it_is_decoded(tmp_path, monkeypatch):
    clip = tmp_path / "bomb.mp4"
    many = filmed(
        still(np.zeros((64, 64, 3), np.uint8), 2), *H264, "-pix_fmt", "yuv420p", rate=Fraction(1, 1800)
    )
    clip.write_bytes(many)
    answer = command("judge", clip)
    assert (answer.exit_code, "seconds long" in answer.output) == (2, True), answer.output


def saved(picture, path, **options):
    Image.fromarray(picture).save(path, **options)
    return path


def test_judge_reads_a_reference_as_the_intake_does(tmp_path):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(filmed(moving(), *H264, "-pix_fmt", "yuv420p", tags=BT709))
    grey = moving(1)[0].mean(2).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    clear = np.dstack([moving(1)[0], np.full((96, 128), 255, np.uint8)])
    same = {
        "8 bits of grey": (
            saved(grey, tmp_path / "8.png"),
            saved(grey.astype(np.uint16) * 257, tmp_path / "16.png"),
        ),
        "on its side": (
            saved(moving(1)[0], tmp_path / "upright.png"),
            saved(np.rot90(moving(1)[0]), tmp_path / "lying.png", exif=exif),
        ),
        "alpha": (saved(moving(1)[0], tmp_path / "plain.png"), saved(clear, tmp_path / "clear.png")),
    }
    for name, (one, other) in same.items():
        assert np.array_equal(read_owners_picture(one), read_owners_picture(other)), name
    scores = [command("judge", clip, "--reference", path, "--json").output for path in same["8 bits of grey"]]
    assert scores[0] == scores[1]
