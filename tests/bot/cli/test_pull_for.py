"""``framekiln models pull --for``: what is offered, asked and downloaded."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import models, pull_for
from bot.cli.main import main
from bot.cli.pull_for import gpu_meant
from engine.core.device import Device, DeviceKind
from engine.families import CATALOGUE
from engine.planning.recommended import recommended, sold_as
from engine.weights.store import Store
from tests.fake_hub import FakeHub, hub_source, tiny_pipeline

SET = ("svd", "svd-xt")


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    for name in os.environ:
        if name.startswith(("FRAMEKILN_", "DISCORD_", "HF_", "PIP_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A hub that has a small set, which is what is recommended."""
    monkeypatch.setattr(pull_for, "recommended", lambda _: tuple(CATALOGUE[name] for name in SET))
    with FakeHub() as fake:
        for name in SET:
            source = hub_source(CATALOGUE[name])
            fake.repos[source.repo] = tiny_pipeline(source)
            fake.repos[source.repo].commit(source.revision)
        monkeypatch.setenv("HF_ENDPOINT", fake.url)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
        yield fake


def pull(*words, says=None):
    run = CliRunner().invoke(main, ["models", "pull", *words], input=says)
    assert run.exception is None or isinstance(run.exception, SystemExit), run.exception
    return run


def installed():
    return [name for name in SET if Store(Path("models")).has(CATALOGUE[name])]


@pytest.mark.parametrize("text", ["12GB", "12", "12GiB", "12 gb", " 12.0 g "])
def test_a_size_is_read_as_people_write_it(text):
    assert gpu_meant(text) == sold_as(12)


@pytest.mark.parametrize(
    "text", ["", "GB", "12TB", "0", "1.9", "-12", "1e9", "nan", "inf", "4096", "12 13", "१२0000"]
)
def test_what_is_no_size_is_refused_in_one_line_and_nothing_is_asked_for(hub, text):
    run = pull("--for", text, "--yes")
    assert run.exit_code == 2
    assert "is not the memory of a GPU. Write it as 12GB" in run.stderr
    assert hub.asked == []


@pytest.mark.parametrize(("words", "says"), [(["svd", "--for", "12"], "not both"), ([], "Give the names")])
def test_names_or_a_size_and_not_both(words, says):
    run = pull(*words)
    assert (run.exit_code, says in run.stderr) == (2, True)


def test_all_of_it_is_shown_and_asked_once_then_pulled(hub, monkeypatch):
    monkeypatch.setattr(models, "_somebody_is_here", lambda: True)
    run = pull("--for", "12GB", says="y\n")
    assert run.exit_code == 0, run.output
    assert run.stdout.count("[y/N]") == 1
    before = run.stdout.partition("[y/N]")[0]
    assert all(f"  {name} " in before for name in SET)
    assert "together                 9.0 GB" in before
    assert "Stability AI Community License: Clips may be sold if you earn less than 1,000,000" in before
    assert installed() == list(SET)


@pytest.mark.parametrize("says", ["n\n", "\n"])
def test_no_is_no(hub, monkeypatch, says):
    monkeypatch.setattr(models, "_somebody_is_here", lambda: True)
    run = pull("--for", "12GB", says=says)
    assert (run.exit_code, installed()) == (1, [])
    assert run.stderr.strip() == "Nothing was downloaded."
    assert hub.asked == []


def test_without_a_terminal_and_without_yes_nothing_is_downloaded(hub):
    run = pull("--for", "12GB")
    assert (run.exit_code, installed(), hub.asked) == (1, [], [])
    assert run.stderr.startswith("Nothing was downloaded: ")
    assert "--yes" in run.stderr


def test_what_is_there_is_named_and_not_asked_for_again(hub):
    pull("svd", "--yes")
    run = pull("--for", "12GB", "--yes")
    assert run.exit_code == 0
    assert "Already installed: svd\n" in run.stdout
    assert "svd-xt is in models/svd-xt." in run.stdout
    hub.asked.clear()
    run = pull("--for", "12GB")
    assert (run.exit_code, hub.asked) == (0, []), "there is nothing to ask about"
    assert "Already installed: svd, svd-xt\n\nThere is nothing to download." in run.stdout


def test_one_that_fails_does_not_keep_the_others_and_the_same_command_goes_on(hub):
    hub.trouble("api/models/stabilityai/stable-video-diffusion-img2vid/", status=403)
    run = pull("--for", "12GB", "--yes")
    assert (run.exit_code, installed()) == (1, ["svd-xt"])
    assert run.stderr.rstrip().endswith("run the same command to continue.")


def test_a_disk_that_is_too_small_is_said_before_the_question(hub, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 3_000_000_000}))
    run = pull("--for", "12GB")
    assert "Only 3.0 GB are free in models: not all of it will fit." in run.stdout


def test_card_is_this_machines_gpu(monkeypatch):
    own = Device(kind=DeviceKind.CUDA, name="NVIDIA X", memory=7 * 2**30)
    monkeypatch.setattr(pull_for, "find_device", lambda: own)
    assert gpu_meant("Card") == own


def test_card_is_found_by_the_driver_where_torch_cannot_use_it(monkeypatch, tmp_path):
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'NVIDIA X, 550, 8.6, 12288, 11264'\n", "utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpu_meant("card") == Device(kind=DeviceKind.CUDA, name="NVIDIA X", memory=12 * 2**30)


def test_a_machine_without_a_gpu_is_told_what_to_write(monkeypatch):
    monkeypatch.setenv("PATH", "")
    run = pull("--for", "card", "--yes")
    assert run.exit_code == 2
    assert "No GPU was found in this machine. Give its memory instead, as in --for 12GB." in run.stderr


def test_the_whole_set_for_a_gpu_is_offered_by_name():
    run = pull("--for", "12GB")
    assert all(f"  {spec.name} " in run.stdout for spec in recommended(sold_as(12)))
