"""What this machine can draw, as the bot is told."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from bot.link.messages import MAX_OWN, Told
from bot.seats import Engine
from engine.core.device import Device
from engine.families import CATALOGUE, FAMILIES
from engine.runtime.capabilities import capabilities_of
from engine.weights.lock import Record
from engine.weights.own_files import OwnFiles
from engine.weights.store import Store

ANY_CHECKPOINT = ("",)


def abilities_of(store: Store, engine: Engine, own: OwnFiles, *, slow: bool) -> Told:
    """Look at the disk. It takes a moment: call it in a thread.

    Args:
        store: where weights lie.
        engine: knows the device.
        own: knows the digests of this machine's checkpoints and styles, as far as it has looked.
        slow: models may run without a GPU.
    """
    device = engine.device or Device()
    here = capabilities_of(store, CATALOGUE, device, slow=slow)
    # With which checkpoint, each job says by its digest; what wants nothing else is ready.
    given = replace(here, checkpoints=here.checkpoints or ANY_CHECKPOINT)
    ready = [name for name, spec in FAMILIES.items() if not spec.made_at and spec.lacks(given) is None]
    records = {name: store.record(name) for name in sorted(here.weights)}
    return Told(
        device=device.kind,
        name=device.name,
        memory=device.memory,
        families=tuple(ready),
        weights={name: digest_of(record) for name, record in records.items()},
        files=tuple(sorted(own.digests))[:MAX_OWN],
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
