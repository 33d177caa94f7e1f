"""Asking Discord whether a token is one, and whose."""

from __future__ import annotations

from dataclasses import dataclass

import aiohttp
import discord
from discord.http import Route
from yarl import URL

from bot.proxy import BadProxy, proxy_for


@dataclass(frozen=True, kw_only=True)
class TokenOwner:
    """The application that a token is of.

    Attributes:
        name: the bot's.
        public: anybody who has the invitation can add it to a server of theirs.
    """

    application: int
    name: str
    public: bool


class NoToken(Exception):
    """Discord does not know it."""


class NotChecked(Exception):
    """Discord could not be asked; the text says why."""


async def check_token(token: str) -> TokenOwner:
    """Ask Discord.

    Raises:
        NoToken: it is none.
        NotChecked: nobody knows.
    """
    try:
        client = discord.Client(intents=discord.Intents.none(), proxy=proxy_for(URL(Route.BASE)))
        async with client:
            await client.login(token)
            about = await client.application_info()
            return TokenOwner(application=about.id, name=about.name, public=about.bot_public)
    except discord.LoginFailure as error:
        raise NoToken from error
    except (discord.HTTPException, aiohttp.ClientError, OSError, BadProxy) as error:
        raise NotChecked(str(error)) from error
