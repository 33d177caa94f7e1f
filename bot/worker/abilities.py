"""What this machine can draw, as the bot is told."""

from __future__ import annotations

import hashlib

from bot.link.messages import Capabilities
from bot.seats import Engine
from engine.core.device import Device
from engine.families import CATALOGUE, FAMILIES
from engine.runtime.capabilities import capabilities_of
from engine.weights.lock import Record
from engine.weights.store import Store


def abilities_of(store: Store, engine: Engine, *, slow: bool) -> Capabilities:
    """Look at the disk. It takes a moment: call it in a thread.

    Args:
        store: where weights lie.
        engine: knows the device.
        slow: models may run without a GPU.
    """
    device = engine.device or Device()
    here = capabilities_of(store, CATALOGUE, device, slow=slow)
    ready = [name for name, spec in FAMILIES.items() if not spec.made_at and spec.lacks(here) is None]
    records = {name: store.record(name) for name in sorted(here.weights)}
    return Capabilities(
        device=device.kind,
        name=device.name,
        memory=device.memory,
        families=tuple(ready),
        weights={name: digest_of(record) for name, record in records.items()},
        packages=tuple(sorted(here.packages)),
        at_once=engine.at_once,
    )


def digest_of(record: Record | None) -> str:
    """One digest for all files of an entry, the same wherever the same bytes are installed.

    Of what was copied here by hand nothing is recorded, so its digest is that of nothing.
    """
    if record is None:
        return hashlib.sha256().hexdigest()
    told = "".join(f"{path}\0{file.digest}\n" for path, file in sorted(record.files.items()))
    return hashlib.sha256(told.encode()).hexdigest()
