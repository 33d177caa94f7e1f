"""The owner's folder of workflows: ``name.json``, and ``name.toml`` beside each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from engine.elsewhere.comfyui.about import BadWorkflow, read_about
from engine.elsewhere.comfyui.graph import check_together, find_slots, read_nodes
from engine.elsewhere.comfyui.workflow import Workflow

T = TypeVar("T")

NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,38}[a-z0-9])?")
"""What a workflow may be called: members type it."""


@dataclass(frozen=True, kw_only=True)
class Folder:
    """What was found in a folder.

    Attributes:
        workflows: those that can be used, by name.
        faults: why the others cannot, each with its file, in words for the owner.
    """

    workflows: Mapping[str, Workflow] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


def read_folder(folder: Path) -> Folder:
    """Read all workflows of a folder, as it is now. A broken one leaves the others as they are."""
    try:
        files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        return Folder(faults=(f"The folder of workflows, {folder}, cannot be read: {error.strerror}.",))
    workflows, faults = {}, []
    for path in (path for path in files if path.suffix == ".json"):
        try:
            workflows[path.stem] = read_workflow(path)
        except BadWorkflow as error:
            faults.append(f"The workflow {path.stem} cannot be used: {error}.")
    whole = {path.stem for path in files if path.suffix == ".json"}
    faults += [
        f"The workflow {path.stem} cannot be used: there is no {path.stem}.json beside {path.name}."
        for path in files
        if path.suffix == ".toml" and path.stem not in whole
    ]
    return Folder(workflows=workflows, faults=tuple(faults))


def read_workflow(path: Path) -> Workflow:
    """Read a workflow.

    Args:
        path: of its JSON file; its TOML file is beside it.

    Raises:
        BadWorkflow: it cannot be used; the text names the file and says why.
    """
    if not NAME.fullmatch(path.stem):
        raise BadWorkflow(
            f"{path.name} must be called something that members can type: "
            "small letters, digits, dots and hyphens, 40 at most"
        )
    told = path.with_suffix(".toml")
    if not told.is_file():
        raise BadWorkflow(f"there is no {told.name} beside {path.name}")
    nodes = _named(path, read_nodes)
    about = _named(told, read_about)
    slots = _named(path, lambda _: find_slots(nodes))
    _named(path, lambda _: check_together(about, slots))
    return Workflow(name=path.stem, about=about, nodes=nodes, slots=slots)


def _named(path: Path, read: Callable[[str], T]) -> T:
    """What is read from a file; what is wrong with it is said with the file's name."""
    try:
        return read(path.read_text("utf-8-sig"))
    except OSError as error:
        raise BadWorkflow(f"{path.name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadWorkflow(f"{path.name} is not written in UTF-8") from error
    except BadWorkflow as error:
        raise BadWorkflow(f"{path.name} {error}") from error
