"""Messages, the files on them, and all that they ever said."""

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.fake_discord.faults import CdnFault
from tests.fake_discord.limits import COMPONENTS_V2, media_of, text_of
from tests.fake_discord.people import Channel, User, stamp

EPHEMERAL = 1 << 6
LOADING = 1 << 7
ATTACHED = "attachment://"


@dataclass(eq=False, kw_only=True)
class Attachment:
    """A file on the CDN. `claims` is what its payload says; `data` is what is there."""

    id: int
    channel_id: int
    filename: str
    data: bytes
    url: str
    true_type: str
    claims: Mapping[str, Any]
    description: str | None = None
    fault: CdnFault | None = None

    def payload(self) -> dict[str, Any]:
        said = {key: value for key, value in self.claims.items() if value is not None}
        if self.description is not None:
            said["description"] = self.description
        proxy = self.url.replace("/attachments/", "/media/attachments/", 1)
        return {"id": str(self.id), "filename": self.filename, "url": self.url, "proxy_url": proxy} | said


@dataclass(frozen=True, kw_only=True)
class Version:
    """What a message said from `at` on, until its next edit."""

    at: float
    content: str = ""
    embeds: tuple[Mapping[str, Any], ...] = ()
    components: tuple[Mapping[str, Any], ...] = ()
    attachments: tuple[Attachment, ...] = ()
    flags: int = 0
    allowed_mentions: Mapping[str, Any] | None = None

    @property
    def v2(self) -> bool:
        """Whether it is made of components V2."""
        return bool(self.flags & COMPONENTS_V2)

    @property
    def words(self) -> str:
        """What can be read, wherever it stands."""
        return text_of(self.components) if self.v2 else self.content

    @property
    def pings(self) -> frozenset[str]:
        """Who this text would notify: user and role ids, "everyone"; allowed_mentions applied."""
        users = set(re.findall(r"<@!?(\d+)>", self.words))
        roles = set(re.findall(r"<@&(\d+)>", self.words))
        everyone = {"everyone"} if re.search(r"@(everyone|here)\b", self.words) else set()
        if self.allowed_mentions is None:
            return frozenset(users | roles | everyone)
        parse = self.allowed_mentions.get("parse") or ()
        if "users" not in parse:
            users &= {str(one) for one in self.allowed_mentions.get("users") or ()}
        if "roles" not in parse:
            roles &= {str(one) for one in self.allowed_mentions.get("roles") or ()}
        return frozenset(users | roles | (everyone if "everyone" in parse else set()))

    def shown_components(self) -> list[dict[str, Any]]:
        """The components as Discord gives them back: a file that they show has its address there."""
        made: list[dict[str, Any]] = copy.deepcopy([dict(one) for one in self.components])
        files = {ATTACHED + one.filename: one for one in self.attachments}
        for item in media_of(made):
            file = files.get(item["media"]["url"])
            if file is not None:
                told = file.payload()
                item["media"].update(
                    {
                        key: told[key]
                        for key in ("url", "proxy_url", "width", "height", "content_type")
                        if key in told
                    },
                    attachment_id=told["id"],
                )
        return made


@dataclass(eq=False, kw_only=True)
class Message:
    """A message and all that it ever said, oldest first."""

    id: int
    channel: Channel
    author: User
    history: list[Version]
    type: int = 0
    nonce: str | None = None
    metadata: Mapping[str, Any] | None = None
    webhook_id: int | None = None
    reference: Mapping[str, Any] | None = None
    deleted: bool = False

    @property
    def now(self) -> Version:
        return self.history[-1]

    @property
    def content(self) -> str:
        return self.now.content

    @property
    def words(self) -> str:
        return self.now.words

    @property
    def embeds(self) -> tuple[Mapping[str, Any], ...]:
        return self.now.embeds

    @property
    def components(self) -> tuple[Mapping[str, Any], ...]:
        return self.now.components

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        return self.now.attachments

    @property
    def ephemeral(self) -> bool:
        return bool(self.now.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        return bool(self.now.flags & LOADING)

    @property
    def edits(self) -> int:
        return len(self.history) - 1

    def payload(self, *, with_content: bool = True) -> dict[str, Any]:
        """As Discord renders it; without content for a bot that lacks that intent."""
        now = self.now
        said: dict[str, Any] = {
            "id": str(self.id),
            "channel_id": str(self.channel.id),
            "type": self.type,
            "author": self.author.payload(),
            "content": now.content if with_content else "",
            "embeds": list(now.embeds) if with_content else [],
            "components": now.shown_components() if with_content else [],
            # What components V2 show is theirs, and not in this list.
            "attachments": [one.payload() for one in now.attachments] if with_content and not now.v2 else [],
            "mentions": [],
            "mention_roles": [],
            "mention_everyone": "everyone" in now.pings,
            "pinned": False,
            "tts": False,
            "flags": now.flags,
            "timestamp": stamp(self.history[0].at),
            "edited_timestamp": stamp(now.at) if self.edits else None,
        }
        optional = {
            "nonce": self.nonce,
            "interaction_metadata": self.metadata,
            "message_reference": self.reference,
            "webhook_id": None if self.webhook_id is None else str(self.webhook_id),
            "application_id": None if self.webhook_id is None else str(self.webhook_id),
        }
        return said | {key: value for key, value in optional.items() if value is not None}


def numbered(components: Sequence[Mapping[str, Any]] | None) -> tuple[Mapping[str, Any], ...]:
    """The components with Discord's ids: 1, 2, 3 … where none is given."""
    numbers = iter(range(1, 1000))

    def number(one: Mapping[str, Any]) -> dict[str, Any]:
        done = {**one, "id": one.get("id") or next(numbers)}
        if "components" in one:
            done["components"] = [number(child) for child in one["components"]]
        if one.get("accessory"):
            done["accessory"] = number(one["accessory"])
        return done

    return tuple(number(one) for one in components or ())
