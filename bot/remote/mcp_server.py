"""A server for MCP, the protocol by which assistants use tools. It is a client of the HTTP API.

So a tool can do what the key of its user can do, under the same limits and rules, and nothing else. The
parameters of the tools are made from the options of the commands in Discord, like the API's.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mcp_types as types
from mcp.server import Server
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError

from bot.api.documents import COMMANDS, asked_models
from bot.remote.api_client import CLIP, ApiClient, ApiError, Document, Upload

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

log = logging.getLogger(__name__)

PROMPT = 4000
"""Characters of a prompt that the tools' description allows; the bot may allow fewer, and says so."""

WAIT, LONGEST_WAIT = 120, 900
"""Seconds that a tool waits for a clip: by default, and at most."""

CLIP_ADDRESS = "framekiln://clips/"
"""Begins the address of a clip as a resource; the id of its job follows."""

INSTRUCTIONS = (
    "Makes short video clips from pictures and words, on the machine of a Discord community. A clip takes "
    "seconds to minutes. If a tool answers before it is ready, ask again with the tool job."
)

Context = ServerRequestContext[Any, Any]
Connect = Callable[[Context], AbstractAsyncContextManager[ApiClient]]
"""Gives the client that asks for one call: with the key of whoever made it."""


Tell = Callable[[Document], Awaitable[None]]
"""Tells the assistant how far a job is."""


class BadArguments(Exception):
    """A tool was called with arguments that make no sense; the text says why."""


@dataclass(frozen=True, kw_only=True)
class _Tool:
    described: types.Tool
    call: Callable[[ApiClient, Document, Tell], Awaitable[types.CallToolResult]]


class Tools:
    """The tools."""

    def __init__(self, files: Path | None) -> None:
        """Make them.

        Args:
            files: the only folder in which an assistant may name files, and into which clips are saved;
                None: it may name none, and sends and receives what is in a file.
        """
        self._files = None if files is None else files.resolve()
        self.all = {tool.described.name: tool for tool in self._make()}

    def _make(self) -> list[_Tool]:
        asking = [self._asking(kind) for kind in COMMANDS]
        return [
            *asking,
            _Tool(
                described=_described("job", "Show a job: where it stands, and why it failed.", _JOB),
                call=self._job,
            ),
            _Tool(described=_described("clip", self._about_clip(), _JOB), call=self._clip),
            _Tool(
                described=_described("cancel", "Cancel a job.", _JOB, changes=True),
                call=lambda api, given, _: _shown(api.cancel(_text(given, "job"))),
            ),
            _Tool(
                described=_described("engines", "List the engines, styles and models that there are.", {}),
                call=lambda api, _, __: _shown(api.engines()),
            ),
            _Tool(
                described=_described("limits", "Show what is left of the limits.", {}),
                call=lambda api, _, __: _shown(api.limits()),
            ),
        ]

    def _about_clip(self) -> str:
        where = "Its address can be read as a resource." if self._files is None else "It is saved as a file."
        return f"Get the finished clip of a job, an MP4. {where}"

    def _asking(self, kind: str) -> _Tool:
        command = COMMANDS[kind]
        schema = asked_models(PROMPT)[kind].model_json_schema()
        properties = {name: told for name, told in schema["properties"].items() if name != "kind"}
        required = [name for name in schema.get("required", ()) if name != "kind"]
        for option in command.options:
            if option.role is not None:
                properties[option.name] = {"type": "string", "description": self._about_file(option.about)}
                required += [option.name] * option.required
        properties["wait"] = {
            "type": "integer",
            "minimum": 0,
            "maximum": LONGEST_WAIT,
            "default": WAIT,
            "description": "Seconds to wait for the clip. 0: answer at once, and ask later by the tool job.",
        }
        described = types.Tool(
            name=kind,
            title=command.about,
            description=f"{command.about}. Answers with the job.",
            input_schema={
                "type": "object",
                "properties": properties,
                "required": required,
                "additionalProperties": False,
            },
            annotations=types.ToolAnnotations(
                read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True
            ),
        )

        async def call(api: ApiClient, given: Document, tell: Tell) -> types.CallToolResult:
            return await self._ask(api, kind, dict(given), tell)

        return _Tool(described=described, call=call)

    def _about_file(self, about: str) -> str:
        if self._files is None:
            return f"{about}. The content of the file, in base64."
        return f"{about}. The name of a file in the folder that the owner allows, or its content in base64."

    async def _ask(self, api: ApiClient, kind: str, given: Document, tell: Tell) -> types.CallToolResult:
        wait = given.pop("wait", WAIT)
        if not isinstance(wait, int) or not 0 <= wait <= LONGEST_WAIT:
            raise BadArguments(f"wait is a whole number from 0 to {LONGEST_WAIT}.")
        roles = {option.name for option in COMMANDS[kind].options if option.role is not None}
        files = {name: self._upload(name, given.pop(name)) for name in sorted(roles & given.keys())}
        job = await api.ask(kind, given, files)
        if wait:
            job = await api.wait(job["id"], seconds=wait, told=tell)
        return self._told(job)

    def _upload(self, name: str, given: object) -> Upload:
        """A file that an assistant gave: by its name in the folder, or whole."""
        if not isinstance(given, str):
            raise BadArguments(f"{name} is a text.")
        path = self._in_folder(given)
        if path is not None:
            return Upload(content=path, name=path.name)
        _, marked, rest = given.partition(";base64,")  # a data URL is fine, too
        try:
            content = base64.b64decode(rest if marked else given, validate=True)
        except (binascii.Error, ValueError):
            content = b""
        if not content:
            where = "" if self._files is None else f" and is no file in {self._files}"
            raise BadArguments(f"{name} is not base64{where}.")
        return Upload(content=content)

    def _in_folder(self, name: str) -> Path | None:
        """A file in the folder; None where the text names none. What leads out of the folder is none."""
        if self._files is None or len(name) > 255 or "\0" in name:  # noqa: PLR2004 - a file's name is shorter
            return None
        path = (self._files / name).resolve()
        return path if path.is_relative_to(self._files) and path.is_file() else None

    async def _job(self, api: ApiClient, given: Document, _: Tell) -> types.CallToolResult:
        return self._told(await api.job(_text(given, "job")))

    async def _clip(self, api: ApiClient, given: Document, _: Tell) -> types.CallToolResult:
        job = _text(given, "job")
        if self._files is None:
            return self._told(await api.job(job))
        path = self._files / f"{job}.mp4"
        content = await api.clip(job)
        fresh = path.with_suffix(f".{secrets.token_hex(4)}")
        fresh.write_bytes(content)
        fresh.replace(path)
        return _result({"job": job, "file": str(path), "bytes": len(content)})

    def _told(self, job: Document) -> types.CallToolResult:
        """A job, and the address of its clip once there is one."""
        result = _result(job, failed=job["state"] == "failed")
        if job["state"] == "succeeded":
            result.content.append(
                types.ResourceLink(
                    type="resource_link",
                    uri=CLIP_ADDRESS + job["id"],
                    name=f"{job['id']}.mp4",
                    mime_type=CLIP,
                )
            )
        return result


def server_of(tools: Tools, connect: Connect) -> Server[Any]:
    """A server for MCP.

    Args:
        tools: what it offers.
        connect: gives the client of a call.
    """
    schemas = {name: tool.described.input_schema for name, tool in tools.all.items()}

    async def list_tools(_: Context, __: object) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[tool.described for tool in tools.all.values()])

    async def call_tool(context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        tool = tools.all.get(params.name)
        if tool is None:
            raise MCPError(code=types.INVALID_PARAMS, message=f"There is no tool called {params.name!r}.")
        try:
            async with connect(context) as api:
                return await tool.call(api, params.arguments or {}, partial(_tell, context))
        except (ApiError, BadArguments) as error:
            log.info("%s was refused: %s", params.name, error)
            return types.CallToolResult(
                content=[types.TextContent(type="text", text=str(error))], is_error=True
            )

    async def templates(_: Context, __: object) -> types.ListResourceTemplatesResult:
        clips = types.ResourceTemplate(
            uri_template=CLIP_ADDRESS + "{job}",
            name="clip",
            description="The finished clip of a job.",
            mime_type=CLIP,
        )
        return types.ListResourceTemplatesResult(resource_templates=[clips])

    async def read(context: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        address = str(params.uri)
        if not address.startswith(CLIP_ADDRESS):
            raise MCPError(code=types.INVALID_PARAMS, message="There is no such resource.")
        try:
            async with connect(context) as api:
                content = await api.clip(address.removeprefix(CLIP_ADDRESS))
        except ApiError as error:
            raise MCPError(code=types.INVALID_PARAMS, message=str(error)) from error
        blob = base64.b64encode(content).decode()
        return types.ReadResourceResult(
            contents=[types.BlobResourceContents(uri=params.uri, blob=blob, mime_type=CLIP)]
        )

    return Server(
        "framekiln",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resource_templates=templates,
        on_read_resource=read,
        get_tool_input_schema=schemas.get,
    )


async def _tell(context: Context, job: Document) -> None:
    await context.session.report_progress(job["progress"], 1.0, job["state"])


def with_one_key(address: str, key: str) -> Connect:
    """Every call is made with the same key."""

    @asynccontextmanager
    async def connect(_: Context) -> AsyncIterator[ApiClient]:
        async with ApiClient(address, key) as api:
            yield api

    return connect


def with_callers_key(address: str) -> Connect:
    """Each call is made with the key that its request over HTTP brings along."""

    @asynccontextmanager
    async def connect(context: Context) -> AsyncIterator[ApiClient]:
        request = context.request
        sent = "" if request is None else request.headers.get("authorization", "")
        kind, _, key = sent.partition(" ")
        if kind.lower() != "bearer" or not key.strip():
            raise ApiError("Send a key: Authorization: Bearer fk_…", status=401)
        async with ApiClient(address, key.strip()) as api:
            yield api

    return connect


_JOB: Mapping[str, Any] = {"job": {"type": "string", "description": "The id of the job."}}


def _described(name: str, about: str, properties: Mapping[str, Any], *, changes: bool = False) -> types.Tool:
    return types.Tool(
        name=name,
        description=about,
        input_schema={
            "type": "object",
            "properties": dict(properties),
            "required": list(properties),
            "additionalProperties": False,
        },
        annotations=types.ToolAnnotations(read_only_hint=not changes, destructive_hint=changes),
    )


def _text(given: Document, name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise BadArguments(f"{name} is missing.")
    return value


async def _shown(document: Awaitable[Document]) -> types.CallToolResult:
    return _result(await document)


def _result(document: Document, *, failed: bool = False) -> types.CallToolResult:
    text = json.dumps(document, ensure_ascii=False, indent=1)
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=text)], structured_content=document, is_error=failed
    )
