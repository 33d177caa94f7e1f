"""The bot's own hand in Discord's channels: send, edit, find and delete messages with the bot's token.

An interaction's token dies after 15 minutes, so nothing that must last uses it. This object outlives the
client: where the connection is lost for good and a new client is made, the work goes on through it.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import aiohttp
import discord

from bot.config.choices import Language
from bot.discord_io.discord_errors import Trouble, trouble_of
from bot.discord_io.places import IsIt, Place, carries, found_in, place_of, says
from bot.discord_io.post import Answered, ChannelError, Post, SmallFile
from bot.discord_io.public_channels import is_public
from bot.discord_io.sending import KnownForms, files_of, send_in_its_form
from bot.text.languages import language_of

T = TypeVar("T")

MEMBER_SECONDS = 5.0
"""How long Discord is waited for where a member is looked up."""

CLOCK_SLACK = 120.0
"""Seconds by which our clock and Discord's may differ."""

_ORIGINAL: Any = "@original"
"""In the place of a message's id: the first answer to an interaction."""


_OWN = Language.AUTO


def _nobody() -> None:
    """Tell nobody."""


class Messenger:
    """Send, edit, find and delete, through whichever client is connected."""

    def __init__(
        self, *, patience: float = 300.0, on_attach: Callable[[], None] = _nobody, language: Language = _OWN
    ) -> None:
        """Make one.

        Args:
            patience: seconds that one call may take, retries and rate limits included.
            on_attach: told that Discord can be reached, again or for the first time.
            language: the owner's choice for everything.
        """
        self._on_attach = on_attach
        self._client: discord.Client | None = None
        self._attached = asyncio.Event()
        self._patience = patience
        self._known = KnownForms()
        self._language = language

    def attach(self, client: discord.Client) -> None:
        """Use this client from now on."""
        self._client = client
        self._attached.set()
        self._on_attach()

    def detach(self) -> None:
        """There is no client until the next :meth:`attach`; calls wait for it."""
        self._attached.clear()
        self._client = None

    @property
    def connected(self) -> bool:
        """Whether there is a client whose connection to Discord stands."""
        return self._client is not None and self._client.is_ready()

    def language_in(self, guild_id: int) -> str:
        """The language of what is said to a whole server."""
        guild = None if self._client is None else self._client.get_guild(guild_id)
        return language_of(None if guild is None else guild.preferred_locale, self._language)

    def known_upload_limit(self, guild_id: int) -> int:
        """Bytes that a file may have in this guild, as far as Discord has said; it can be too high."""
        guild = None if self._client is None else self._client.get_guild(guild_id)
        return discord.utils.DEFAULT_FILE_SIZE_LIMIT_BYTES if guild is None else guild.filesize_limit

    def is_age_restricted(self, channel_id: int) -> bool:
        """Whether a channel, or the one that a thread hangs in, is for adults; unknown ones are not."""
        channel = None if self._client is None else self._client.get_channel(channel_id)
        return isinstance(channel, discord.abc.GuildChannel | discord.Thread) and (
            getattr(channel, "nsfw", False) or (isinstance(channel, discord.Thread) and channel.is_nsfw())
        )

    def everybody_sees(self, guild_id: int, channel_id: int) -> bool | None:
        """Whether whoever joins a server may read a channel, of any age; None: Discord or the server is away.

        A channel that is gone is seen by nobody, nor is a thread that was archived: nothing is known of it.
        """
        guild = None if self._client is None else self._client.get_guild(guild_id)
        if guild is None:
            return None if not self.connected else False
        return None if guild.unavailable else is_public(guild, channel_id)

    async def member(self, guild_id: int, user_id: int) -> discord.Member | None:
        """Ask Discord for a member of a server. Not waited for where Discord is away.

        Returns:
            None where the bot is not in this server, or they are not.

        Raises:
            ChannelError: Discord cannot be asked now.
        """
        client = self._client
        if client is None or not client.is_ready():
            raise ChannelError(Trouble.LATER, "Discord is away")
        guild = client.get_guild(guild_id)
        if guild is None:
            return None
        try:
            async with asyncio.timeout(MEMBER_SECONDS):
                return await guild.fetch_member(user_id)
        except discord.NotFound:
            return None
        except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ChannelError(Trouble.LATER, f"{type(error).__name__}: {error}") from error

    def owner(self) -> int | None:
        """The id of whoever owns the application, or of the owner of their team; None: Discord is away."""
        about = None if self._client is None or not self._client.is_ready() else self._client.application
        if about is None:
            return None
        return about.owner.id if about.team is None else about.team.owner_id

    async def send(self, channel_id: int, post: Post) -> int:
        """Send a message and return its id.

        Raises:
            ChannelError: it was not sent, or (``LATER``) it is unknown whether it was.
        """
        client = await self._connected()

        async def where() -> Place:
            return place_of(client, channel_id)

        sent, contained = await send_in_its_form(self._call, where, post)
        self._known.note(sent, is_container=contained)
        return sent

    async def send_direct(self, user_id: int, post: Post) -> int:
        """Send a direct message and return its id.

        Raises:
            ChannelError: as :meth:`send`; members may refuse direct messages.
        """
        return await self.send(await self.direct_channel(user_id), post)

    async def direct_channel(self, user_id: int) -> int:
        """The id of the channel of a member's direct messages, which is opened if there is none.

        Raises:
            ChannelError: Discord did not open it.
        """
        client = await self._connected()

        async def opened() -> int:
            user = client.get_user(user_id) or await client.fetch_user(user_id)
            return (await user.create_dm()).id

        return await self._call(opened)

    async def is_container(self, channel_id: int, message_id: int) -> bool:
        """Whether an own message is a container, as far as the bot may look: no edit makes it plain again.

        Raises:
            ChannelError: nobody could look now.
        """
        client = await self._connected()
        message = client.get_partial_messageable(channel_id).get_partial_message(message_id)
        return await self._known.look(message, self._call)

    async def edit(
        self,
        channel_id: int,
        message_id: int,
        content: str,
        view: discord.ui.View | None,
        files: tuple[SmallFile, ...] | None = None,
    ) -> None:
        """Change one of the bot's own messages.

        Args:
            channel_id: where it is.
            message_id: which it is.
            content: what it says from now on.
            view: its buttons from now on; None: none.
            files: take the place of those it has; None leaves them as they are.

        Raises:
            ChannelError: it was not changed.
        """
        client = await self._connected()
        message = client.get_partial_messageable(channel_id).get_partial_message(message_id)
        extras: dict[str, Any] = {}
        if files is not None:
            extras["attachments"] = [discord.File(io.BytesIO(file.data), file.name) for file in files]
        nobody = discord.AllowedMentions.none()
        edited = await self._call(
            lambda: message.edit(content=content, view=view, allowed_mentions=nobody, **extras)
        )
        if edited.flags.loading:
            raise ChannelError(Trouble.THINKING, f"message {message_id} still says that I am thinking")

    async def edit_answer(self, token: str, content: str) -> None:
        """Change the answer to an interaction, whose buttons go. Not waited for where Discord is away.

        Raises:
            ChannelError: it was not changed; Discord takes the token for 15 minutes.
        """
        client = self._client
        if client is None or client.application_id is None:
            raise ChannelError(Trouble.LATER, "Discord is away")
        hook = discord.Webhook.partial(client.application_id, token, client=client)
        original: Any = "@original"
        nobody = discord.AllowedMentions.none()
        await self._call(
            lambda: hook.edit_message(original, content=content, view=None, allowed_mentions=nobody)
        )

    async def answer_with(self, token: str, post: Post) -> None:
        """Let the answer to an interaction become this message. Doing it twice does no harm.

        Args:
            token: "application:token" of the interaction.
            post: its ping and its nonce have no meaning there. What the answer had and this has not, goes.

        Raises:
            ChannelError: it was not changed.
        """
        application, _, own = token.partition(":")
        hook = _hook(await self._connected(), int(application), own)
        await self._call(lambda: hook.edit_message(_ORIGINAL, **_whole(post)))

    async def delete(self, channel_id: int, message_id: int) -> None:
        """Delete a message; one that is gone already is as good.

        Raises:
            ChannelError: it is still there.
        """
        client = await self._connected()
        message = client.get_partial_messageable(channel_id).get_partial_message(message_id)
        try:
            await self._call(message.delete)
        except ChannelError as error:
            if error.trouble is not Trouble.GONE:
                raise

    async def find_own(self, channel_id: int, file_name: str, *, since: float) -> int | None:
        """Look for an own message that carries a file of this name.

        Args:
            channel_id: where.
            file_name: carries the job's tag, so no two jobs share one.
            since: Unix seconds; the message is not older.

        Returns:
            Its id, or None where there is none.

        Raises:
            ChannelError: the channel could not be read.
        """
        return await self._find(channel_id, carries(file_name), since)

    async def find_said(self, channel_id: int, content: str, *, since: float) -> int | None:
        """Look for an own message with this text; as :meth:`find_own`."""
        return await self._find(channel_id, says(content), since)

    async def _find(self, channel_id: int, is_it: IsIt, since: float) -> int | None:
        client = await self._connected()
        me = client.user.id if client.user else 0
        oldest = discord.utils.time_snowflake(datetime.fromtimestamp(since - CLOCK_SLACK, UTC))
        return await self._call(lambda: found_in(place_of(client, channel_id), me, is_it, oldest))

    async def answer_of(self, application: int, token: str) -> Answered | None:
        """The first answer to an interaction of an earlier run.

        Returns:
            None where there is none: it was never promised, or it is deleted.

        Raises:
            ChannelError: nobody could look.
        """
        hook = _hook(await self._connected(), application, token)
        try:
            message = await self._call(lambda: hook.fetch_message(_ORIGINAL))
        except ChannelError as error:
            if error.trouble is Trouble.GONE:
                return None
            raise
        return Answered(
            channel=message.channel.id,
            message=message.id,
            thinking=message.flags.loading,
            private=message.flags.ephemeral,
        )

    async def answer_late(self, application: int, token: str, text: str) -> None:
        """Answer an interaction of an earlier run in private, in the place of its "thinking".

        Raises:
            ChannelError: it was not answered.
        """
        hook = _hook(await self._connected(), application, token)
        try:
            await self._call(lambda: hook.delete_message(_ORIGINAL))
        except ChannelError as error:
            if error.trouble is not Trouble.GONE:
                raise
        await self._call(lambda: hook.send(text, ephemeral=True))

    async def _connected(self) -> discord.Client:
        while self._client is None:
            await self._attached.wait()
        return self._client

    async def _call(self, do: Callable[[], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(self._patience):
                return await _with_an_open_gate(self._client, do)
        except discord.HTTPException as error:
            raise ChannelError(trouble_of(error.status, error.code), str(error)) from error
        except (aiohttp.ClientError, OSError, TimeoutError, discord.RateLimited) as error:
            raise ChannelError(Trouble.LATER, f"{type(error).__name__}: {error}") from error
        except RuntimeError as error:
            # aiohttp's word for a session that was closed under the call: the client is being replaced.
            if "Session is closed" not in str(error):
                raise
            raise ChannelError(Trouble.LATER, str(error)) from error


async def _with_an_open_gate(client: discord.Client | None, do: Callable[[], Awaitable[T]]) -> T:
    """discord.py holds all calls back during a global rate limit, by a gate that the limited call opens.

    Where that call is cancelled, it stays shut, and no call would ever be made again.
    """
    try:
        return await do()
    except asyncio.CancelledError:
        if client is not None:
            client.http._global_over.set()  # noqa: SLF001 - nothing else does
        raise


def _whole(post: Post) -> dict[str, Any]:
    """A message as an edit that leaves nothing of what stood there."""
    nobody = discord.AllowedMentions.none()
    return {
        "content": post.content,
        "attachments": files_of(post),
        "view": post.view,
        "allowed_mentions": nobody,
    }


def _hook(client: discord.Client, application: int, token: str) -> discord.Webhook:
    """What answers an interaction; discord.py makes one itself while the interaction is new."""
    data: Any = {"id": application, "type": discord.WebhookType.application.value, "token": token}
    return discord.Webhook.from_state(data, state=client._connection)  # noqa: SLF001 - there is no public way
