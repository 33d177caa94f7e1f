"""What this machine has for making clips, looked at now and then: an owner may add a style at any time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from bot.seats import HERE
from engine.core.capabilities import Capabilities
from engine.core.device import Device
from engine.core.family_spec import FamilySpec
from engine.core.sentence import Sentence
from engine.elsewhere.owned import Owned
from engine.families import CATALOGUE, families_of
from engine.runtime.capabilities import capabilities_of
from engine.weights.store import Store

log = logging.getLogger(__name__)

FRESH_SECONDS = 5.0
"""A look at the disk is good for so long."""

DEVICE_SECONDS = 60.0
"""After a start the engine process takes a while to find the GPU; an earlier request waits for it."""

LOOK_EVERY = 0.1

NO_ENGINE_HERE = Sentence("an engine on this machine, because of FRAMEKILN_DEVICES")
NO_SERVER = Sentence("a server or an account that draws it")


class Inventory:
    """Answers what there is."""

    def __init__(
        self,
        store: Store,
        device: Callable[[], Device | None],
        *,
        slow: bool,
        lanes: Collection[str] = (HERE,),
        owned: Callable[[], Owned] = Owned,
        beside: Callable[[Capabilities], Capabilities] = lambda here: here,
    ) -> None:
        """Make one.

        Args:
            store: where weights lie.
            device: what the engine process has found; None: not yet.
            slow: models may run without a GPU.
            lanes: where something draws. Families of other lanes cannot draw.
            owned: looks at what the owner adds to the built-in families.
            beside: adds what workers have to what this machine has.
        """
        self._store = store
        self._device = device
        self._slow = slow
        self._lanes = lanes
        self._owned = owned
        self._beside = beside
        self._faults: tuple[str, ...] = ()
        self._latest: Capabilities | None = None
        self._looked = 0.0

    async def capabilities(self) -> Capabilities:
        """What there is now, here and at workers."""
        return self._beside(await self.here())

    async def here(self) -> Capabilities:
        """What this machine has now."""
        now = time.monotonic()
        if self._latest is None or now - self._looked > FRESH_SECONDS:
            device = await self._found_device()
            self._latest = await asyncio.to_thread(self._look, device)
            self._looked = now
        return self._latest

    def families(self) -> Mapping[str, FamilySpec]:
        """All families, built in or added by the owner, as of the latest look."""
        return families_of(self._latest or self._with_owned(Capabilities()))

    async def at_once(self) -> Capabilities:
        """What there is, without waiting for the engine process: what it has not told yet is not there."""
        if self._store.in_use() and self._device() is None:
            return self._beside(self._latest or self._with_owned(Capabilities()))
        return await self.capabilities()

    def _look(self, device: Device) -> Capabilities:
        return self._with_owned(capabilities_of(self._store, CATALOGUE, device, slow=self._slow))

    def _with_owned(self, capabilities: Capabilities) -> Capabilities:
        owned = self._owned()
        for fault in owned.faults:
            if fault not in self._faults:  # else the log would fill with what it already says
                log.warning("%s", fault)
        self._faults = owned.faults
        here = replace(capabilities, added=owned.specs, lacking=owned.lacking)
        without = {
            name: NO_ENGINE_HERE if spec.made_at == HERE else NO_SERVER
            for name, spec in families_of(here).items()
            if spec.made_at not in self._lanes
        }
        return replace(here, lacking={**without, **here.lacking})

    async def _found_device(self) -> Device:
        """The device; a store without weights needs none, and is not waited for."""
        if not self._store.in_use():
            return Device()
        end = time.monotonic() + DEVICE_SECONDS
        while (device := self._device()) is None and time.monotonic() < end:  # noqa: ASYNC110 - see below
            await asyncio.sleep(LOOK_EVERY)  # a process that never gets ready sets no event
        return device or Device()
