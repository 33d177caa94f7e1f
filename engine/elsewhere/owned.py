"""The families that an owner adds to the built-in ones: each workflow, each model at a service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.core.family_spec import FamilySpec
from engine.core.sentence import Sentence
from engine.elsewhere.comfyui.family import spec_of
from engine.elsewhere.comfyui.folder import Folder, read_folder
from engine.elsewhere.comfyui.workflow import Workflow
from engine.elsewhere.hosted.families import hosted_families

WORKFLOWS_VARIABLE = "FRAMEKILN_WORKFLOWS_DIR"
"""Name of a setting, as the bot passes it on to the engine process. "": there is no such folder."""

COMFYUI_VARIABLE = "FRAMEKILN_COMFYUI"
"""The same of the servers' addresses. "": there is no server."""

NO_SERVER = Sentence("a ComfyUI server; set {setting}", setting=COMFYUI_VARIABLE)
"""What its workflows are missing then."""


@dataclass(frozen=True, kw_only=True)
class Owned:
    """What an owner added.

    Attributes:
        specs: the families, by name.
        workflows: those among them that a ComfyUI server draws, by the workflow's name.
        lacking: what they are missing, by name; see :class:`engine.core.capabilities.Capabilities`.
        faults: what was found that cannot be used, in words for the owner, each with where it was found.
    """

    specs: Mapping[str, FamilySpec] = field(default_factory=dict)
    workflows: Mapping[str, Workflow] = field(default_factory=dict)
    lacking: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


def owned_families(environment: Mapping[str, str]) -> Owned:
    """Look at what the settings name, as it is now. What is broken is told, and the rest works.

    Args:
        environment: the settings by the names of their variables.
    """
    folder = environment.get(WORKFLOWS_VARIABLE, "")
    found = read_folder(Path(folder)) if folder else Folder()
    specs = [spec_of(workflow) for workflow in found.workflows.values()]
    served = bool(environment.get(COMFYUI_VARIABLE))
    hosted, faults = hosted_families(environment)
    return Owned(
        specs={**{spec.name: spec for spec in specs}, **hosted},
        workflows=found.workflows,
        lacking={} if served else {spec.name: NO_SERVER for spec in specs},
        faults=(*found.faults, *faults),
    )
