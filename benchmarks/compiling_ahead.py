"""What compiling ahead gains, and what it costs a job that comes meanwhile.

    python -m benchmarks.compiling_ahead

*Gain*: two processes compile the same small block of Wan by inductor for the CPU, one after the other, with a
folder of torch's that was empty; CPU seconds of each, and of the compilers that it started. *Cost*: seconds
from the request of a render to its first sign of life, with a process that compiles and with none.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from engine.core.device import Device, DeviceKind
from engine.process.host import EngineHost
from engine.process.warming import Warmer
from engine.runtime.context import CACHE_VARIABLE, COMPILE_VARIABLE, YES
from tests.engine.process import host_bench
from tests.engine.process.host_bench import ENVIRONMENT, SHORT, WORKER
from tests.engine.process.test_warming import STUBBORN, drawn

_bench: Any = host_bench  # tests are not typed

ROUNDS = 5


def compile_block() -> str:
    """Compile a block of Wan in this process; CPU seconds of it, and of what it started."""
    import engine.diffusion  # noqa: F401, PLC0415 - puts the libraries in order

    import diffusers  # noqa: PLC0415 # isort: skip
    import torch  # noqa: PLC0415

    torch.set_num_threads(1)
    model = diffusers.WanTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=12,
        text_dim=16,
        freq_dim=16,
        ffn_dim=32,
        num_layers=1,
        rope_max_seq_len=32,
    ).eval()
    begun, others = time.process_time(), os.times().children_user
    with torch.no_grad():
        torch.compile(model, dynamic=False)(
            hidden_states=torch.randn(1, 16, 3, 8, 8),
            timestep=torch.tensor([5.0]),
            encoder_hidden_states=torch.randn(1, 512, 16),
            return_dict=False,
        )
    return f"{time.process_time() - begun:.1f} + {os.times().children_user - others:.1f}"


def gain() -> None:
    """Print what the second of two processes needs."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("nothing is kept", "the other process has compiled it"):
            said = subprocess.run(
                [sys.executable, "-m", "benchmarks.compiling_ahead", "--block"],
                env={**os.environ, CACHE_VARIABLE: folder},
                check=True,
                capture_output=True,
                text=True,
            )
            print(f"{name}: {said.stdout.splitlines()[-1]} CPU s", flush=True)


async def cost() -> None:
    """Print how long a render waits for its engine."""
    for compiles in (False, True):
        waited = [await _delay(compiles=compiles) for _ in range(ROUNDS)]
        what = "while a process compiles" if compiles else "without one"
        print(f"{what}: {min(waited):.2f} to {max(waited):.2f} s until a render begins", flush=True)


async def _delay(*, compiles: bool) -> float:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        place = folder / "pids"
        own = {CACHE_VARIABLE: str(folder / "cache"), COMPILE_VARIABLE: YES}
        command = (sys.executable, "-c", STUBBORN.format(place=str(place)))
        warmer = Warmer(environment=ENVIRONMENT | own, after=0.01, command=command)
        host = EngineHost(
            spool=folder / "spool", limits=SHORT, command=WORKER, environment=ENVIRONMENT, warmer=warmer
        )
        await host.start()
        try:
            if compiles:
                warmer.drew(drawn(), Device(kind=DeviceKind.CUDA))
                warmer.rest()
                await _bench.until(lambda: place.exists() and len(place.read_text().split()) == 2, seconds=60)
            begun, first = time.monotonic(), []
            await _bench.render(host, "ok", on_event=lambda _: first.append(time.monotonic()))
            return first[0] - begun
        finally:
            await host.close()


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--block", action="store_true", help="what one process does")
    if parser.parse_args().block:
        print(compile_block())
        return
    asyncio.run(cost())
    gain()


if __name__ == "__main__":
    main()
