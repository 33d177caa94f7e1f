"""What a server lacks for a workflow, by what a real one said: see `object_info.json`."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from engine.elsewhere.comfyui.check import GIGABYTE, ServerFacts, facts_of, missing_on, notes_on
from engine.elsewhere.comfyui.folder import read_folder
from tests import ROOT

RECORDED = json.loads(Path(__file__).with_name("object_info.json").read_text("utf-8"))
"""`/object_info` of ComfyUI 0.27.0: the classes that our workflows use, and of the models the names that they
name. Its model folders held empty files of these names."""

FLOWS = read_folder(ROOT / "workflows").workflows
FACTS = ServerFacts(version=(0, 27, 0), memory=48 * GIGABYTE, classes=RECORDED)


@pytest.mark.parametrize("name", FLOWS)
def test_a_real_server_lacks_nothing_for_what_is_shipped(name):
    assert missing_on(FLOWS[name], FACTS) == missing_on(FLOWS[name], ServerFacts(classes=RECORDED)) == ()
    assert notes_on(FLOWS[name], FACTS) == ()


@pytest.mark.parametrize("name", FLOWS)
def test_each_class_that_is_missing_is_named_with_its_nodes_title(name):
    for id_, node in FLOWS[name].nodes.items():
        classes = {class_: told for class_, told in RECORDED.items() if class_ != node["class_type"]}
        missing = missing_on(FLOWS[name], ServerFacts(classes=classes))
        assert any(text.startswith(FLOWS[name].title(id_)) for text in missing)
        assert all(node["class_type"] in text for text in missing)


def changed(class_, name, form):
    classes = copy.deepcopy(RECORDED)
    inputs = classes[class_]["input"]
    inputs["required" if name in inputs["required"] else "optional"][name] = form
    return ServerFacts(version=FACTS.version, classes=classes)


PICTURE = "wan2.2-picture"


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (
            changed("VAELoader", "vae_name", [["other.safetensors"]]),
            "wants “wan_2.1_vae.safetensors” as",
        ),
        (changed("VAELoader", "vae_name", [[]]), "the server doesn't have; it has none"),
        (
            changed("VAELoader", "vae_name", ["COMBO", {"options": [*"abcdefg"]}]),
            "has a, b, c, d, e and 2 more",
        ),
        (
            changed("ModelSamplingSD3", "shift", ["FLOAT", {"max": 3.0}]),
            "given 5 as shift, and takes no more",
        ),
        (changed("CreateVideo", "fps", ["FLOAT", {"min": 20}]), "given 16 as fps, and takes no less than 20"),
        (changed("WanImageToVideo", "height", ["INT", {"step": 12}]), "takes multiples of 12 as height"),
        (changed("WanImageToVideo", "length", ["INT", {"max": 49}]), "given 81 as length"),
        (
            changed("WanImageToVideo", "width", ["INT", {"step": 32}]),
            "multiple = 32 in wan2.2-picture.toml",
        ),
        (changed("WanImageToVideo", "length", ["INT", {"step": 8}]), "every 8th number as length"),
        (changed("WanImageToVideo", "height", ["INT", {"max": 480}]), "given 720 as height"),
        (
            changed("KSamplerAdvanced", "steps", ["INT", {"min": 8}]),
            "“framekiln:seed” (50) would be given 4",
        ),
        (ServerFacts(version=(0, 3, 56), classes=RECORDED), "ComfyUI is 0.3.56; 0.3.57 is the oldest"),
    ],
)
def test_what_does_not_fit_is_said_with_the_nodes_title(facts, said):
    assert any(said in text for text in missing_on(FLOWS[PICTURE], facts))


def test_an_input_that_a_newer_server_needs_is_said():
    classes = copy.deepcopy(RECORDED)
    classes["SaveVideo"]["input"]["required"]["colour"] = [["a"], {}]
    (said,) = missing_on(FLOWS["test"], ServerFacts(classes=classes))
    assert said == "“framekiln:clip” (5) lacks its input “colour”"
    classes = copy.deepcopy(RECORDED)
    classes["SaveVideo"]["output_node"] = False
    assert missing_on(FLOWS["test"], ServerFacts(classes=classes)) == ("“framekiln:clip” (5) saves nothing",)


def test_a_card_that_is_small_is_only_a_note():
    assert (
        "16 GB of GPU memory, and the server has 12"
        in notes_on(FLOWS[PICTURE], ServerFacts(memory=12 * GIGABYTE))[0]
    )
    assert notes_on(FLOWS[PICTURE], ServerFacts()) == ()


@pytest.mark.parametrize(
    "told", [None, [], {"input": []}, {"input": {"required": []}}, {"input": {"required": {"a": 5}}}]
)
def test_a_server_that_talks_nonsense_is_no_crash(told):
    assert missing_on(FLOWS["test"], ServerFacts(classes=dict.fromkeys(RECORDED, told)))


class Server:
    """Answers as the recorded one did."""

    def __init__(self):
        self.asked = []

    async def version(self):
        return FACTS.version

    async def memory(self):
        return FACTS.memory

    async def node_class(self, name):
        self.asked.append(name)
        return None if name == "LoadImage" else RECORDED.get(name)


async def test_a_server_is_asked_once_for_each_class():
    server = Server()
    facts = await facts_of(server, [FLOWS["test"], FLOWS[PICTURE]])
    assert len(server.asked) == len(set(server.asked))
    assert "LoadImage" not in facts.classes
    assert facts.memory == FACTS.memory
