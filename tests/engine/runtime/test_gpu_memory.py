"""Who holds a GPU's memory, from answers of the driver in the form that nvidia-smi prints."""

from __future__ import annotations

import pytest

from engine.runtime import gpu
from engine.runtime.gpu_memory import held_memory, read

MIB = 2**20
GPUS = "0, GPU-aa11, 9120\n1, GPU-bb22, 1033\n"
PROGRAMS = "GPU-aa11, 4711, 2048\nGPU-aa11, 4712, 3000\n"


@pytest.mark.parametrize(
    ("number", "own", "others"),
    [
        ("0", {4711}, 9120 - 2048),  # a game is in the sum, and in no list
        ("0", {4711, 4712}, 9120 - 5048),
        ("0", set(), 9120),
        ("1", {4711}, 1033),
    ],
)
def test_what_others_hold_is_all_but_our_own(number, own, others):
    assert read(GPUS, PROGRAMS)[number].by_others(own.__contains__) == others * MIB


def test_where_the_driver_does_not_tell_what_we_hold_nothing_is_claimed():
    """As on Windows, and in WSL."""
    held = read("0, GPU-aa11, 9120\n", "GPU-aa11, 4711, [N/A]\n")["0"]
    assert held.by_others({4711}.__contains__) is None
    assert held.by_others(set().__contains__) == 9120 * MIB, "while our process is away, it is clear"


def test_our_own_may_seem_more_than_all():
    assert read("0, a, 100\n", "a, 1, 120\n")["0"].by_others({1}.__contains__) == 0


@pytest.mark.parametrize(
    ("gpus", "programs"),
    [
        ("", ""),
        ("No devices were found\n", ""),
        ("0, GPU-aa11, [N/A]\n", PROGRAMS),
        ("a,b\n1,2,3,4\n", "x,y\n"),
    ],
)
def test_an_answer_without_figures_is_no_reading(gpus, programs):
    assert read(gpus, programs) == {}


def test_without_the_driver_there_is_no_reading(monkeypatch):
    monkeypatch.setattr(gpu, "TOOL", "no-such-tool")
    assert held_memory() == {}


def test_the_driver_is_asked_both_questions(tmp_path, monkeypatch):
    """The real call, with a program in the driver's place."""
    tool = tmp_path / "nvidia-smi"
    tool.write_text(
        '#!/bin/sh\ncase "$1" in\n'
        "--query-gpu=*) echo '0, GPU-aa11, 9120';;\n"
        "--query-compute-apps=*) echo 'GPU-aa11, 4711, 2048';;\nesac\n"
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert held_memory()["0"].by_others({4711}.__contains__) == (9120 - 2048) * MIB
    tool.write_text("#!/bin/sh\nexit 9\n")
    assert held_memory() == {}
