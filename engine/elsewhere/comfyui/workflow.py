"""One workflow of the owner's: its nodes, and the places in them that a job fills."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.core.errors import Unsupported
from engine.core.recipe import Kind, Recipe, Role
from engine.core.sentence import Sentence
from engine.elsewhere.comfyui.about import About

Nodes = Mapping[str, Mapping[str, Any]]
"""A workflow in ComfyUI's API format: the id of each node → its class, its inputs and its title."""


class Slot(StrEnum):
    """What a node is for, as its title says behind ``framekiln:``."""

    PICTURE = "picture"
    END = "end"
    CLIP_IN = "clip-in"
    SOUND_IN = "sound-in"
    PROMPT = "prompt"
    NEGATIVE = "negative"
    SEED = "seed"
    FRAMES = "frames"
    FPS = "fps"
    WIDTH = "width"
    HEIGHT = "height"
    STRENGTH = "strength"
    CLIP = "clip"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a slot is: a node's id and an input's name; "" for the node that saves the clip."""

    node: str
    input: str


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """A workflow that can be used.

    Attributes:
        name: of its files, without their endings.
        about: what its TOML file says.
        nodes: as its author left them.
        slots: where each slot is that it has; a slot may be in several places.
    """

    name: str
    about: About
    nodes: Nodes
    slots: Mapping[Slot, tuple[Place, ...]]

    @property
    def clip_node(self) -> str:
        """The node that saves the clip."""
        return self.slots[Slot.CLIP][0].node

    def title(self, node: str) -> str:
        """What a node is called: its title, or else its class; with its id, because titles repeat."""
        told = self.nodes[node]
        title = told.get("_meta", {}).get("title") or told["class_type"]
        return f"“{title}” ({node})"

    def left_as(self, slot: Slot) -> Any:
        """What its author put into a slot; None where it has no such slot."""
        places = self.slots.get(slot, ())
        return self.nodes[places[0].node]["inputs"].get(places[0].input) if places else None

    def role_of(self, slot: Slot, kind: Kind) -> Role | None:
        """Whose file goes into a slot; None where no file does."""
        if slot is Slot.CLIP_IN:
            return Role.BEFORE if kind is Kind.UPSCALE else Role.REFERENCE
        return _FILES.get(slot)

    def filled(self, recipe: Recipe, *, seed: int, files: Mapping[str, str]) -> dict[str, Any]:
        """The graph of one take, in the API's format, without its titles.

        No two takes of a server have the same graph: each has a seed, and whoever submits it names the file
        that it saves after the take.

        Args:
            recipe: what to draw.
            seed: of the take.
            files: role → what the server calls the file.

        Raises:
            Unsupported: it needs a file that the recipe doesn't have.
        """
        values: dict[Slot, Any] = {
            Slot.PROMPT: recipe.words,
            Slot.NEGATIVE: recipe.negative,
            Slot.SEED: seed,
            Slot.FRAMES: recipe.frames,
            Slot.FPS: whole(recipe.native_fps),
            Slot.WIDTH: recipe.width,
            Slot.HEIGHT: recipe.height,
            Slot.STRENGTH: recipe.strength,
        }
        for slot in self.slots:
            role = self.role_of(slot, recipe.kind)
            if role is not None:
                if role not in files:
                    raise Unsupported(
                        Sentence(
                            "The workflow {name} needs a file for “{slot}”, and got none.",
                            name=self.name,
                            slot=slot,
                        )
                    )
                values[slot] = files[role]
        graph: dict[str, Any] = {
            id_: {"class_type": node["class_type"], "inputs": copy.deepcopy(node["inputs"])}
            for id_, node in self.nodes.items()
        }
        for slot, places in self.slots.items():
            for place in places:
                if place.input:
                    graph[place.node]["inputs"][place.input] = values[slot]
        return graph


_FILES = {Slot.PICTURE: Role.PICTURE, Slot.END: Role.END, Slot.SOUND_IN: Role.SOUND}


def whole(number: float) -> float:
    """A whole number as an int: some nodes take no other."""
    return int(number) if number == int(number) else number
