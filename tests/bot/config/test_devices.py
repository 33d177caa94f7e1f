"""What FRAMEKILN_DEVICES says, and what a machine gets whose owner says nothing."""

from __future__ import annotations

import pytest

from bot.config import devices
from bot.config.choices import Where
from bot.config.devices import THE_ONLY, local_devices
from bot.config.settings import Settings


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch, tmp_path):
    """A machine without a driver, unless a test adds one."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(devices, "DRIVER", tmp_path / "gpus")
    monkeypatch.setenv("PATH", str(tmp_path))


def names(wanted, device=Where.AUTO):
    return [found.name for found in local_devices(wanted, device)]


def drivers(count, tmp_path):
    for number in range(count):
        (tmp_path / "gpus" / f"0000:0{number}:00.0").mkdir(parents=True)


@pytest.mark.parametrize("count", [0, 1])
def test_a_machine_with_one_gpu_or_none_has_one_engine_that_is_told_nothing(tmp_path, count):
    drivers(count, tmp_path)
    assert local_devices("auto", Where.AUTO) == (THE_ONLY,)
    assert not THE_ONLY.environment


def test_each_gpu_has_an_engine_that_sees_no_other(tmp_path):
    drivers(2, tmp_path)
    found = local_devices("auto", Where.CUDA)
    assert [(each.name, each.environment["CUDA_VISIBLE_DEVICES"]) for each in found] == [
        ("GPU 0", "0"),
        ("GPU 1", "1"),
    ]
    assert {each.environment["CUDA_DEVICE_ORDER"] for each in found} == {"PCI_BUS_ID"}
    assert names("auto", Where.CPU) == names("auto", Where.MPS) == ["this machine"]


def test_without_that_folder_the_driver_is_asked(tmp_path):
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'GPU 0: one'; echo 'GPU 1: two'; echo '  MIG 1g: not one'\n")
    tool.chmod(0o700)
    assert names("auto") == ["GPU 0", "GPU 1"]
    tool.write_text("#!/bin/sh\nexit 9\n")
    assert names("auto") == ["this machine"]


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        ("", ["this machine"]),
        ("2", ["this machine"]),
        ("2, 3", ["GPU 2", "GPU 3"]),
        ("GPU-ab,GPU-cd", ["GPU-ab", "GPU-cd"]),
    ],
)
def test_what_cuda_may_not_see_is_not_used(monkeypatch, tmp_path, visible, expected):
    drivers(8, tmp_path)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert names("auto") == expected


def test_an_owner_can_name_them(tmp_path):
    drivers(4, tmp_path)
    assert names("1,3") == ["GPU 1", "GPU 3"]
    assert names("0") == ["GPU 0"]
    assert names("none") == []
    both = local_devices("cpu,cpu", Where.AUTO)
    assert [(each.name, dict(each.environment)) for each in both] == [
        ("processor 1", {"FRAMEKILN_DEVICE": "cpu"}),
        ("processor 2", {"FRAMEKILN_DEVICE": "cpu"}),
    ]


@pytest.mark.parametrize("wrong", ["", "all", "0,,1", "0,-1", "0 1x", "1,1", "cuda:0", "none,0", "½"])
def test_what_names_no_engine_is_refused_at_the_start(wrong):
    with pytest.raises(ValueError, match="GPU"):
        Settings(_env_file=None, devices=wrong)


def test_blanks_and_capitals_are_forgiven():
    assert Settings(_env_file=None, devices=" CPU, 1 ").devices == "cpu,1"
