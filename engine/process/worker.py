"""The engine as a process: messages in, messages out, a heartbeat.

The main thread hands out renders to one or two others, which wait for each other where they must (see
:mod:`engine.rendering.overlap`). One thread beats, so that the parent can tell "busy" from "stuck in a call
that never comes back". One listens, because a cancel must be heard during a render. If either of these two
ends, the process ends: a worker that cannot be watched or stopped is worse than none.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import system
from engine.core.cancel import CancelToken
from engine.core.device import Device
from engine.core.elsewhere import FetchTake
from engine.core.errors import GpuClosed
from engine.core.events import Event
from engine.core.receipt import Receipt
from engine.core.recipe import Recipe
from engine.process import wire
from engine.process.child_channel import Channel, ParentFetch, RenderQueue, Reporter
from engine.process.faults import describe
from engine.rendering.limits import CLIP_NAME, RenderLimits
from engine.runtime.importing import uncollected

if TYPE_CHECKING:
    from engine.rendering.overlap import Overlap
    from engine.rendering.render import Renderer

EXIT_PROTOCOL = 76
"""The parent speaks another version, or something that is no message."""

NICENESS = 5
"""Drawing gives way to the bot: on a machine of few cores an answer must not wait for a frame."""

AT_ONCE = 2
"""Renders at once, at most: one on the GPU, one on the processor. The parent asks for two or for one."""


class Draws(Protocol):
    """What a worker needs of a renderer: :class:`engine.rendering.render.Renderer` is one."""

    @property
    def device(self) -> Device:
        """Where it draws."""
        ...

    @property
    def overlap(self) -> Overlap:
        """Where two renders wait for each other."""
        ...

    def render(
        self,
        recipe: Recipe,
        inputs: Mapping[str, Path],
        *,
        work: Path,
        limits: RenderLimits,
        on_event: Callable[[Event], None],
        cancel: CancelToken,
        elsewhere: FetchTake,
    ) -> Receipt:
        """Leave ``clip.mp4`` in ``work``."""
        ...


def serve(channel: Channel, make_renderer: Callable[[], Draws], *, beat_every: float) -> int:
    """Answer the parent until it says that it is enough.

    Args:
        channel: the line to the parent.
        make_renderer: called once, when the heart beats already: its imports may take minutes.
        beat_every: seconds between two heartbeats.

    Returns:
        The exit status.
    """
    channel.send(wire.Hello(version=wire.PROTOCOL))
    hello = channel.receive()
    if not isinstance(hello, wire.Hello) or hello.version != wire.PROTOCOL:
        sys.stderr.write(f"E_VERSION: this engine speaks version {wire.PROTOCOL}, its parent said {hello}\n")
        return EXIT_PROTOCOL
    orders = RenderQueue()
    threading.Thread(target=_listen, args=(channel, orders), name="listen", daemon=True).start()
    threading.Thread(target=_beat, args=(channel, beat_every), name="beat", daemon=True).start()
    with uncollected():
        renderer = make_renderer()
    device = renderer.device
    channel.send(wire.Ready(device=device.kind, name=device.name, memory=device.memory))
    # The pool begins another thread only if none is idle: renders that come one by one share one.
    with ThreadPoolExecutor(AT_ONCE, "render") as pool:
        running: dict[str, Future[None]] = {}
        while (order := orders.next()) is not None:
            for job in [job for job, future in running.items() if future.done()]:
                del running[job]
            running[order[0].job] = pool.submit(_answer, channel, renderer, orders, order, running)
    return 0


def _answer(
    channel: Channel,
    renderer: Draws,
    orders: RenderQueue,
    order: tuple[wire.Render, CancelToken],
    running: Mapping[str, Future[None]],
) -> None:
    """Render, and send what came of it. What cannot be sent ends the process."""
    try:
        failed = _perform(channel, renderer, orders, *order)
        orders.done(order[0].job)
        if failed is None:
            return
        channel.send(failed)
        if failed.leaving and renderer.overlap.gpu.close():
            # The other clip may be drawn already; it needs no more of the GPU to be finished.
            wait([future for job, future in list(running.items()) if job != failed.job])
            sys.stderr.flush()
            os._exit(wire.EXIT_POISONED)  # a poisoned context can hang the interpreter's own way out
    except GpuClosed:
        return  # no answer: the process ends in a moment, and the parent gives this job to the next one
    except BaseException as error:  # noqa: BLE001 - as in a main thread: it is printed, and the process ends
        traceback.print_exc()
        sys.stderr.flush()
        status = error.code if isinstance(error, SystemExit) else 1
        os._exit(status if isinstance(status, int) else 1)


def _perform(
    channel: Channel, renderer: Draws, orders: RenderQueue, order: wire.Render, token: CancelToken
) -> wire.Failed | None:
    """Render, and send the result; or say why there is none."""
    try:
        token.check()
        receipt = renderer.render(
            Recipe.from_json(order.recipe),
            {role: Path(path) for role, path in order.inputs.items()},
            work=Path(order.work),
            limits=RenderLimits(**order.limits),
            on_event=Reporter(channel, order.job),
            cancel=token,
            elsewhere=ParentFetch(channel, orders, order.job),
        )
        channel.send(
            wire.Result(job=order.job, receipt=receipt.to_json(), path=CLIP_NAME, sha256=receipt.sha256)
        )
    except GpuClosed:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a model throws is this job's failure, not the process's
        return describe(order.job, error)
    return None


def _listen(channel: Channel, orders: RenderQueue) -> None:
    status = EXIT_PROTOCOL
    try:
        while (message := channel.receive()) is not None:
            orders.take_in(message)
        status = 0
    except Exception:  # noqa: BLE001 - it is printed, and the process ends
        traceback.print_exc()
    finally:
        os._exit(status)


def _beat(channel: Channel, every: float) -> None:
    try:
        while True:
            channel.send(wire.Beat(rss=system.resident_bytes()))
            time.sleep(every)
    finally:
        os._exit(EXIT_PROTOCOL)


def main(arguments: Sequence[str], make_renderer: Callable[[], Draws]) -> int:
    """Run as an engine process; the arguments are :class:`engine.process.child.Child`'s to give."""
    parser = argparse.ArgumentParser(prog="engine.process.worker")
    parser.add_argument("--fd", type=int, required=True, help="the inherited descriptor")
    parser.add_argument("--parent", type=int, required=True, help="the parent's process id")
    parser.add_argument("--beat", type=float, required=True, help="seconds between heartbeats")
    parser.add_argument("--memory", type=int, help="bytes of address space at most")
    options = parser.parse_args(arguments)
    system.die_with(options.parent)
    faulthandler.enable()
    system.give_way(NICENESS)
    # A core file of a process that holds a model takes minutes and gigabytes, and the GPU is held meanwhile.
    system.limit_memory(options.memory)
    return serve(Channel(options.fd), make_renderer, beat_every=options.beat)


def make_renderer() -> Renderer:
    """What draws, with what the environment names."""
    from engine.elsewhere.owned import owned_families  # noqa: PLC0415 - as the next one
    from engine.rendering.render import Renderer  # noqa: PLC0415 - heavy; the heart must beat before
    from engine.runtime.compile_cache import keep_within_limit  # noqa: PLC0415
    from engine.runtime.context import context_of  # noqa: PLC0415

    keep_within_limit(os.environ)
    context = context_of(os.environ)
    return Renderer(replace(context, added=lambda: owned_families(os.environ).specs))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], make_renderer))
