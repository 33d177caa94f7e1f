"""Looking for a GPU: torch, which takes seconds to import, is asked only where there may be one."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace

import pytest

from engine.core import device as module
from engine.core.device import Device, DeviceKind, find_device


@pytest.fixture(autouse=True)
def machine(monkeypatch, tmp_path):
    """Linux without any GPU's driver."""
    monkeypatch.setattr(module, "NVIDIAS_DRIVER", "libnothing-of-the-kind.so.1")
    monkeypatch.setattr(module, "AMDS_DRIVER", tmp_path / "kfd")
    monkeypatch.setattr(sys, "platform", "linux")


@pytest.fixture
def torch(monkeypatch):
    """What torch answers where there is a card."""
    there = ModuleType("torch")
    there.__spec__ = ModuleSpec("torch", None)
    facts = SimpleNamespace(name="a card", total_memory=12)
    there.cuda = SimpleNamespace(is_available=lambda: True, get_device_properties=lambda _: facts)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch", there)
    return there


def test_without_a_driver_torch_is_not_asked(torch):
    del torch.cuda  # asking would fail
    assert find_device() == Device()
    assert find_device("cuda") == Device()


@pytest.mark.parametrize("whose", ["NVIDIA", "AMD", "another system's"])
def test_with_a_driver_torch_says_what_there_is(torch, monkeypatch, whose, tmp_path):
    if whose == "NVIDIA":
        monkeypatch.setattr(module, "NVIDIAS_DRIVER", None)  # the program itself, which can always be loaded
    elif whose == "AMD":
        (tmp_path / "kfd").touch()
    else:
        monkeypatch.setattr(sys, "platform", "win32")
    assert find_device() == Device(kind=DeviceKind.CUDA, name="a card", memory=12)
    assert find_device("cpu") == Device()
