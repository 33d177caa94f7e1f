"""Everything that draws: an engine for each device of this machine, each server and each service.

Here seats are added. What draws elsewhere has a lane and an engine process of its own: that process judges,
smooths and encodes what comes back.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from bot import drawing_policies, elsewhere_policies, intake_policies, policies
from bot.config.devices import LocalDevice
from bot.config.paths import SPOOL
from bot.config.settings import Settings
from bot.intake.clip_intake import ClipIntake
from bot.intake.decoder import Decoder
from bot.intake.foreign_takes import ForeignTakes
from bot.intake.sound_intake import SoundIntake
from bot.loops.comfyui_servers import ComfyServers
from bot.releasable_engine import LeavableEngine
from bot.seats import HERE, Engine, Seat
from bot.supervisor import Loop
from db.jobs.queries import JobQueries
from db.sqlite.connection import Database
from engine.core.device import Device
from engine.core.elsewhere import DrawsElsewhere
from engine.core.services import SERVICES
from engine.elsewhere.comfyui.family import LANE as COMFYUI
from engine.elsewhere.owned import owned_families
from engine.process.environment import scrubbed
from engine.process.host import EngineHost
from engine.process.warming import Warmer


@dataclass(frozen=True, kw_only=True)
class Seating:
    """All seats.

    Attributes:
        seats: each has a name of its own.
        watches: loops that look at what the seats draw with.
        closes: what ends the connections of those that draw elsewhere.
    """

    seats: tuple[Seat, ...]
    watches: tuple[Loop, ...] = ()
    closes: tuple[Callable[[], Awaitable[None]], ...] = ()

    @property
    def lanes(self) -> frozenset[str]:
        """Where something draws."""
        return frozenset(seat.lane for seat in self.seats)

    def device(self) -> Device | None:
        """What plans are made for: of several devices here, the one with the least; None: not known yet."""
        here = [seat.engine for seat in self.seats if seat.lane == HERE]
        if not here:
            return Device()
        known = [device for engine in here if (device := engine.device) is not None]
        return min(known, key=lambda device: (device.is_gpu, device.memory), default=None)

    async def close(self) -> None:
        """End all engines, then all connections."""
        await asyncio.gather(*(seat.engine.close() for seat in self.seats))
        for close in self.closes:
            await close()


def seated(
    settings: Settings,
    devices: Sequence[LocalDevice],
    database: Database,
    clock: Callable[[], float],
    *,
    services: Mapping[str, DrawsElsewhere],
) -> Seating:
    """Make all seats; nothing is started.

    Args:
        settings: the owner's.
        devices: of this machine, each for one engine.
        database: what draws elsewhere may ask it about jobs.
        clock: returns Unix seconds.
        services: what has takes drawn by each service that draws for money, by the service's name.
    """
    here = [
        Seat(name=device.name, engine=_here(settings, number, device))
        for number, device in enumerate(devices)
    ]
    comfy = comfy_servers(settings, database, clock)
    servers = [
        Seat(
            name=place.name,
            lane=COMFYUI,
            draws=place.can_draw,
            engine=_host(settings, number, elsewhere=place.draws),
        )
        for number, place in enumerate(comfy.places, start=len(here))
    ]
    paid = [
        Seat(name=SERVICES[name], lane=name, engine=_host(settings, number, elsewhere=draws))
        for number, (name, draws) in enumerate(services.items(), start=len(here) + len(servers))
    ]
    return Seating(
        seats=(*here, *servers, *paid),
        watches=(comfy.loop,) if servers else (),
        closes=(comfy.close,),
    )


def _here(settings: Settings, number: int, device: LocalDevice) -> Engine:
    """An engine on a device of this machine, which it can leave to other programs if the owner ever wants."""
    make = partial(_host, settings, number, device.environment)
    return LeavableEngine(make, gpu=device.gpu) if policies.for_leaving(settings).wanted else make()


def _host(
    settings: Settings,
    number: int,
    environment: Mapping[str, str] | None = None,
    elsewhere: DrawsElsewhere | None = None,
) -> EngineHost:
    """An engine process.

    Args:
        settings: the owner's.
        number: no other has it; the first is 0, and has the folder that an only one has.
        environment: what this one needs to know beside the settings.
        elsewhere: has its takes drawn on another machine.
    """
    spool = settings.data_dir / SPOOL
    whole = os.environ | elsewhere_policies.engine_environment(settings) | dict(environment or {})
    after = settings.compile_ahead if elsewhere is None else 0.0
    return EngineHost(
        spool=spool / f"engine_{number}" if number else spool,
        limits=drawing_policies.for_engine(settings),
        at_once=settings.clips_at_once,
        warmer=Warmer(environment=scrubbed(whole), after=after),
        environment=whole,
        elsewhere=elsewhere,
    )


def comfy_servers(settings: Settings, database: Database, clock: Callable[[], float]) -> ComfyServers:
    """The owner's ComfyUI servers; nothing is connected yet."""
    login = settings.comfyui_login
    return ComfyServers(
        settings.comfyui,
        login="" if login is None else login.get_secret_value(),
        limits=elsewhere_policies.for_comfyui(settings),
        makes_anew=ForeignTakes(
            clips=ClipIntake(intake_policies.from_elsewhere(settings)),
            sounds=SoundIntake(intake_policies.to_hear(settings)),
            pictures=Decoder(
                intake_policies.for_intake(settings), wall_seconds=settings.decode_seconds, at_once=1
            ),
        ),
        jobs=JobQueries(database, share=policies.for_turns(settings), clock=clock),
        workflows=lambda: owned_families(elsewhere_policies.owned_environment(settings)).workflows,
    )
