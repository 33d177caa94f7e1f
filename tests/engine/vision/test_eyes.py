from __future__ import annotations

import logging
import weakref
from typing import Any

import numpy as np
import pytest

from engine.families import CATALOGUE
from engine.vision import bodies, cutout, face_mesh, faces, hands, text_reader, text_regions, things
from engine.vision.eyes import Eye, Eyes
from engine.vision.network import Network, Unreadable
from engine.vision.text_reader import Words
from engine.weights.model_spec import NpmSource, WheelSource
from engine.weights.shared import GROUPS, THINGS
from engine.weights.store import Store
from tests.engine.vision.onnx_bytes import relu, white_is_a_face
from tests.engine.vision.pictures import chart

MODULES = (faces, face_mesh, bodies, hands, cutout, text_regions, text_reader)


def test_every_eye_is_an_entry_of_the_catalogue_and_of_the_group():
    files = {module.ENTRY: module.FILE for module in MODULES} | {hands.PALM_ENTRY: hands.PALM_FILE}
    assert {eye.value for eye in Eye} - {THINGS} == set(GROUPS["eyes"]) == set(files)
    own = CATALOGUE[THINGS].source
    assert isinstance(own, NpmSource)
    assert own.file == things.FILE
    for entry, file in files.items():
        source = CATALOGUE[entry].source
        assert isinstance(source, WheelSource)
        assert source.file == file


def test_all_eyes_together_are_at_most_45_megabytes_and_free():
    specs = [CATALOGUE[name] for name in GROUPS["eyes"]]
    assert sum(spec.size for spec in specs) <= 45_000_000
    assert all(spec.licence.free for spec in specs)


def test_without_weights_no_eye_looks(tmp_path):
    eyes = Eyes(Store(tmp_path))
    assert not any(eyes.has(eye) for eye in Eye)
    assert eyes.look(chart()).faces is None
    assert eyes.cutout(chart()) is None
    assert eyes.faces(chart()) == ()
    assert eyes.hands(chart()) == ()
    assert eyes.things(chart()) == ()
    assert eyes.look(chart()).things is None
    assert eyes.text(chart()) == ()


def put(store, module, content):
    path = store.path(module.ENTRY) / module.FILE
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


def test_what_cuts_out_is_not_held_while_a_clip_is_drawn(tmp_path, monkeypatch):
    """It takes more memory than all other eyes together."""
    store, held = Store(tmp_path), []
    put(store, cutout, relu((1, 3, 320, 320)))
    monkeypatch.setattr(
        "engine.vision.eyes.find_cutout", lambda _picture, network: held.append(weakref.ref(network))
    )
    eyes = Eyes(store)
    for _ in range(2):
        assert eyes.cutout(chart()) is None
    assert [network() for network in held] == [None, None]
    assert eyes.has(Eye.SUBJECT)


def test_the_network_for_hands_is_read_only_where_there_is_a_palm(tmp_path, monkeypatch):
    store = Store(tmp_path)
    for entry, file in ((hands.PALM_ENTRY, hands.PALM_FILE), (hands.ENTRY, hands.FILE)):
        (tmp_path / entry).mkdir()
        (tmp_path / entry / file).write_bytes(b"")
    read: list[str] = []
    palms: list[Any] = []
    monkeypatch.setattr("engine.vision.eyes.Network", lambda path, _outputs: read.append(path.name) or path)
    monkeypatch.setattr("engine.vision.eyes.find_palms", lambda *_: palms)
    monkeypatch.setattr("engine.vision.eyes.fit_hands", lambda _picture, found, _network: tuple(found))
    eyes = Eyes(store)
    assert eyes.hands(chart()) == ()
    assert read == [hands.PALM_FILE]
    palms.append((0.9, None))
    assert len(eyes.hands(chart())) == 1
    assert read[-1] == hands.FILE


def test_a_damaged_eye_is_told_once_and_the_others_go_on(tmp_path, caplog):
    store = Store(tmp_path)
    put(store, faces, b"this is no network")
    put(store, cutout, relu((1, 3, 320, 320)))
    eyes = Eyes(store)
    with caplog.at_level(logging.WARNING):
        assert eyes.faces(chart()) == ()
        assert eyes.look(chart()).faces is None
    assert [record.message.count("models remove centerface") for record in caplog.records] == [1]
    assert eyes.has(Eye.SUBJECT)


def refuses(*_):
    raise Unreadable("u2netp.onnx is not the network that was expected.")


def test_a_network_that_fails_at_its_first_picture_is_told_once_too(tmp_path, caplog, monkeypatch):
    store = Store(tmp_path)
    put(store, cutout, relu((1, 3, 320, 320)))
    eyes = Eyes(store)
    monkeypatch.setattr(Network, "run", refuses)
    assert [eyes.cutout(chart()) for _ in range(2)] == [None, None]
    assert not eyes.has(Eye.SUBJECT)
    assert len(caplog.records) == 1


def test_a_network_is_read_when_it_is_first_needed_and_once(tmp_path, monkeypatch):
    store = Store(tmp_path)
    put(store, text_reader, relu((1, 3, 4, 4), letters="a"))
    eyes = Eyes(store)
    read = []
    monkeypatch.setattr(eyes._reader, "_read", lambda path: read.append(path) or Blind())
    for _ in range(2):
        line = text_regions.TextLine(corners=np.zeros((4, 2), np.float32), certainty=1.0)
        assert eyes.read(chart(), line) == Words(text="", certainty=0.0)
    assert len(read) == 1


class Blind:
    def read(self, picture, corners):
        return Words(text="", certainty=0.0)


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (33, 2)])
def test_a_picture_of_any_size_can_be_looked_at(tmp_path, size):
    store = Store(tmp_path)
    put(store, faces, white_is_a_face())
    assert Eyes(store).look(np.zeros((*size, 3), np.uint8)).faces == ()
