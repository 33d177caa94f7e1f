"""Reading a workflow's JSON: its nodes, and the slots that their titles name."""

from __future__ import annotations

import difflib
import json
import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NoReturn

from engine.core.recipe import Kind
from engine.elsewhere.comfyui.about import About, BadWorkflow
from engine.elsewhere.comfyui.workflow import Nodes, Place, Slot

OURS = re.compile(r"framekiln\s*:\s*", re.IGNORECASE)
BETWEEN = re.compile(r"\s*,\s*|\s+(?=framekiln\s*:)", re.IGNORECASE)
"""A title names slots: ``framekiln:width, height``, or ``framekiln:frames=length`` for another input."""

_FILE = ("image", "file", "video", "audio", "value")
_TEXT = ("text", "prompt", "string", "value")
INPUTS: Mapping[Slot, tuple[str, ...]] = {
    Slot.PICTURE: _FILE,
    Slot.END: _FILE,
    Slot.CLIP_IN: _FILE,
    Slot.SOUND_IN: ("audio", "file", "value"),
    Slot.PROMPT: _TEXT,
    Slot.NEGATIVE: _TEXT,
    Slot.SEED: ("seed", "noise_seed", "value"),
    Slot.FRAMES: ("length", "frames", "num_frames", "frames_number", "frame_count", "amount", "value"),
    Slot.FPS: ("fps", "frame_rate", "value"),
    Slot.WIDTH: ("width", "value"),
    Slot.HEIGHT: ("height", "value"),
    Slot.STRENGTH: ("denoise", "strength", "value"),
}
"""The inputs that a slot fills: the first of these that its node has."""

PREFIX = "filename_prefix"
"""The input that makes the graphs of two takes differ. Equal ones are answered with the same file."""

NOT_API = (
    "is saved in the editor's format. In ComfyUI, choose “Workflow → Export (API)” and save that file instead"
)


def read_nodes(text: str) -> Nodes:
    """Read a workflow as ComfyUI exports it for its API.

    Raises:
        BadWorkflow: it is none.
    """
    try:
        nodes = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadWorkflow(f"is no JSON: {error}") from error
    if not isinstance(nodes, dict) or not nodes:
        raise BadWorkflow("has no nodes")
    if "nodes" in nodes and "links" in nodes:
        raise BadWorkflow(NOT_API)
    for id_, node in nodes.items():
        if not isinstance(node, dict) or not isinstance(node.get("class_type"), str):
            raise BadWorkflow(f"has something at “{id_[:40]}” that is no node: it says no class_type")
        if not isinstance(node.setdefault("inputs", {}), dict) or not isinstance(node.get("_meta", {}), dict):
            raise BadWorkflow(f"has a node, {id_[:40]}, whose inputs or title cannot be read")
        for name, value in node["inputs"].items():
            if is_link(value) and value[0] not in nodes:
                raise BadWorkflow(f"connects “{name}” of node {id_} with node {value[0]}, which is not there")
    return nodes


def _no_number(written: str) -> NoReturn:
    """Refuse what Python takes for a number and no server does."""
    raise ValueError(f"{written} is no number")


def is_link(value: Any) -> bool:
    """Whether an input is connected with another node's output: ``[id, number]``."""
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and _is_whole(value[1])  # noqa: PLR2004


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def find_slots(nodes: Nodes) -> Mapping[Slot, tuple[Place, ...]]:
    """The slots that titles name.

    Raises:
        BadWorkflow: a title names a slot that there is not, or a node that it cannot be.
    """
    found: dict[Slot, list[Place]] = defaultdict(list)
    for id_, node in nodes.items():
        title = str(node.get("_meta", {}).get("title", "")).strip()
        for part in BETWEEN.split(title) if OURS.match(title) else ():
            written, _, named = (piece.strip() for piece in OURS.sub("", part).partition("="))
            slot = _slot(written, id_)
            found[slot].append(_place(slot, named, id_, node["inputs"]))
    clips = found.get(Slot.CLIP, ())
    if len(clips) != 1:
        many = "no node" if not clips else f"{len(clips)} nodes"
        raise BadWorkflow(
            f"has {many} titled “framekiln:{Slot.CLIP}”; it needs one, the node that saves the clip"
        )
    return {slot: tuple(found[slot]) for slot in Slot if slot in found}


def _slot(written: str, id_: str) -> Slot:
    try:
        return Slot(written.lower())
    except ValueError:
        near = difflib.get_close_matches(written.lower(), list(Slot), n=1)
        meant = f"; did you mean “framekiln:{near[0]}”?" if near else f"; there are {', '.join(Slot)}"
        raise BadWorkflow(f"has a node, {id_}, titled “framekiln:{written[:40]}”{meant}") from None


def _place(slot: Slot, named: str, id_: str, inputs: Mapping[str, Any]) -> Place:
    if slot is Slot.CLIP:
        if PREFIX not in inputs:
            raise BadWorkflow(
                f"saves its clip with node {id_}, which has no “{PREFIX}”; use ComfyUI's own “Save Video”"
            )
        return Place(node=id_, input="")
    names = (named,) if named else INPUTS[slot]
    name = next((name for name in names if name in inputs), None)
    if name is None:
        raise BadWorkflow(
            f"has a node, {id_}, titled “framekiln:{slot}”, and it has no input called {' or '.join(names)}"
        )
    if is_link(inputs[name]):
        raise BadWorkflow(
            f"has a node, {id_}, titled “framekiln:{slot}”, whose input “{name}” is connected; "
            f"give that title to node {inputs[name][0]}, which it is connected with"
        )
    return Place(node=id_, input=name)


def check_together(about: About, slots: Mapping[Slot, tuple[Place, ...]]) -> None:
    """Hold what the TOML file says against the slots that there are.

    Raises:
        BadWorkflow: they contradict each other.
    """
    for kind, needed in NEEDED.items():
        if kind in about.kinds and needed not in slots:
            raise BadWorkflow(f"is to make “{kind}”, and has no node titled “framekiln:{needed}”")
    if (Slot.WIDTH in slots) is not (Slot.HEIGHT in slots):
        raise BadWorkflow("has a slot for only one of width and height")
    if Slot.FRAMES not in slots and Slot.CLIP_IN not in slots and not about.longest:
        raise BadWorkflow(
            f"has no node titled “framekiln:{Slot.FRAMES}”; say in the TOML file how many frames it draws, "
            "as “longest”"
        )
    if about.min_fps is not None and Slot.FPS not in slots:
        raise BadWorkflow(f"has a min_fps and no node titled “framekiln:{Slot.FPS}”, so its rate is fixed")
    if Kind.UPSCALE in about.kinds and about.kinds != {Kind.UPSCALE}:
        raise BadWorkflow("is to upscale clips and to draw new ones; make two workflows of it")


NEEDED = {
    Kind.ANIMATE: Slot.PICTURE,
    Kind.TEXT2VIDEO: Slot.PROMPT,
    Kind.RESTYLE: Slot.CLIP_IN,
    Kind.UPSCALE: Slot.CLIP_IN,
}
"""The slot without which a workflow could not make a kind of clip."""
