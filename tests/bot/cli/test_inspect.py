"""``framekiln inspect`` and what ``doctor`` says of the key."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from bot.cli.doctor import _signing
from bot.cli.inspect import inspect
from bot.config.settings import Settings
from engine.clips.encode import encode
from engine.core.cancel import CancelToken
from engine.provenance.identity import FOLDER, KEY, load_or_make_identity, make_identity
from engine.provenance.seal import Sealer
from engine.provenance.statement import metadata
from tests.bot.fixtures import recipe

MADE = recipe(prompt="a red boat")


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    frames = np.zeros((3, 32, 32, 3), np.uint8)
    tags = metadata(MADE)
    encode(
        frames, fps=12, path=path, metadata=tags, max_bytes=10**6,
        progress=lambda _: None, cancel=CancelToken(),
    )  # fmt: skip
    path.write_bytes(Sealer(make_identity()).seal(path.read_bytes(), MADE).mp4)
    return path


def shown(*words):
    return CliRunner().invoke(inspect, [str(word) for word in words])


def test_it_names_recipe_source_type_and_signature(clip):
    run = shown(clip)
    assert run.exit_code == 0
    assert "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia" in run.output
    assert "intact: nothing changed since it was signed (by Framekiln clips" in run.output
    assert "text2video, engine sketch, seed 5, prompt “a red boat”" in run.output


def test_a_changed_clip_is_called_so_and_the_exit_status_says_it(clip, tmp_path):
    changed = tmp_path / "changed.mp4"
    changed.write_bytes(clip.read_bytes().replace(b"a red boat", b"a tax form"))
    run = shown(changed)
    assert run.exit_code == 1
    assert "broken: the file was changed after it was signed" in run.output


def test_json_is_one_line_for_programs(clip):
    run = shown(clip, "--json")
    found = json.loads(run.output)
    assert (found["signature"], found["recipe"]["seed"]) == ("valid", 5)


def test_what_is_no_clip_is_refused_in_one_line(tmp_path):
    path = tmp_path / "note.mp4"
    path.write_text("not an MP4 at all")
    run = shown(path)
    assert run.exit_code == 1
    assert run.output.count("\n") == 1


def test_the_doctor_names_the_key_its_lack_and_its_damage(tmp_path, monkeypatch):
    settings = Settings(_env_file=None, data_dir=tmp_path)
    assert "when the bot first starts" in _signing(settings).text
    load_or_make_identity(tmp_path)
    assert _signing(settings).ok
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "c2pa", None)
        lacking = _signing(settings)
    assert (lacking.ok, lacking.blocks) == (False, False)
    assert "pip install c2pa-python" in lacking.mend
    (tmp_path / FOLDER / KEY).unlink()
    assert _signing(settings).blocks
