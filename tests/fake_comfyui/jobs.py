"""The jobs of a fake ComfyUI, and what its answers say of them."""

import itertools
import time
from dataclasses import dataclass, field
from typing import Any


@dataclass(kw_only=True)
class Job:
    """A job, from its submit to its place in the history."""

    number: float
    prompt: str
    graph: dict[str, Any]
    extra: dict[str, Any]
    interrupted: bool = False
    cached: bool = False
    outputs: dict[str, Any] = field(default_factory=dict)
    messages: list[Any] = field(default_factory=list)
    succeeded: bool = False

    @property
    def client(self) -> str:
        return str(self.extra.get("client_id", ""))

    @property
    def clip_node(self) -> str:
        return next((id_ for id_, node in self.graph.items() if node["class_type"] == "SaveVideo"), "")

    def row(self) -> list[Any]:
        return [self.number, self.prompt, self.graph, self.extra, [self.clip_node]]

    def entry(self) -> dict[str, Any]:
        """What the history says."""
        about = {"node_id": self.clip_node, "display_node": self.clip_node, "parent_node": None}
        return {
            "prompt": self.row(),
            "outputs": self.outputs,
            "status": {
                "status_str": "success" if self.succeeded else "error",
                "completed": self.succeeded,
                "messages": self.messages,
            },
            "meta": {self.clip_node: {**about, "real_node_id": self.clip_node}} if self.outputs else {},
        }

    def job(self, status: str) -> dict[str, Any]:
        """What ``/api/jobs/{id}`` says, from 0.6 on."""
        told: dict[str, Any] = {"id": self.prompt, "status": status, "priority": self.number}
        for kind, data in self.messages:
            if kind == "execution_error":
                told["execution_error"] = data
        told["outputs_count"] = len(self.outputs)
        if status not in {"pending", "in_progress"}:
            told["outputs"] = self.outputs
        return told

    @property
    def end(self) -> str:
        """Its status among the jobs, once it has ended."""
        if self.succeeded:
            return "completed"
        kinds = {kind for kind, _ in self.messages}
        return "cancelled" if "execution_interrupted" in kinds else "failed"


@dataclass(kw_only=True)
class Board:
    """What a server holds in memory, and loses with its life."""

    waiting: list[Job] = field(default_factory=list)
    running: Job | None = None
    history: dict[str, Job] = field(default_factory=dict)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def queue(self) -> dict[str, Any]:
        return {
            "queue_running": [] if self.running is None else [self.running.row()],
            "queue_pending": [job.row() for job in self.waiting],
        }

    def delete(self, prompt: str) -> bool:
        """Take the first that waits under this id out; it leaves no trace."""
        for job in self.waiting:
            if job.prompt == prompt:
                self.waiting.remove(job)
                return True
        return False

    def interrupt(self, prompt: str | None) -> bool:
        """Stop what runs; with an id, only if it is that."""
        if self.running is None or (prompt is not None and self.running.prompt != prompt):
            return False
        self.running.interrupted = True
        return True

    def job(self, prompt: str) -> dict[str, Any] | None:
        if prompt in self.history:
            return self.history[prompt].job(self.history[prompt].end)
        if self.running is not None and self.running.prompt == prompt:
            return self.running.job("in_progress")
        return next((job.job("pending") for job in self.waiting if job.prompt == prompt), None)

    @property
    def remaining(self) -> int:
        return len(self.waiting) + (self.running is not None)


def stamp() -> int:
    return int(time.time() * 1000)
