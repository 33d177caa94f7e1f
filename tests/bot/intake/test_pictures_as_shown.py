"""Pictures as people send them, and as browsers and Discord show them."""

import io
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from benchmarks.encoded_pictures import before_idat, chunk, encoded, riff
from benchmarks.heic import heic
from bot.intake.decoder import Decoder
from bot.intake.picture_intake import Intake
from engine.untrusted.colour import Colour
from engine.untrusted.decode_picture import decode
from engine.untrusted.headers import Note, PictureLimits, Refusal, Refused
from tests.chart import GREYS, TO_BT2020, TO_P3, chart, hlg, is_the_chart, light, pq, srgb
from tests.policies import intake_limits

LIMITS = PictureLimits()


@pytest.fixture(autouse=True)
def what_the_decoder_changes(monkeypatch):
    """Most pictures are decoded here, without a process of their own for each."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
    monkeypatch.setattr(PngImagePlugin, "MAX_TEXT_CHUNK", PngImagePlugin.MAX_TEXT_CHUNK)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")


def taken(data, limits=LIMITS):
    return np.asarray(decode(data, limits).image)


async def taken_by_the_process(data):
    pixels = await Decoder(LIMITS, wall_seconds=30, at_once=2).decode(data)
    return np.frombuffer(pixels.data, np.uint8).reshape(pixels.height, pixels.width, 3)


def refusal(data):
    with pytest.raises(Refused) as caught:
        taken(data)
    return caught.value.code


def eight_bits(signal):
    return Image.fromarray(np.rint(np.clip(signal, 0, 1) * 255).astype(np.uint8))


def png(signal, *chunks):
    return before_idat(encoded("PNG", eight_bits(signal)), b"".join(chunks))


def cicp(primaries, transfer):
    return chunk(b"cICP", bytes((primaries, transfer, 0, 1)))


def gamma(value):
    return chunk(b"gAMA", struct.pack(">I", round(value * 100_000)))


def white_and_primaries(*values):
    return chunk(b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in values)))


P3_XY = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
SRGB_XY = (0.3127, 0.3290, 0.640, 0.330, 0.300, 0.600, 0.150, 0.060)


def profile(space, *tags):
    """An ICC profile of version 2 from pairs of a signature and its data."""
    table, body, at = b"", b"", 132 + 12 * len(tags)
    for name, data in tags:
        padded = data + bytes(-len(data) % 4)
        table += struct.pack(">4sII", name, at + len(body), len(data))
        body += padded
    rest = struct.pack(">I", len(tags)) + table + body
    header = struct.pack(">I4sI4s4s4s", 128 + len(rest), b"lcms", 0x02100000, b"mntr", space, b"XYZ ")
    header = header.ljust(36, b"\0") + b"acsp" + bytes(28) + struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D)
    return header.ljust(128, b"\0") + rest


WHITE_POINT = b"wtpt", b"XYZ " + bytes(4) + struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D)
LINEAR_GREY = profile(b"GRAY", WHITE_POINT, (b"kTRC", b"curv" + bytes(8)))
PQ_PROFILE = profile(b"RGB ", (b"cicp", b"cicp" + bytes((0, 0, 0, 0, 9, 16, 0, 1))))
NAMED_PQ_PROFILE = profile(b"RGB ", (b"desc", b"desc" + bytes(4) + b"\0\0\0\x12ITUR_2100_PQ_FULL\0"))

LIGHT = light(chart())
IN_PQ, IN_HLG = pq(LIGHT @ TO_BT2020.T), hlg(LIGHT @ TO_BT2020.T)
IN_P3 = srgb(LIGHT @ TO_P3.T)


def avif_in_pq():
    data = encoded("AVIF", eight_bits(IN_PQ), quality=95, subsampling="4:4:4")
    at = data.index(b"nclx") + 4
    return data[:at] + struct.pack(">HH", 9, 16) + data[at + 4 :]


DECLARED = {
    "PNG in PQ": lambda: png(IN_PQ, cicp(9, 16)),
    "PNG in HLG": lambda: png(IN_HLG, cicp(9, 18)),
    "PNG in PQ of BT.709": lambda: png(pq(LIGHT), cicp(1, 16)),
    "PNG in P3": lambda: png(IN_P3, cicp(12, 13)),
    "PNG in P3, its profile says sRGB": lambda: before_idat(
        encoded(
            "PNG",
            eight_bits(IN_P3),
            icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        ),
        cicp(12, 13),
    ),
    "PNG in sRGB": lambda: png(chart() / 255, cicp(1, 13)),
    "PNG in ordinary video": lambda: png(chart() / 255, cicp(1, 1)),
    "PNG in linear light, by cICP": lambda: png(LIGHT, cicp(1, 8)),
    "PNG in linear light, by gAMA": lambda: png(LIGHT, gamma(1)),
    "PNG of an old Macintosh": lambda: png(LIGHT ** (1 / 1.8), gamma(1 / 1.8)),
    "PNG in P3, by cHRM": lambda: png(
        (LIGHT @ TO_P3.T).clip(0, 1) ** (1 / 2.2), gamma(1 / 2.2), white_and_primaries(*P3_XY)
    ),
    "PNG with sRGB's gAMA and cHRM": lambda: png(
        chart() / 255, gamma(1 / 2.2), white_and_primaries(*SRGB_XY)
    ),
    "PNG that is sRGB in spite of gAMA": lambda: png(chart() / 255, gamma(1), chunk(b"sRGB", b"\0")),
    "PNG with a gAMA of nothing": lambda: png(chart() / 255, gamma(0)),
    "PNG with impossible primaries": lambda: png(
        chart() / 255, gamma(1 / 2.2), white_and_primaries(*[0.3, 0.3] * 4)
    ),
    "PNG in PQ, by its profile": lambda: encoded("PNG", eight_bits(IN_PQ), icc_profile=PQ_PROFILE),
    "PNG in PQ, by its profile's name": lambda: encoded(
        "PNG", eight_bits(IN_PQ), icc_profile=NAMED_PQ_PROFILE
    ),
    "JPEG in PQ, by its profile": lambda: encoded(
        "JPEG", eight_bits(IN_PQ), icc_profile=PQ_PROFILE, quality=98, subsampling=0
    ),
    "WebP in PQ, by its profile": lambda: encoded(
        "WEBP", eight_bits(IN_PQ), icc_profile=PQ_PROFILE, lossless=True
    ),
    "AVIF in PQ": avif_in_pq,
    "HEIC in HLG": lambda: heic(eight_bits(IN_HLG), primaries=9, transfer=18),
    "HEIC in P3": lambda: heic(eight_bits(IN_P3), primaries=12),
}


@pytest.mark.parametrize("name", DECLARED)
def test_the_colours_that_a_file_declares_become_srgb(name):
    assert is_the_chart(taken(DECLARED[name]()), within=12 if "PQ" in name or "HLG" in name else 6)


@pytest.mark.parametrize("name", ["PNG in PQ", "AVIF in PQ", "HEIC in HLG"])
async def test_the_confined_process_has_what_hdr_needs(name):
    assert is_the_chart(await taken_by_the_process(DECLARED[name]()), within=12)


@pytest.mark.parametrize("curve", [pq, hlg])
def test_highlights_are_rolled_off_and_stay_apart(curve):
    steps = np.linspace(0, 2.5, 60)
    transfer = 16 if curve is pq else 18
    ramp = np.repeat(np.rint(curve(steps) * 255).astype(np.uint8)[None, :, None], 3, axis=2)
    shown = Colour.of(primaries=9, transfer=transfer).to_srgb(ramp)[0].astype(int)
    white = np.abs(steps - 1).argmin()
    assert np.ptp(shown, axis=1).max() <= 1, "grey stays grey"
    assert (np.diff(shown[:, 0]) >= 0).all()
    assert 240 <= shown[white, 0] < shown[white + 8, 0] < shown[-1, 0] <= 255


def test_a_grey_picture_keeps_its_own_profile_beside_transparency():
    grey = np.rint(light(GREYS) * 255)
    picture = Image.fromarray(np.kron(grey.reshape(2, 2), np.ones((48, 64))).astype(np.uint8))
    with_alpha = picture.convert("LA")
    for image in (picture, with_alpha):
        shown = taken(encoded("PNG", image, icc_profile=LINEAR_GREY))
        assert is_the_chart(shown, within=2, colours=GREYS)


def test_of_a_grey_picture_in_linear_light_the_colours_are_right_too():
    grey = np.repeat(GREYS.reshape(2, 2)[..., None], 3, axis=2)
    picture = eight_bits(np.kron(light(grey)[..., 0], np.ones((48, 64))))
    assert is_the_chart(taken(before_idat(encoded("PNG", picture), gamma(1))), within=3, colours=GREYS)


def broken(kind, body):
    whole = chunk(kind, body)
    return whole[:-4] + bytes((whole[-4] ^ 1,)) + whole[-3:]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (b"gAMA", struct.pack(">I", 10_000)),
        (b"cHRM", bytes(32)),
        (b"sRGB", b"\0"),
        (b"iCCP", b"a\0\0" + zlib.compress(LINEAR_GREY)),
        (b"tRNS", bytes(6)),
        (b"cICP", bytes((9, 16, 0, 1))),
        (b"eXIf", b"II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0"),
        (b"tEXt", b"a\0b"),
        (b"prVt", b"x"),
    ],
)
def test_a_wrong_checksum_of_what_is_not_needed_leaves_it_out(kind, body):
    damaged = before_idat(encoded("PNG", Image.fromarray(chart())), broken(kind, body))
    assert np.array_equal(taken(damaged), chart())


def test_a_wrong_checksum_of_what_is_needed_is_damage():
    palette = Image.fromarray(chart()).quantize(16)
    data = encoded("PNG", palette)
    for kind in (b"IHDR", b"PLTE", b"IDAT", b"IEND"):
        at = data.index(kind) - 4
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        assert refusal(data[: end - 1] + bytes((data[end - 1] ^ 1,)) + data[end:]) is Refusal.CORRUPT


def ends():
    whole = Image.fromarray(chart())
    jpeg, late = (
        encoded("JPEG", whole, quality=95, subsampling=0),
        encoded("JPEG", whole, quality=95, progressive=True),
    )
    yield "JPEG", jpeg[:-2], jpeg[:-12]
    yield "half an EOI", jpeg[:-1], jpeg[: len(jpeg) // 2]
    yield "progressive JPEG", late[:-2], late[: len(late) // 2]
    restarts = encoded("JPEG", whole, quality=95, restart_marker_rows=1)
    yield "JPEG with restarts", restarts[:-2], restarts[:-30]
    yield (
        "JPEG before a restart",
        restarts[:-1],
        restarts[: max(restarts.rfind(bytes((255, 0xD0 + at))) for at in range(8))],
    )
    photo = encoded("JPEG")
    within = next(
        at for at in range(photo.index(b"\xff\xda") + 999, len(photo)) if photo[at : at + 2] == b"\xff\0"
    )
    yield "JPEG within a byte that looks like a marker", jpeg[:-1], photo[: within + 1]
    png = encoded("PNG", whole)
    yield "PNG", png[:-12], png[:-20]
    yield "half an IEND", png[:-5], png[:-13]
    interlaced = b"".join(chunk(b"IDAT", part) for part in halves(png))
    start = png[: png.index(b"IDAT") - 4]
    yield "PNG of two IDAT", start + interlaced, start + chunk(b"IDAT", halves(png)[0])
    gif = encoded("GIF", whole)
    yield "GIF", gif[:-1], gif[:-3]


def halves(png):
    at = png.index(b"IDAT")
    pixels = png[at + 4 : at + 4 + int.from_bytes(png[at - 4 : at], "big")]
    return pixels[: len(pixels) // 2], pixels[len(pixels) // 2 :]


@pytest.mark.parametrize(
    ("name", "without_its_end", "cut"),
    list(ends()),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_only_a_missing_end_mark_is_forgiven(name, without_its_end, cut):
    assert is_the_chart(taken(without_its_end), within=8), name
    assert refusal(cut) is Refusal.TRUNCATED


def test_a_webp_may_lack_the_byte_that_fills_it_up():
    body = encoded("WEBP", Image.fromarray(chart()), quality=95)[20:]
    odd = riff((b"VP8 ", body + b"\0" * (1 - len(body) % 2)))
    assert is_the_chart(taken(odd[:-1]), within=12)
    assert refusal(odd[:-2]) is Refusal.TRUNCATED


XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>"""


def exif(orientation=None):
    made = Image.Exif()
    made[0x010F] = "a camera"
    if orientation is not None:
        made[0x0112] = orientation
    return made


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "AVIF", "TIFF"])
def test_only_exif_turns_a_picture(form):
    more = {"quality": 95} if form != "TIFF" else {}
    xmp = {"tiffinfo": {700: XMP}} if form == "TIFF" else {"xmp": XMP}
    upright = Image.fromarray(chart())
    assert is_the_chart(taken(encoded(form, upright, **xmp, **more)), within=12)
    if form != "TIFF":
        assert is_the_chart(taken(encoded(form, upright, **xmp, **more, exif=exif())), within=12)
    lying = upright.transpose(Image.Transpose.ROTATE_90)
    assert is_the_chart(taken(encoded(form, lying, **more, exif=exif(6))), within=12)


@pytest.mark.parametrize("form", ["GIF", "BMP", "TIFF", "AVIF", "HEIF"])
def test_a_picture_of_each_format_is_taken(form):
    options = {"quality": 95} if form == "AVIF" else {}
    assert is_the_chart(taken(encoded(form, Image.fromarray(chart()), **options)), within=6)


def test_a_heic_comes_out_as_its_own_words_turn_it():
    lying = Image.fromarray(chart()).transpose(Image.Transpose.ROTATE_270)
    assert is_the_chart(taken(heic(lying, quarter_turns=1)), within=6)


def test_a_heic_is_refused_by_its_name_where_no_decoder_is(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pi_heif", None)
    with pytest.raises(Refused) as caught:
        decode(heic(Image.fromarray(chart())), LIMITS)
    assert (caught.value.code, caught.value.facts) == (Refusal.FORMAT, {"looks_like": "a HEIC"})


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
async def test_a_profile_that_is_too_large_is_left_out_and_said(form):
    noise = np.random.default_rng(1).bytes(2**20 + 1)
    data = encoded(
        form, Image.fromarray(chart()), icc_profile=noise, **({"quality": 95} if form == "JPEG" else {})
    )
    pixels = await Decoder(LIMITS, wall_seconds=30, at_once=1).decode(data)
    assert pixels.notes == (Note.PROFILE_TOO_LARGE,)
    async with Intake(intake_limits(decode_wall_seconds=30)) as intake:
        clean = await intake.from_bytes(data)
    assert any("colour profile" in note for note in clean.facts.subject(clean.sha256).notes)


@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_deep_greys_of_a_tiff_become_eight_bits(kind):
    grey = np.kron(GREYS.reshape(2, 2), np.ones((48, 64)))
    deep = (grey * 257).astype(np.uint16) if kind is np.uint16 else (grey / 255).astype(np.float32)
    assert is_the_chart(taken(encoded("TIFF", Image.fromarray(deep))), within=1, colours=GREYS)


def tiff(values, *, white_is_zero=False):
    """Pillow writes no big-endian numbers, and none where the largest is black."""
    rows, columns = values.shape
    order = ">" if values.dtype.byteorder == ">" else "<"
    tags = {
        256: columns, 257: rows, 258: 8 * values.itemsize, 259: 1, 262: 0 if white_is_zero else 1, 273: 8,
        277: 1, 278: rows, 279: values.nbytes, 339: 2 if values.dtype.kind == "i" else 1,
    }  # fmt: skip
    entries = b"".join(struct.pack(f"{order}HHII", tag, 4, 1, value) for tag, value in tags.items())
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8 + values.nbytes)
    return head + values.tobytes() + struct.pack(f"{order}H", len(tags)) + entries + bytes(4)


DEEP = np.kron(GREYS.reshape(2, 2), np.ones((48, 64), int))
TIFFS = {
    "big-endian": tiff((DEEP * 257).astype(">u2")),
    "32 bits": tiff((DEEP * 0x01010101).astype("<u4")),
    "signed": tiff((DEEP * 128).astype("<i2")),
    "32 bits, signed": tiff((DEEP * 0x00808080).astype("<i4")),
    "the largest is black": tiff((65535 - DEEP * 257).astype("<u2"), white_is_zero=True),
}


@pytest.mark.parametrize("name", TIFFS)
def test_the_numbers_of_a_grey_tiff_mean_what_its_tags_say(name):
    assert is_the_chart(taken(TIFFS[name]), within=1, colours=GREYS)


def test_one_of_sixteen_bits_of_grey_may_stand_for_nothing():
    deep = (DEEP * 257).astype(np.uint16)
    deep[:48, :64] = 4660
    data = before_idat(encoded("PNG", Image.fromarray(deep)), chunk(b"tRNS", struct.pack(">H", 4660)))
    shown = taken(data)
    assert (shown[8:40, 8:56] == shown[0, 0, 0]).all()
    assert shown[0, 0, 0] in {0, 255}, "the ground"
    nearly = taken(
        before_idat(encoded("PNG", Image.fromarray(deep)), chunk(b"tRNS", struct.pack(">H", 4661)))
    )
    assert (nearly[8:40, 8:56] == 4660 >> 8).all()


@pytest.mark.parametrize("mode", ["CMYK", "LAB", "RGBA", "P"])
def test_other_modes_of_a_tiff_are_read(mode):
    picture = Image.fromarray(chart())
    if mode == "LAB":
        srgb_profile, lab_profile = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        made = ImageCms.profileToProfile(picture, srgb_profile, lab_profile, outputMode="LAB")
    else:
        made = picture.convert(mode)
    assert is_the_chart(taken(encoded("TIFF", made)), within=8 if mode != "P" else 40)


def test_the_new_formats_hold_to_the_limits():
    large = Image.fromarray(chart(400, 300))
    for form in ("GIF", "BMP", "TIFF", "AVIF", "HEIF"):
        with pytest.raises(Refused, match="E_PIXELS"):
            taken(encoded(form, large), replace(LIMITS, max_side=300))


def test_the_chart_is_told_from_its_turns():
    assert is_the_chart(chart())
    assert not any(is_the_chart(np.rot90(chart(96, 96), turns), within=40) for turns in (1, 2, 3))
    assert not is_the_chart(chart()[:, ::-1], within=40)
    assert not is_the_chart(np.asarray(Image.open(io.BytesIO(encoded("PNG", eight_bits(IN_PQ))))), within=12)
