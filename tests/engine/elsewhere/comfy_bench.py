"""A bench for the ComfyUI client: a fake server, short limits, orders for takes, and what was told."""

from __future__ import annotations

import copy
import io
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

from engine.core.elsewhere import TakeFile, TakeHooks, TakeOrder
from engine.core.errors import HopelessTake
from engine.core.recipe import Kind, Recipe
from engine.elsewhere.comfyui.draw import ComfyUI
from engine.elsewhere.comfyui.limits import ServerLimits
from engine.elsewhere.comfyui.server import Server
from tests.fake_comfyui import WEIGHTLESS, FakeComfyUI

QUICK = ServerLimits(
    answer_seconds=1.0,
    poll_seconds=0.1,
    patience_seconds=2.0,
    stop_seconds=2.0,
    answer_bytes=2_000_000,
    clip_bytes=20_000_000,
)


class Weightless:
    """The workflow of the fact sheet."""

    nodes = WEIGHTLESS
    clip_node = "5"

    def filled(self, recipe, *, seed, files):
        graph = copy.deepcopy(WEIGHTLESS)
        graph["1"]["inputs"]["image"] = files["picture"]
        graph["3"]["inputs"]["amount"] = recipe.frames
        return graph


def is_mp4(file: Path) -> bool:
    return file.read_bytes()[4:8] == b"ftyp"


class Reads:
    """Believes what it gets, so that a test need not start processes; the bot's own is confined."""

    async def clip(self, file: Path, to: Path) -> TakeFile:
        if not is_mp4(file):
            raise HopelessTake("what came back is not a readable clip")
        return TakeFile(clip=file)

    async def picture(self, data: bytes) -> np.ndarray:
        try:
            return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        except OSError as error:
            raise ValueError("no picture") from error


@dataclass
class Told:
    """What a render heard."""

    progress: list[float | None] = field(default_factory=list)
    drafts: list[np.ndarray] = field(default_factory=list)

    @property
    def hooks(self) -> TakeHooks:
        return TakeHooks(progress=self.progress.append, draft=self.drafts.append)


def client(*servers: FakeComfyUI, login="", limits=QUICK, **more) -> ComfyUI:
    """A client of the first; the others are the owner's, too."""
    first, *others = (Server(each.url, login=login, limits=limits) for each in servers)
    return ComfyUI(
        first, others=others, workflow_for=lambda _: Weightless(), makes_anew=Reads(), limits=limits, **more
    )


@asynccontextmanager
async def closing(made: ComfyUI):
    try:
        yield made
    finally:
        await made.close()


def order(folder: Path, job="a1", take=1, seed=7) -> TakeOrder:
    work = folder / f"work-{job}-{take}-{seed}"
    work.mkdir(exist_ok=True)
    picture = folder / "picture"
    if not picture.exists():
        words = PngImagePlugin.PngInfo()
        words.add_text("Comment", "taken at home, by Ada")
        image = Image.new("RGB", (64, 48), (90, 140, 200))
        image.paste((200, 80, 60), (10, 10, 30, 40))
        image.save(picture, "PNG", pnginfo=words)
    recipe = Recipe(
        kind=Kind.ANIMATE,
        engine="comfyui/still",
        seed=seed,
        width=320,
        height=192,
        frames=6,
        native_fps=12,
        fps=12,
        length=6,
    )
    return TakeOrder(job=job, take=take, seed=seed, recipe=recipe, inputs={"picture": picture}, work=work)
