"""What went wrong at a server, as an error of ours. Its own words may hold paths: they are for the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.errors import Code, RenderFailed
from engine.elsewhere.comfyui.answers import NodeFailure


def failed(server: str, text: str, detail: str = "") -> RenderFailed:
    """A failure at a server; ``text`` goes on after its name."""
    return RenderFailed(Code.ELSEWHERE, f"ComfyUI at {server} {text}", detail)


def refused(server: str, failure: NodeFailure, graph: Mapping[str, Any]) -> RenderFailed:
    """A server won't take a workflow."""
    return failed(server, f"refuses the workflow{_place(failure, graph)}: {failure.error}", _rest(failure))


def broke(server: str, failure: NodeFailure, graph: Mapping[str, Any]) -> RenderFailed:
    """A workflow broke off."""
    place = _place(failure, graph)
    if failure.is_memory:
        text = f"ComfyUI at {server} ran out of memory{place}"
        return RenderFailed(Code.MEMORY, text, _rest(failure))
    return failed(server, f"broke off{place}: {failure.error}", _rest(failure))


def _place(failure: NodeFailure, graph: Mapping[str, Any]) -> str:
    if not failure.node:
        return ""
    entry = graph.get(failure.node)
    about = entry if isinstance(entry, dict) else {}
    meta = about.get("_meta")
    title = meta.get("title") if isinstance(meta, dict) else None
    kind = failure.kind or about.get("class_type") or "unknown"
    return f" at node {failure.node}, “{title or kind}” ({kind})"


def _rest(failure: NodeFailure) -> str:
    return "\n".join(filter(None, (failure.message, failure.detail)))
