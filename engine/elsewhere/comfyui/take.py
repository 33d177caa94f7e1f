"""One take at a ComfyUI server, from the first look for it to its file."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

import aiohttp

from engine.core.elsewhere import TakeHooks, TakeOrder
from engine.core.errors import HopelessTake
from engine.core.recipe import Recipe
from engine.core.sentence import Sentence
from engine.elsewhere.comfyui.answers import NodeFailure, OutFile, Sight, Where, clip_among
from engine.elsewhere.comfyui.limits import ServerLimits
from engine.elsewhere.comfyui.listening import HELLO, Heard, preview_in, weights_of
from engine.elsewhere.comfyui.previews import Previews
from engine.elsewhere.comfyui.server import Denied, Failing, Missing, Refusal, Server, TooLarge, Unreachable
from engine.elsewhere.comfyui.words import broke, failed, refused
from engine.elsewhere.sanitizing import MakesAnew
from engine.elsewhere.sent_files import sent_file

log = logging.getLogger(__name__)

T = TypeVar("T")

FIRST_PAUSE, LAST_PAUSE = 0.5, 8.0
"""Seconds before a server that did not answer is asked again; doubled each time."""

LATE = 1.0
"""Seconds after which a submit whose answer was lost is looked for: it may still be on its way."""

AFTER_WORD = 0.2
"""Seconds from the socket's word that a take has ended to the next look; the history follows that word."""


class Workflow(Protocol):
    """What a take needs to know of the workflow that draws it."""

    @property
    def nodes(self) -> Mapping[str, Any]:
        """Its nodes by their ids, as its author left them."""
        ...

    @property
    def clip_node(self) -> str:
        """The node that saves the clip."""
        ...

    def filled(self, recipe: Recipe, *, seed: int, files: Mapping[str, str]) -> dict[str, Any]:
        """The graph of one take, in the API's format.

        Args:
            recipe: what to draw.
            seed: of the take.
            files: role → what the server calls the file.

        Raises:
            Unsupported: it cannot draw this.
        """
        ...


class Gone(Exception):
    """A take is done, and there is no clip of it: somebody removed it, or the server made none."""


class Losses:
    """Which takes a server lost, and how often, while it drew others.

    A server that dies for another reason takes whatever it draws along. Only a take that is lost again and
    again while others come through is the one that kills it.
    """

    def __init__(self, *, most: int) -> None:
        """Let a take be lost so many times."""
        self._most = most
        self._drawn = 0
        self._lost: dict[str, tuple[int, int]] = {}

    def drew(self, prompt: str) -> None:
        """A take came through."""
        self._drawn += 1
        self._lost.pop(prompt, None)

    def lose(self, prompt: str) -> bool:
        """A take was lost. Whether it is to blame."""
        times, last = self._lost.get(prompt, (0, -1))
        if self._drawn > last:
            times += 1
        self._lost[prompt] = times, self._drawn
        return times > self._most


class Take:
    """One take at one server.

    Args:
        server: that has it, or shall have it.
        prompt: its id there.
        order: what is asked for.
        hooks: told of progress and of a first look.
        workflow: that draws it.
        makes_anew: reads previews.
        losses: what the server has lost.
        limits: what the server may take of our time and memory.
    """

    def __init__(
        self,
        server: Server,
        prompt: str,
        order: TakeOrder,
        hooks: TakeHooks,
        *,
        workflow: Workflow,
        makes_anew: MakesAnew,
        losses: Losses,
        limits: ServerLimits,
    ) -> None:
        self._server = server
        self._prompt = prompt
        self._order = order
        self._hooks = hooks
        self._workflow = workflow
        self._makes_anew = makes_anew
        self._losses = losses
        self._limits = limits
        self._heard = Heard(weights=weights_of(workflow.nodes))
        self._previews = Previews(limits.previews)
        self._word = asyncio.Event()
        self._accepted = False
        self._stopped = self._lost = 0
        self._failures = 0

    async def drawn(self) -> Path:
        """Have it drawn, and bring its file here.

        Raises:
            Gone: it is done, and there is no clip of it.
            Unreachable: the server is away, or went away for longer than ``patience_seconds``.
            RenderFailed: the server refused it, or broke off.
            HopelessTake: what it made is too large.
        """
        async with self._listening():
            while True:
                sight = await self._patiently(self._look)
                match sight.where:
                    case Where.DONE:
                        await self._forget(sight.waiting)
                        return await self._fetch(sight)
                    case Where.FAILED:
                        raise broke(self._server.name, sight.failure or NodeFailure(), self._workflow.nodes)
                    case Where.WAITING:
                        self._accepted = True
                        self._hooks.progress(None)
                        await self._forget(sight.waiting - 1)
                        await self._pause()
                    case Where.RUNNING:
                        self._accepted = True
                        self._hooks.progress(self._heard.share)
                        await self._forget(sight.waiting)
                        await self._pause()
                    case _:
                        self._note_loss(sight)
                        await self._submit()

    async def stop(self) -> None:
        """Stop it there, and nothing else; for ``stop_seconds`` at most."""
        try:
            async with asyncio.timeout(self._limits.stop_seconds):
                while (await self._server.look(self._prompt)).is_under_way:
                    await self._server.stop(self._prompt)
                    await asyncio.sleep(AFTER_WORD)
        except (Unreachable, TimeoutError) as error:
            log.warning("take %s could not be stopped: %s", self._prompt, error or "it goes on")

    async def _look(self) -> Sight:
        sight = await self._server.look(self._prompt)
        if sight.where is Where.NOWHERE and self._heard.succeeded and self._clip_in(sight) is not None:
            # Somebody cleared the history in between.
            return Sight(where=Where.DONE, files=self._heard.files)
        return sight

    def _note_loss(self, sight: Sight) -> None:
        """It is to be submitted: for the first time, or because it was lost or stopped there.

        Raises:
            RenderFailed: it was stopped too often, or is what makes the server lose it.
            Unreachable: the server keeps nothing that it is given.
        """
        if sight.where is Where.STOPPED:
            # At first, this may be our own stop of an earlier render; later, it is somebody else's.
            self._stopped += 1
            if self._stopped > self._limits.tries:
                raise failed(self._server.name, "was told by somebody to stop the clip, again and again")
        elif self._accepted:
            log.warning(
                "take %s is not at %s any more: it is submitted again", self._prompt, self._server.name
            )
            self._lost += 1
            if self._losses.lose(self._prompt):
                raise failed(self._server.name, "lost the clip again and again, while others were drawn")
            if self._lost > self._limits.tries:
                raise Unreachable(f"{self._server.name} keeps nothing that it is given")
        self._accepted = False
        self._heard = Heard(weights=self._heard.weights)

    async def _submit(self) -> None:
        """Submit it. Whether a submit whose answer was lost has arrived, the next look tells."""
        graph = self._filled(await self._served(self._upload))
        sending = asyncio.ensure_future(self._server.submit(self._prompt, graph, job=self._order.job))
        try:
            await asyncio.shield(sending)
            self._accepted = True
        except asyncio.CancelledError:
            # It may arrive; what follows must know whether it did.
            await asyncio.wait({sending}, timeout=self._limits.stop_seconds)
            sending.cancel()
            raise
        except Refusal as refusal:
            raise refused(self._server.name, refusal.failure, self._workflow.nodes) from refusal
        except Unreachable as error:
            self._note_failure(error)
            log.warning("take %s: the answer was lost: %s", self._prompt, error)
            await self._settle()

    def _note_failure(self, error: Unreachable) -> None:
        """The server, which is there, did not do what only this take needs.

        Raises:
            RenderFailed: it refused that too often.
            Unreachable: it gave no answer to that too often.
        """
        self._failures += 1
        if self._failures <= self._limits.tries:
            return
        if isinstance(error, Failing | Denied):
            raise failed(self._server.name, "answers with an error, again and again", str(error)) from error
        self._note_silence(error)
        raise error

    def _note_silence(self, error: Unreachable) -> None:
        """The server gave no answer to what only this take needs.

        Raises:
            RenderFailed: it did so again and again, and drew others in between.
        """
        if self._losses.lose(self._prompt):
            text = "is silent about the clip again and again, while others are drawn"
            raise failed(self._server.name, text, str(error)) from error

    async def _settle(self) -> None:
        """Give a submit whose answer was lost time to arrive."""
        for _ in range(2):
            await asyncio.sleep(LATE)
            if (await self._patiently(self._look)).is_in_hand:
                return

    async def _upload(self) -> dict[str, str]:
        """Hand over the files: role → what the server calls each."""
        named = {}
        for role, path in self._order.inputs.items():
            file = await sent_file(role, path, self._order.work)
            try:
                named[str(role)] = await self._server.upload(file.name, file.data)
            except TooLarge as error:
                raise failed(self._server.name, "takes no file as large as this one", str(error)) from error
        return named

    def _filled(self, files: dict[str, str]) -> dict[str, Any]:
        order = self._order
        graph = self._workflow.filled(order.recipe, seed=order.seed, files=files)
        saved = graph.get(self._workflow.clip_node, {}).get("inputs", {})
        if "filename_prefix" in saved:
            # An equal graph would be answered from the server's cache: with another job's file, or with none.
            saved["filename_prefix"] = f"framekiln/{self._prompt}"
        return graph

    async def _forget(self, times: int) -> None:
        """Take copies of it that wait out of the queue: a request may arrive twice."""
        if times > 0:
            log.warning("take %s waits %d times too often at %s", self._prompt, times, self._server.name)
            await self._patiently(lambda: self._server.forget(self._prompt, times))

    def _clip_in(self, sight: Sight) -> OutFile | None:
        node = self._workflow.clip_node
        return clip_among(sight.files, node) or clip_among(self._heard.files, node)

    async def _fetch(self, sight: Sight) -> Path:
        file = self._clip_in(sight)
        if file is None:
            raise Gone(f"{self._server.name} is done with {self._prompt} and names no clip")
        self._hooks.progress(1.0)
        to = self._order.work / f"came{self._order.take}{Path(file.name).suffix}"
        try:
            await self._served(lambda: self._server.fetch(file, to))
        except Missing as missing:
            raise Gone(str(missing)) from missing
        except TooLarge as error:
            log.warning("take %s: %s", self._prompt, error)
            raise HopelessTake(Sentence("what came back is too large")) from error
        return to

    async def _pause(self) -> None:
        """Wait for the next look: for its time, or for the socket's word that the take has ended."""
        try:
            async with asyncio.timeout(self._limits.poll_seconds):
                await self._word.wait()
                self._word.clear()
            await asyncio.sleep(AFTER_WORD)
        except TimeoutError:
            return

    async def _served(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask for what only this take needs, until there is an answer; as :meth:`_patiently`.

        Raises:
            RenderFailed: the server does not do it, again and again, and is there for everything else.
        """
        while True:
            try:
                return await self._patiently(ask)
            except (Failing, Denied) as error:
                self._note_failure(error)
            except Unreachable as error:
                self._note_silence(error)
                raise
            await asyncio.sleep(LATE)
            await self._patiently(self._look)  # it may be away, or want another login, for all

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask until there is an answer.

        Raises:
            Unreachable: there was none for ``patience_seconds``, or another login is wanted.
        """
        loop = asyncio.get_running_loop()
        until, pause = loop.time() + self._limits.patience_seconds, FIRST_PAUSE
        while True:
            try:
                return await ask()
            except Denied:
                raise
            except Unreachable:
                if loop.time() + pause > until:
                    raise
            await asyncio.sleep(pause)
            pause = min(LAST_PAUSE, pause * 2)

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        """Listen to the socket during the block."""
        listening = asyncio.create_task(self._listen(), name=f"socket of {self._prompt}")
        try:
            yield
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self) -> None:
        """Hear what the socket says; where it breaks, connect again after a pause."""
        pause = FIRST_PAUSE
        while True:
            try:
                async with self._server.socket(self._prompt) as socket:
                    pause = FIRST_PAUSE
                    await socket.send_str(HELLO)
                    async for message in socket:
                        await self._take_in(message)
            except Unreachable as error:
                log.debug("take %s is only polled for now: %s", self._prompt, error)
            except Exception:
                log.exception("take %s: listening failed", self._prompt)
            await asyncio.sleep(pause)
            pause = min(LAST_PAUSE, pause * 2)

    async def _take_in(self, message: aiohttp.WSMessage) -> None:
        if message.type is aiohttp.WSMsgType.TEXT:
            self._heard.take_in(message.data, self._prompt)
            if self._heard.ended:
                self._heard.ended = False
                self._word.set()
            elif self._accepted:
                self._hooks.progress(self._heard.share)
        elif message.type is aiohttp.WSMsgType.BINARY:
            picture = preview_in(message.data, self._prompt)
            if picture is not None:
                self._previews.add(picture)
        if self._previews.are_due(self._heard.share):
            frames = await self._previews.look(self._makes_anew, self._order.recipe.native_fps)
            if frames is not None:
                self._hooks.draft(frames)
