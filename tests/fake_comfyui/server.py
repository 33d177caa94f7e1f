"""FakeComfyUI: one object that serves ComfyUI's HTTP API and its socket on a port of this machine."""

import asyncio
import contextlib
import io
import json
import struct
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import WSMsgType, web
from PIL import Image

from tests.fake_comfyui.clips import clip_of, preview_of
from tests.fake_comfyui.faults import ANSWERS, Fault
from tests.fake_comfyui.jobs import Board, Job, stamp

SECRET_PATH = "/opt/ComfyUI/models/secret"
"""Stands in messages, as real servers' paths do. Nobody but the owner may read it."""

STEPS = 8

OLD, NEW = "0.3.64", "0.27.0"
"""The versions whose messages were recorded; the older one has no ``/api/jobs`` and takes any id."""

INFO = json.loads((Path(__file__).parent / "object_info.json").read_text())
"""Recorded: what these kinds of nodes take. There are no others here."""


class FakeComfyUI:
    """A ComfyUI server without models.

    Attributes:
        seconds: that a job takes.
        jobs_api: whether it is new enough for ``/api/jobs``.
        board: what it holds in memory.
        submits: ids of all jobs that it took, in order.
        drawn: ids of all jobs that it began to draw.
        calls: how often each route was asked.
        headers: of the last request.
        interrupts: what ``/interrupt`` was asked: ids, and None for whatever runs.
        bodies: of each submit.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        seconds: float = 0.3,
        jobs_api: bool = True,
        version: str | None = None,
        files: Path | None = None,
        on_submit: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.seconds = seconds
        self.jobs_api = jobs_api
        self.version = version or (NEW if jobs_api else OLD)
        self.board = Board()
        self.files: dict[tuple[str, str], bytes] = {}
        self.submits: list[str] = []
        self.drawn: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.interrupts: list[str | None] = []
        self.calls: Counter[str] = Counter()
        self.headers: Any = {}
        self._folder = files
        self._on_submit = on_submit
        self._orders: list[Fault] = []
        self._sockets: dict[str, tuple[web.WebSocketResponse, bool]] = {}
        self._port = port
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._stir = asyncio.Event()
        self._down = False
        self._worker: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def order(self, fault: Fault, times: int = 1) -> None:
        """Have something go wrong the next times that it can."""
        self._orders += [fault] * times

    def _meets(self, job: Job, *faults: Fault) -> Fault | None:
        """The first order among these; jobs of others are spared."""
        return None if job.client == "other" else self._takes(*faults)

    def _takes(self, *faults: Fault) -> Fault | None:
        """The first order among these, which is used up."""
        found = next((order for order in self._orders if order in faults), None)
        if found is not None:
            self._orders.remove(found)
        return found

    def foreign(self, prompt: str = "00000000-0000-4000-8000-000000000000") -> Job:
        """A job of another program, first in the queue."""
        graph = {"9": {"class_type": "SaveVideo", "inputs": {}}}
        job = Job(number=next(self.board.numbers), prompt=prompt, graph=graph, extra={"client_id": "other"})
        self.board.waiting.append(job)
        self._stir.set()
        return job

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 28, middlewares=[self._front])
        app.add_routes(
            [
                web.get("/ws", self._ws),
                web.post("/prompt", self._prompt),
                web.get("/queue", self._queue),
                web.post("/queue", self._delete),
                web.post("/interrupt", self._interrupt),
                web.get("/history/{prompt}", self._history),
                web.get("/view", self._view),
                web.post("/upload/image", self._upload),
                web.get("/system_stats", self._stats),
                web.get("/object_info/{name}", self._info),
                web.get("/api/jobs/{prompt}", self._job),
                web.post("/api/jobs/{prompt}/cancel", self._cancel),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await self.up()
        self._worker = asyncio.create_task(self._work())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._worker is not None
        assert self._runner is not None
        self._worker.cancel()
        await asyncio.gather(self._worker, return_exceptions=True)
        await self._runner.cleanup()

    async def up(self) -> None:
        """Listen, at the port of before."""
        assert self._runner is not None
        self._down = False
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await self._site.start()
        self._port = self._runner.addresses[0][1]

    async def down(self, *, forgets: bool = True) -> None:
        """Refuse connections; what was in memory is lost, as after a crash."""
        assert self._site is not None
        self._down = True
        await self._site.stop()
        for socket, _ in list(self._sockets.values()):
            await socket.close()
        if forgets:
            self.forget()

    def forget(self) -> None:
        if self.board.running is not None:
            self.board.running.interrupted = True
        self.board = Board()

    @web.middleware
    async def _front(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if self._down:
            _hang_up(request)
        self.calls[f"{request.method} {request.path.split('/')[1]}"] += 1
        self.headers = request.headers
        if "Origin" in request.headers:
            return web.Response(status=403)
        if request.path != "/ws":
            match self._takes(*ANSWERS):
                case Fault.SLOW:
                    await asyncio.sleep(3600)
                case Fault.BAD_GATEWAY:
                    page = "<html><body><h1>502 Bad Gateway</h1></body></html>"
                    return web.Response(status=502, text=page, content_type="text/html")
                case Fault.LOGIN:
                    return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})
                case Fault.HUGE_ANSWER:
                    return web.Response(body=b"[" + b"0," * 1_500_000 + b"0]")
                case Fault.NONSENSE:
                    return web.json_response([[["queue_running"]], None, {"status": 7}])
        return await handler(request)

    # What is asked.

    async def _prompt(self, request: web.Request) -> web.StreamResponse:
        try:
            body = await request.json()
        except ValueError:
            return web.Response(status=500, text="500 Internal Server Error")
        fault = self._takes(Fault.REFUSES, Fault.LOST_ANSWER, Fault.TWICE, Fault.FAILS)
        if fault is Fault.FAILS:
            return web.Response(status=500, text="500 Internal Server Error\n\nServer got itself in trouble")
        refusal = self._refusal(body, fault)
        if refusal is not None:
            return web.json_response(refusal, status=400)
        for _ in range(2 if fault is Fault.TWICE else 1):
            number = next(self.board.numbers)
            extra = {**body.get("extra_data", {}), "client_id": body.get("client_id", "")}
            job = Job(number=number, prompt=body["prompt_id"], graph=body["prompt"], extra=extra)
            self.board.waiting.append(job)
            self.submits.append(job.prompt)
            self._on_submit(job.prompt)
        self.bodies.append(body)
        self._stir.set()
        if fault is Fault.LOST_ANSWER:
            _hang_up(request)
        return web.json_response({"prompt_id": job.prompt, "number": number, "node_errors": {}})

    def _refusal(self, body: dict[str, Any], fault: Fault | None) -> dict[str, Any] | None:
        """Why a graph is not taken, as recorded."""
        if self.jobs_api and str(uuid.UUID(body["prompt_id"])) != body["prompt_id"]:
            text = "prompt_id must be a valid UUID"
            return {"error": {"type": "invalid_prompt_id", "message": text}, "node_errors": {}}
        for id_, node in body["prompt"].items():
            if node["class_type"] not in INFO:
                text = f"Cannot execute because node {node['class_type']} does not exist."
                kind = "missing_node_type" if self.jobs_api else "invalid_prompt"
                error = {"type": kind, "message": text, "details": f"Node ID '#{id_}'", "extra_info": {}}
                return {"error": error, "node_errors": {}}
            name = node["inputs"].get("image")
            lacks = isinstance(name, str) and ("input", name) not in self.files
            if lacks or fault is Fault.REFUSES:
                where = f"{SECRET_PATH}/{name}" if fault is Fault.REFUSES else name
                reason = {
                    "type": "custom_validation_failed",
                    "message": "Custom validation failed for node",
                    "details": f"image - Invalid image file: {where}",
                    "extra_info": {"input_name": "image"},
                }
                whole = {
                    "type": "prompt_outputs_failed_validation",
                    "message": "Prompt outputs failed validation",
                    "details": "",
                    "extra_info": {},
                }
                about = {"errors": [reason], "dependent_outputs": ["5"], "class_type": node["class_type"]}
                return {"error": whole, "node_errors": {id_: about}}
        return None

    async def _queue(self, _: web.Request) -> web.Response:
        return web.json_response(self.board.queue())

    async def _delete(self, request: web.Request) -> web.Response:
        body = await request.json()
        assert "clear" not in body, "the whole queue was cleared"
        for prompt in body.get("delete", ()):
            self.board.delete(prompt)
        return web.Response()

    async def _interrupt(self, request: web.Request) -> web.Response:
        prompt = (await request.json()).get("prompt_id") if request.can_read_body else None
        self.interrupts.append(prompt)
        self.board.interrupt(prompt)
        return web.Response()

    async def _history(self, request: web.Request) -> web.Response:
        job = self.board.history.get(request.match_info["prompt"])
        return web.json_response({} if job is None else {job.prompt: job.entry()})

    async def _job(self, request: web.Request) -> web.Response:
        told = self.board.job(request.match_info["prompt"]) if self.jobs_api else None
        return web.Response(status=404) if told is None else web.json_response(told)

    async def _cancel(self, request: web.Request) -> web.Response:
        if not self.jobs_api:
            return web.Response(status=405, text="405: Method Not Allowed")
        prompt = request.match_info["prompt"]
        cancelled = self.board.delete(prompt) or self.board.interrupt(prompt)
        return web.json_response({"cancelled": cancelled})

    async def _view(self, request: web.Request) -> web.StreamResponse:
        asked = request.query
        name = "/".join(filter(None, (asked["subfolder"], asked["filename"])))
        if ".." in name:
            return web.Response(status=400)
        if self._takes(Fault.ENDLESS_CLIP):
            return web.Response(body=bytes(30_000_000), content_type="video/mp4")
        data = None if self._takes(Fault.GONE) else self._file(asked["type"], name)
        if data is None:
            return web.Response(status=404)
        return web.Response(body=data, content_type="video/mp4")

    async def _upload(self, request: web.Request) -> web.Response:
        post = await request.post()
        image: Any = post["image"]
        folder, data = str(post.get("subfolder", "")), image.file.read()
        stem, _, suffix = image.filename.rpartition(".")
        name, number = image.filename, 0
        while (there := self._file("input", f"{folder}/{name}")) is not None and there != data:
            number += 1
            name = f"{stem} ({number}).{suffix}"
        self._keep("input", f"{folder}/{name}", data)
        return web.json_response({"name": name, "subfolder": folder, "type": "input"})

    async def _stats(self, _: web.Request) -> web.Response:
        system = {"os": "posix", "comfyui_version": self.version, "argv": ["main.py", "--cpu", SECRET_PATH]}
        return web.json_response({"system": system, "devices": [{"name": "cpu", "type": "cpu"}]})

    async def _info(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        return web.json_response({name: INFO[name]} if name in INFO else {})

    def _file(self, kind: str, name: str) -> bytes | None:
        if (kind, name) not in self.files and self._folder is not None:
            path = self._folder / kind / name
            if path.is_file():
                self.files[kind, name] = path.read_bytes()
        return self.files.get((kind, name))

    def _keep(self, kind: str, name: str, data: bytes) -> None:
        self.files[kind, name] = data
        if self._folder is not None:
            path = self._folder / kind / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    # What the socket says.

    async def _ws(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        client = request.query.get("clientId", "")
        self._sockets[client] = socket, False
        status = {"status": {"exec_info": {"queue_remaining": self.board.remaining}}, "sid": client}
        await self._say(client, "status", status)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                told = json.loads(message.data)
                if told.get("type") == "feature_flags":
                    self._sockets[client] = socket, bool(told["data"].get("supports_preview_metadata"))
                    flags = {"supports_preview_metadata": True, "max_upload_size": 104857600}
                    await self._say(client, "feature_flags", flags)
        return socket

    async def _say(self, client: str, kind: str, data: dict[str, Any]) -> None:
        if client in self._sockets:
            with contextlib.suppress(ConnectionError):
                await self._sockets[client][0].send_str(json.dumps({"type": kind, "data": data}))

    async def _tell(self, job: Job, kind: str, **data: Any) -> None:
        """Say something of a job to the client that asked for it; what the history keeps is kept."""
        told = {"prompt_id": job.prompt, **data}
        if kind.startswith("execution_"):
            told["timestamp"] = stamp()
            job.messages.append([kind, told])
        await self._say(job.client, kind, told)

    async def _preview(self, job: Job, share: float) -> None:
        if job.client not in self._sockets:
            return
        socket, with_metadata = self._sockets[job.client]
        picture = preview_of(self._picture(job), round(share, 2))
        if self._meets(job, Fault.HUGE_PREVIEW):
            picture += bytes(5_000_000)
        head = struct.pack(">II", 1, 1)
        if with_metadata:
            about = json.dumps(
                {"node_id": "3", "prompt_id": job.prompt, "display_node_id": "3", "image_type": "image/jpeg"}
            ).encode()
            head = struct.pack(">II", 4, len(about)) + about
        with contextlib.suppress(ConnectionError):
            await socket.send_bytes(head + picture)

    # What it does.

    async def _work(self) -> None:
        while True:
            board = self.board
            if not board.waiting:
                self._stir.clear()
                await self._stir.wait()
                continue
            job = board.running = board.waiting.pop(0)
            self.drawn.append(job.prompt)
            await self._draw(job)
            if board is self.board:
                board.running = None
                if not self._meets(job, Fault.CLEARED):
                    board.history[job.prompt] = job
                await self._tell(job, "executing", node=None)

    async def _draw(self, job: Job) -> None:
        await self._tell(job, "execution_start")
        cached = self._meets(job, Fault.CACHED)
        await self._tell(job, "execution_cached", nodes=list(job.graph) if cached else [])
        if not cached and not await self._steps(job):
            return
        if not self._meets(job, Fault.NO_OUTPUT):
            data = b"no clip at all" * 99 if self._meets(job, Fault.BROKEN_CLIP) else await self._clip(job)
            prefix = job.graph.get("5", {}).get("inputs", {}).get("filename_prefix", "clip")
            folder, _, stem = prefix.rpartition("/")
            name = f"{stem}_00001_.mp4"
            self._keep("output", f"{folder}/{name}" if folder else name, data)
            output = {
                "images": [{"filename": name, "subfolder": folder, "type": "output"}],
                "animated": [True],
            }
            job.outputs = {job.clip_node: output}
            await self._tell(job, "executed", node=job.clip_node, display_node=job.clip_node, output=output)
        job.succeeded = True
        await self._tell(job, "execution_success")

    async def _steps(self, job: Job) -> bool:
        """Draw; False where it comes to no clip."""
        for step in range(1, STEPS + 1):
            await asyncio.sleep(self.seconds / STEPS)
            states = {
                node: {"value": 1.0, "max": 1.0, "state": "finished", "node_id": node}
                for node in list(job.graph)[: len(job.graph) * step // STEPS]
            }
            await self._tell(job, "progress_state", nodes=states)
            if job.client != "other":
                await self._preview(job, step / STEPS)
            if step == STEPS // 2:
                await self._middle(job)
            if job.interrupted:
                await self._tell(job, "execution_interrupted", node_id="3", node_type="X", executed=[])
                return False
            if job.messages[-1][0] == "execution_error":
                return False
        return True

    async def _middle(self, job: Job) -> None:
        """What goes wrong in the middle of a job."""
        match self._meets(
            job, Fault.CLOSES_SOCKET, Fault.FORGETS, Fault.NODE_ERROR, Fault.OUT_OF_MEMORY, Fault.STOPPED
        ):
            case Fault.CLOSES_SOCKET:
                await self._sockets.pop(job.client)[0].close()
            case Fault.FORGETS:
                self.forget()
            case Fault.STOPPED:
                self.board.interrupt(None)
            case Fault.NODE_ERROR:
                await self._break(job, "FileNotFoundError", f"No such file: {SECRET_PATH}/model.safetensors")
            case Fault.OUT_OF_MEMORY:
                await self._break(job, "torch.OutOfMemoryError", "Allocation on device 0 would exceed …")

    async def _break(self, job: Job, kind: str, message: str) -> None:
        await self._tell(
            job,
            "execution_error",
            node_id="3",
            node_type="RepeatImageBatch",
            executed=["1", "2"],
            exception_message=message,
            exception_type=kind,
            traceback=[f'  File "{SECRET_PATH}/execution.py", line 510, in execute\n'],
            current_inputs={},
            current_outputs=[],
        )

    def _picture(self, job: Job) -> bytes:
        name = job.graph.get("1", {}).get("inputs", {}).get("image", "")
        return self._file("input", str(name)) or _grey()

    async def _clip(self, job: Job) -> bytes:
        told = {key: value for node in job.graph.values() for key, value in node["inputs"].items()}
        size = int(told.get("width", 320)), int(told.get("height", 192))
        frames, fps = int(told.get("amount", 24)), float(told.get("fps", 12))
        seed = int(job.prompt.replace("-", "")[:6], 16)
        return await asyncio.to_thread(clip_of, self._picture(job), *size, frames, fps, seed)


def _hang_up(request: web.Request) -> None:
    """Close a connection before there is an answer."""
    if request.transport is not None:
        request.transport.close()


def _grey() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 192), (120, 120, 120)).save(out, "PNG")
    return out.getvalue()
