"""A sealed clip says where it comes from, and shows whether it was changed since."""

from __future__ import annotations

import dataclasses
import socket
import subprocess
import sys

import imageio_ffmpeg
import numpy as np
import pytest

from engine.clips.encode import encode
from engine.clips.mp4 import top_boxes
from engine.core.cancel import CancelToken
from engine.core.recipe import Kind, Recipe
from engine.provenance.identity import make_identity
from engine.provenance.seal import NO_KEY, NO_LIBRARY, Sealer, Signature, inspect_clip
from engine.provenance.statement import metadata
from engine.provenance.xmp import read_source_type, source_type_box

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
RECIPE = Recipe(
    kind=Kind.ANIMATE, engine="camera", seed=7, width=64, height=48, frames=6, native_fps=12.0, fps=12.0,
    length=6, prompt="ein See “quoted” 🎬", inputs={"picture": "ab" * 32},
)  # fmt: skip


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    path = tmp_path_factory.mktemp("plain") / "clip.mp4"
    noise = np.random.default_rng(1).integers(0, 256, (6, 48, 64, 3), dtype=np.uint8)
    encode(
        noise, fps=12, path=path, metadata=metadata(RECIPE), max_bytes=10**6,
        progress=lambda _: None, cancel=CancelToken(),
    )  # fmt: skip
    return path.read_bytes()


@pytest.fixture(scope="module")
def sealer():
    return Sealer(make_identity())


@pytest.fixture(scope="module")
def sealed(sealer, plain):
    made = sealer.seal(plain, RECIPE)
    assert made.unsigned == ""
    return made.mp4


@pytest.fixture
def looked_at(tmp_path):
    def look(data: bytes):
        path = tmp_path / "clip.mp4"
        path.write_bytes(data)
        return inspect_clip(path)

    return look


def test_a_sealed_clip_names_its_recipe_its_source_type_and_a_whole_signature(sealed, looked_at):
    found = looked_at(sealed)
    assert found.recipe == RECIPE
    assert found.source_type == IPTC + "compositeSynthetic"
    assert found.signature is Signature.VALID
    assert found.problems == ("signingCredential.untrusted",)  # nobody knows this installation
    assert found.signer == "Framekiln clips"


def test_what_is_signed_names_the_program_the_engine_and_the_digest_of_what_went_in(sealed, plain):
    for said in (
        b"Framekiln",
        b"c2pa.created",
        IPTC.encode() + b"compositeSynthetic",
        b"sha256:" + b"ab" * 32,
    ):
        assert said in sealed
    assert b"c2pa.created" not in plain


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_one_changed_byte_breaks_the_signature(sealed, looked_at, share):
    changed = bytearray(sealed)
    changed[-int(len(sealed) * (1 - share))] ^= 1
    assert looked_at(bytes(changed)).signature is Signature.INVALID


def test_a_changed_recipe_or_source_type_breaks_it_too(sealed, looked_at):
    for word, other in (
        (b'"seed": 7', b'"seed": 8'),
        (b">" + IPTC.encode() + b"comp", b">" + IPTC.encode() + b"kaum"),
    ):
        assert sealed.count(word) == 1
        assert looked_at(sealed.replace(word, other)).signature is Signature.INVALID


def test_an_encoder_after_the_seal_strips_it(sealed, tmp_path):
    source, again = tmp_path / "sealed.mp4", tmp_path / "again.mp4"
    source.write_bytes(sealed)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(source), "-c", "copy", str(again)]
    subprocess.run(command, check=True, capture_output=True)
    found = inspect_clip(again)
    assert (found.signature, found.source_type) == (Signature.NONE, "")


def test_players_read_the_frames_of_a_sealed_clip_as_before(sealed, plain, tmp_path):
    paths = [tmp_path / "plain.mp4", tmp_path / "sealed.mp4"]
    digests = []
    for path, data in zip(paths, (plain, sealed), strict=True):
        path.write_bytes(data)
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-f", "framemd5", "-"]
        run = subprocess.run(command, check=True, capture_output=True, text=True)
        assert run.stderr == ""
        digests.append(run.stdout)
    assert digests[0] == digests[1]
    assert len([line for line in digests[0].splitlines() if not line.startswith("#")]) == 6
    names = [box.name for box in top_boxes(paths[1])]
    assert names.index(b"moov") < names.index(b"mdat")  # it still plays before it is loaded whole


def test_what_the_engine_made_is_the_same_each_time_and_a_seal_never_is(sealer, plain, sealed):
    assert sealer.seal(plain, RECIPE).mp4 != sealed


def test_without_a_key_or_the_library_a_clip_has_its_tags_and_says_why(plain, looked_at, monkeypatch):
    unsigned = Sealer(None).seal(plain, RECIPE)
    assert unsigned.unsigned == NO_KEY
    assert looked_at(unsigned.mp4).signature is Signature.NONE
    monkeypatch.setitem(sys.modules, "c2pa", None)
    tagged = Sealer(make_identity()).seal(plain, RECIPE)
    assert tagged.unsigned == NO_LIBRARY
    found = looked_at(tagged.mp4)
    assert (found.recipe, found.source_type) == (RECIPE, IPTC + "compositeSynthetic")
    assert found.signature is Signature.UNKNOWN


def test_a_clip_that_cannot_be_signed_goes_out_all_the_same(sealer):
    made = sealer.seal(b"no clip at all", RECIPE)
    assert made.mp4 == b"no clip at all" + source_type_box(IPTC + "compositeSynthetic")
    assert made.unsigned.startswith("signing failed")


def test_a_clip_whose_signing_fails_still_carries_its_tags(plain, looked_at):
    broken = dataclasses.replace(make_identity(), key=b"no key at all")
    made = Sealer(broken).seal(plain, RECIPE)
    assert made.unsigned.startswith("signing failed")
    found = looked_at(made.mp4)
    assert (found.recipe, found.source_type) == (RECIPE, IPTC + "compositeSynthetic")
    assert found.signature is Signature.NONE


def test_looking_asks_nothing_of_the_network(sealed, looked_at, plain):
    """A stranger's file may name an address where its manifest is to be fetched."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/manifest.c2pa"
        lure = source_type_box(IPTC + f'x</Iptc4xmpExt:DigitalSourceType></rdf:Description><rdf:Description '
                               f'xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="{address}">'
                               '<Iptc4xmpExt:DigitalSourceType>')  # fmt: skip
        assert looked_at(plain + lure).signature in {Signature.NONE, Signature.INVALID}
        with pytest.raises(TimeoutError):
            listener.accept()


def test_a_source_type_written_as_an_attribute_is_read_too(plain, tmp_path):
    path = tmp_path / "clip.mp4"
    box = source_type_box("x").replace(
        b"<Iptc4xmpExt:DigitalSourceType>x</", b'<a Iptc4xmpExt:DigitalSourceType = "y" /'
    )
    box = len(box).to_bytes(4, "big") + box[4:]
    path.write_bytes(plain + box)
    assert read_source_type(path) == "y"
    path.write_bytes(plain)
    assert read_source_type(path) is None


def test_words_alone_have_no_ingredient(sealer, plain, looked_at):
    recipe = dataclasses.replace(RECIPE, kind=Kind.TEXT2VIDEO, engine="sketch", inputs={})
    made = sealer.seal(plain, recipe)
    assert b"c2pa.ingredient" not in made.mp4
    assert looked_at(made.mp4).source_type == IPTC + "algorithmicMedia"
