"""Has takes drawn by a ComfyUI server: never twice, and none is lost.

A take has one id for ever (:func:`prompt_of`), made of its job, its number and its seed. So nothing has to be
remembered: after a crash on either side the take is looked for under its id, in the server's queue, its
history and its jobs, and only what is in none of them is submitted (again). A take is done only when the
history says so; the socket beside it makes progress lively, and wakes the next look.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Sequence
from weakref import WeakValueDictionary

from engine.core.elsewhere import TakeFile, TakeHooks, TakeOrder
from engine.core.errors import Away, HopelessTake
from engine.core.sentence import Sentence
from engine.elsewhere.comfyui.limits import ServerLimits
from engine.elsewhere.comfyui.server import Server, Unreachable
from engine.elsewhere.comfyui.take import Gone, Losses, Take, Workflow
from engine.elsewhere.sanitizing import MakesAnew

log = logging.getLogger(__name__)

TAKES = uuid.UUID("6d3a1f5e-8f0c-5f0a-9b57-5f6b1d1c8a11")
"""The namespace of our ids."""

WHERE = Sentence("the ComfyUI server")
"""What members call it: its address is the owner's business."""

ROUNDS = 2
"""How often a take whose clip is gone is drawn; each round has an id of its own."""


Wanted = Callable[[str], Awaitable[bool | None]]
"""Whether anybody still waits for the clip of a job; None: it is no job of this program."""


async def _unknown(_job: str) -> None:
    return None


def prompt_of(order: TakeOrder, round_: int = 1) -> str:
    """The id of a take: the same whenever, and wherever, it is asked for."""
    name = f"{order.job}/{order.take}/{order.seed}"
    return str(uuid.uuid5(TAKES, name if round_ == 1 else f"{name}/{round_}"))


class ComfyUI:
    """One server that draws, as :class:`engine.core.elsewhere.DrawsElsewhere`.

    Args:
        server: that draws.
        others: the owner's other servers: a take that one of them has in hand is not drawn again.
        workflow_for: the workflow of an engine, by the engine's name.
        makes_anew: reads what comes back.
        wanted: asked when a render stops. What somebody still waits for goes on there, and is found again by
            the next render; everything else is stopped.
        limits: what a server may take of our time and memory.
    """

    def __init__(
        self,
        server: Server,
        *,
        others: Sequence[Server] = (),
        workflow_for: Callable[[str], Workflow],
        makes_anew: MakesAnew,
        wanted: Wanted = _unknown,
        limits: ServerLimits | None = None,
    ) -> None:
        self._server = server
        self._others = tuple(others)
        self._workflow_for = workflow_for
        self._makes_anew = makes_anew
        self._wanted = wanted
        self._limits = limits or ServerLimits()
        self._in_hand: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._losses = Losses(most=self._limits.tries)

    async def draw(self, order: TakeOrder, hooks: TakeHooks) -> TakeFile:
        """Have a take drawn; see :meth:`engine.core.elsewhere.DrawsElsewhere.draw`."""
        try:
            for round_ in range(1, ROUNDS + 1):
                prompt = prompt_of(order, round_)
                try:
                    # The same take is never drawn and stopped, or drawn twice, at the same time.
                    async with self._in_hand.setdefault(prompt, asyncio.Lock()):
                        return await self._drawn(prompt, order, hooks)
                except Gone as gone:
                    log.warning("job %s, take %d: %s", order.job, order.take, gone)
        except Unreachable as error:
            raise Away(WHERE, str(error)) from error
        raise HopelessTake(Sentence("the server ended without a clip"))

    async def close(self) -> None:
        """End the connections to all servers."""
        for server in (self._server, *self._others):
            await server.close()

    async def tidy(self) -> None:
        """Stop what is under way there for a job of this program that nobody waits for any more.

        A job may end while its take goes on: it is cancelled while the bot is down, for example.

        Raises:
            Unreachable: the server can't be reached.
        """
        for prompt, job in (await self._server.ours()).items():
            if prompt not in self._in_hand and await self._wanted(job) is False:
                log.info("take %s of job %s is stopped: nobody waits for it", prompt, job)
                await self._server.stop(prompt)

    async def _drawn(self, prompt: str, order: TakeOrder, hooks: TakeHooks) -> TakeFile:
        take = Take(
            await self._place_of(prompt),
            prompt,
            order,
            hooks,
            workflow=self._workflow_for(order.recipe.engine),
            makes_anew=self._makes_anew,
            losses=self._losses,
            limits=self._limits,
        )
        try:
            came = await take.drawn()
        except asyncio.CancelledError:
            if not await self._wanted(order.job):
                await take.stop()
            raise
        self._losses.drew(prompt)
        return await self._makes_anew.clip(came, order.work)

    async def _place_of(self, prompt: str) -> Server:
        """The server that has a take in hand already, and else ours."""
        for server in self._others:
            try:
                if (await server.look(prompt)).is_in_hand:
                    log.info("take %s is found at %s", prompt, server.name)
                    return server
            except Unreachable as error:
                log.info("take %s is not looked for at a server that is away: %s", prompt, error)
        return self._server
