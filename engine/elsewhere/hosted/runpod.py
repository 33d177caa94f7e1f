"""RunPod: an endpoint of the owner's that runs its ComfyUI worker.

It takes a workflow in ComfyUI's API format, the same as a ComfyUI server of the owner's. Slots are the titles
of nodes. It has no list of requests, so one whose answer was lost stays unknown.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from engine.core.errors import Unsupported
from engine.core.recipe import Role
from engine.elsewhere.comfyui.workflow import Workflow
from engine.elsewhere.hosted.limits import WireLimits
from engine.elsewhere.hosted.provider import (
    Asked,
    NoAnswer,
    NotTaken,
    NotThere,
    Seen,
    amount_in,
    cause_in,
    cause_of,
    text_of,
)
from engine.elsewhere.hosted.purchase import Cause, Remote, Stand
from engine.elsewhere.hosted.slugs import Slot
from engine.elsewhere.hosted.wire import GONE, Wire

BASE = "https://api.runpod.ai"

INLINE = 7_000_000
"""Bytes of all files of a request: the service takes 10 MB of JSON, and base64 is a third longer."""

STATES = {
    "IN_QUEUE": Stand.QUEUED,
    "IN_PROGRESS": Stand.RUNNING,
    "RUNNING": Stand.RUNNING,
    "COMPLETED": Stand.SUCCEEDED,
    "FAILED": Stand.FAILED,
    "TIMED_OUT": Stand.FAILED,
    "CANCELLED": Stand.CANCELLED,
}

VIDEO = (".mp4", ".webm", ".mov", ".mkv")

ROLES: Mapping[Slot, Role] = {
    Slot.PICTURE: Role.PICTURE,
    Slot.END: Role.END,
    Slot.CLIP: Role.REFERENCE,
    Slot.SOUND_IN: Role.SOUND,
}


class RunPod:
    """The service; see :class:`engine.elsewhere.hosted.provider.Provider`."""

    name = "runpod"
    title = "RunPod"
    can_be_asked = False

    def __init__(
        self,
        key: str,
        endpoint: str,
        *,
        limits: WireLimits,
        workflow: Callable[[str], Workflow | None],
        base: str = BASE,
        longest: float,
    ) -> None:
        """Make one.

        Args:
            key: the owner's.
            endpoint: the id of the endpoint.
            limits: the owner's.
            workflow: finds a workflow of the owner's folder by its name.
            base: the service's address.
            longest: seconds that a worker may take at most.
        """
        self._wire = Wire(base, headers={"Authorization": f"Bearer {key}"}, hosts=(), limits=limits)
        self._endpoint = f"/v2/{endpoint}"
        self._workflow = workflow
        self._longest = longest

    async def submit(self, asked: Asked) -> Remote:
        """Put a workflow in the endpoint's queue."""
        if sum(len(file.data) for file in asked.files.values()) > INLINE:
            raise NotTaken(Cause.TOO_LARGE, f"the files are larger than {INLINE} bytes")
        given: dict[str, Any] = {
            "workflow": filled(self._workflow(asked.slug.model), asked),
            "images": [
                {"name": file.name, "image": base64.b64encode(file.data).decode()}
                for file in asked.files.values()
            ],
        }
        allowed = round(asked.slug.allowed_seconds(self._longest) * 1000)
        policy = {"executionTimeout": allowed, "ttl": 2 * round(self._longest * 1000)}
        body: dict[str, Any] = {"input": given, "policy": policy}
        if asked.webhook:
            body["webhook"] = asked.webhook
        answer = await self._wire.call("POST", f"{self._endpoint}/run", body=body)
        if answer.refuses:
            said = text_of(answer.body)
            raise NotTaken(cause_of(answer.status, said), f"{answer.status}: {said}")
        if not answer.ok or not isinstance(answer.body, Mapping) or not answer.body.get("id"):
            raise NoAnswer(f"{answer.status}: {text_of(answer.body)}")
        return Remote(id=str(answer.body["id"]))

    async def find(self, asked: Asked, *, since: float, known: Collection[str]) -> Remote | None:
        """Nothing can be found: it has no list."""
        del asked, since, known
        return None

    async def look(self, remote: Remote) -> Seen:
        """Ask how a request stands."""
        answer = await self._wire.call("GET", f"{self._endpoint}/status/{remote.id}")
        if answer.status in GONE:
            raise NotThere(f"there is no request {remote.id}")
        body = answer.body
        state = STATES.get(str(body.get("status"))) if isinstance(body, Mapping) else None
        if not answer.ok or state is None:
            raise NoAnswer(f"{answer.status}: {text_of(body)}")
        worked = amount_in(body.get("executionTime"))
        output = body.get("output")
        detail = text_of(body.get("error") or output or body["status"]) if state is Stand.FAILED else ""
        result = _clip_in(output) if state is Stand.SUCCEEDED else ""
        if state is Stand.SUCCEEDED and not result:
            state, detail = Stand.FAILED, f"no clip in the output: {text_of(output)}"
        cause = None
        if state is Stand.FAILED:
            cause = Cause.LATE if body["status"] == "TIMED_OUT" else cause_in(detail)
        return Seen(
            state=state,
            cause=cause,
            detail=detail,
            result=result,
            work_seconds=None if worked is None else worked / 1000,
        )

    async def cancel(self, remote: Remote) -> None:
        """Ask for the end of a request."""
        answer = await self._wire.call("POST", f"{self._endpoint}/cancel/{remote.id}")
        if answer.status in GONE:
            raise NotThere(f"there is no request {remote.id}")
        if not answer.ok and not answer.refuses:
            raise NoAnswer(f"{answer.status}: {text_of(answer.body)}")

    async def fetch(self, seen: Seen, path: Path) -> None:
        """Fetch the clip."""
        await self._wire.download(seen.result, path)


def filled(workflow: Workflow | None, asked: Asked) -> dict[str, Any]:
    """The graph of a take.

    Raises:
        NotTaken: there is no such workflow, or it needs a file that is not there.
    """
    if workflow is None:
        raise NotTaken(Cause.INPUT, f"there is no workflow {asked.slug.model} in the folder of workflows")
    files = {str(ROLES[slot]): file.name for slot, file in asked.files.items()}
    try:
        return workflow.filled(asked.recipe, seed=asked.seed, files=files)
    except Unsupported as error:
        raise NotTaken(Cause.INPUT, str(error)) from error


def _clip_in(output: Any) -> str:
    """The clip that the worker answers with: an address, or base64. The worker calls all files images."""
    if not isinstance(output, Mapping):
        return ""
    for key in ("videos", "gifs", "images"):
        listed = output.get(key)
        for each in listed if isinstance(listed, list) else ():
            if not isinstance(each, Mapping):
                continue
            data = each.get("data") or each.get("url") or each.get("video") or each.get("image")
            name = str(each.get("filename") or "").lower()
            if isinstance(data, str) and data and (not name or name.endswith(VIDEO)):
                by_address = data.startswith(("https://", "http://", "data:"))
                return data if by_address else f"data:video/mp4;base64,{data}"
    return ""
