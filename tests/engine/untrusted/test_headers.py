from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.encoded_pictures import before_idat, chunk, encoded, jpeg_scans, oriented, png_of, riff, scene
from engine.untrusted.decode_picture import decode
from engine.untrusted.headers import PictureFormat, PictureLimits, Refusal, Refused
from engine.untrusted.picture_headers import read_header, slim_png

LIMITS = PictureLimits()


def refusal(data, limits=LIMITS):
    with pytest.raises(Refused) as caught:
        read_header(data, limits)
    return caught.value


@pytest.mark.parametrize("form", PictureFormat)
def test_format_and_size_are_read_from_the_bytes(form):
    header = read_header(encoded(form, scene(120, 90)), LIMITS)
    assert (header.format, header.width, header.height) == (form, 120, 90)


def test_a_lossless_webp_and_one_with_a_canvas_have_their_size_read():
    lossless = encoded("WEBP", scene(120, 90), lossless=True)
    assert b"VP8L" in lossless
    canvas = oriented(6, "WEBP")
    assert b"VP8X" in canvas
    assert (read_header(lossless, LIMITS).width, read_header(canvas, LIMITS).height) == (120, 80)


@pytest.mark.parametrize(
    ("size", "code"),
    [
        ((64, 64), None),
        ((63, 64), Refusal.SMALL),
        ((256, 64), None),
        ((257, 64), Refusal.ASPECT),
        ((8192, 4882), None),
        ((8192, 4883), Refusal.PIXELS),
        ((8193, 4096), Refusal.PIXELS),
        ((0, 64), Refusal.CORRUPT),
    ],
)
def test_each_limit_of_size_holds_to_the_pixel(size, code):
    data = png_of(*size, rows=b"")
    if code is None:
        assert read_header(data, LIMITS).width == size[0]
    else:
        assert refusal(data).code is code


def test_scans_and_chunks_are_counted_to_the_limit():
    limits = replace(LIMITS, jpeg_scans=20, png_chunks=10)
    assert read_header(jpeg_scans(20), limits).parts == 20
    assert refusal(jpeg_scans(21), limits).code is Refusal.COMPLEX
    assert read_header(before_idat(encoded("PNG"), chunk(b"teSt") * 7), limits).parts == 10
    assert refusal(before_idat(encoded("PNG"), chunk(b"teSt") * 8), limits).code is Refusal.COMPLEX
    frame = (b"VP8 ", encoded("WEBP")[20:])
    assert refusal(riff(frame, *[(b"JUNK", b"")] * 10), limits).code is Refusal.COMPLEX


@pytest.mark.parametrize("form", PictureFormat)
def test_a_file_cut_anywhere_is_called_cut(form):
    data = encoded(form)
    for end in range(12, len(data), max(1, len(data) // 60)):
        if form is PictureFormat.JPEG:  # whether its pixels are all there shows only when it is decoded
            with pytest.raises(Refused, match="E_TRUNCATED"):
                decode(data[:end], LIMITS)
        else:
            assert refusal(data[:end]).code is Refusal.TRUNCATED


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\xff\x0a", "a JPEG XL"),
        (b"8BPS\0\1", "a Photoshop file"),
        (b"\0\0\0\x18ftypisom", "a video"),
        (b"<?xml version='1.0'?><svg/>", "an SVG"),
        (b"#EXTM3U\n", "a playlist"),
        (b"what is this", ""),
    ],
)
def test_another_format_is_refused_by_its_name(data, name):
    refused = refusal(data)
    assert (refused.code, refused.facts["looks_like"]) == (Refusal.FORMAT, name)


def test_only_what_is_drawn_is_kept_of_a_png():
    more = chunk(b"tEXt", b"secret\0words") + chunk(b"acTL", bytes(8)) + chunk(b"eXIf", b"II*\0")
    slim, _ = slim_png(before_idat(encoded("PNG"), more) + b"hidden", LIMITS)
    assert not any(word in slim for word in (b"secret", b"acTL", b"hidden"))
    assert b"eXIf" in slim


def test_a_wrong_checksum_of_the_pixels_is_damage():
    data = encoded("PNG")
    with pytest.raises(Refused, match="E_CORRUPT"):
        slim_png(data[:-16] + bytes(4) + data[-12:], LIMITS)


GOOD = {form: encoded(form) for form in PictureFormat}


@given(
    st.sampled_from(list(PictureFormat)),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=8),
)
def test_damage_is_refused_or_read_and_nothing_else(form, damage):
    data = bytearray(GOOD[form])
    for at, byte in damage:
        data[at % len(data)] = byte
    try:
        header = read_header(bytes(data), LIMITS)
        if header.format is PictureFormat.PNG:
            slim_png(bytes(data), LIMITS)
    except Refused:
        return
    assert LIMITS.min_side <= min(header.width, header.height)
    assert header.width * header.height <= LIMITS.max_pixels


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\xf0\0\0\0WEBP"]),
)
def test_noise_after_any_magic_is_refused(noise, magic):
    assert isinstance(refusal(magic + noise).code, Refusal)
