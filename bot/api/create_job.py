"""``POST /v1/jobs``: a clip is asked for, under the same limits, rules and checks as in Discord."""

from __future__ import annotations

import asyncio
import json
import re
import secrets

import discord
from aiohttp import web

from bot.api.documents import COMMANDS
from bot.api.error_mapping import problem_of
from bot.api.job_views import json_of, retry_after, shown
from bot.api.parts import Call, Parts
from bot.api.problems import Kind, Problem, answer_of
from bot.api.uploads import Body, Uploads
from bot.concurrency import asked_by
from bot.discord_io.asker import Asker
from bot.discord_io.door import Slot
from bot.discord_io.members import place_of
from bot.discord_io.post import ChannelError
from bot.requests.options import EFFECT
from bot.text import messages
from db.api.requests import Repeat, Standing
from db.jobs.job import NOWHERE, Job
from engine.core.errors import Code
from engine.core.recipe import Role

HOUR = 3600.0
AGAIN_SOON = {"Retry-After": "1"}
AGAIN_LATER = {"Retry-After": "30"}
DOOR: dict[str, Kind] = {messages.BANNED: Kind.BANNED, messages.CLOSED_FOR_NOW: Kind.CLOSED}
"""Why the door refuses; for anything else, trying again soon helps."""

NEVER_KEPT = frozenset({Kind.UNAUTHORIZED, Kind.NOT_A_MEMBER, Kind.BANNED, Kind.CHANNEL})
"""Problems that are about how things stand and not about the request, beside all that pass by themselves."""

STANDS_NOW = frozenset({Code.CONSENT, Code.BUDGET, Code.NO_ENGINE, Code.FEATURE, Code.WEIGHTS})
"""Refusals that are as little about the request: someone, or the next day, ends them."""

_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,200}")


class Asking:
    """Answers the route."""

    def __init__(self, parts: Parts, uploads: Uploads) -> None:
        """Make one from what the API works with, and what reads bodies."""
        self._parts = parts
        self._uploads = uploads
        self._keep = parts.policy.repeat_hours * HOUR

    async def answer(self, call: Call) -> web.StreamResponse:
        """Take a request, once for each Idempotency-Key."""
        asked_by.set(call.key.user_id)
        wanted = call.request.headers.get("Idempotency-Key")
        if wanted is not None and not _IDEMPOTENCY_KEY.fullmatch(wanted):
            raise Problem(Kind.UNREADABLE, "An Idempotency-Key is 1 to 200 visible ASCII characters.")
        await self._parts.rights.recognise(call.key.user_id)
        known = None
        if wanted is not None:
            known = await self._parts.requests.find(call.key.id, wanted, keep=self._keep)
        if known is not None and known.standing is Standing.UNDER_WAY:
            raise _under_way()
        if known is not None and known.standing is Standing.DONE:
            async with self._body(call) as body:  # a repeat changes nothing, so no limit holds for it
                return await self._repeated(call, await self._begin(call, wanted, body))
        member = await self._member(call)
        async with self._parts.door.visit(call.key.guild_id, call.key.user_id, Slot.CLIP) as refusal:
            if refusal is not None:
                kind = DOOR.get(refusal, Kind.BUSY)
                raise Problem(kind, refusal, headers=AGAIN_SOON if kind is Kind.BUSY else None)
            await self._parts.taking.check(await self._asker(call, member, NOWHERE))
            async with self._body(call) as body:
                return await self._once(call, member, wanted, body)

    async def _once(
        self, call: Call, member: discord.Member, wanted: str | None, body: Body
    ) -> web.StreamResponse:
        begun = await self._begin(call, wanted, body)
        if begun.standing is not Standing.NEW:
            return await self._repeated(call, begun)
        try:
            job = await self._take(call, member, body, begun.nonce)
        except BaseException as error:
            if wanted is not None:
                await self._note(call, wanted, error)
            raise
        if wanted is not None:
            await self._parts.requests.answered(call.key.id, wanted, job=job.id)
        return await self._accepted(job)

    async def _note(self, call: Call, wanted: str, error: BaseException) -> None:
        """Remember a refusal that will be the same next time; let anything else be tried again."""
        problem = problem_of(error) if isinstance(error, Exception) else None
        requests = self._parts.requests
        if problem is not None and _lasts(problem):
            document = json.dumps(problem.document())
            await requests.answered(call.key.id, wanted, problem=document)
        else:
            await asyncio.shield(requests.forget(call.key.id, wanted))

    def _body(self, call: Call) -> _Timed:
        return _Timed(self._uploads, call.request, self._parts.policy.upload_seconds)

    async def _begin(self, call: Call, wanted: str | None, body: Body) -> Repeat:
        if wanted is None:
            return Repeat(standing=Standing.NEW, nonce=secrets.token_hex(16))
        requests = self._parts.requests
        begun = await requests.begin(call.key.id, wanted, body.digest, keep=self._keep)
        if begun.standing is Standing.OTHER_BODY:
            raise Problem(Kind.OTHER_BODY, "Use a new Idempotency-Key for another request.")
        if begun.standing is Standing.UNDER_WAY:
            raise _under_way()
        return begun

    async def _repeated(self, call: Call, known: Repeat) -> web.StreamResponse:
        """The answer that the request was given before."""
        if known.standing is Standing.NEW:  # it was forgotten a moment ago
            await self._parts.requests.forget(call.key.id, call.request.headers["Idempotency-Key"])
            raise Problem(Kind.BUSY, "Send the request again.", headers=AGAIN_SOON)
        headers = {"Idempotency-Replayed": "true"}
        if known.problem is not None:
            return answer_of(json.loads(known.problem), call.request.path, headers)
        job = None if known.job is None else await self._parts.jobs.get(known.job)
        if job is None or not call.may_see(job):
            raise Problem(Kind.ERASED, "The job of this request was erased.")
        return await self._accepted(job, headers)

    async def _accepted(self, job: Job, headers: dict[str, str] | None = None) -> web.StreamResponse:
        document = await shown(self._parts, job)
        told = {"Location": document.links.self, "Retry-After": retry_after(document.eta), **(headers or {})}
        return json_of(document, status=202, headers=told)

    async def _take(self, call: Call, member: discord.Member, body: Body, nonce: str) -> Job:
        given = body.asked.model_dump(exclude={"kind", "channel"})
        channel = NOWHERE if body.asked.channel is None else int(body.asked.channel)
        described = COMMANDS[body.asked.model_dump()["kind"]]
        if described is EFFECT:
            effects = self._parts.effects
            request = effects.request(await effects.named(call.key.guild_id, given["effect"]))
        else:
            request = self._parts.taking.request_for(described, given, body.files)
        files = {Role(role): file for role, file in body.files.items()}
        asker = await self._asker(call, member, channel)
        enqueued = await self._parts.taking.submit(asker, request, files, key=f"api {nonce}")
        return enqueued.job

    async def _member(self, call: Call) -> discord.Member:
        """The key's member, as Discord knows them now."""
        try:
            member = await self._parts.members.get(call.key.guild_id, call.key.user_id)
        except ChannelError:
            detail = "I can't ask Discord about the member right now."
            raise Problem(Kind.AWAY, detail, headers=AGAIN_LATER) from None
        if member is None:
            raise Problem(Kind.NOT_A_MEMBER, "The member or the bot has left this server.")
        if member.is_timed_out() or member.pending:
            raise Problem(Kind.NOT_A_MEMBER, "The member may not use commands in this server now.")
        return member

    async def _asker(self, call: Call, member: discord.Member, channel: int) -> Asker:
        place = None if channel == NOWHERE else place_of(member, channel)
        if channel != NOWHERE and (place is None or not place.member_may_post):
            raise Problem(Kind.CHANNEL, "The member may not post in this channel, or it is not there.")
        return Asker(
            # Numbers as Discord's, in the order of time.
            request=discord.utils.time_snowflake(discord.utils.utcnow()),
            guild_id=call.key.guild_id,
            user_id=call.key.user_id,
            channel_id=channel,
            roles=frozenset(role.id for role in member.roles),
            joined_at=None if member.joined_at is None else member.joined_at.timestamp(),
            adults_only=place is not None and place.adults_only,
            bot_lacks=() if place is None else place.bot_lacks,
            api_key=call.key.id,
            language=await self._parts.speakers.of(call.key.user_id, None),
        )


class _Timed:
    """A body that has to arrive in time."""

    def __init__(self, uploads: Uploads, request: web.Request, seconds: float) -> None:
        self._reading = uploads.read(request)
        self._seconds = seconds

    async def __aenter__(self) -> Body:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._reading.__aenter__()
        except TimeoutError:
            detail = f"The body has to arrive within {self._seconds:g} seconds."
            raise Problem(Kind.SLOW, detail, headers={"Connection": "close"}) from None

    async def __aexit__(self, *error: object) -> None:
        await self._reading.__aexit__(None, None, None)


def _lasts(problem: Problem) -> bool:
    """Whether the same request will meet the same problem."""
    passes = problem.kind.status >= 429 or problem.kind in NEVER_KEPT  # noqa: PLR2004 - HTTP's own
    return not passes and problem.code not in STANDS_NOW


def _under_way() -> Problem:
    return Problem(Kind.UNDER_WAY, "The first request is not answered yet.", headers=AGAIN_SOON)
