"""What a ComfyUI server's socket says of a take while it is drawn. Polling decides; this makes it lively."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from engine.elsewhere.comfyui.answers import OutFile, files_of

HELLO = json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}})
"""What is said first: previews shall say what they belong to."""

ENDS = frozenset({"execution_success", "execution_error", "execution_interrupted"})

_SAMPLES = 10.0
"""How much more a node that samples weighs than another, in the share of a take that is done."""

_WORDS = struct.Struct(">I")


class _Kind(IntEnum):
    PREVIEW = 1
    PREVIEW_WITH_METADATA = 4


@dataclass(kw_only=True)
class Heard:
    """What was heard of a take so far.

    Attributes:
        weights: node → how much of the work it is.
        shares: node → the share of it that is done, 0 … 1.
        files: what nodes made.
        succeeded, ended: the server has said so.
    """

    weights: Mapping[str, float]
    shares: dict[str, float] = field(default_factory=dict)
    files: dict[str, tuple[OutFile, ...]] = field(default_factory=dict)
    succeeded: bool = False
    ended: bool = False

    @property
    def share(self) -> float:
        """How much of the take is done, 0 … 1."""
        done = sum(self.weights.get(node, 0.0) * share for node, share in self.shares.items())
        return min(1.0, done / max(1.0, sum(self.weights.values())))

    def take_in(self, message: str, prompt: str) -> None:
        """Take in a message. What is no message, or is about another job, is passed over."""
        try:
            told = json.loads(message)
        except (ValueError, RecursionError):
            return
        kind, data = (told.get("type"), told.get("data")) if isinstance(told, dict) else ("", None)
        if not isinstance(data, dict) or data.get("prompt_id") != prompt:
            return
        match kind:
            case "execution_start":
                self.shares.clear()
            case "execution_cached":
                nodes = data.get("nodes")
                self.shares.update((str(node), 1.0) for node in (nodes if isinstance(nodes, list) else ()))
            case "progress":
                self._note(str(data.get("node")), data)
            case "progress_state":
                states = data.get("nodes")
                for node, state in states.items() if isinstance(states, dict) else ():
                    self._note(str(node), state)
            case "executed":
                node = str(data.get("node"))
                self.shares[node] = 1.0
                self.files.update(files_of({node: data.get("output")}))
            case str() if kind in ENDS:
                self.ended = True
                self.succeeded |= kind == "execution_success"

    def _note(self, node: str, state: Any) -> None:
        if not isinstance(state, dict):
            return
        value, most = state.get("value"), state.get("max")
        if state.get("state") == "finished":
            self.shares[node] = 1.0
        elif isinstance(value, int | float) and isinstance(most, int | float) and most > 0:
            self.shares[node] = max(self.shares.get(node, 0.0), min(1.0, max(0.0, value / most)))


def weights_of(graph: Mapping[str, Any]) -> dict[str, float]:
    """How much of the work each node of a graph is."""
    return {
        node: _SAMPLES if "sampler" in str(entry.get("class_type", "")).lower() else 1.0
        for node, entry in graph.items()
        if isinstance(entry, dict)
    }


def preview_in(message: bytes, prompt: str) -> bytes | None:
    """The picture, JPEG or PNG, that a message of bytes holds; None: it holds none, or another job's."""
    if len(message) <= 2 * _WORDS.size:
        return None
    kind, number = (_WORDS.unpack_from(message, at)[0] for at in (0, _WORDS.size))
    rest = message[2 * _WORDS.size :]
    if kind == _Kind.PREVIEW:
        return rest
    if kind != _Kind.PREVIEW_WITH_METADATA or number > len(rest):
        return None
    try:
        about = json.loads(rest[:number])
    except (ValueError, RecursionError):
        return None
    whose = about.get("prompt_id", prompt) if isinstance(about, dict) else None
    return rest[number:] if whose == prompt else None
