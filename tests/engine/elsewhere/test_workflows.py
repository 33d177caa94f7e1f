"""An owner's folder of workflows: what is read, what is refused in words, and how a job fills one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.core.capabilities import Capabilities
from engine.core.errors import Unsupported, UserError
from engine.core.recipe import Before, Camera, Follow, Kind, Quality, Role, SoundSource
from engine.core.request import Feature, Request, Subject
from engine.elsewhere.comfyui.about import Form
from engine.elsewhere.comfyui.folder import read_folder
from engine.elsewhere.comfyui.workflow import Slot
from engine.elsewhere.owned import NO_SERVER, owned_families
from engine.planning.frame_size import usual_sizes
from engine.planning.plan import plan
from engine.planning.upscaling import UpscaleLimits, can_upscale, upscaled
from tests import ROOT

SHIPPED = ROOT / "workflows"
OWNED = owned_families({"FRAMEKILN_WORKFLOWS_DIR": str(SHIPPED), "FRAMEKILN_COMFYUI": "http://x"})
HERE = Capabilities(added=OWNED.specs, lacking=OWNED.lacking)
PICTURE, LAST = (Subject(sha256=letter * 64, width=640, height=360) for letter in "ab")
CLIP = Subject(sha256="c" * 64, width=640, height=360, seconds=3.0, fps=24.0)
SOUND = Subject(sha256="d" * 64, width=0, height=0, seconds=4.0)
FILES = {str(role): f"framekiln/{role}" for role in Role}

ABOUT = 'title = "a mill"\nkinds = ["animate"]\nfps = 16\nlongest = 81\nframes = "4n+1"\n'


def node(title, class_="Anything", **inputs):
    return {"class_type": class_, "inputs": inputs, "_meta": {"title": title}}


MILL = {
    "1": node("framekiln:picture", image="x.png"),
    "2": node("framekiln:frames", length=81, of=["1", 0]),
    "3": node("framekiln:clip", filename_prefix="clip", video=["2", 0]),
}


def write(folder: Path, nodes=MILL, about: str | None = ABOUT, name="mill"):
    folder.mkdir(exist_ok=True)
    text = nodes if isinstance(nodes, str) else json.dumps(nodes)
    (folder / f"{name}.json").write_text(text, "utf-8")
    if about is not None:
        (folder / f"{name}.toml").write_text(about, "utf-8")
    return folder


def the_fault(folder: Path) -> str:
    found = read_folder(folder)
    assert not found.workflows
    (fault,) = found.faults
    return fault


def test_all_that_are_shipped_can_be_used():
    assert OWNED.faults == ()
    assert len(OWNED.specs) == len(list(SHIPPED.glob("*.json"))) == len(list(SHIPPED.glob("*.toml")))


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        ("{", "mill.json is no JSON"),
        ("[" * 100_000, "mill.json is no JSON"),
        ('{"1": {"class_type": "A", "inputs": {"cfg": NaN}}}', "NaN is no number"),
        ("[]", "has no nodes"),
        ({}, "has no nodes"),
        ({"nodes": [], "links": []}, "Export (API)"),
        ({**MILL, "9": "a note"}, "at “9” that is no node"),
        ({**MILL, "9": {"class_type": "A", "inputs": [1]}}, "has a node, 9, whose inputs"),
        ({**MILL, "9": node("a", of=["77", 0])}, "connects “of” of node 9 with node 77"),
        ({**MILL, "9": node("framekiln:pictre", image="")}, "did you mean “framekiln:picture”?"),
        ({**MILL, "9": node("framekiln:xyz", image="")}, "there are picture, end, clip-in"),
        ({**MILL, "9": node("framekiln:clip", filename_prefix="")}, "has 2 nodes titled “framekiln:clip”"),
        ({"1": MILL["1"]}, "has no node titled “framekiln:clip”"),
        ({**MILL, "3": node("framekiln:clip", video=["2", 0])}, "has no “filename_prefix”"),
        ({**MILL, "1": node("framekiln:picture", pixels="x")}, "no input called image or file"),
        ({**MILL, "1": node("framekiln:picture=pixels", image="x")}, "no input called pixels"),
        ({**MILL, "2": node("framekiln:frames", length=["1", 0])}, "give that title to node 1"),
        ({**MILL, "1": node("a picture")}, "to make “animate”, and has no node titled “framekiln:picture”"),
        ({**MILL, "9": node("framekiln:width", width=1)}, "only one of width and height"),
    ],
)
def test_what_is_wrong_with_the_nodes_is_said(tmp_path, nodes, said):
    fault = the_fault(write(tmp_path / "flows", nodes))
    assert fault.startswith("The workflow mill cannot be used: mill.json ")
    assert said in fault


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ("title = ", "mill.toml is no TOML"),
        ('title = "a"\nfps = 16', "doesn't say “kinds”"),
        (ABOUT + "longst = 5", "says “longst”, which I don't know; did you mean “longest”?"),
        (ABOUT + "zz = 5", "it may have title, kinds"),
        (ABOUT.replace('"a mill"', '"a\\nmill"'), "one line of at most 80"),
        (ABOUT.replace('"a mill"', f'"{"m" * 81}"'), "one line of at most 80"),
        (ABOUT.replace('"animate"', '"animation"'), 'such as ["animate"]: animate, text2video'),
        (ABOUT.replace('["animate"]', '"animate"'), 'such as ["animate"]: animate, text2video'),
        (ABOUT.replace("16", "0"), "a number from 1 to 120"),
        (ABOUT.replace("16", "true"), "says fps = true; it must be a number"),
        (ABOUT.replace("16", "nan"), "a number from 1 to 120"),
        (ABOUT.replace("81", "81.5"), "a whole number from 2"),
        (ABOUT.replace("81", "80"), "longest = 80, which is not of the form 4n+1"),
        (ABOUT.replace('"4n+1"', '"many"'), 'like "n", "4n+1"'),
        (ABOUT + "by_name = 1", "true or false"),
        (ABOUT + "min_fps = 20", "more than fps = 16"),
        (ABOUT + "min_fps = 8", "no node titled “framekiln:fps”"),
        (ABOUT + '[sizes]\nfast = "640x352"', "give each of fast, balanced, best a size"),
        (ABOUT + '[sizes]\nbad = "640x352"', "a table with fast"),
        (ABOUT.replace('"animate"', '"animate", "upscale"'), "has no node titled “framekiln:clip-in”"),
        (ABOUT.replace("\nlongest = 81", "\nmultiple = 1"), "a whole number from 2 to 256"),
    ],
)
def test_what_is_wrong_with_the_description_is_said(tmp_path, about, said):
    fault = the_fault(write(tmp_path / "flows", about=about))
    assert fault.startswith("The workflow mill cannot be used: mill.")
    assert said in fault


def test_a_file_alone_a_name_nobody_can_type_and_a_folder_that_is_not_there_are_said(tmp_path):
    assert "there is no mill.toml beside mill.json" in the_fault(write(tmp_path / "a", about=None))
    assert "small letters, digits" in the_fault(write(tmp_path / "b", name="My Mill"))
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "mill.toml").write_text(ABOUT)
    assert "there is no mill.json beside mill.toml" in the_fault(tmp_path / "c")
    assert "No such file" in the_fault(tmp_path / "d")
    write(tmp_path / "f")
    (tmp_path / "f" / "mill.json").unlink()
    (tmp_path / "f" / "mill.json").mkdir()
    assert "mill.json cannot be read: Is a directory" in the_fault(tmp_path / "f")
    (write(tmp_path / "e") / "mill.toml").write_bytes(b"title = '\xff'")
    assert "mill.toml is not written in UTF-8" in the_fault(tmp_path / "e")


def test_a_broken_workflow_leaves_the_others_as_they_are(tmp_path):
    folder = write(write(tmp_path / "flows"), "{", name="broken")
    (folder / "notes.txt").write_text("mine")
    (folder / ".hidden.json").write_text("{")
    owned = owned_families({"FRAMEKILN_WORKFLOWS_DIR": str(folder)})
    assert list(owned.specs) == ["comfyui/mill"]
    assert len(owned.faults) == 1
    assert owned.lacking == {"comfyui/mill": NO_SERVER}
    assert owned_families({}) == owned_families({"FRAMEKILN_WORKFLOWS_DIR": ""})
    assert not owned_families({}).specs


RESTYLE = {
    "1": node("framekiln:clip-in", file="x.mp4"),
    "2": node("framekiln:prompt", text="ink", of=["1", 0]),
    "3": node("framekiln:strength", denoise=0.4, of=["2", 0]),
    "4": node("framekiln:clip", filename_prefix="clip", video=["3", 0]),
}


def test_a_workflow_that_draws_a_clip_anew_is_planned_and_filled(tmp_path):
    folder = write(tmp_path / "flows", RESTYLE, 'title = "ink"\nkinds = ["restyle"]\nfps = 12', name="ink")
    owned = owned_families({"FRAMEKILN_WORKFLOWS_DIR": str(folder), "FRAMEKILN_COMFYUI": "x"})
    here = Capabilities(added=owned.specs)
    request = Request(kind=Kind.RESTYLE, prompt="oil", strength=0.7, engine="comfyui/ink")
    recipe = plan(request, reference=CLIP, sound=SOUND, capabilities=here)
    filled = owned.workflows["ink"].filled(recipe, seed=1, files=FILES)
    assert filled["1"]["inputs"]["file"] == "framekiln/reference"
    assert filled["2"]["inputs"]["text"] == "oil"
    assert filled["3"]["inputs"]["denoise"] == recipe.strength == 0.7
    assert recipe.sound is SoundSource.GIVEN
    usual = plan(Request(kind=Kind.RESTYLE, prompt="oil"), reference=CLIP, capabilities=here)
    assert (usual.engine, usual.strength) == ("comfyui/ink", 0.4)


def test_a_title_may_name_several_slots_and_the_input_that_is_meant(tmp_path):
    nodes = {
        **MILL,
        "2": node("Framekiln: width, height,frames = count", width=1, height=2, count=3, length=4),
        "4": node("framekiln:seed framekiln:strength", seed=1, denoise=0.5),
        "5": node("my framekiln:picture", image="only a remark"),
    }
    workflow = read_folder(write(tmp_path / "flows", nodes)).workflows["mill"]
    assert set(workflow.slots) == {"picture", "width", "height", "frames", "seed", "strength", "clip"}
    assert workflow.slots[Slot.FRAMES][0].input == "count"
    assert len(workflow.slots[Slot.PICTURE]) == 1


@pytest.mark.parametrize(
    ("form", "frames", "drawn"),
    [("4n+1", 2, 5), ("4n+1", 81, 81), ("4n+1", 82, 85), ("8n", 1, 8), ("n", 7, 7), ("8 n + 1", 1, 1)],
)
def test_the_form_of_the_number_of_frames_is_kept_to(tmp_path, form, frames, drawn):
    about = ABOUT.replace("4n+1", form).replace("longest = 81\n", "")
    owned = owned_families({"FRAMEKILN_WORKFLOWS_DIR": str(write(tmp_path / "flows", about=about))})
    assert owned.specs["comfyui/mill"].count(frames) == drawn
    assert str(Form(step=4, rest=1)) == "4n+1"


def made(
    engine,
    kind,
    *,
    prompt="",
    picture=PICTURE,
    capabilities=HERE,
    end=None,
    reference=None,
    sound=None,
    **asked,
):
    request = Request(kind=kind, engine=f"comfyui/{engine}", prompt=prompt, seed=7, **asked)
    return plan(request, picture, end=end, reference=reference, sound=sound, capabilities=capabilities)


def graph(engine, recipe, seed=11):
    return OWNED.workflows[engine].filled(recipe, seed=seed, files=FILES)


def test_a_job_fills_every_slot_and_nothing_else():
    recipe = made(
        "wan2.2-picture", Kind.ANIMATE, prompt="a cat", camera=Camera.PAN_LEFT, seconds=2.0, negative="dogs"
    )
    filled = graph("wan2.2-picture", recipe)
    assert filled["1"]["inputs"]["image"] == "framekiln/picture"
    assert filled["11"]["inputs"]["text"].startswith("a cat, ")
    assert filled["12"]["inputs"]["text"] == "dogs"
    assert filled["50"]["inputs"]["noise_seed"] == 11
    assert filled["51"]["inputs"]["noise_seed"] == 0
    drawn = filled["40"]["inputs"]
    assert (drawn["width"], drawn["height"], drawn["length"]) == (832, 480, recipe.frames) == (832, 480, 33)
    assert drawn["start_image"] == ["1", 0]
    assert all(set(one) == {"class_type", "inputs"} for one in filled.values())


def test_filling_leaves_the_workflow_as_it_was():
    workflow = OWNED.workflows["wan2.2-picture"]
    before = json.dumps(workflow.nodes)
    graph("wan2.2-picture", made("wan2.2-picture", Kind.ANIMATE))
    assert json.dumps(workflow.nodes) == before


def test_two_takes_of_one_job_have_different_graphs():
    recipe = made("wan2.2-picture", Kind.ANIMATE)
    assert graph("wan2.2-picture", recipe, seed=1) != graph("wan2.2-picture", recipe, seed=2)


def test_without_words_those_of_its_author_stay():
    filled = graph("wan2.2-picture", made("wan2.2-picture", Kind.ANIMATE))
    nodes = OWNED.workflows["wan2.2-picture"].nodes
    assert filled["11"]["inputs"]["text"] == nodes["11"]["inputs"]["text"]
    assert filled["12"]["inputs"]["text"] == nodes["12"]["inputs"]["text"]


def test_a_file_that_is_missing_is_a_plain_refusal():
    recipe = made("wan2.2-picture", Kind.ANIMATE)
    with pytest.raises(Unsupported, match="needs a file for “picture”"):
        OWNED.workflows["wan2.2-picture"].filled(recipe, seed=1, files={})


@pytest.mark.parametrize(
    ("engine", "kind", "given", "needs"),
    [
        ("wan2.2-picture", Kind.ANIMATE, {"picture": None}, "needs a picture to start"),
        ("wan2.2-first-last", Kind.ANIMATE, {}, "needs a second picture, for the end"),
        ("wan2.2-talking", Kind.ANIMATE, {}, "needs a sound"),
        ("wan-animate", Kind.TEXT2VIDEO, {"picture": None}, "needs a picture and a clip"),
        ("wan2.2-picture", Kind.ANIMATE, {"end": LAST}, "cannot do this: ending with a picture"),
        (
            "wan2.2-words",
            Kind.TEXT2VIDEO,
            {"prompt": "a", "picture": PICTURE},
            "a picture as the first frame",
        ),
        ("ltx-2.3-words", Kind.TEXT2VIDEO, {"prompt": "0: a | 9: b", "picture": None}, "prompts by frame"),
        ("wan-animate", Kind.TEXT2VIDEO, {"reference": CLIP, "follow": Follow.EDGES}, "cannot follow edges"),
    ],
)
def test_what_it_needs_and_what_it_has_no_place_for_is_refused_in_words(engine, kind, given, needs):
    with pytest.raises(UserError, match=needs):
        made(engine, kind, **given)


def test_sound_is_refused_where_the_workflow_makes_none():
    request = Request(kind=Kind.TEXT2VIDEO, engine="comfyui/wan2.2-words", prompt="waves", sound=True)
    with pytest.raises(UserError, match="cannot do this: sound"):
        plan(request, capabilities=HERE)


def test_what_has_no_effect_is_said():
    recipe = made("test", Kind.ANIMATE, prompt="a cat", negative="dogs", strength=0.4, camera=Camera.PAN_LEFT)
    (said,) = (reason for reason in recipe.reasons if "had no effect" in reason)
    assert said.startswith("your prompt and the camera's path and what to avoid and the strength had")
    assert not [reason for reason in made("test", Kind.ANIMATE).reasons if "no effect" in reason]


def test_a_clip_to_follow_and_a_character_fill_their_places():
    recipe = made("wan-animate", Kind.TEXT2VIDEO, prompt="she dances", reference=CLIP, follow=Follow.POSE)
    filled = graph("wan-animate", recipe)
    assert filled["2"]["inputs"]["file"] == "framekiln/reference"
    assert filled["1"]["inputs"]["image"] == "framekiln/picture"
    assert recipe.frames <= 77


def test_a_sound_that_drives_the_picture_is_the_clips_sound():
    recipe = made("wan2.2-talking", Kind.ANIMATE, sound=SOUND)
    assert recipe.sound is SoundSource.GIVEN
    assert graph("wan2.2-talking", recipe)["2"]["inputs"]["audio"] == "framekiln/sound"


def test_a_workflow_with_sound_gives_the_clip_sound():
    recipe = made("ltx-2.3-picture", Kind.ANIMATE)
    assert recipe.sound is SoundSource.DRAWN
    filled = graph("ltx-2.3-picture", recipe)
    assert filled["22"]["inputs"]["frames_number"] == filled["20"]["inputs"]["length"] == recipe.frames
    assert filled["22"]["inputs"]["frame_rate"] == 24
    assert isinstance(filled["22"]["inputs"]["frame_rate"], int)


def test_an_upscaler_takes_the_finished_clip():
    before = Before(width=640, height=360, frames=48, engines=("svd",), real=True)
    assert can_upscale(HERE)
    recipe = upscaled(before, {"before": "e" * 64}, fps=24.0, capabilities=HERE, limits=UpscaleLimits())
    assert (recipe.engine, recipe.way) == ("comfyui/upscale", "")
    filled = graph("upscale", recipe)
    assert filled["1"]["inputs"]["file"] == "framekiln/before"
    assert (filled["5"]["inputs"]["width"], filled["5"]["inputs"]["height"]) == (1280, 720)


def test_sizes_and_lengths_are_planned_by_what_the_file_says():
    spec = OWNED.specs["comfyui/ltx-2.3-picture"]
    assert (1280, 704) in usual_sizes(spec)
    recipe = made("ltx-2.3-picture", Kind.ANIMATE, seconds=10.0, quality=Quality.BEST)
    assert (recipe.width, recipe.height) == (1280, 704)
    assert (recipe.frames - 1) % 8 == 0
    asked = made("wan2.2-picture", Kind.ANIMATE, seconds=10.0, size=(333, 250))
    assert (asked.width % 2, asked.height % 2, asked.frames) == (0, 0, 81)
    assert any("the longest that comfyui/wan2.2-picture can draw" in reason for reason in asked.reasons)


def test_a_picture_to_test_the_server_is_never_chosen_for_a_member():
    owned = {name: spec for name, spec in OWNED.specs.items() if name == "comfyui/test"}
    chosen = plan(Request(kind=Kind.ANIMATE), PICTURE, capabilities=Capabilities(added=owned))
    assert chosen.engine == "camera"
    assert plan(Request(kind=Kind.ANIMATE), PICTURE, capabilities=HERE).engine == "comfyui/ltx-2.3-picture"


def test_features_come_from_slots():
    features = {name.removeprefix("comfyui/"): spec.features for name, spec in OWNED.specs.items()}
    assert features["test"] == set()
    assert Feature.END in features["wan2.2-first-last"]
    assert Feature.FOLLOW in features["wan-animate"]
    assert Feature.SOUND in features["ltx-2.3-words"]
    assert Feature.FIRST_FRAME not in features["wan2.2-words"]
