"""Workflows of the owner's folder, as RunPod's worker takes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from engine.elsewhere.hosted.provider import NotTaken
from engine.elsewhere.hosted.purchase import Cause
from engine.elsewhere.hosted.runpod import Graph


def graphs_in(folder: Path | None) -> Callable[[str], Graph]:
    """What reads a workflow by the name of its file.

    Args:
        folder: the owner's; None: there is none, and no workflow is found.
    """

    def read(name: str) -> Graph:
        if folder is None:
            raise NotTaken(Cause.INPUT, f"there is no folder of workflows, and {name} is to be run")
        path = (folder.expanduser() / name).with_suffix(".json")
        try:
            graph = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise NotTaken(Cause.INPUT, f"the workflow {path.name} can't be read: {error}") from error
        if not isinstance(graph, dict) or not all(isinstance(node, dict) for node in graph.values()):
            raise NotTaken(Cause.INPUT, f"{path.name} is no workflow in the API format")
        return graph

    return read
