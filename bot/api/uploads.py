"""The body of a request for a clip: JSON, and files that go to the disk as they arrive."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from aiohttp import BodyPartReader, web
from pydantic import ValidationError

import system
from bot.api.documents import COMMANDS, Asked
from bot.api.problems import Kind, Problem
from bot.intake.attachment import Uploaded
from bot.threaded_open import opened_in_thread
from engine.core.recipe import Role
from engine.untrusted.headers import Refusal

log = logging.getLogger(__name__)

PIECE = 64 * 1024
LARGEST_JSON = 64 * 1024
REQUEST = "request"
"""The name of the part that holds the JSON."""

MULTIPART = "multipart/form-data"


@dataclass(kw_only=True)
class Body:
    """What was sent.

    Attributes:
        asked: the JSON, checked.
        files: by what they are for.
        digest: of all of it; the same request has the same.
    """

    asked: Asked
    files: dict[Role, Uploaded] = field(default_factory=dict)
    digest: str = ""


class Uploads:
    """Reads bodies."""

    def __init__(
        self, models: Mapping[str, type[Asked]], *, folder: Path, max_bytes: Callable[[Role], int]
    ) -> None:
        """Make one.

        Args:
            models: what may be sent, by kind.
            folder: where files lie while they are read. They have no name there.
            max_bytes: the most bytes that a file for a role may have.
        """
        self._models = models
        self._folder = folder
        self._max_bytes = max_bytes
        self._roles: dict[str, dict[str, Role]] = {
            kind: {option.name: option.role for option in command.options if option.role is not None}
            for kind, command in COMMANDS.items()
        }
        self._any_role = {name: role for roles in self._roles.values() for name, role in roles.items()}

    @asynccontextmanager
    async def read(self, request: web.Request) -> AsyncIterator[Body]:
        """Read the body of a request; its files are closed at the end of the block.

        Raises:
            Problem: it cannot be read, is too large, or is not what may be sent.
        """
        if request.headers.get("Content-Encoding", "identity") != "identity":
            raise Problem(Kind.MEDIA_TYPE, "A compressed body is not taken.")
        arrived: dict[str, tuple[Uploaded, str]] = {}
        try:
            if request.content_type == MULTIPART:
                text = await self._parts(request, arrived)
            elif request.content_type == "application/json":
                text = await all_of(request)
            else:
                raise Problem(Kind.MEDIA_TYPE, f"Send application/json or {MULTIPART}.")
            yield self._body(text, arrived)
        finally:
            for file, _ in arrived.values():
                file.file.close()

    async def _parts(self, request: web.Request, arrived: dict[str, tuple[Uploaded, str]]) -> bytes:
        """Keep the files of a multipart body; return its JSON."""
        text: bytes | None = None
        try:
            reader = await request.multipart()
            while (part := await reader.next()) is not None:
                if not isinstance(part, BodyPartReader):
                    raise Problem(Kind.UNREADABLE, "A part must not have parts of its own.")
                name = _name_of(part)
                if name in arrived or (name == REQUEST and text is not None):
                    raise Problem(Kind.UNREADABLE, "A part came twice.")
                if name == REQUEST:
                    text = await _text_of(part)
                elif name in self._any_role:
                    arrived[name] = await self._keep(part, self._max_bytes(self._any_role[name]))
                else:
                    names = ", ".join((REQUEST, *self._any_role))
                    raise Problem(Kind.UNREADABLE, f"The parts may be called: {names}.")
        except (ValueError, AssertionError, LookupError, RuntimeError, Warning) as error:
            # What the library raises at a body that is not as it should be.
            log.info("a multipart body cannot be read: %s", error)
            raise Problem(Kind.UNREADABLE, "The multipart body cannot be read.") from error
        if text is None:
            raise Problem(Kind.UNREADABLE, f"The part called {REQUEST} is missing.")
        return text

    async def _keep(self, part: BodyPartReader, most: int) -> tuple[Uploaded, str]:
        """Write a file to the disk, no more than it may have; return it with its digest."""
        file = await opened_in_thread(system.nameless_file, self._folder)
        digest, size = hashlib.sha256(), 0
        try:
            while piece := await part.read_chunk(PIECE):
                size += len(piece)
                _check_size(size, most)
                digest.update(piece)
                await asyncio.to_thread(file.write, piece)
            await asyncio.to_thread(_rewind, file)
        except BaseException:
            file.close()
            raise
        return Uploaded(file=file, size=size), digest.hexdigest()

    def _body(self, text: bytes, arrived: Mapping[str, tuple[Uploaded, str]]) -> Body:
        asked = self._checked(text)
        kind = asked.model_dump()["kind"]
        roles, command = self._roles[kind], COMMANDS[kind]
        if wrong := sorted(arrived.keys() - roles.keys()):
            raise Problem(Kind.INVALID, f"{kind} takes no {', '.join(wrong)}.")
        missing = [each.name for each in command.options if each.role and each.required]
        if missing := [name for name in missing if name not in arrived]:
            raise Problem(Kind.INVALID, f"{kind} needs a file: {', '.join(missing)}. Send {MULTIPART}.")
        told = {
            "asked": asked.model_dump(exclude_unset=True, mode="json"),
            "files": {name: digest for name, (_, digest) in arrived.items()},
        }
        return Body(
            asked=asked,
            files={roles[name]: file for name, (file, _) in arrived.items()},
            digest=hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest(),
        )

    def _checked(self, text: bytes) -> Asked:
        try:
            written: Any = json.loads(text)
        except (ValueError, RecursionError):
            raise Problem(Kind.UNREADABLE, "The JSON cannot be read.") from None
        kind = written.get("kind") if isinstance(written, dict) else None
        model = self._models.get(kind) if isinstance(kind, str) else None
        if model is None:
            raise Problem(Kind.INVALID, f"kind is one of: {', '.join(self._models)}.")
        try:
            return model.model_validate_json(text)
        except ValidationError as error:
            raise Problem(Kind.INVALID, wrong(error)) from None


def wrong(error: ValidationError) -> str:
    """What is wrong with a document, without what was written in it."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, each['loc']))[:50]}: {each['msg']}" for each in found[:5])


def _name_of(part: BodyPartReader) -> str:
    if part.headers.get("Content-Transfer-Encoding", "binary").lower() not in {"binary", "8bit", "7bit"}:
        raise Problem(Kind.MEDIA_TYPE, "A part must be sent as it is, without a transfer encoding.")
    if part.headers.get("Content-Encoding", "identity") != "identity":
        raise Problem(Kind.MEDIA_TYPE, "A compressed part is not taken.")
    return part.name or ""


async def _text_of(part: BodyPartReader) -> bytes:
    text = bytearray()
    while piece := await part.read_chunk(PIECE):
        text += piece
        if len(text) > LARGEST_JSON:
            raise Problem(Kind.TOO_LARGE, f"The JSON may have {LARGEST_JSON} bytes.")
    return bytes(text)


async def all_of(request: web.Request) -> bytes:
    """Read a body of JSON.

    Raises:
        Problem: it is too large.
    """
    text = bytearray()
    async for piece in request.content.iter_chunked(PIECE):
        text += piece
        if len(text) > LARGEST_JSON:
            raise Problem(Kind.TOO_LARGE, f"The JSON may have {LARGEST_JSON} bytes.")
    return bytes(text)


def _check_size(size: int, most: int) -> None:
    if size > most:
        raise Problem(Kind.TOO_LARGE, f"A file here may have {most} bytes.", code=Refusal.BYTES)


def _rewind(file: BinaryIO) -> None:
    file.flush()
    file.seek(0)
