"""The fake's CDN: serves what members and the bot attached, well or badly."""

import asyncio

from aiohttp import web

from tests.fake_discord.faults import Answers, CdnFault, Endless, Redirect, Trickle, Truncated
from tests.fake_discord.world import World

_CHUNK = 64 * 1024


class Cdn:
    """GET and HEAD on `/attachments/{channel}/{id}/{name}`, `/media/…` being the proxy's name for it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.served = 0

    def routes(self) -> list[web.RouteDef]:
        """What the server mounts."""
        path = "/attachments/{channel_id}/{attachment_id}/{filename}"
        avatar = web.get("/avatars/{user_id}/{filename}", self._serve_avatar)
        return [web.get(path, self._serve), web.get("/media" + path, self._serve), avatar]

    async def _serve_avatar(self, request: web.Request) -> web.StreamResponse:
        """One that moves can be had standing still, too."""
        self.served += 1
        user = self._world.users.get(int(request.match_info["user_id"]))
        if user is None or user.avatar is None or request.match_info["filename"] != f"{user.avatar_hash}.png":
            return web.Response(status=404)
        return web.Response(body=user.avatar, headers={"Content-Type": "image/png"})

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.served += 1
        kept = self._world.files.get(int(request.match_info["attachment_id"]))
        if kept is None or str(kept.channel_id) != request.match_info["channel_id"]:
            return web.Response(status=404, text="This content is no longer available.")
        kind = kept.true_type
        match kept.fault:
            case None:
                return web.Response(body=kept.data, headers={"Content-Type": kind})
            case Redirect(to):
                return web.Response(status=302, headers={"Location": to})
            case Answers(status, content_type):
                body = kept.data if status == 200 else b""
                return web.Response(status=status, body=body, headers={"Content-Type": content_type or kind})
            case fault:
                return await self._stream(request, kept.data, kind, fault)

    async def _stream(
        self, request: web.Request, data: bytes, kind: str, fault: CdnFault
    ) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": kind})
        if not isinstance(fault, Endless):
            answer.content_length = len(data)
        await answer.prepare(request)
        try:
            match fault:
                case Truncated(at):
                    await answer.write(data[:at])
                    # Give the bytes time to leave: an abort drops what the kernel has not sent.
                    await asyncio.sleep(0.05)
                    if request.transport is not None:
                        request.transport.abort()
                case Trickle(step, every):
                    for start in range(0, len(data), step):
                        await answer.write(data[start : start + step])
                        await asyncio.sleep(every)
                case Endless(limit):
                    await answer.write(data)
                    for _ in range(limit // _CHUNK):
                        await answer.write(bytes(_CHUNK))
        except ConnectionError:
            pass  # the reader left, as it should
        return answer
