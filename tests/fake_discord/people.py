"""Who and where: users, roles, guilds, members and channels, and their payloads."""

import hashlib
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntFlag
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fake_discord.message import Message

DISCORD_EPOCH_MS = 1_420_070_400_000
MIB = 1024 * 1024
LIMIT_BY_TIER = {0: 10 * MIB, 1: 10 * MIB, 2: 50 * MIB, 3: 100 * MIB}


class Permission(IntFlag):
    """The permission bits that the fake looks at (Discord's numbers)."""

    ADMINISTRATOR = 1 << 3
    MANAGE_GUILD = 1 << 5
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_APPLICATION_COMMANDS = 1 << 31
    SEND_MESSAGES_IN_THREADS = 1 << 38
    MODERATE_MEMBERS = 1 << 40


EVERYONE = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.SEND_MESSAGES_IN_THREADS
)
ALL = Permission((1 << 41) - 1)
OUTSIDE = Permission.EMBED_LINKS | Permission.ATTACH_FILES | Permission.MENTION_EVERYONE
"""What Discord says that a bot may do where no server has added it: not to see the channel, nor to speak."""


def stamp(seconds: float) -> str:
    """Seconds since 1970 as Discord writes times."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


class Snowflakes:
    """Ids as Discord makes them: the time in ms since 2015 above 22 bits, always rising."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        """A fresh id of now."""
        now = (int(time.time() * 1000) - DISCORD_EPOCH_MS) << 22
        self._last = max(self._last + 1, now)
        return self._last


@dataclass(eq=False, kw_only=True)
class User:
    """An account."""

    id: int
    name: str
    bot: bool = False
    avatar: bytes | None = None

    @property
    def avatar_hash(self) -> str | None:
        """What stands for the avatar in its address; for all the fake knows, it moves."""
        return None if self.avatar is None else f"a_{hashlib.sha256(self.avatar).hexdigest()[:32]}"

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"

    def payload(self) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "username": self.name,
            "global_name": None if self.bot else self.name.title(),
            "discriminator": "0",
            "avatar": self.avatar_hash,
            "bot": self.bot,
            "public_flags": 0,
            "flags": 0,
        }


@dataclass(eq=False, kw_only=True)
class Role:
    """A named set of permissions; the role with the guild's own id is @everyone."""

    id: int
    name: str
    permissions: Permission
    position: int = 1

    def payload(self) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "name": self.name,
            "permissions": str(int(self.permissions)),
            "position": self.position,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "managed": False,
            "mentionable": False,
            "flags": 0,
        }


@dataclass(eq=False, kw_only=True)
class Guild:
    """A server. `claimed_upload_limit` is what interactions say, which may overstate `upload_limit`."""

    id: int
    name: str
    owner_id: int
    premium_tier: int = 0
    upload_limit: int = 10 * MIB
    claimed_upload_limit: int | None = None
    has_bot: bool = True
    locale: str = "en-US"
    roles: dict[int, Role] = field(default_factory=dict)
    channels: dict[int, "Channel"] = field(default_factory=dict)
    members: dict[int, "Member"] = field(default_factory=dict)

    def payload(self, bot: "Member") -> dict[str, Any]:
        """As in GUILD_CREATE: without the members intent, only the bot is listed."""
        return {
            "id": str(self.id),
            "name": self.name,
            "owner_id": str(self.owner_id),
            "premium_tier": self.premium_tier,
            "preferred_locale": self.locale,
            "features": [],
            "roles": [role.payload() for role in self.roles.values()],
            "channels": [channel.payload() for channel in self.channels.values()],
            "members": [bot.payload() | {"user": bot.user.payload()}],
            "member_count": len(self.members),
            "emojis": [],
            "stickers": [],
            "threads": [],
            "voice_states": [],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
            "joined_at": stamp(time.time()),
            "large": False,
            "unavailable": False,
        }


@dataclass(eq=False, kw_only=True)
class Member:
    """A user in a guild."""

    user: User
    guild: Guild
    roles: list[Role]
    locale: str = "en-US"
    joined_at: float = field(default_factory=time.time)

    @property
    def id(self) -> int:
        return self.user.id

    @property
    def mention(self) -> str:
        return self.user.mention

    @property
    def permissions(self) -> Permission:
        if self.guild.owner_id == self.id:
            return ALL
        found = self.guild.roles[self.guild.id].permissions
        for role in self.roles:
            found |= role.permissions
        return ALL if Permission.ADMINISTRATOR in found else found

    def payload(self) -> dict[str, Any]:
        """Without `user`, which only some payloads carry."""
        return {
            "roles": [str(role.id) for role in self.roles],
            "nick": None,
            "avatar": None,
            "joined_at": stamp(self.joined_at),
            "premium_since": None,
            "deaf": False,
            "mute": False,
            "flags": 0,
            "pending": False,
            "communication_disabled_until": None,
        }


@dataclass(eq=False, kw_only=True)
class Channel:
    """A text channel, a forum or a post in one, with what the bot may do in it.

    Attributes:
        direct: a conversation with the bot alone.
        group: a group DM, in which the bot never is; its members bring it along.
        hidden_from: ids of roles and members that cannot see it.
        tags: names of the tags of a forum; None: it is none. Their ids count from 1.
        wants_tag: whether a post in the forum needs one.
        parent: the forum that it is a post in.
        put: ids of the tags of a post.
    """

    id: int
    name: str
    guild: Guild
    bot_id: int
    nsfw: bool = False
    direct: bool = False
    group: bool = False
    position: int = 0
    bot_permissions: Permission = EVERYONE
    hidden_from: set[int] = field(default_factory=set)
    messages: dict[int, "Message"] = field(default_factory=dict)
    typed: int = 0
    tags: tuple[str, ...] | None = None
    wants_tag: bool = False
    parent: "Channel | None" = None
    put: tuple[int, ...] = ()

    @property
    def has_bot(self) -> bool:
        """Whether the bot is there, and not only brought along for an answer."""
        return self.direct or (self.guild.has_bot and not self.group)

    @property
    def context(self) -> int:
        """Discord's number for where an interaction comes from."""
        return 1 if self.direct else 2 if self.group else 0

    def private_payload(self) -> dict[str, Any]:
        """As interactions show it that come from no server."""
        said: dict[str, Any] = {"id": str(self.id), "flags": 0, "last_message_id": None}
        if self.group:
            return said | {"type": 3, "name": self.name, "icon": None, "owner_id": "0", "recipients": []}
        return said | {"type": 1}

    def payload(self) -> dict[str, Any]:
        if self.parent is not None:
            return self._payload_of_post(self.parent)
        refused = ALL & ~self.bot_permissions & ~Permission.ADMINISTRATOR
        overwrite = {
            "id": str(self.bot_id),
            "type": 1,
            "allow": str(int(self.bot_permissions)),
            "deny": str(int(refused)),
        }
        forum: dict[str, Any] = {}
        if self.tags is not None:
            forum = {
                "available_tags": [
                    {"id": str(place), "name": name, "moderated": False, "emoji_id": None, "emoji_name": None}
                    for place, name in enumerate(self.tags, 1)
                ],
                "default_reaction_emoji": None,
                "default_sort_order": None,
                "default_forum_layout": 0,
            }
        return forum | {
            "id": str(self.id),
            "type": 0 if self.tags is None else 15,
            "guild_id": str(self.guild.id),
            "name": self.name,
            "topic": None,
            "nsfw": self.nsfw,
            "position": self.position,
            "parent_id": None,
            "rate_limit_per_user": 0,
            "last_message_id": str(max(self.messages)) if self.messages else None,
            "permission_overwrites": [overwrite, *map(self._shuts_out, sorted(self.hidden_from))],
            "flags": (1 << 4) * self.wants_tag,
        }

    def _payload_of_post(self, forum: "Channel") -> dict[str, Any]:
        return {
            "id": str(self.id),
            "type": 11,
            "guild_id": str(self.guild.id),
            "name": self.name,
            "parent_id": str(forum.id),
            "owner_id": str(self.bot_id),
            "last_message_id": str(self.id),
            "message_count": max(0, len(self.messages) - 1),
            "member_count": 1,
            "rate_limit_per_user": 0,
            "flags": 0,
            "applied_tags": [str(tag) for tag in self.put],
            "thread_metadata": {
                "archived": False,
                "auto_archive_duration": 1440,
                "archive_timestamp": stamp(time.time()),
                "locked": False,
            },
        }

    def _shuts_out(self, whom: int) -> dict[str, Any]:
        return {
            "id": str(whom),
            "type": 0 if whom in self.guild.roles else 1,
            "allow": "0",
            "deny": str(int(Permission.VIEW_CHANNEL)),
        }
