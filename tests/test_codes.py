"""Codes of what went wrong: each is in one registry, means one thing, and stays as it is."""

from __future__ import annotations

import ast
import re

import pytest

from bot.cli.tables import codes_table
from db.codes import BotCode
from engine.core.errors import OF_PULLS, Code
from engine.untrusted.clip_headers import ClipRefusal
from engine.untrusted.headers import MEANINGS, Refusal
from engine.untrusted.sound_headers import SoundRefusal
from tests import ROOT
from tests.sources import nodes_of, read_ahead

REGISTRIES = {
    "bot/link/messages.py",  # why a worker is to end: stored nowhere, and no client is told
    "db/codes.py",
    "engine/core/errors.py",
    "engine/untrusted/clip_headers.py",
    "engine/untrusted/headers.py",
    "engine/untrusted/sound_headers.py",
}

TOLD = """
ADDRESS ASPECT BROKEN BUDGET BUSY BYTES CANCELLED CHANNEL CLIP CLIP_GONE CODEC COMPLEX CONSENT
CORRUPT DATA_GONE DECODER DEVICE DISK_FULL DOWNLOAD DURATION EFFECT ELSEWHERE EMPTY ENGINE EXTRACTOR
FEATURE FLASHES FOLLOW FORBIDDEN FORMAT FPS FRAMES GUILD HOSTED INPUT_GONE LONG LOOP LOST MACHINES
MAY_NOT_POST MEMORY MODEL NOSOUND NOVIDEO NO_ENGINE OPTION OUTSIDE PIXELS POST PROMPT RECIPE
REFERENCE REPLAY_FILE RESULT REVIEW SECONDS SEED SET_ASIDE SIZE SMALL STILL STREAMS STYLE TAKES TIME
TOO_LARGE TRUNCATED UNSUPPORTED UPSCALE VERSION WEIGHTS WIRE WORDS
"""
"""Codes that are in databases, and that clients of the API know. Names are only ever added here."""


def literals():
    """Every text in the code that is a code, or the beginning of one, outside the registries."""
    packages = ("benchmarks/faults", "bot", "db", "engine", "system")
    paths = [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]
    read_ahead(paths)
    for path in paths:
        name = path.relative_to(ROOT).as_posix()
        if name in REGISTRIES:
            continue
        for node in nodes_of(path):
            if isinstance(node, ast.Constant) and re.fullmatch(r"E_[A-Z_]*", str(node.value)):
                yield name, node.value


def test_every_code_is_one_of_a_registry():
    assert list(literals()) == []


def test_no_code_that_was_ever_told_is_gone():
    known = {str(code) for code in (*Code, *BotCode)} | set(MEANINGS)
    assert {f"E_{name}" for name in TOLD.split()} == known - OF_PULLS


def test_no_code_has_two_meanings():
    """What a picture, a clip or a sound is refused for has names of its own; what two have is the same."""
    refusals = {str(code) for code in (*Refusal, *ClipRefusal, *SoundRefusal)}
    assert set(MEANINGS) == refusals
    assert {str(code) for code in BotCode} & ({str(code) for code in Code} | refusals) == set()
    shared = {code: code.meaning for code in Code if code in MEANINGS}
    assert shared == {Code.MEMORY: MEANINGS["E_MEMORY"], Code.FPS: MEANINGS["E_FPS"]}
    meanings = [code.meaning for code in (*Code, *BotCode)]
    assert len(meanings) == len(set(meanings))


@pytest.mark.parametrize("code", BotCode)
def test_a_code_of_the_bot_is_its_own_text_and_is_used(code):
    assert (str(code), code.value) == (f"E_{code.name}", f"E_{code.name}")
    assert re.fullmatch(r"[^.]+", code.meaning), "one line without a full stop"
    sources = [*(ROOT / "bot").rglob("*.py"), *(ROOT / "db").rglob("*.py")]
    assert any(f"BotCode.{code.name}" in path.read_text("utf-8") for path in sources)


def test_the_page_of_the_api_lists_every_code():
    assert codes_table.table() in (ROOT / "docs/http-api.md").read_text("utf-8"), "run `make pages`"
