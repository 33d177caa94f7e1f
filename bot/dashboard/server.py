"""The dashboard over HTTP, beside the status page. Without the owner's key, it only says how to get one.

A browser has a cookie that no script can read and that no other page can make it send. A form also brings
along what only a page of this session holds. A program sends the key itself, as a bearer token.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from bot.dashboard import html_pages
from bot.dashboard.actions import Actions, NoSuchAction
from bot.dashboard.facts import Facts
from bot.dashboard.html_pages import CSS, POLICY, SCRIPT, SCRIPT_NAME, STYLE_NAME
from bot.dashboard.sessions import Session, Sessions, TooManyTries, is_proof
from bot.text import dashboard_texts as texts
from bot.web.look import ICON, ICON_NAME
from bot.web.server import bearer_of

AT = "/dashboard"
COOKIE = "framekiln_owner"
EVERY = 2.0
"""Seconds between two looks for a page that is kept up to date."""

STREAMS = 5
"""Pages that are kept up to date at once; others renew themselves."""

FORM_BYTES = 4096
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    # With "no-referrer", a browser would not say where its form comes from.
    "Referrer-Policy": "same-origin",
}
FOR_EVER = {**HEADERS, "Cache-Control": "private, max-age=31536000, immutable"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Dashboard:
    """Answers the owner."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        look: Callable[[], Awaitable[Facts]],
        actions: Actions,
    ) -> None:
        """Make one.

        Args:
            sessions: knows who is logged in.
            look: looks at everything that is shown.
            actions: what can be done.
        """
        self._sessions = sessions
        self._look = look
        self._actions = actions
        self._streams = 0

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        return [
            web.get(AT, self._page),
            web.get(f"{AT}/", self._page),
            web.post(f"{AT}/login", self._log_in),
            web.post(f"{AT}/logout", self._log_out),
            web.post(f"{AT}/do/{{action}}", self._do),
            web.get(f"{AT}/events", self._events),
            web.get(f"{AT}/{STYLE_NAME}", _fixed(CSS, "text/css")),
            web.get(f"{AT}/{ICON_NAME}", _fixed(ICON, "image/svg+xml")),
            web.get(f"{AT}/{SCRIPT_NAME}", _fixed(SCRIPT, "text/javascript")),
        ]

    async def _page(self, request: web.Request) -> web.StreamResponse:
        session = await self._session(request)
        if session is None:
            return _html(html_pages.log_in(AT), status=200)
        done = request.query.get("done", "")
        return _html(html_pages.page(AT, await self._look(), session, done))

    async def _log_in(self, request: web.Request) -> web.StreamResponse:
        if not _from_here(request):
            return _html(html_pages.log_in(AT, texts.NOT_FROM_HERE), status=403)
        form = await _form(request)
        try:
            name = await self._sessions.log_in(form.get("key", "").strip())
        except TooManyTries:
            return _html(html_pages.log_in(AT, texts.TOO_MANY), status=429)
        if name is None:
            return _html(html_pages.log_in(AT, texts.WRONG_KEY), status=403)
        answer = web.Response(status=303, headers={**HEADERS, "Location": AT})
        secure = request.headers.get("X-Forwarded-Proto", request.scheme) == "https"
        answer.set_cookie(COOKIE, name, path=AT, httponly=True, samesite="Strict", secure=secure)
        return answer

    async def _log_out(self, request: web.Request) -> web.StreamResponse:
        session = await self._session(request)
        if session is None or not await _is_own_form(request, session):
            return _html(html_pages.log_in(AT, texts.NOT_FROM_HERE), status=403)
        self._sessions.log_out(request.cookies.get(COOKIE, ""))
        answer = web.Response(status=303, headers={**HEADERS, "Location": AT})
        answer.del_cookie(COOKIE, path=AT)
        return answer

    async def _do(self, request: web.Request) -> web.StreamResponse:
        """Do something for the owner. A browser goes back to the page; a program is told in JSON."""
        form = await _form(request)
        by_program = await self._is_program(request)
        if not by_program:
            session = await self._session(request)
            if session is None or not _from_here(request) or not is_proof(session, form.get("proof", "")):
                return _html(html_pages.log_in(AT, texts.NOT_FROM_HERE), status=403)
        try:
            done = await self._actions.do(
                request.match_info["action"], seat=form.get("seat", ""), reason=form.get("reason", "")
            )
        except NoSuchAction:
            return web.Response(text=texts.UNKNOWN, status=404, headers=HEADERS)
        if by_program:
            return web.json_response({"done": done, "text": texts.DONE[done]}, headers=HEADERS)
        return web.Response(status=303, headers={**HEADERS, "Location": f"{AT}?done={done}"})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Send the figures whenever they have changed, as server-sent events."""
        if not await self._is_owner(request):
            return web.Response(status=403, headers=HEADERS)
        if self._streams >= STREAMS:
            return web.Response(status=204, headers=HEADERS)  # a browser does not ask again
        answer = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
        self._streams += 1
        try:
            await answer.prepare(request)
            shown = ""
            while await self._is_owner(request):
                now = html_pages.figures(await self._look())
                await answer.write(_event("figures", now) if now != shown else b": still here\n\n")
                shown = now
                await asyncio.sleep(EVERY)
            await answer.write(_event("over", "log in again"))
        except ConnectionError:
            pass  # the page was closed
        finally:
            self._streams -= 1
        return answer

    async def _session(self, request: web.Request) -> Session | None:
        return await self._sessions.find(request.cookies.get(COOKIE, ""))

    async def _is_program(self, request: web.Request) -> bool:
        sent = bearer_of(request)
        try:
            return sent is not None and await self._sessions.bearer(sent)
        except TooManyTries:
            return False

    async def _is_owner(self, request: web.Request) -> bool:
        return await self._session(request) is not None or await self._is_program(request)


async def _form(request: web.Request) -> Mapping[str, str]:
    """The fields of a form, small ones only."""
    if request.content_length is None or request.content_length > FORM_BYTES:
        return {}
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}


async def _is_own_form(request: web.Request, session: Session) -> bool:
    return _from_here(request) and is_proof(session, (await _form(request)).get("proof", ""))


def _from_here(request: web.Request) -> bool:
    """Whether a browser says that a form came from a page of this address; older ones say nothing."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin", "")
    same = not origin or origin.rpartition("//")[2].lower() == request.host.lower()
    return site in {"same-origin", "none"} and same


def _event(name: str, data: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in data.splitlines())
    return f"event: {name}\n{lines}\n".encode()


def _html(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", headers=HEADERS)


def _fixed(text: str, kind: str) -> Handler:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(text=text, content_type=kind, headers=FOR_EVER)

    return answer
