"""``framekiln try``: each way once, whatever becomes of the others, and a table that can be shown around."""

from __future__ import annotations

import os
import re
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from bot.cli import demo
from bot.cli.demo import Made, clip_maker
from bot.cli.main import main
from bot.cli.output import CLIP, OutputFile
from bot.cli.trials import trials
from bot.cli.tried import HEAD, Row, described, impersonal, kept, table
from bot.config.settings import load_settings
from engine.clips.encode import encode
from engine.core.cancel import CancelToken
from engine.core.capabilities import Capabilities
from engine.core.device import Device
from engine.core.errors import RenderFailed, UserError
from engine.core.receipt import Outcome, Receipt, TakeRecord
from engine.core.recipe import Kind, Role
from engine.core.request import Request
from engine.families import CATALOGUE, FAMILIES
from engine.planning.plan import PlanLimits, plan
from engine.planning.recommended import sold_as
from engine.process.host import EngineHost
from engine.runtime.gpu import Gpu
from tests import ROOT

GIB = 2**30


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    for name in os.environ:
        if name.startswith(("FRAMEKILN_", "DISCORD_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def run(*words):
    done = CliRunner().invoke(main, ["try", *words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def rows_of(text):
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in text.splitlines()
        if line[:1] == "|"
    ][2:]


class Maker:
    """Makes grey clips at once, unless a way is to fail."""

    def __init__(self):
        self.asked = []
        self.fails = {}
        self.outcome = Outcome.ACCEPTED

    async def device(self):
        return Device()

    async def make(self, request, files, output, *, on_progress, attempts):
        self.asked.append((request, files))
        if request.engine in self.fails:
            raise self.fails[request.engine]
        with output.draft() as draft:
            grey = np.full((4, 64, 64, 3), 90, np.uint8)
            encode(
                grey,
                fps=8.0,
                path=draft.with_suffix(".mp4"),
                metadata={},
                max_bytes=1_000_000,
                progress=lambda _: None,
                cancel=CancelToken(),
            )
            draft.with_suffix(".mp4").replace(draft)
        recipe = plan(replace(request, kind=Kind.TEXT2VIDEO, engine="sketch"))
        take = TakeRecord(number=1, seed=1, outcome=self.outcome, score=87.4, reasons=("dim",))
        receipt = Receipt(
            engine=request.engine,
            takes=(take,),
            kept=1,
            forced=False,
            width=64,
            height=64,
            frames=4,
            fps=8.0,
            sha256="0" * 64,
            size=1,
            seconds={"drawing": 1.25},
            ladder=("models took turns | to save memory",),
            peak_memory=3 * GIB,
        )
        return Made(recipe=replace(recipe, engine=request.engine), receipt=receipt, seconds=2.5)


@pytest.fixture
def maker(monkeypatch):
    fake = Maker()

    @asynccontextmanager
    async def clip_maker(_settings):
        yield fake

    monkeypatch.setattr(demo, "clip_maker", clip_maker)
    return fake


def test_each_way_has_a_row_with_what_it_took(maker):
    done = run("-o", "tried")
    assert done.exit_code == 0, done.output
    text = Path("tried/table.md").read_text("utf-8")
    assert text in done.stdout
    assert "All 2 ways" in text
    rows = rows_of(text)
    assert [row[0] for row in rows] == ["`camera`", "`sketch`"]
    assert dict(zip(HEAD, rows[0], strict=True)) == {
        "engine and way": "`camera`",
        "clip": "512×288, 48 frames",
        "seconds": "2.5 s",
        "drawing": "1.2 s",
        "peak memory": "3.00 GiB",
        "given up, and notes": "models took turns \\| to save memory",
        "score": "87",
        "verdict": "accepted: dim",
    }
    assert "All is well." in done.stdout
    assert sorted(path.name for path in Path("tried").iterdir()) == [
        "01-camera.mp4",
        "02-sketch.mp4",
        "sheet.jpg",
        "table.md",
    ]
    with Image.open("tried/sheet.jpg") as sheet:
        assert sheet.width == 1200
    assert kept(Path("data"), None)[("camera", "")][0] == 2.5


@pytest.mark.parametrize(
    "error",
    [
        UserError("E_ENGINE", "it is broken"),
        RenderFailed("E_MEMORY", "it is broken"),
        OSError("it is broken"),
    ],
)
def test_a_way_that_fails_is_a_row_with_its_reason_and_the_others_go_on(maker, error):
    maker.fails["camera"] = error
    done = run("-o", "tried")
    assert done.exit_code == 1
    first, second = rows_of(Path("tried/table.md").read_text("utf-8"))
    assert (first[0], first[-1]) == ("`camera`", "failed: it is broken")
    assert second[-1] == "accepted: dim"
    assert "1 of 2 ways did not go well." in done.stdout
    assert ("camera", "") not in kept(Path("data"), None)


def test_a_rejected_clip_is_not_well(maker):
    maker.outcome = Outcome.REJECTED
    done = run("-o", "tried")
    assert done.exit_code == 1
    assert "rejected: dim" in done.stdout


def test_a_run_that_is_cut_off_leaves_what_it_found(maker):
    maker.fails["sketch"] = KeyboardInterrupt()
    done = run("-o", "tried")
    assert done.exit_code == 130
    text = Path("tried/table.md").read_text("utf-8")
    assert "**1 of 2 ways**" in text
    assert len(rows_of(text)) == 1
    assert Path("tried/sheet.jpg").is_file()


def test_only_the_engines_that_are_named_are_tried(maker):
    assert run("-o", "tried", "--engine", "sketch").exit_code == 0
    assert [request.engine for request, _ in maker.asked] == ["sketch"]
    done = run("--engine", "skech")
    assert (done.exit_code, "There is no engine called skech" in done.stderr) == (2, True)


def test_an_engine_that_was_named_and_is_not_installed_is_not_well(maker):
    done = run("-o", "tried", "--engine", "sketch", "--engine", "svd")
    assert done.exit_code == 1
    assert "Not tried: `svd` is missing its weights (svd-xt); framekiln models pull svd-xt." in done.stdout
    assert "Not every engine that you named was tried." in done.stdout
    assert "All is well" not in done.stdout


def test_weights_that_cannot_be_used_here_are_named_below_the_table(maker, monkeypatch):
    here = Capabilities(weights=frozenset(CATALOGUE))
    monkeypatch.setattr("engine.runtime.capabilities.capabilities_of", lambda *_, **__: here)
    text = run("-o", "tried").stdout
    assert "All 2 ways" in text
    assert "\nNot tried: `svd` is missing a GPU. `FRAMEKILN_DEVICE=cpu` tries it on the processor." in text


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_made(maker):
    Path("tried").write_text("x")
    done = run("-o", "tried/deeper")
    assert done.exit_code != 0
    assert "cannot be written" in done.stderr
    assert maker.asked == []


@pytest.mark.parametrize("seconds", ["0.1", "11", "nan", "long"])
def test_a_length_out_of_range_is_refused(maker, seconds):
    assert run("--seconds", seconds).exit_code != 0
    assert maker.asked == []


def test_a_clip_to_follow_is_the_first_that_was_made(maker, monkeypatch):
    here = Capabilities(weights=frozenset(CATALOGUE), device=sold_as(12))
    monkeypatch.setattr("engine.runtime.capabilities.capabilities_of", lambda *_, **__: here)
    run("-o", "tried", "--engine", "camera", "--engine", "animatediff-control")
    files = [files for request, files in maker.asked if request.engine == "animatediff-control"]
    assert files
    assert all(given[Role.REFERENCE] == Path("tried/01-camera.mp4").read_bytes() for given in files)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no file /srv/ada/models/svd/unet.safetensors here", "no file … here"),
        ("~/secret/place: denied", "…: denied"),
        ("'/srv/ada lovelace/x'", "'… lovelace/x'"),
        ("two\nlines", "two lines"),
        ("1/2 of 3/4, a 16/9 clip, and/or", "1/2 of 3/4, a 16/9 clip, and/or"),
        ("https://huggingface.co/a/b", "https://huggingface.co/a/b"),
    ],
)
def test_nothing_personal_is_in_a_reason(text, said):
    assert impersonal(text) == said


def test_the_head_names_versions_and_the_gpu_and_nobody(monkeypatch):
    gpu = Gpu(name="NVIDIA X", memory=12 * GIB, free=1, driver="550.1", compute="8.6")
    text = table([Row(engine="svd", way="turbo", size="1×1")], gpu, of=2)
    assert re.search(r"^Framekiln \S+, Python 3\.\d+\.\d+, torch \S+, diffusers ", text)
    assert "NVIDIA X, 12.0 GiB, compute capability 8.6, driver 550.1." in text
    assert "**1 of 2 ways**" in text
    assert os.uname().nodename not in text
    assert str(Path.home()) not in text
    assert described(None).startswith("No GPU")


@pytest.mark.parametrize("allowed", [10.0, 1.0])
def test_every_way_that_a_request_can_come_to_is_tried_once(allowed):
    packages = frozenset(name for spec in FAMILIES.values() for name in spec.packages)
    here = Capabilities(weights=frozenset(CATALOGUE), device=sold_as(24), packages=packages)
    found = [trial.way for trial in trials(here, PlanLimits(max_seconds=allowed), seconds=2.0)]
    assert len(found) == len(set(found))
    assert {trial.split()[0] for trial in found} == set(FAMILIES)
    for name, spec in FAMILIES.items():
        first = {ways[0].name for ways in spec.ways.values()}
        assert {f"{name} {way}".strip() for way in first} <= set(found), name
    assert found[:2] == ["camera", "sketch"]


@pytest.mark.slow
async def test_a_way_whose_engine_dies_each_time_is_given_up_and_the_next_one_is_made(monkeypatch):
    """A member's job would wait for other jobs to be drawn in between; here there are none."""
    command = (sys.executable, str(ROOT / "tests/engine/process/misbehaving_worker.py"))
    monkeypatch.setattr(demo, "EngineHost", partial(EngineHost, command=command))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    settings = load_settings()
    request = Request(kind=Kind.TEXT2VIDEO, engine="sketch", prompt="exit 5", seed=1)
    async with clip_maker(settings) as maker:
        output = OutputFile(Path("clip.mp4"), CLIP, data=settings.data_dir)
        with pytest.raises(UserError, match="ended"):
            await maker.make(request, {}, output, on_progress=lambda _: None, attempts=2)
        assert not output.path.exists()
        fine = replace(request, prompt="fine")
        made = await maker.make(fine, {}, output, on_progress=lambda _: None, attempts=2)
    assert made.recipe.prompt == "fine"
    assert output.path.read_bytes().startswith(b"a clip")


@pytest.mark.slow
def test_a_clip_comes_the_whole_way(monkeypatch):
    """Queue, engine process, gate, encoder: what ``framekiln render`` does."""
    monkeypatch.setenv("FRAMEKILN_MAX_SIDE", "96")
    monkeypatch.setenv("FRAMEKILN_FPS", "8")
    done = run("-o", "tried", "--seconds", "0.5", "--engine", "camera", "--engine", "sketch")
    rows = rows_of(Path("tried/table.md").read_text("utf-8"))
    assert done.exit_code == 0, done.output
    assert len(rows) == 2
    assert all(float(row[HEAD.index("seconds")].split()[0]) > 0 for row in rows)
    assert all(row[HEAD.index("peak memory")].endswith("GiB") for row in rows)
