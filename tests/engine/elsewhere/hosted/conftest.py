"""Services, a ledger, and takes to draw."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from db.purchases import Consent
from db.sqlite.connection import Database
from engine.core.elsewhere import TakeFile, TakeHooks, TakeOrder
from engine.core.family import Picture
from engine.core.recipe import Kind, Recipe, Role
from engine.elsewhere.comfyui.about import About
from engine.elsewhere.comfyui.graph import find_slots
from engine.elsewhere.comfyui.workflow import Workflow
from engine.elsewhere.hosted.fal import Fal
from engine.elsewhere.hosted.limits import HostedPolicy, WireLimits
from engine.elsewhere.hosted.money import micros
from engine.elsewhere.hosted.provider import Provider
from engine.elsewhere.hosted.replicate import Replicate
from engine.elsewhere.hosted.runpod import RunPod
from engine.elsewhere.hosted.slugs import Slug
from engine.elsewhere.hosted.takes import HostedTakes
from tests.clock import CLOCK
from tests.db.asking import ANN, GUILD, audit_entry, enqueued
from tests.fake_services.server import FakeServices
from tests.policies import queue_on
from tests.ready_database import put_database

LIMITS = WireLimits(seconds=5.0, fetch_seconds=5.0, max_bytes=1_000_000, private=True, hosts=())

POLICY = HostedPolicy(
    budget=micros(1), takes=2, longest=30.0, away=0.2, search=0.2, first_look=0.005, last_look=0.02
)

GRAPH = {
    "1": {"class_type": "LoadImage", "_meta": {"title": "framekiln:picture"}, "inputs": {"image": "x.png"}},
    "2": {"class_type": "CLIPTextEncode", "_meta": {"title": "framekiln:prompt"}, "inputs": {"text": ""}},
    "3": {"class_type": "KSampler", "_meta": {"title": "framekiln:seed"}, "inputs": {"seed": 0}},
    "4": {
        "class_type": "SaveVideo",
        "_meta": {"title": "framekiln:clip"},
        "inputs": {"filename_prefix": "x"},
    },
}

WORKFLOW = Workflow(
    name="test",
    about=About(title="Test", kinds=frozenset({Kind.ANIMATE}), fps=8),
    nodes=GRAPH,
    slots=find_slots(GRAPH),
)

COMMON: dict[str, Any] = {
    "title": "Test",
    "kinds": ["animate"],
    "fps": 8,
    "seconds": [1, 2],
    "per": "clip",
    "sizes": [{"name": "480p", "quality": "balanced", "width": 64, "height": 64, "price": "0.1"}],
}

SLUGS = {
    slug.name: slug
    for slug in (
        Slug(
            name="replicate/test",
            model="maker/model",
            fields={"picture": "image", "prompt": "prompt", "seed": "seed", "size": "resolution"},
            **COMMON,
        ),
        Slug(
            name="replicate/seedless",
            model="maker/model",
            fields={"picture": "image", "prompt": "prompt"},
            **COMMON,
        ),
        Slug(name="fal/test", model="fal-ai/test", fields={"picture": "image_url", "prompt": "p"}, **COMMON),
        Slug(
            name="runpod/test",
            model="test",
            **{
                **COMMON,
                "per": "second of work",
                "work_seconds": (10, 100),
                "sizes": [{**COMMON["sizes"][0], "price": "0.001"}],
            },
        ),
    )
}

SERVICES = ("replicate", "fal", "runpod")


@pytest.fixture
async def services():
    made = FakeServices()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def database(tmp_path):
    async with await Database.open(put_database(tmp_path / "bot.db")) as opened:
        yield opened


@pytest.fixture
def queue(database):
    return queue_on(database)


def providers_at(url: str, limits: WireLimits = LIMITS, *, longest: float = 30.0) -> dict[str, Provider]:
    made: tuple[Provider, ...] = (
        Replicate("r8_key", limits=limits, base=url, longest=longest),
        Fal("fal-key", limits=limits, base=url, longest=longest),
        RunPod("rp-key", "end1", limits=limits, workflow={"test": WORKFLOW}.get, base=url, longest=longest),
    )
    return {each.name: each for each in made}


class Keep:
    """Stand in for the reader of strangers' clips: the file as it came."""

    async def clip(self, file: Path, to: Path) -> TakeFile:
        clip = to / "made.mp4"
        shutil.copyfile(file, clip)
        return TakeFile(clip=clip)

    async def picture(self, data: bytes) -> Picture:
        raise AssertionError("no service brings a picture")


def host_on(queue, url: str, *, limits: WireLimits = LIMITS, **changes: Any) -> HostedTakes:
    return HostedTakes(
        slugs=lambda: SLUGS,
        providers=providers_at(url, limits),
        ledger=queue.purchases,
        policy=replace(POLICY, **changes),
        makes_anew=Keep(),
        webhook=lambda provider, purchase: f"https://bot.example/{provider}/{purchase}",
        clock=CLOCK,
    )


async def agreed(queue, user: int = ANN, guild: int = GUILD) -> None:
    """The server and the member agree."""
    await queue.purchases.allow(audit_entry("hosted on", guild=guild), on=True)
    await queue.purchases.set_consent(user, Consent(sends=True))


@pytest.fixture
async def job(queue):
    await agreed(queue)
    return await enqueued(queue)


@pytest.fixture
def order_of(tmp_path) -> Callable[..., TakeOrder]:
    """Make an order for a job's take."""
    picture = tmp_path / "picture.png"
    cv2.imwrite(str(picture), np.full((80, 100, 3), 90, np.uint8))

    def make(job: str, service: str = "replicate", take: int = 1) -> TakeOrder:
        work = tmp_path / f"work-{job}-{take}"
        work.mkdir(exist_ok=True)
        recipe = Recipe(
            kind=Kind.ANIMATE,
            engine=f"{service}/test",
            seed=7,
            width=64,
            height=64,
            frames=8,
            native_fps=8.0,
            fps=8.0,
            length=8,
            prompt="a lake",
            words="a lake",
            inputs={Role.PICTURE: "0" * 64},
        )
        return TakeOrder(
            job=job,
            take=take,
            seed=recipe.take_seed(take),
            recipe=recipe,
            inputs={Role.PICTURE: picture},
            work=work,
        )

    return make


@pytest.fixture
def hooks() -> TakeHooks:
    return TakeHooks(progress=lambda _: None, draft=lambda _: None)
