"""What the driver says of a GPU, by a program that answers as NVIDIA's does."""

from __future__ import annotations

import pytest

from engine.core.device import Device, DeviceKind
from engine.runtime import gpu as module
from engine.runtime.gpu import Gpu, driver_gpus, gpu_of

MIB = 2**20
CARD = Device(kind=DeviceKind.CUDA, name="NVIDIA GeForce RTX 3060", memory=12_000 * MIB)
LINE = "NVIDIA GeForce RTX 3060, 550.54.14, 8.6, 12288, 11264"


@pytest.fixture
def driver(tmp_path, monkeypatch):
    """A driver that prints what it is given."""
    monkeypatch.setenv("PATH", str(tmp_path))
    tool = tmp_path / "nvidia-smi"

    def says(text, *, status=0, before=""):
        tool.write_text(f"#!/bin/sh\n{before}\nprintf '%s\\n' '{text}'\nexit {status}\n", "utf-8")
        tool.chmod(0o755)

    return says


def test_the_drivers_facts_are_joined_to_what_torch_found(driver):
    driver(f"NVIDIA T400, 550.54.14, 7.5, 2048, 2000\n{LINE}")
    assert gpu_of(CARD) == Gpu(
        name=CARD.name, memory=12_000 * MIB, free=11_264 * MIB, driver="550.54.14", compute="8.6"
    )


@pytest.mark.parametrize(
    ("text", "gpus"),
    [
        (LINE, 1),
        (f"{LINE}\n{LINE}", 2),
        ("NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver.", 0),
        ("", 0),
        ("No devices were found", 0),
        ("a, b, c, d, e, f", 0),
    ],
)
def test_only_lines_of_facts_are_read(driver, text, gpus):
    driver(text)
    assert len(driver_gpus()) == gpus


def test_what_the_driver_does_not_know_is_left_open(driver):
    driver("GRID A100, [N/A], [N/A], [N/A], [Not Supported]")
    assert driver_gpus() == (Gpu(name="GRID A100"),)


def test_a_driver_that_fails_or_stands_still_lists_nothing(driver, monkeypatch):
    driver(LINE, status=9)
    assert driver_gpus() == ()
    monkeypatch.setattr(module, "SECONDS", 0.2)
    driver(LINE, before="while :; do :; done")
    assert driver_gpus() == ()


def test_without_its_driver_a_gpu_is_what_torch_says_of_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpu_of(CARD) == Gpu(name=CARD.name, memory=CARD.memory)


def test_another_gpus_facts_are_not_taken_for_this_ones(driver):
    driver("NVIDIA T400, 550.54.14, 7.5, 2048, 2000")
    assert gpu_of(CARD) == Gpu(name=CARD.name, memory=CARD.memory)


def test_a_processor_is_none_and_nobody_is_asked(driver):
    driver(LINE)
    assert gpu_of(Device()) is None
    apple = Device(kind=DeviceKind.MPS, name="Apple GPU", memory=7)
    assert gpu_of(apple) == Gpu(name="Apple GPU", memory=7)
