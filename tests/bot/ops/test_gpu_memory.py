"""The memory of GPUs, by a tool in the place of NVIDIA's that answers as that one does."""

from __future__ import annotations

import pytest

from bot.ops import gpu_memory as module
from bot.ops.gpu_memory import GpuMemory, gpu_memory


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """Makes the tool do something."""

    def does(script: str) -> None:
        path = tmp_path / "nvidia-smi"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return does


def test_each_gpu_is_told_with_what_is_used_of_it(tool):
    tool("echo 'NVIDIA RTX 4090, 1024, 24564'; echo 'NVIDIA H200, 0, 143771'")
    assert gpu_memory() == (
        GpuMemory(name="NVIDIA RTX 4090", used=1024 * 2**20, total=24564 * 2**20),
        GpuMemory(name="NVIDIA H200", used=0, total=143771 * 2**20),
    )


@pytest.mark.parametrize("script", ["exit 9", "echo 'NVIDIA X, [N/A], [N/A]'", "echo; echo what", "sleep 9"])
def test_a_tool_that_does_not_answer_tells_of_none(tool, monkeypatch, script):
    monkeypatch.setattr(module, "SECONDS", 0.2)
    tool(script)
    assert gpu_memory() == ()


def test_without_the_tool_nothing_is_known(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpu_memory() == ()
