"""The whole way without Discord.

A picture goes through the real queue, engine process, gate, smoothing and encoder, and is delivered to a
folder instead of a channel.

``framekiln render`` and ``make demo`` both come through here, so that what they show is what a server gets.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot import drawing_policies, elsewhere_policies, intake_policies, policies
from bot.cli.output import CannotSave, OutputFile
from bot.config.devices import THE_ONLY
from bot.config.paths import BLOBS, DATABASE, OUTBOX, SPOOL
from bot.config.settings import Settings
from bot.intake.clip_intake import ClipIntake
from bot.intake.picture_intake import Intake
from bot.intake.reception import Reception
from bot.intake.sound_intake import SoundIntake
from bot.job_documents import receipt_of, seen_document
from bot.job_progress import JobProgress
from bot.loops.clip_post import ClipPosts
from bot.loops.delivery import Deliverer
from bot.loops.engine_loop import EngineLoop
from bot.loops.outcomes import Outcomes
from bot.loops.render_tally import RenderTally
from bot.loops.without_discord import NOBODY, THE_FOLDER, Folder, HeardEngine
from bot.ops.shortages import Shortages
from bot.privacy.forgetting import RecipeRedactor
from bot.requests.options import wants_clips_sound
from bot.requests.style_names import settled
from bot.requests.wording import worded
from bot.seats import Seat
from bot.signals import JobSignals
from db.files import Blobs
from db.jobs.job import Job, NewJob
from db.jobs.queries import JobQueries
from db.privacy.pseudonyms import Pseudonyms
from db.queue import Queue
from db.sqlite.connection import Database
from db.states import JobId, State
from engine.core.capabilities import Capabilities
from engine.core.device import Device
from engine.core.errors import Code, UserError
from engine.core.receipt import Receipt
from engine.core.recipe import Kind, Recipe, Role
from engine.core.request import AUTO, Request, Subject
from engine.elsewhere.comfyui.family import LANE as COMFYUI
from engine.elsewhere.owned import owned_families
from engine.families import CATALOGUE
from engine.planning.plan import PlanLimits, plan
from engine.process.host import EngineHost, HostState
from engine.provenance.identity import load_identity
from engine.provenance.seal import Sealer
from engine.rendering.limits import RenderLimits
from engine.runtime.capabilities import capabilities_of

if TYPE_CHECKING:
    from bot.loops.comfyui_servers import ComfyServers

LOOK_EVERY = 0.1
"""Seconds between two looks at how far it is."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A finished clip: its recipe, its receipt, and the seconds that the whole way took."""

    recipe: Recipe
    receipt: Receipt
    seconds: float


async def make_clip(
    request: Request,
    files: Mapping[Role, bytes],
    output: OutputFile,
    *,
    settings: Settings,
    on_progress: Callable[[JobProgress], None],
) -> Made:
    """Take one request the whole way; see :meth:`ClipMaker.make`."""
    async with clip_maker(settings) as maker:
        return await maker.make(request, files, output, on_progress=on_progress)


@asynccontextmanager
async def clip_maker(settings: Settings) -> AsyncIterator[ClipMaker]:
    """What makes clips for as long as the block lasts. The engine starts with the first of them.

    Args:
        settings: where weights lie, where models run, and the owner's limits.
    """
    with tempfile.TemporaryDirectory(prefix="framekiln-") as folder:
        data = Path(folder)
        async with await Database.open(data / DATABASE) as database:
            maker = ClipMaker(settings, data, database)
            try:
                yield maker
            finally:
                await maker.close()


class ClipMaker:
    """Takes requests the whole way, one after the other. Made by :func:`clip_maker`.

    Attributes:
        host: the engine.
    """

    def __init__(self, settings: Settings, data: Path, database: Database) -> None:
        self._settings = settings
        self._data = data
        self._queue = Queue(
            database,
            policies.for_turns(settings),
            pseudonym_of=Pseudonyms(data).of,
            retells=RecipeRedactor().retells,
            clock=time.time,
        )
        self._blobs = Blobs(data / BLOBS)
        self._comfy = _servers_of(settings, database)
        self.host = EngineHost(
            spool=data / SPOOL,
            limits=drawing_policies.for_engine(settings),
            environment=os.environ | elsewhere_policies.engine_environment(settings),
            elsewhere=None if self._comfy is None else self._comfy.places[0].draws,
        )
        self._asked = 0

    async def close(self) -> None:
        """End the engine, and the connections to servers."""
        await self.host.close()
        if self._comfy is not None:
            await self._comfy.close()

    async def device(self) -> Device:
        """Where models run; starts the engine."""
        if self.host.state is HostState.STOPPED:
            await self.host.start()
        return self.host.device or Device()

    async def _planned_device(self) -> Device:
        """What to plan for: without weights, the engine looks for no GPU, and need not run yet."""
        return await self.device() if drawing_policies.store_of(self._settings).in_use() else Device()

    async def make(
        self,
        request: Request,
        files: Mapping[Role, bytes],
        output: OutputFile,
        *,
        on_progress: Callable[[JobProgress], None],
        attempts: int | None = None,
    ) -> Made:
        """Take one request the whole way.

        Args:
            request: what to make.
            files: the bytes of pictures and clips, by what they are for.
            output: where the clip is saved.
            on_progress: told now and then how far it is.
            attempts: how often it may be begun; None: until it has come to an end by itself.

        Raises:
            UserError: the request or a file is refused, or it failed; the text says why.
            CannotSave: the clip is finished, and the disk does not take it; the text says where it is kept.
        """
        began = time.monotonic()
        settings = self._settings
        outlet = Folder(self._data)
        clips_sound = wants_clips_sound(request)
        whole = request.kind is Kind.UPSCALE
        subjects = await _take_in(files, self._blobs, settings, clips_sound=clips_sound, whole=whole)
        capabilities = _capabilities(settings, await self._planned_device(), request)
        request = worded(request, capabilities, limit=settings.max_prompt)
        recipe = _plan(request, subjects, capabilities, policies.for_plan(settings))
        await self.device()
        job = await self._enqueue(recipe, subjects.values())
        engine = HeardEngine(self.host, attempts)
        deliverer, engine_loop = self._loops(engine, outlet)
        done = await _follow(job, self._queue.jobs, deliverer, engine_loop, engine, on_progress)
        if not done.state.ended:  # or the next request would find it waiting
            await self._queue.claims.cancel(job)
        if done.state is not State.DELIVERED or done.receipt is None:
            raise UserError(Code.ENGINE, _why(done, engine.trouble).replace("{", "{{").replace("}", "}}"))
        await asyncio.to_thread(_save, outlet.clip, output)
        return Made(recipe=recipe, receipt=receipt_of(done), seconds=time.monotonic() - began)

    async def _enqueue(self, recipe: Recipe, subjects: Iterable[Subject]) -> JobId:
        # Each is another member's in another server, or the limits would hold the later ones back.
        self._asked += 1
        new = NewJob(
            key=f"demo {self._asked}",
            kind=recipe.asked,
            guild_id=NOBODY + self._asked,
            channel_id=THE_FOLDER,
            user_id=NOBODY + self._asked,
            recipe=recipe.to_json(),
            profile=recipe.profile,
            inputs=recipe.inputs,
            seen=seen_document(recipe, subjects),
        )
        limits = policies.for_enqueueing(self._settings)
        return (await self._queue.entry.enqueue(new, limits)).job.id

    def _loops(self, engine: HeardEngine, outlet: Folder) -> tuple[Deliverer, EngineLoop]:
        """Make the bot's own loops, which end in a folder."""
        settings, queue = self._settings, self._queue
        spend = policies.for_render(settings, settings.max_clip_bytes)
        sealer = Sealer(load_identity(settings.data_dir))
        work = self._data / OUTBOX

        async def limits_for(_: Job) -> RenderLimits:
            return spend

        signals = JobSignals()
        shortages = Shortages(policies.for_shortages(settings), clock=time.time)
        deliverer = Deliverer(
            delivery=queue.delivery,
            jobs=queue.jobs,
            claims=queue.claims,
            blobs=self._blobs,
            outlet=outlet,
            work=work,
            limits=policies.for_delivery(settings),
            clip_posts=ClipPosts(work=work, sealer=sealer),
            signals=signals,
            shortages=shortages,
            clock=time.time,
        )
        engine_loop = EngineLoop(
            claims=queue.claims,
            sheets=queue.sheets,
            retention=queue.retention,
            blobs=self._blobs,
            seat=Seat(name=THE_ONLY.name, engine=engine),
            limits_for=limits_for,
            outcomes=Outcomes(
                THE_ONLY.name,
                claims=queue.claims,
                jobs=queue.jobs,
                stumbles=policies.for_stumbles(settings),
                shortages=shortages,
                absences=policies.for_absences(settings),
                signals=signals,
                clock=time.time,
            ),
            signals=signals,
            tally=RenderTally(),
            may_claim=lambda: not engine.spent,
        )
        return deliverer, engine_loop


def _why(done: Job, trouble: Exception | None) -> str:
    """Why a job came to nothing: in a member's words, or in the engine's, of which the owner has more use."""
    if done.error_text:
        return done.error_text
    if trouble is not None and str(trouble):
        return str(trouble).splitlines()[0]
    return f"The job ended as {done.state} ({done.error_code})."


def _save(clip: Path, output: OutputFile) -> None:
    """Copy the clip to where it was asked for. Where that fails, the work of minutes is not thrown away."""
    try:
        with output.draft() as draft:
            shutil.copyfile(clip, draft)
    except CannotSave as error:
        kept = Path(tempfile.gettempdir()) / f"framekiln-{secrets.token_hex(4)}.mp4"
        shutil.move(clip, kept)
        raise CannotSave(output.path, f"{error.why}; the clip is kept at {kept}") from error


async def _take_in(
    files: Mapping[Role, bytes], blobs: Blobs, settings: Settings, *, clips_sound: bool, whole: bool
) -> dict[Role, Subject]:
    """Take files in; ``whole``: all of a clip, as it is."""
    pictures_in = Intake(intake_policies.for_intake(settings), store=drawing_policies.store_of(settings))
    if whole:
        seen, heard = intake_policies.to_upscale(settings), intake_policies.to_hear(settings)
    else:
        seen, heard = intake_policies.for_clips(settings), intake_policies.for_sounds(settings)
    clips_in, sounds_in = ClipIntake(seen), SoundIntake(heard)
    async with pictures_in as pictures, clips_in as clips, sounds_in as sounds:
        reception = Reception(pictures=pictures, clips=clips, sounds=sounds, blobs=blobs)
        return await reception.files(files, clips_sound=clips_sound)


def _plan(
    request: Request, subjects: Mapping[Role, Subject], capabilities: Capabilities, allowed: PlanLimits
) -> Recipe:
    return plan(
        settled(request, subjects, capabilities),
        subjects.get(Role.PICTURE),
        end=subjects.get(Role.END),
        like=subjects.get(Role.LIKE),
        reference=subjects.get(Role.REFERENCE),
        sound=subjects.get(Role.SOUND),
        capabilities=capabilities,
        limits=allowed,
    )


def _servers_of(settings: Settings, database: Database) -> ComfyServers | None:
    """The owner's ComfyUI servers; None: there are none."""
    if not settings.comfyui:
        return None
    from bot.assembly.seating import comfy_servers  # noqa: PLC0415 - it takes aiohttp along, and half a second

    return comfy_servers(settings, database, time.time)


def _capabilities(settings: Settings, device: Device, request: Request) -> Capabilities:
    """What there is here. Who names an engine on the command line will wait for it, GPU or not."""
    slow = drawing_policies.allows_slow_models(settings) or request.engine != AUTO
    here = capabilities_of(drawing_policies.store_of(settings), CATALOGUE, device, slow=slow)
    owned = owned_families(elsewhere_policies.owned_environment(settings))
    # Services that cost money draw for the bot alone: a budget counts what all its members spend.
    added = {name: spec for name, spec in owned.specs.items() if spec.made_at == COMFYUI}
    return replace(here, added=added, lacking=owned.lacking)


async def _follow(
    job: JobId,
    jobs: JobQueries,
    deliverer: Deliverer,
    engine_loop: EngineLoop,
    engine: HeardEngine,
    on_progress: Callable[[JobProgress], None],
) -> Job:
    """Run the loops until the job has ended, or was put back and may not be begun again."""
    loops = [asyncio.create_task(part.loop.run()) for part in (engine_loop, deliverer)]
    try:
        while True:
            row = await jobs.get(job)
            if row is None or row.state.ended or (row.state is State.QUEUED and engine.spent):
                break
            if (live := engine_loop.progress.get(job)) is not None:
                on_progress(live)
            await asyncio.sleep(LOOK_EVERY)
    finally:
        await engine_loop.stop(0)
        await deliverer.stop()
        await asyncio.gather(*loops)
    if row is None:
        raise UserError(Code.ENGINE, "The job has disappeared.")
    return row
