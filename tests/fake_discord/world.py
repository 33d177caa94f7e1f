"""What exists on the fake Discord, and how a test builds it."""

import mimetypes
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any
from urllib.parse import quote

from PIL import Image, UnidentifiedImageError

from tests.fake_discord.faults import Upload, claimed
from tests.fake_discord.message import Attachment, Message, Version, numbered
from tests.fake_discord.people import (
    EVERYONE,
    LIMIT_BY_TIER,
    Channel,
    Guild,
    Member,
    Permission,
    Role,
    Snowflakes,
    User,
)

Event = Mapping[str, Any]


class World:
    """All state that outlives a connection. `emit` sends an event through the gateway."""

    def __init__(self, *, emit: Callable[[str, dict[str, Any]], object]) -> None:
        self.ids = Snowflakes()
        self.emit = emit
        self.base_url = ""
        self.application_id = self.ids.next()
        self.bot = User(id=self.application_id, name="framekiln", bot=True)
        self.owner = User(id=self.ids.next(), name="owner")
        self.users: dict[int, User] = {self.bot.id: self.bot, self.owner.id: self.owner}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.direct: dict[int, Channel] = {}
        # Who has installed the bot for themselves.
        self.installed: set[int] = set()
        self.files: dict[int, Attachment] = {}
        # Key: the guild's id, or None for the commands of everywhere.
        self.commands: dict[int | None, list[dict[str, Any]]] = {}
        self.command_syncs = 0
        # Whether the bot has the privileged intent to read what others write.
        self.message_content = False

    def guild(
        self,
        name: str = "The Kiln",
        *,
        premium_tier: int = 0,
        upload_limit: int | None = None,
        claimed_upload_limit: int | None = None,
        everyone: Permission = EVERYONE,
        has_bot: bool = True,
        locale: str = "en-US",
    ) -> Guild:
        """A server. Without `upload_limit` (bytes), that of its boost tier.

        The bot is in it; where not, its members have installed the bot for themselves.
        """
        guild = Guild(
            id=self.ids.next(),
            name=name,
            owner_id=self.owner.id,
            premium_tier=premium_tier,
            upload_limit=LIMIT_BY_TIER[premium_tier] if upload_limit is None else upload_limit,
            claimed_upload_limit=claimed_upload_limit,
            has_bot=has_bot,
            locale=locale,
        )
        guild.roles[guild.id] = Role(id=guild.id, name="@everyone", permissions=everyone, position=0)
        guild.members[self.bot.id] = Member(user=self.bot, guild=guild, roles=[])
        guild.members[self.owner.id] = Member(user=self.owner, guild=guild, roles=[])
        if not has_bot:
            return guild
        self.guilds[guild.id] = guild
        self.emit("GUILD_CREATE", guild.payload(guild.members[self.bot.id]))
        return guild

    def role(self, guild: Guild, name: str, permissions: Permission = Permission(0)) -> Role:  # noqa: B008 - an int
        """A role of the guild."""
        role = Role(id=self.ids.next(), name=name, permissions=permissions, position=len(guild.roles))
        guild.roles[role.id] = role
        self.emit("GUILD_ROLE_CREATE", {"guild_id": str(guild.id), "role": role.payload()})
        return role

    def channel(
        self,
        guild: Guild | None = None,
        name: str = "clips",
        *,
        nsfw: bool = False,
        bot_permissions: Permission = EVERYONE,
        tags: tuple[str, ...] | None = None,
        wants_tag: bool = False,
    ) -> Channel:
        """A text channel, or, where tags are given, a forum; without a guild, in the first one."""
        where = guild or self._first_guild()
        channel = Channel(
            id=self.ids.next(),
            name=name,
            guild=where,
            bot_id=self.bot.id,
            nsfw=nsfw,
            position=len(where.channels),
            bot_permissions=bot_permissions,
            tags=tags,
            wants_tag=wants_tag,
        )
        where.channels[channel.id] = self.channels[channel.id] = channel
        if where.has_bot:
            self.emit("CHANNEL_CREATE", channel.payload())
        return channel

    def group_channel(self, name: str = "friends") -> Channel:
        """A group DM."""
        where = self._first_guild()
        made = Channel(id=self.ids.next(), name=name, guild=where, bot_id=self.bot.id, group=True)
        self.channels[made.id] = made
        return made

    def installs(self, member: Member) -> Member:
        """Let somebody install the bot for themselves."""
        self.installed.add(member.id)
        return member

    def shares_a_guild(self, user: int) -> bool:
        """Whether somebody is in a server that the bot is in, too."""
        return any(user in guild.members for guild in self.guilds.values())

    def open_post(self, forum: Channel, title: str, put: tuple[int, ...]) -> Channel:
        """A post in a forum, opened by the bot."""
        post = Channel(
            id=self.ids.next(),
            name=title,
            guild=forum.guild,
            bot_id=self.bot.id,
            bot_permissions=forum.bot_permissions,
            parent=forum,
            put=put,
        )
        self.channels[post.id] = post
        self.emit("THREAD_CREATE", post.payload() | {"newly_created": True})
        return post

    def direct_channel(self, user: User) -> Channel:
        """The channel of the bot's direct messages with somebody; opened where there is none yet."""
        if user.id not in self.direct:
            guild = self._first_guild()
            made = Channel(
                id=self.ids.next(), name=f"with {user.name}", guild=guild, bot_id=self.bot.id, direct=True
            )
            self.direct[user.id] = self.channels[made.id] = made
        return self.direct[user.id]

    def permit(self, channel: Channel, permissions: Permission) -> None:
        """Set what the bot may do in the channel; the bot is told, as Discord would."""
        channel.bot_permissions = permissions
        self.emit("CHANNEL_UPDATE", channel.payload())

    def hide(self, channel: Channel, *whom: Role | Member) -> None:
        """Let a role or a member not see the channel; the bot is told, as Discord would."""
        channel.hidden_from |= {each.id for each in whom}
        self.emit("CHANNEL_UPDATE", channel.payload())

    def member(
        self,
        name: str = "ada",
        guild: Guild | None = None,
        *,
        permissions: Permission = Permission(0),  # noqa: B008 - an int
        roles: tuple[Role, ...] = (),
        locale: str = "en-US",
    ) -> Member:
        """A member; `permissions` are given, beyond @everyone's, by a role of their own."""
        where = guild or self._first_guild()
        user = User(id=self.ids.next(), name=name)
        own = [self.role(where, f"{name}'s", permissions)] if permissions else []
        member = Member(user=user, guild=where, roles=[*roles, *own], locale=locale)
        self.users[user.id] = user
        where.members[user.id] = member
        return member

    def keep_upload(self, upload: Upload, channel_id: int) -> Attachment:
        """Put a member's file on the CDN, with what it claims."""
        guessed = mimetypes.guess_type(upload.filename)[0]
        width, height = _picture_size(upload.data)
        claims = {
            "size": claimed(upload.size, len(upload.data)),
            "content_type": claimed(upload.content_type, guessed),
            "width": claimed(upload.width, width),
            "height": claimed(upload.height, height),
            "flags": upload.flags,
        }
        kept = self.keep_file(upload.filename, upload.data, channel_id)
        kept = replace(kept, claims=claims, fault=upload.fault)
        self.files[kept.id] = kept
        return kept

    def keep_file(
        self, filename: str, data: bytes, channel_id: int, description: str | None = None
    ) -> Attachment:
        """Put the bot's file on the CDN; the payload tells the truth of it."""
        ident = self.ids.next()
        kind = mimetypes.guess_type(filename)[0]
        width, height = _picture_size(data)
        expires = f"ex={int(time.time()) + 86_400:x}&is={int(time.time()):x}&hm={ident:x}"
        kept = Attachment(
            id=ident,
            channel_id=channel_id,
            filename=filename,
            data=data,
            url=f"{self.base_url}/attachments/{channel_id}/{ident}/{quote(filename, safe='')}?{expires}",
            true_type=kind or "application/octet-stream",
            claims={"size": len(data), "content_type": kind, "width": width, "height": height},
            description=description,
        )
        self.files[ident] = kept
        return kept

    def member_says(self, member: Member, channel: Channel, text: str = "", *uploads: Upload) -> Message:
        """A message that a member writes."""
        files = tuple(self.keep_upload(one, channel.id) for one in uploads)
        version = Version(at=time.time(), content=text, attachments=files)
        return self.post(Message(id=self.ids.next(), channel=channel, author=member.user, history=[version]))

    def bot_answers(
        self, channel: Channel, text: str, components: Sequence[Mapping[str, Any]] = ()
    ) -> Message:
        """A message of the bot's that stands in a channel as the answer to an earlier interaction."""
        version = Version(at=time.time(), content=text, components=numbered(components))
        return self.post(Message(id=self.ids.next(), channel=channel, author=self.bot, history=[version]))

    def post(self, message: Message) -> Message:
        """Put a message into its channel; the bot hears of all but ephemeral ones."""
        if not message.ephemeral:
            message.channel.messages[message.id] = message
            self._tell("MESSAGE_CREATE", message)
        return message

    def revise(self, message: Message, version: Version) -> None:
        """Add a version."""
        message.history.append(version)
        if not message.ephemeral:
            self._tell("MESSAGE_UPDATE", message)

    def remove(self, message: Message) -> None:
        """Delete a message; its files leave the CDN."""
        message.deleted = True
        for one in message.attachments:
            self.files.pop(one.id, None)
        if message.channel.messages.pop(message.id, None) is not None and message.channel.has_bot:
            ids = {"id": message.id, "channel_id": message.channel.id, "guild_id": message.channel.guild.id}
            self.emit("MESSAGE_DELETE", {key: str(value) for key, value in ids.items()})

    def shown_to_bot(self, message: Message) -> dict[str, Any]:
        """The message as the bot may read it: without what others wrote, where it lacks the intent."""
        return message.payload(with_content=self.message_content or message.author is self.bot)

    def _tell(self, event: str, message: Message) -> None:
        if not message.channel.has_bot:
            return
        payload = self.shown_to_bot(message)
        if message.channel.direct:
            self.emit(event, payload)
            return
        payload["guild_id"] = str(message.channel.guild.id)
        member = message.channel.guild.members.get(message.author.id)
        if member is not None:
            payload["member"] = member.payload()
        self.emit(event, payload)

    def _first_guild(self) -> Guild:
        return next(iter(self.guilds.values()), None) or self.guild()


def _picture_size(data: bytes) -> tuple[int | None, int | None]:
    try:
        with Image.open(BytesIO(data)) as picture:
            return picture.size
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError, ValueError):
        return None, None
