"""Staying connected to Discord: one client after the other, for as long as the bot runs."""

from __future__ import annotations

import asyncio
import logging
import time

import aiohttp
import discord
from discord.http import Route
from yarl import URL

from bot.app import App
from bot.client import Framekiln
from bot.proxy import proxy_for, without_password

log = logging.getLogger(__name__)

RECONNECT_FIRST = 1.0
RECONNECT_LAST = 30.0

AUTHENTICATION_FAILED = 4004
"""The gateway's close code for a token that it does not know."""


class TokenRefused(Exception):
    """Discord does not know the token."""


async def stay_connected(app: App) -> None:
    """Connect, and connect again. discord.py resumes cut connections; this is for when it gives up.

    Raises:
        TokenRefused: Discord does not know the token.
        BadProxy: a variable names a proxy that cannot be used.
    """
    token = app.settings.discord_token
    if token is None:
        raise TokenRefused("DISCORD_TOKEN is not set")
    proxy = proxy_for(URL(Route.BASE))
    if proxy is not None:
        log.info("reaching Discord through the proxy %s", without_password(proxy))
    wait = RECONNECT_FIRST
    while True:
        client = Framekiln(app, guild_id=app.settings.discord_guild_id)
        began = time.monotonic()
        try:
            async with client:
                await client.login(token.get_secret_value())
                app.messenger.attach(client)
                # Cut sessions are resumed all the same; but after a long outage discord.py may wait for a
                # quarter of an hour between two tries, and this loop waits half a minute at most.
                await client.connect(reconnect=False)
        except discord.LoginFailure as error:
            raise TokenRefused("Discord does not know this token") from error
        except discord.ConnectionClosed as error:
            if error.code == AUTHENTICATION_FAILED:
                raise TokenRefused("Discord does not know this token") from error
            log.warning("the connection was closed with code %s", error.code)
        except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("Discord cannot be reached: %s", error)
        except Exception:
            # Whatever it was, members' jobs wait for a bot that goes on.
            log.exception("the connection ended by an error that nobody expected")
        finally:
            app.messenger.detach()
        if time.monotonic() - began > RECONNECT_LAST:
            wait = RECONNECT_FIRST
        log.info("trying again in %.0f s", wait)
        await asyncio.sleep(wait)
        wait = min(RECONNECT_LAST, wait * 2)
