"""Replicate, fal and RunPod's ComfyUI worker on one port, with faults on demand.

What is asked of each is what their pages say. A request that was taken is counted, whatever its answer.
"""

from __future__ import annotations

import base64
import itertools
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

CLIP = b"\x00\x00\x00\x18ftypmp42 not really a clip"
STEPS = ("queued", "running", "succeeded")


@dataclass(kw_only=True)
class Work:
    """A request that was taken.

    Attributes:
        stage: a place in the service's steps; each look moves it on.
        end: how it ends.
    """

    id: str
    service: str
    body: dict[str, Any]
    headers: dict[str, str]
    query: dict[str, str]
    model: str
    at: float
    stage: int = -1
    end: str = "succeeded"
    error: str = ""
    cancelled: bool = False


@dataclass(kw_only=True)
class Faults:
    """What goes wrong: the name of a call → how often, and how.

    Attributes:
        plan: call ("submit", "look", "result", "cancel", "fetch", "list", "upload") → faults, the next one
            first. "lost": it is done, and the connection ends before the answer. "unheard": the connection
            ends before it is done. "502": done, and a gateway's page. A number: refused with this status.
            "junk": done, and answered with nothing of use.
    """

    plan: dict[str, list[str]] = field(default_factory=dict)

    def next(self, call: str) -> str:
        faults = self.plan.get(call)
        return faults.pop(0) if faults else ""


class FakeServices:
    """All three services; ``url`` is the address of each.

    Attributes:
        works: what was taken, in order: what is paid for.
        calls: how often each call came.
        end, error: how the next works end.
        hold: looks move nothing on while it is True.
        redirect: clips are answered with a redirect to here.
        stall: waited for after a call, named as in the faults, was done and before it is answered.
        clip_url: where clips are said to be; None: here.
        private_list: predictions are listed without their inputs.
    """

    def __init__(self) -> None:
        self.works: list[Work] = []
        self.calls: Counter[str] = Counter()
        self.faults = Faults()
        self.end, self.error = "succeeded", ""
        self.hold = False
        self.redirect: str | None = None
        self.clip_url: str | None = None
        self.private_list = False
        self.clip = CLIP
        self.work_seconds: float | None = 12.5
        self.uploads: dict[str, bytes] = {}
        self.url = ""
        self.stall: Callable[[str], Awaitable[None]] = _go_on
        self.now = lambda: datetime.now(UTC).timestamp()
        self._ids = itertools.count(1)
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> None:
        application = web.Application(client_max_size=64 << 20)
        application.add_routes(
            [
                web.post("/v1/models/{owner}/{name}/predictions", self._replicate_submit),
                web.get("/v1/predictions", self._replicate_list),
                web.get("/v1/predictions/{id}", self._replicate_look),
                web.post("/v1/predictions/{id}/cancel", self._cancel),
                web.post("/v1/files", self._upload),
                web.get("/requests/{id}/status", self._fal_look),
                web.get("/requests/{id}", self._fal_result),
                web.put("/requests/{id}/cancel", self._cancel),
                web.post("/v2/{endpoint}/run", self._runpod_submit),
                web.get("/v2/{endpoint}/status/{id}", self._runpod_look),
                web.post("/v2/{endpoint}/cancel/{id}", self._cancel),
                web.get("/clips/{id}.mp4", self._fetch),
                web.post("/{model:fal-ai/.*}", self._fal_submit),
            ]
        )
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port, reuse_address=True).start()
        host, taken = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{taken}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # Faults.

    async def _answer(self, request: web.Request, call: str, do: Any) -> web.StreamResponse:
        """Do what was asked, unless a fault comes first; answer, unless a fault comes then."""
        self.calls[call] += 1
        fault = self.faults.next(call)
        if fault == "unheard":
            return _cut(request)
        if fault.isdigit() and fault != "502":
            return web.json_response({"detail": f"refused with {fault}"}, status=int(fault))
        answer = do()
        await self.stall(call)
        if fault == "lost":
            return _cut(request)
        if fault == "502":
            return web.Response(status=502, text="<html>bad gateway</html>", content_type="text/html")
        if fault == "junk":
            return web.json_response({})
        return web.json_response(answer)

    async def _take(self, request: web.Request, service: str, model: str, told: Any) -> web.StreamResponse:
        body = json.loads(await request.read())

        def do() -> Any:
            work = Work(
                id=f"{service}-{next(self._ids)}",
                service=service,
                body=body,
                headers=dict(request.headers),
                query=dict(request.query),
                model=model,
                at=self.now(),
                end=self.end,
                error=self.error,
            )
            self.works.append(work)
            return told(work)

        return await self._answer(request, "submit", do)

    def _find(self, request: web.Request) -> Work:
        name = request.match_info["id"]
        for work in self.works:
            if work.id == name:
                return work
        raise web.HTTPNotFound(text=json.dumps({"detail": "no such request"}))

    def _step(self, work: Work) -> str:
        """How a work stands, after one more step."""
        if work.cancelled:
            return "cancelled"
        if not self.hold:
            work.stage = min(work.stage + 1, len(STEPS) - 1)
        stage = STEPS[max(0, work.stage)]
        return work.end if stage == "succeeded" else stage

    async def _cancel(self, request: web.Request) -> web.StreamResponse:
        work = self._find(request)

        def do() -> Any:
            work.cancelled = work.cancelled or work.stage < len(STEPS) - 1
            return {"status": "CANCELLATION_REQUESTED"}

        return await self._answer(request, "cancel", do)

    async def _fetch(self, request: web.Request) -> web.StreamResponse:
        self.calls["fetch"] += 1
        await self.stall("fetch")
        fault = self.faults.next("fetch")
        if fault == "lost":
            return _cut(request)
        if fault.isdigit():
            return web.Response(status=int(fault))
        if self.redirect is not None:
            raise web.HTTPFound(self.redirect)
        return web.Response(body=self.clip, content_type="video/mp4")

    def _clip_of(self, work: Work) -> str:
        return self.clip_url or f"{self.url}/clips/{work.id}.mp4"

    # Replicate.

    async def _replicate_submit(self, request: web.Request) -> web.StreamResponse:
        model = f"{request.match_info['owner']}/{request.match_info['name']}"
        return await self._take(request, "replicate", model, lambda work: self._prediction(work, "starting"))

    def _prediction(self, work: Work, status: str) -> dict[str, Any]:
        address = f"{self.url}/v1/predictions/{work.id}"
        metrics = {} if self.work_seconds is None else {"predict_time": self.work_seconds}
        return {
            "id": work.id,
            "model": work.model,
            "input": work.body["input"],
            "status": status,
            "created_at": datetime.fromtimestamp(work.at, UTC).isoformat().replace("+00:00", "Z"),
            "urls": {"get": address, "cancel": f"{address}/cancel"},
            "output": self._clip_of(work) if status == "succeeded" else None,
            "error": work.error if status == "failed" else None,
            "metrics": metrics if status in {"succeeded", "failed"} else {},
        }

    async def _replicate_look(self, request: web.Request) -> web.StreamResponse:
        work = self._find(request)
        words = {"queued": "starting", "running": "processing", "cancelled": "canceled"}

        def do() -> Any:
            stand = self._step(work)
            return self._prediction(work, words.get(stand, stand))

        return await self._answer(request, "look", do)

    async def _replicate_list(self, request: web.Request) -> web.StreamResponse:
        def do() -> Any:
            rows = [self._prediction(each, "starting") for each in self.works if each.service == "replicate"]
            if self.private_list:
                for row in rows:
                    del row["input"]
            return {"results": rows[::-1], "next": None, "previous": None}

        return await self._answer(request, "list", do)

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        content = form["content"]
        assert isinstance(content, web.FileField)
        data = content.file.read()

        def do() -> Any:
            name = f"file-{len(self.uploads) + 1}"
            self.uploads[name] = data
            return {"id": name, "urls": {"get": f"{self.url}/v1/files/{name}"}}

        return await self._answer(request, "upload", do)

    # fal.

    async def _fal_submit(self, request: web.Request) -> web.StreamResponse:
        def told(work: Work) -> Any:
            address = f"{self.url}/requests/{work.id}"
            return {
                "request_id": work.id,
                "status_url": f"{address}/status",
                "response_url": address,
                "cancel_url": f"{address}/cancel",
            }

        return await self._take(request, "fal", request.match_info["model"], told)

    async def _fal_look(self, request: web.Request) -> web.StreamResponse:
        work = self._find(request)

        def do() -> Any:
            stand = self._step(work)
            return {"status": {"queued": "IN_QUEUE", "running": "IN_PROGRESS"}.get(stand, "COMPLETED")}

        return await self._answer(request, "look", do)

    async def _fal_result(self, request: web.Request) -> web.StreamResponse:
        work = self._find(request)
        if work.cancelled:
            return web.json_response({"detail": "cancelled", "error_type": "request_cancelled"}, status=400)
        if work.end == "failed":
            return web.json_response({"detail": work.error, "error_type": "bad_request"}, status=422)
        return await self._answer(request, "result", lambda: {"video": {"url": self._clip_of(work)}})

    # RunPod.

    async def _runpod_submit(self, request: web.Request) -> web.StreamResponse:
        return await self._take(
            request,
            "runpod",
            request.match_info["endpoint"],
            lambda work: {"id": work.id, "status": "IN_QUEUE"},
        )

    async def _runpod_look(self, request: web.Request) -> web.StreamResponse:
        work = self._find(request)
        words = {"queued": "IN_QUEUE", "running": "IN_PROGRESS", "succeeded": "COMPLETED", "failed": "FAILED"}

        def do() -> Any:
            stand = self._step(work)
            answer: dict[str, Any] = {"id": work.id, "status": words.get(stand, "CANCELLED")}
            if stand == "succeeded":
                data = base64.b64encode(self.clip).decode()
                answer["output"] = {"images": [{"filename": "clip.mp4", "type": "base64", "data": data}]}
            if stand not in {"queued", "running"}:
                answer["executionTime"] = None if self.work_seconds is None else self.work_seconds * 1000
            if stand == "failed":
                answer["error"] = work.error
            return answer

        return await self._answer(request, "look", do)


async def _go_on(_: str) -> None:
    """No call waits."""


def _cut(request: web.Request) -> web.StreamResponse:
    """End the connection without an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()
