"""Which machine a clip is planned for, what this machine leaves to workers, and what a job waits for."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from bot.fleet import places as places_module
from bot.fleet.abilities import Abilities
from bot.fleet.capability import Ability, Machine, can, read
from bot.fleet.places import Places
from bot.link.messages import Told
from bot.text import messages
from engine.core.capabilities import Capabilities
from engine.core.device import Device, DeviceKind
from engine.core.errors import UserError
from engine.core.recipe import Style
from engine.families import FAMILIES
from tests.bot.fixtures import queued, recipe
from tests.engine.weights import kinds
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
def abilities(places, own_files):
    return made(places, own_files, waiting=lambda: [CAMERA, WAN, "rubbish"])


def made(places, own_files, *, waiting):
    async def here():
        return HERE

    async def all_that_wait():
        return waiting()

    return Abilities(places, here=here, families=lambda: FAMILIES, waiting=all_that_wait, own=own_files)


def test_what_a_worker_has_is_worked_out_once_however_many_come_after_it(places, monkeypatch):
    """All come at once after a start of the bot: what each has must not be worked out for each that comes."""
    worked_out = []

    class Counting(Machine):
        @classmethod
        def told(cls, caps):
            worked_out.append(caps.name)
            return super().told(caps)

    monkeypatch.setattr(places_module, "Machine", Counting)
    lately = {}
    for number in range(20):
        lately[f"{number:08}"] = AFAR.model_copy(update={"name": f"{number}"})
        places.remember(lately)
    assert worked_out == [f"{number}" for number in range(20)]
    lately["00000003"] = AFAR.model_copy(update={"families": ("sketch",), "name": "another"})
    places.remember(lately)
    assert worked_out[20:] == ["another"]
    assert [machine.engines for machine in places.counted][3] == {"sketch"}
    places.forget("00000003")
    assert len(places.counted) == 19


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


async def test_a_clip_in_the_owners_style_is_for_machines_with_the_same_file(places, own_files, tmp_path):
    path = kinds.write(tmp_path / "models" / "styles" / "ink.safetensors", kinds.LORA_SD15)
    styled = recipe(engine="animatediff", model=FAMILIES["animatediff"].base[0], styles=(Style(name="ink"),))
    abilities = made(places, own_files, waiting=list)
    text = await abilities.of(styled)
    assert text == "", "as long as it has not been read, it stays here"
    own_files.look()
    text = await abilities.of(styled)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert present(read(text)).files == (digest,)
    there = Machine(engines=frozenset({"animatediff"}), weights=frozenset(present(read(text)).weights))
    assert not can(there, present(read(text)))
    assert can(replace(there, files=frozenset({digest})), present(read(text)))


async def test_this_machine_has_the_owners_files(places, own_files, tmp_path):
    kinds.write(tmp_path / "models" / "styles" / "ink.safetensors", kinds.LORA_SD15)
    own_files.look()
    (digest,) = own_files.digests
    text = Ability(engine="camera", files=(digest,)).to_json()
    places.remember({"w": Told(families=("camera",), files=(digest,))})
    assert await made(places, own_files, waiting=lambda: [text]).unable() == []
    own_files.found = ()
    assert await made(places, own_files, waiting=lambda: [text]).unable() == [text]
