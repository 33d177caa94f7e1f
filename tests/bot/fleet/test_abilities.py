"""Which machine a clip is planned for, what this machine leaves to workers, and what a job waits for."""

from __future__ import annotations

import pytest

from bot.fleet.abilities import Abilities
from bot.fleet.can import Ability, read
from bot.fleet.places import Places
from bot.link.messages import Capabilities as Told
from bot.text import messages
from engine.core.capabilities import Capabilities
from engine.core.device import Device, DeviceKind
from engine.core.errors import UserError
from engine.families import FAMILIES
from tests.bot.fixtures import queued, recipe
from tests.present import present

GB = 1_000_000_000
CAMERA, WAN = Ability(engine="camera").to_json(), Ability(engine="wan").to_json()
HERE = Capabilities()
AFAR = Told(
    device=DeviceKind.CUDA,
    name="Big",
    memory=24 * GB,
    families=("wan", "camera"),
    weights=dict.fromkeys(("wan-2.1-1.3b", "wan-umt5"), "a" * 64),
)


@pytest.fixture
def places():
    return Places()


@pytest.fixture
def abilities(places):
    async def here():
        return HERE

    async def waiting():
        return [CAMERA, WAN, "rubbish"]

    return Abilities(places, here=here, families=lambda: FAMILIES, waiting=waiting)


async def test_what_drawing_takes_is_written_down_whether_there_are_workers_or_not(abilities):
    ability = present(read(await abilities.of(recipe(engine="camera"))))
    assert (ability.engine, ability.memory) == ("camera", 0)
    assert await abilities.of(recipe(engine="somebody's workflow")) == ""


async def test_this_machine_leaves_to_workers_what_only_they_can_draw(abilities, places):
    assert list(await abilities.unable()) == []
    places.remember({"w": AFAR})
    assert list(await abilities.unable()) == [WAN]
    places.remember({"w": Told(families=("camera",))})
    assert list(await abilities.unable()) == []  # nobody can: this machine says what is missing


async def test_a_waiting_job_says_so_if_the_machine_that_can_draw_it_is_away(abilities, places, queue):
    far, near = await queued(queue, ability=WAN), await queued(queue, ability=CAMERA)
    places.remember({"w": AFAR})
    await abilities.unable()
    assert abilities.absent(far) == messages.ANOTHER_MACHINE
    assert abilities.absent(near) is None
    places.remember({})
    assert abilities.absent(far) is None


async def test_what_machines_have_only_together_is_planned_for_one_of_them(abilities, places):
    places.remember({"a": AFAR, "b": Told(families=("camera",))})
    together = recipe(engine="ltx")
    seen = []

    def plan(alone):
        seen.append(alone.device.memory)
        if not alone.device.is_gpu:
            raise UserError("E_NO_ENGINE", "nothing here")
        return recipe(engine="wan")

    assert (await abilities.settled(together, plan)).engine == "wan"
    assert seen == [24 * GB]
    assert (await abilities.settled(recipe(engine="camera"), plan)).engine == "camera"


def test_the_bot_plans_with_the_largest_gpu_and_all_weights(places):
    assert places.with_workers(HERE) is HERE
    places.remember({"a": AFAR, "b": Told(device=DeviceKind.CUDA, memory=8 * GB, weights={"ltx": "b" * 64})})
    found = places.with_workers(
        Capabilities(weights=frozenset({"eyes"}), lacking={"camera": "no engine here"})
    )
    assert found.device == Device(kind=DeviceKind.CUDA, name="Big", memory=24 * GB)
    assert found.weights == {"wan-2.1-1.3b", "wan-umt5", "ltx", "eyes"}
    assert found.lacking == {}
    own = Capabilities(device=Device(kind=DeviceKind.CUDA, name="Own", memory=80 * GB))
    assert places.with_workers(own).device.name == "Own"
