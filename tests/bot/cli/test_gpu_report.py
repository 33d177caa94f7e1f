"""``framekiln doctor --gpu``: of a GPU, of a machine without one, and of one whose GPU cannot be used."""

from __future__ import annotations

import os

import pytest
from click.testing import CliRunner

from bot.cli import gpu_report as module
from bot.cli import tried
from bot.cli.gpu_report import NOT_MEASURED, gpu_report
from bot.cli.main import main
from bot.cli.tables import first_time_page
from bot.cli.trials import not_tried, trials
from bot.config.settings import load_settings
from engine.core.capabilities import Capabilities
from engine.core.device import Device, DeviceKind
from engine.families import CATALOGUE, FAMILIES
from engine.planning.plan import PlanLimits
from engine.planning.recommended import recommended, sold_as
from engine.runtime.gpu import gpu_of
from tests import ROOT

GIB = 2**30
CARD = Device(kind=DeviceKind.CUDA, name="NVIDIA X", memory=12 * GIB)
LINE = "NVIDIA X, 550.54.14, 8.6, 12288, 8192"


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    for name in os.environ:
        if name.startswith(("FRAMEKILN_", "DISCORD_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))


def a_driver(tmp_path, line=LINE):
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\necho '{line}'\n", "utf-8")
    tool.chmod(0o755)


@pytest.fixture
def equipped(tmp_path, monkeypatch):
    """A GPU of 12 GB, 8 of them free, and all weights that are recommended for it."""
    a_driver(tmp_path)
    weights = frozenset(spec.name for spec in recommended(sold_as(12)))
    here = Capabilities(device=CARD, weights=weights)
    monkeypatch.setattr(module, "find_device", lambda _: CARD)
    monkeypatch.setattr(module, "capabilities_of", lambda *_, **__: here)
    return here


def report():
    lines, well = gpu_report(load_settings())
    return "\n".join(lines), well


def test_a_gpu_is_described_and_each_installed_way_is_told_its_rung(equipped):
    text, well = report()
    assert well
    assert text.startswith(
        "GPU: NVIDIA X, 12.0 GiB, compute capability 8.6, driver 550.54.14\n    8.0 GiB are free"
    )
    assert "  svd: Stable Video Diffusion" in text
    assert "turbo: 576×320, 25 frames, 4 steps; nothing is given up" in text
    assert "full: 1024×576, 25 frames, 25 steps; begins at the rung “chunked”" in text, "of what is free now"
    assert "All weights that are recommended for it are installed." in text


def test_seconds_are_those_that_were_measured_on_this_gpu_and_no_others(equipped, tmp_path):
    text, _ = report()
    count = sum(
        FAMILIES[trial.recipe.engine].trained for trial in trials(equipped, PlanLimits(), seconds=4.0)
    )
    assert text.count(NOT_MEASURED) == count
    row = tried.Row(engine="svd", way="turbo", size="576×320, 17 frames, 4 steps", seconds=3.25, drawing=2.0)
    for gpu, times in ((None, 0), (gpu_of(CARD), 1)):
        tried.keep([row], gpu, tmp_path / "data")
        text, _ = report()
        assert text.count("framekiln try: 3.2 s for 576×320, 17 frames, 4 steps") == times
        assert text.count(NOT_MEASURED) == count - times


def test_what_is_missing_is_listed_with_sizes_and_licences(tmp_path, monkeypatch):
    a_driver(tmp_path)
    monkeypatch.setattr(module, "find_device", lambda _: CARD)
    text, well = report()
    assert well
    assert "No weights are installed yet" in text
    for spec in recommended(CARD):
        assert f"  {spec.name} " in text
    assert "→ framekiln models pull --for card   (" in text


def test_a_machine_without_a_gpu_says_so_and_what_works(monkeypatch):
    text, well = report()
    assert well
    assert text.startswith("GPU: none found.")
    assert "  camera: " in text
    assert "  sketch: " in text
    assert "framekiln models pull --for 12GB" in text
    run = CliRunner().invoke(main, ["doctor", "--gpu"])
    assert (run.exit_code, run.output.startswith("GPU: none found.")) == (0, True)


def test_a_gpu_that_torch_cannot_use_is_a_problem_with_a_way_out(tmp_path, monkeypatch):
    a_driver(tmp_path)
    monkeypatch.setattr("torch.version.cuda", None)
    text, well = report()
    assert not well
    assert "NVIDIA X" in text
    assert "was built without CUDA" in text
    monkeypatch.setattr("torch.version.cuda", "13.0")
    assert "built for CUDA 13.0, cannot reach it" in report()[0]
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    assert "torch is not installed\n    → make models" in report()[0]


def test_an_owner_who_chose_the_processor_is_not_told_of_a_problem(tmp_path, monkeypatch):
    a_driver(tmp_path)
    monkeypatch.setenv("FRAMEKILN_DEVICE", "cpu")
    text, well = report()
    assert well
    assert "FRAMEKILN_DEVICE=cpu" in text


def test_weights_that_wait_for_a_gpu_are_named(monkeypatch):
    here = Capabilities(weights=frozenset(CATALOGUE))
    monkeypatch.setattr(module, "capabilities_of", lambda *_, **__: here)
    assert "svd" in not_tried(here)
    text, _ = report()
    assert "Installed, but without a GPU not used: svd, " in text
    assert "engine svd" not in text


def test_a_gpu_that_does_not_tell_what_is_free_begins_at_the_top(monkeypatch):
    apple = Device(kind=DeviceKind.MPS, name="Apple GPU", memory=12 * GIB)
    here = Capabilities(device=apple, weights=frozenset({"svd-xt"}))
    monkeypatch.setattr(module, "find_device", lambda _: apple)
    monkeypatch.setattr(module, "capabilities_of", lambda *_, **__: here)
    assert "begins at the top of the memory ladder" in report()[0]


def test_a_wrong_setting_ends_it_in_one_line(monkeypatch):
    monkeypatch.setenv("FRAMEKILN_BACKUPS", "some")
    run = CliRunner().invoke(main, ["doctor", "--gpu"])
    assert (run.exit_code, run.stderr.count("\n")) == (1, 1)


@pytest.mark.pages
def test_the_page_shows_what_the_commands_print():
    page = (ROOT / "docs/first-time.md").read_text("utf-8")
    for place, text in (("doctor", first_time_page.doctor()), ("pull", first_time_page.pull())):
        assert f"<!-- {place}: begin -->\n```text\n{text}\n```\n<!-- {place}: end -->" in page, (
            "run: make pages"
        )
