"""``python -m tests.fake_comfyui --port PORT``: the fake, until it is ended."""

import argparse
import asyncio
from pathlib import Path

from system import die_with
from tests.fake_comfyui.server import FakeComfyUI


async def main() -> None:
    parser = argparse.ArgumentParser(prog="fake_comfyui")
    parser.add_argument("--port", type=int, default=8188)
    parser.add_argument("--seconds", type=float, default=1.0, help="that a job takes")
    parser.add_argument("--files", type=Path, help="where files are kept over its lives")
    parser.add_argument("--journal", type=Path)
    parser.add_argument("--life", type=int, default=1)
    parser.add_argument("--parent", type=int, help="the process that it must not outlive")
    given = parser.parse_args()
    if given.parent:
        die_with(given.parent)

    def note(prompt: str) -> None:
        if given.journal is not None:
            with given.journal.open("a") as journal:
                journal.write(f"{given.life} {prompt}\n")

    async with FakeComfyUI(port=given.port, seconds=given.seconds, files=given.files, on_submit=note):
        await asyncio.Event().wait()


asyncio.run(main())
