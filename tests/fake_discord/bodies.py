"""Request bodies: reading them, and turning one into what a message says."""

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.multipart import BodyPartReader

from tests.fake_discord.errors import Reason, Refusal
from tests.fake_discord.limits import COMPONENTS_V2, media_of, message_faults
from tests.fake_discord.message import ATTACHED, Attachment, Version, numbered
from tests.fake_discord.people import Channel, Permission
from tests.fake_discord.world import World

SUPPRESS_EMBEDS = 1 << 2
_SETTABLE = SUPPRESS_EMBEDS | 1 << 12 | COMPONENTS_V2


@dataclass(frozen=True)
class Part:
    """A file of a multipart body."""

    filename: str
    data: bytes


@dataclass(frozen=True)
class Body:
    """What came in: JSON, and files by their number."""

    json: Any = None
    files: Mapping[int, Part] = field(default_factory=dict)


async def read_body(request: web.Request) -> Body:
    """Read all of it, as JSON or as multipart with `payload_json` and `files[n]`.

    Raises:
        Refusal: It is neither.
    """
    if not request.content_type.startswith("multipart/"):
        raw = await request.read()
        try:
            return Body(json.loads(raw) if raw else None)
        except ValueError as error:
            raise Refusal(Reason.INVALID_FORM, "the body is not JSON") from error
    payload: Any = None
    files: dict[int, Part] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise Refusal(Reason.INVALID_FORM, "nested multipart")
        numbered = re.fullmatch(r"files\[(\d+)\]", part.name or "")
        data = bytes(await part.read())
        if part.name == "payload_json":
            payload = json.loads(data)
        elif numbered:
            files[int(numbered[1])] = Part(part.filename or "unknown", data)
        else:
            raise Refusal(Reason.INVALID_FORM, f"unknown form field {part.name!r}")
    return Body(payload, files)


def compose(
    world: World,
    channel: Channel,
    payload: Mapping[str, Any],
    files: Mapping[int, Part],
    *,
    before: Version | None = None,
    keep_flags: int = 0,
) -> Version:
    """What the message says after this body: the fields given, over what it said before.

    Raises:
        Refusal: Too long, too large, or nothing left to say.
    """
    old = before or Version(at=0.0)
    faults = message_faults(payload, was_v2=old.v2)
    if faults:
        raise Refusal(Reason.INVALID_FORM, *faults)
    if any(len(part.data) > channel.guild.upload_limit for part in files.values()):
        raise Refusal(Reason.TOO_LARGE)
    flags = old.flags
    if "flags" in payload:
        flags = flags & ~_SETTABLE | (payload["flags"] or 0) & _SETTABLE
    version = Version(
        at=time.time(),
        content=(payload["content"] or "") if "content" in payload else old.content,
        embeds=tuple(payload["embeds"] or ()) if "embeds" in payload else old.embeds,
        components=numbered(payload["components"]) if "components" in payload else old.components,
        attachments=_attachments(world, channel, payload, files, old.attachments),
        flags=flags | keep_flags,
        allowed_mentions=payload.get("allowed_mentions"),
    )
    _check_form(version)
    if not (version.content.strip() or version.embeds or version.components or version.attachments):
        raise Refusal(Reason.EMPTY_MESSAGE)
    return version


def _check_form(version: Version) -> None:
    """Refuse a message of components V2 with words beside them, and a picture that is not attached."""
    if not version.v2:
        return
    if version.content or version.embeds:
        raise Refusal(Reason.INVALID_FORM, "components V2: content and embeds are not allowed")
    names = {one.filename for one in version.attachments}
    shown = [one["media"]["url"] for one in media_of(version.components)]
    lost = [url for url in shown if url.startswith(ATTACHED) and url.removeprefix(ATTACHED) not in names]
    if lost:
        raise Refusal(Reason.INVALID_FORM, f"media gallery: {lost} are not attached")


def check_may_post(channel: Channel, payload: Mapping[str, Any], files: Mapping[int, Part]) -> None:
    """Refuse what the bot lacks the permissions for.

    Raises:
        Refusal: 50001 or 50013.
    """
    check_may_view(channel)
    needed = Permission.SEND_MESSAGES
    if files:
        needed |= Permission.ATTACH_FILES
    if payload.get("embeds"):
        needed |= Permission.EMBED_LINKS
    if payload.get("message_reference"):
        needed |= Permission.READ_MESSAGE_HISTORY
    if needed not in channel.bot_permissions:
        raise Refusal(Reason.MISSING_PERMISSIONS)


def check_may_view(channel: Channel) -> None:
    """Refuse where the bot does not see the channel."""
    if channel.group:
        raise Refusal(Reason.UNKNOWN_CHANNEL)
    if not channel.has_bot or Permission.VIEW_CHANNEL not in channel.bot_permissions:
        raise Refusal(Reason.MISSING_ACCESS)


def _attachments(
    world: World,
    channel: Channel,
    payload: Mapping[str, Any],
    files: Mapping[int, Part],
    old: Sequence[Attachment],
) -> tuple[Attachment, ...]:
    listed = payload.get("attachments")
    by_id = {str(one["id"]): one for one in listed or ()}
    kept = [one for one in old if "attachments" not in payload or str(one.id) in by_id]
    strangers = set(by_id) - {str(one.id) for one in old} - {str(number) for number in files}
    if strangers:
        raise Refusal(Reason.INVALID_FORM, f"attachments: unknown ids {sorted(strangers)}")
    for number, part in sorted(files.items()):
        said = by_id.get(str(number), {})
        name = said.get("filename") or part.filename
        kept.append(world.keep_file(name, part.data, channel.id, said.get("description")))
    return tuple(kept)
