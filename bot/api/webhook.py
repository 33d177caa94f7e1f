"""``/v1/webhook``: where the owner of a key is told what happens to the jobs that they asked for."""

from __future__ import annotations

import base64
import json
import secrets

from aiohttp import web
from pydantic import ValidationError
from yarl import URL

from bot.api.documents import WebhookAsked, WebhookDocument
from bot.api.job_views import json_of, moment
from bot.api.parts import Call
from bot.api.problems import Kind, Problem
from bot.api.routes import JSON
from bot.api.uploads import all_of, wrong
from db.api.hooks import ApiWebhook
from db.codes import BotCode
from engine.elsewhere.addresses import NotPublic, check_literal

SECRET_BYTES = 32


async def show(call: Call) -> web.StreamResponse:
    """``GET``."""
    return json_of(_document(await _hook(call)))


async def put(call: Call) -> web.StreamResponse:
    """``PUT``: each time with a new secret. At the same address, the old one signs beside it for a day."""
    url = await _url(call)
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    await call.parts.hooks.put(call.key.id, url, secret)
    return json_of(_document(await _hook(call), secret))


async def remove(call: Call) -> web.StreamResponse:
    """``DELETE``."""
    if not await call.parts.hooks.remove(call.key.id):
        raise Problem(Kind.NOT_FOUND, "The key has no endpoint.")
    return web.Response(status=204)


async def _hook(call: Call) -> ApiWebhook:
    hook = await call.parts.hooks.get(call.key.id)
    if hook is None:
        raise Problem(Kind.NOT_FOUND, "The key has no endpoint.")
    return hook


def _document(hook: ApiWebhook, secret: str | None = None) -> WebhookDocument:
    return WebhookDocument(
        url=hook.url, at=moment(hook.at), refused=hook.refused, waiting=hook.waiting, secret=secret
    )


async def _url(call: Call) -> str:
    """The address in the body. A name is looked up at each try to send; numbers are checked here, too."""
    if call.request.content_type != JSON:
        raise Problem(Kind.MEDIA_TYPE, f"Send {JSON}.")
    text = await all_of(call.request)
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        raise Problem(Kind.UNREADABLE, "The JSON cannot be read.") from None
    try:
        url = URL(WebhookAsked.model_validate_json(text).url)
        fits = url.scheme in {"http", "https"} and bool(url.host) and url.user is None and bool(url.port)
        if fits and not call.parts.policy.webhook_private:
            check_literal(url)
    except ValidationError as error:
        raise Problem(Kind.INVALID, wrong(error)) from None
    except NotPublic as error:
        raise Problem(Kind.REFUSED, f"Messages are not sent there: {error}.", code=BotCode.ADDRESS) from None
    except ValueError:
        fits = False
    if not fits:
        raise Problem(Kind.INVALID, "url: give an address like https://example.org/hook, without a login.")
    return str(url)
