"""What the owner says of services that draw for money. The command line reads this, so it imports little."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Overflow:
    """When clips that could be made here are made at a service.

    Attributes:
        minutes: a longer wait sends them there; 0: none.
        engine: which hosted engine makes them.
    """

    minutes: float
    engine: str

    @property
    def on(self) -> bool:
        """Whether the owner wants it."""
        return self.minutes > 0 and bool(self.engine)


@dataclass(frozen=True, kw_only=True)
class HostingPolicy:
    """The accounts of the owner.

    Attributes:
        replicate, fal, runpod: keys; "" for none.
        endpoint: of RunPod.
        replicate_url, fal_url, runpod_url: where the services are.
        jwks_url: where fal's keys are.
        public_url: of the bot's own web server; "" where services can't reach it.
        webhook_secret: of Replicate; "" for none.
        tables: the owner's folder of tables.
    """

    replicate: str
    fal: str
    runpod: str
    endpoint: str
    replicate_url: str
    fal_url: str
    runpod_url: str
    jwks_url: str
    public_url: str
    webhook_secret: str
    tables: Path | None

    @property
    def names(self) -> tuple[str, ...]:
        """The services that the owner has an account with."""
        keys = {"replicate": self.replicate, "fal": self.fal, "runpod": self.runpod and self.endpoint}
        return tuple(name for name, key in keys.items() if key)
