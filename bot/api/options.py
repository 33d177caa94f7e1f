"""What can be asked for, and what is left of a member's limits."""

from __future__ import annotations

import math

from aiohttp import web

from bot.api.documents import (
    COMMANDS,
    EffectDocument,
    Engine,
    EnginesDocument,
    FileSizes,
    Limit,
    LimitsDocument,
)
from bot.api.job_views import json_of
from bot.api.parts import Call
from bot.api.problems import Kind, Problem
from bot.discord_io.post import ChannelError
from bot.requests.options import MODEL
from bot.requests.style_names import models_here, styles_here
from engine.core.recipe import Role
from engine.families import families_of
from engine.planning.choice import engines_for


async def engines(call: Call) -> web.StreamResponse:
    """``GET /v1/engines``."""
    here = await call.parts.taking.capabilities()
    families = families_of(here)
    effects = await call.parts.effects.all_of(call.key.guild_id)
    specs = [families[name] for name in engines_for(here)]
    return json_of(
        EnginesDocument(
            engines=[
                Engine(name=spec.name, about=spec.about, kinds=sorted(kind for kind in spec.kinds))
                for spec in specs
                if spec.kinds & {command.kind for command in COMMANDS.values()}
            ],
            styles=list(styles_here(here)),
            models={
                name: list(models_here(here, command.kind))
                for name, command in COMMANDS.items()
                if MODEL.name in {option.name for option in command.options}
            },
            effects=[EffectDocument(name=effect.name, about=effect.about) for effect in effects.values()],
        )
    )


async def limits(call: Call) -> web.StreamResponse:
    """``GET /v1/limits``."""
    parts, key = call.parts, call.key
    try:
        member = await parts.members.get(key.guild_id, key.user_id)
    except ChannelError:
        detail = "I can't ask Discord about the member right now."
        raise Problem(Kind.AWAY, detail, headers={"Retry-After": "30"}) from None
    if member is None:
        raise Problem(Kind.NOT_A_MEMBER, "The member or the bot has left this server.")
    roles = frozenset(role.id for role in member.roles)
    rules = parts.taking.rules
    allowed, used = await parts.entry.left(key.guild_id, key.user_id, roles, rules.limits)
    return json_of(
        LimitsDocument(
            waiting=_limit(allowed.waiting, used.waiting),
            hour=_limit(allowed.hour, used.hour),
            day=_limit(allowed.day, used.day),
            files=FileSizes(
                picture=parts.taking.max_bytes(Role.PICTURE),
                clip=parts.taking.max_bytes(Role.REFERENCE),
                sound=parts.taking.max_bytes(Role.SOUND),
            ),
            prompt=rules.max_prompt,
            requests_per_minute=parts.policy.per_minute,
        )
    )


def _limit(allowed: float, used: float) -> Limit:
    if math.isinf(allowed):
        return Limit(limit=None, left=None)
    return Limit(limit=allowed, left=max(0.0, allowed - used))
