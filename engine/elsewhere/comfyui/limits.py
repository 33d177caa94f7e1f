"""How long a ComfyUI server may take, and how much of what it says is read. The settings read this."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ServerLimits:
    """What a ComfyUI server may take of our time and memory.

    Attributes:
        answer_seconds: for an answer, and between two pieces of a file.
        transfer_seconds: for a file on its way there or back.
        poll_seconds: between two looks at a take that is under way.
        patience_seconds: for a server that stops answering in the middle of a take; then the job waits.
        stop_seconds: to have a take stopped.
        answer_bytes: of an answer in JSON. The queue's holds the graph of each job that waits.
        preview_bytes: of a message on the socket, so of a preview.
        clip_bytes: of a clip.
        previews: pictures that a first look is made of at most; each is read in a process of its own.
        tries: how often a take that the server lost, or that somebody stopped there, is submitted again.
    """

    answer_seconds: float = 30.0
    transfer_seconds: float = 600.0
    poll_seconds: float = 2.0
    patience_seconds: float = 30.0
    stop_seconds: float = 10.0
    answer_bytes: int = 16_000_000
    preview_bytes: int = 4_000_000
    clip_bytes: int = 200_000_000
    previews: int = 6
    tries: int = 3
